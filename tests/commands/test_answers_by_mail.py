"""A customer answers a questionnaire by mail: the text form, filled in, comes back as answers."""

import json

from tests.harness.crm import Crm

DEAL = "sdsw7zdf"  # a mail of ours lies on it
MAIL = """\
From: Nolwenn KERLOC'H <nolwenn@gites-guerledan.example>
To: contact@atre-granules.example
Subject: Re: Nous avons bien recu votre demande
Message-ID: <form-1@gites-guerledan.example>
In-Reply-To: <b91wy0ga.sdsw7zdf@atre-granules.example>
Date: Mon, 23 Nov 2026 18:00:00 +0100
Content-Type: text/plain; charset=utf-8

Bonjour,

{text}
"""


def mail(text: str) -> bytes:
    return MAIL.format(text=text).encode()


def test_a_form_that_is_sent_and_filled_in_comes_back_as_answers(crm: Crm) -> None:
    crm("questionnaire", "answer", DEAL, "surface=", "isolation=", "dpe=")
    form = crm("questionnaire", "render", DEAL).out
    filled = form.replace("\nsurface:\n", "\nsurface: 90 m²\n").replace(
        "\nisolation:\n", "\nisolation: bonne\n"
    )
    filled = filled.replace("\ndpe:\n", "\ndpe: Z\n").replace("\nusage: principal\n", "\nusage: appoint\n")
    quoted = "".join(f"> {line}\n" for line in filled.splitlines())
    looked_at = crm("ingest", "--dry-run", stdin=mail(quoted)).out
    assert looked_at.startswith("would do:")
    assert "(answers: 2 taken; 1 different, left as it was; 1 not understood)" in looked_at
    assert "surface: 90" not in crm.file(DEAL).read_text("utf-8")
    told = json.loads(crm("ingest", "-o", "json", stdin=mail(quoted)).out)[0]
    assert (told["outcome"], told["id"]) == ("reply", DEAL)
    deal = json.loads(crm("show", DEAL, "-o", "json").out)
    given = deal["project"]["answers"]
    assert (given["surface"], given["isolation"], given["usage"], given.get("dpe")) == (
        90,
        "bonne",
        "principal",
        None,
    )
    [note] = [
        entry["text"] for entry in deal["history"] if entry["event"] == "note" and entry["by"] == "ingest"
    ]
    assert note.splitlines()[0] == "Réponses tirées du message : surface, isolation"
    assert "Laissé tel quel : usage vaut principal, la réponse dit appoint" in note
    assert "Non repris de la réponse : dpe : 'Z' est inconnu" in note
    again = crm("ingest", stdin=mail(quoted)).out
    assert again.startswith("unchanged")
    assert crm("check").out == ""


def test_a_reply_without_answers_and_one_to_a_record_without_a_questionnaire_are_replies(crm: Crm) -> None:
    said = crm("ingest", stdin=mail("Pouvez-vous me rappeler : demain ?")).out
    assert said.startswith("reply on")
    assert "answers" not in said


def test_hostile_answers_do_no_harm(crm: Crm) -> None:
    crm("questionnaire", "answer", DEAL, "piece=", "remarques=")
    text = (
        "piece: \x1b[31mrouge\x07\nremarques: {{ 7 * 7 }} <script>\n"
        + "x: 1\n" * 10_000
        + "surface: "
        + "9" * 100_000
    )
    crm("ingest", stdin=mail(text))
    given = json.loads(crm("show", DEAL, "-o", "json").out)["project"]["answers"]
    assert given["piece"] == "[31mrouge"
    assert given["remarques"] == "{{ 7 * 7 }} <script>"
    assert given["surface"] == 85
    assert "{{ 7 * 7 }}" in crm("questionnaire", "render", DEAL).out
    assert "&lt;script&gt;" in crm("questionnaire", "render", DEAL, "-o", "html").out
