"""`crm ingest`: real mail becomes leads and replies; nothing is lost, nothing is made twice."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm
from tests.harness.places import MAILS


def mail(name: str) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes()


def ingested(crm: Crm, content: bytes) -> dict[str, Any]:
    [result] = json.loads(crm("ingest", "-o", "json", stdin=content).out)
    return dict(result)


def record(crm: Crm, id: str) -> dict[str, Any]:
    return dict(json.loads(crm("show", id, "-o", "json").out))


TITLES = {
    "demande-poele": "Demande de devis : remplacer un poêle à bois par un poêle à granulés",
    "latin1-8bit": "Poêle à bois Jotul",
    "windows-1252": "Devis « tout compris » à 7 500 € ?",
    "base64": "Insert à granulés : étude",
    "html-outlook": "Foyer gaz salle d'attente",
    "sujet-mixte": "Poêle à granulés – 4 500 € (urgent)",
    "entetes-utf8-bruts": "Poêle à bûches : « petit » modèle, 5 kW",
    "reponse-prefixes": "Devis PAB Contura",
    "sans-sujet": "(sans objet)",
    "corps-vide": "Rappelez-moi au 02 61 91 55 21",
    "message-transfere": "Demande pour un foyer Stûv",
    "tronque": "Photos du toit",
}


@pytest.mark.parametrize(("name", "title"), TITLES.items())
def test_a_message_becomes_a_lead_with_a_clean_title(bare: Crm, name: str, title: str) -> None:
    result = ingested(bare, mail(name))
    assert (
        result["outcome"],
        result["kind"],
        result["title"].replace("\u202f", " ").replace("\xa0", " "),
    ) == (
        "new",
        "lead",
        title,
    )


def test_a_lead_has_contact_text_route_and_its_original(bare: Crm) -> None:
    content = mail("demande-poele")
    lead = record(bare, ingested(bare, content)["id"])
    [message] = lead["messages"]
    assert lead["contact_name"] == "Pierre RICHARD"
    assert (lead["owner"], lead["tags"], lead["marketing"]) == (
        "marie",
        ["devis"],
        {"medium": "email", "source": "website"},
    )
    assert "120 m²" in message["text"]
    assert (bare.data / message["file"]).read_bytes() == content
    assert [each["rule"] for each in lead["activities"]] == ["answer-enquiry"]
    assert {entry["by"] for entry in lead["history"]} == {"ingest"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("latin1-8bit", ["80 m²"]),
        ("windows-1252", ["’", "…", "œ", "€"]),
        ("html-outlook", ["12 000 € HT", "< discret >"]),
        ("charset-inconnu", ["tuber"]),
    ],
)
def test_the_text_survives_whatever_its_charset_claims_to_be(bare: Crm, name: str, words: list[str]) -> None:
    [message] = record(bare, ingested(bare, mail(name))["id"])["messages"]
    text = re.sub(r"[\u202f\xa0]", " ", message["text"])
    assert [word for word in words if word not in text] == []


def test_html_leaves_no_markup_and_no_script(bare: Crm) -> None:
    [message] = record(bare, ingested(bare, mail("html-outlook"))["id"])["messages"]
    assert not re.search(r"</?(p|div|span|style|script|td)|mso-|function\(", message["text"])


def test_a_known_sender_is_recognised_however_the_address_is_written(bare: Crm) -> None:
    bare("contact", "create", "Pierre R.", "--email", "Pierre.Richard@EXAMPLE.fr")
    lead = record(bare, ingested(bare, mail("demande-poele"))["id"])
    assert lead["contact_name"] == "Pierre R."
    assert len(bare("contact", "list", "-o", "ids").out.split()) == 1


def test_what_a_colleague_forwards_is_the_customers(bare: Crm) -> None:
    lead = record(bare, ingested(bare, mail("message-transfere"))["id"])
    [message] = lead["messages"]
    assert (lead["contact_name"], message["from"]) == ("Loïc Bréhat", "Loïc Bréhat <loic.brehat@example.com>")
    assert message["text"].startswith("Reçu sur mon adresse")
    assert "foyers Stûv ?" in message["text"]


def test_our_own_people_become_no_contacts(bare: Crm) -> None:
    text = "From: Marie <marie@atre-granules.example>\nTo: devis@atre-granules.example\nSubject: Idée\n\nx\n"
    lead = record(bare, ingested(bare, text.encode())["id"])
    assert "contact" not in lead


def test_a_reply_goes_to_the_record_that_wrote_the_mail(crm: Crm) -> None:
    [sent] = [m for m in record(crm, "xgcej9p8")["messages"] if m["id"] == "e3aew9rq"]
    reply = mail("reponse").replace(b"<MSGID>", sent["message_id"].encode())
    result = ingested(crm, reply.replace(b"richard@example.fr", b"richard@example.org"))
    assert (result["outcome"], result["id"]) == ("reply", "xgcej9p8")
    deal = record(crm, "xgcej9p8")
    assert deal["messages"][-1]["direction"] == "in"
    assert deal["activities"][-1]["rule"] == "answer-reply" or deal["history"][-1]["rule"] == "answer-reply"


def test_the_newest_known_id_wins(crm: Crm) -> None:
    first = record(crm, "kkvsm4kq")["messages"][0]["message_id"]
    second = record(crm, "h6hfeqzr")["messages"][0]["message_id"]
    text = (
        f"From: a@example.org\r\nTo: devis@atre-granules.example\r\nSubject: Re: x\r\nMessage-ID: <n@x>\r\n"
        f"References: {first}\r\n\t{second}\r\n <unknown@x>\r\n\r\nBonjour\r\n"
    )
    assert ingested(crm, text.encode())["id"] == "h6hfeqzr"


def test_a_reply_finds_its_record_by_the_id_in_the_subject(crm: Crm) -> None:
    text = "From: pierre.richard@example.org\nTo: contact@atre-granules.example\nSubject: Question [xgcej9p8]\n\nOui\n"
    assert ingested(crm, text.encode())["id"] == "xgcej9p8"


def test_a_reply_to_a_closed_deal_is_kept_there(crm: Crm) -> None:
    sent = next(m for m in record(crm, "hhrpaqxg")["messages"] if m["direction"] == "out")
    reply = mail("reponse").replace(b"<MSGID>", sent["message_id"].encode())
    assert ingested(crm, reply)["id"] == "hhrpaqxg"
    assert record(crm, "hhrpaqxg")["outcome"] == "won"


def test_a_delivery_report_is_noted_on_its_record_and_fires_nothing(crm: Crm) -> None:
    sent = record(crm, "xgcej9p8")["messages"][0]
    before = record(crm, "xgcej9p8")["history"]
    report = mail("rapport-non-remise").replace(b"<MSGID>", sent["message_id"].encode())
    assert ingested(crm, report)["outcome"] == "bounce"
    assert record(crm, "xgcej9p8")["history"] == before


@pytest.mark.parametrize("name", ["absence", "lettre-information", "ne-pas-repondre", "reponse-automatique"])
def test_what_a_machine_wrote_is_kept_aside_with_the_reason(bare: Crm, name: str) -> None:
    result = bare("ingest", "--verbose", stdin=mail(name))
    assert "kept aside: automatic" in result.err
    assert bare("list", "is:any", "-o", "ids").out == ""
    [reason] = bare.data.glob("quarantine/*.txt")
    assert reason.read_text().startswith("automatique : ")


def test_our_own_mail_that_comes_back_is_dropped(crm: Crm) -> None:
    [waiting, *_] = sorted(crm.data.glob("outbox/*.eml"))
    ours = b"Received: from elsewhere\n" + waiting.read_bytes()
    assert ingested(crm, ours)["outcome"] == "dropped"
    assert [path for path in crm.data.glob("mail/*/*/*.eml") if path.read_bytes() == ours]
    assert ingested(crm, b"Received: again\n" + ours)["outcome"] == "known"


def test_our_mark_in_a_strangers_mail_drops_nothing(bare: Crm) -> None:
    assert ingested(bare, mail("boucle"))["outcome"] == "new"


def test_one_message_that_came_two_ways_is_one(bare: Crm) -> None:
    first = ingested(bare, mail("demande-poele"))
    again = ingested(bare, b"Delivered-To: other@example.org\r\n" + mail("demande-poele"))
    assert (again["outcome"], again["id"]) == ("known", first["id"])


def test_two_clones_make_the_same_thing_of_it(bare: Crm, crm: Crm) -> None:
    one, other = ingested(bare, mail("base64")), ingested(crm, mail("base64"))
    assert (one["id"], one["contact"]) == (other["id"], other["contact"])


def test_two_addresses_make_one_record_with_the_tags_of_both(bare: Crm) -> None:
    lead = record(bare, ingested(bare, mail("deux-adresses"))["id"])
    assert {"sav", "devis", "salon"} == set(lead["tags"])


def test_the_21st_record_of_a_sender_in_two_hours_is_kept_aside(bare: Crm) -> None:
    def message(number: int) -> bytes:
        return f"From: flood@example.org\nTo: devis@atre-granules.example\nSubject: {number}\n\nx\n".encode()

    outcomes = [ingested(bare, message(number))["outcome"] for number in range(21)]
    assert outcomes == ["new"] * 20 + ["aside"]
    bare.environment["CRM_NOW"] = "2026-11-24T12:00"
    assert ingested(bare, message(21))["outcome"] == "new"


def test_what_is_no_mail_is_kept_aside(bare: Crm) -> None:
    for content in (b"\x00\xff\xfe garbage", b"hello", b"{}", bytes(range(256)) * 100):
        assert ingested(bare, content)["outcome"] == "quarantined"
        assert content in [path.read_bytes() for path in bare.data.glob("quarantine/*.eml")]


def test_nothing_on_standard_input_is_nothing(bare: Crm) -> None:
    assert bare("ingest", stdin=b"").err == ""
    assert "standard input is empty" in bare("ingest", "--verbose", stdin=b"").err


def test_a_broken_configuration_lets_the_mail_server_try_again(bare: Crm) -> None:
    config = (bare.data / "crm.yaml").read_text()
    (bare.data / "crm.yaml").write_text("stages: [")
    for content in (mail("base64"), b"\0 no message at all"):
        assert "crm.yaml:1" in bare.refused("ingest", code=75, stdin=content)
    (bare.data / "crm.yaml").write_text(config)
    assert not list(bare.data.glob("quarantine/*"))
    assert ingested(bare, mail("base64"))["outcome"] == "new"


def test_a_reply_waits_for_its_unreadable_record_and_others_do_not(crm: Crm) -> None:
    path = crm.file("h6hfeqzr")
    readable = path.read_text()
    path.write_text(readable + "stage: twice\n")
    reply = "From: a@example.org\nSubject: Re: x\nMessage-ID: <n@x>\nIn-Reply-To: <e108-20261121@example.org>\n\nx\n"
    assert path.name in crm.refused("ingest", code=75, stdin=reply.encode())
    assert ingested(crm, mail("base64"))["outcome"] == "new"
    path.write_text(readable)
    assert ingested(crm, reply.encode())["id"] == "h6hfeqzr"


def test_a_rule_that_cannot_fire_keeps_the_message_aside(bare: Crm) -> None:
    path = bare.data / "crm.yaml"
    path.write_text(path.read_text().replace("(nouvelle demande)", "{{ nothing.such }}"))
    assert ingested(bare, mail("base64"))["outcome"] == "quarantined"
    assert bare("list", "is:any", "-o", "ids").out == ""


def test_where_nothing_can_be_stored_the_mail_server_tries_again(bare: Crm) -> None:
    bare.environment["CRM_WORKSPACE"] = str(bare.root / "gone")
    assert "no workspace" in bare.refused("ingest", code=75, stdin=mail("base64"))


def test_jinja_in_a_mail_stays_text(bare: Crm) -> None:
    result = ingested(bare, mail("hostile-modele"))
    assert "{{ 7*7 }}" in result["title"]
    preview = bare("email", "preview", result["id"], "-t", "relance").out
    assert "49" not in preview.partition("Bonjour")[0]
    assert not re.search(r"^(Bcc|X-Injected):", preview, re.MULTILINE)


def test_nothing_in_a_mail_reaches_the_terminal_unescaped(bare: Crm) -> None:
    id = ingested(bare, mail("hostile-affichage"))["id"]
    for command in (
        ["list"],
        ["show", id],
        ["board", "is:lead"],
        ["contact", "list"],
        ["why", id],
        ["list", "-o", "csv"],
    ):
        assert "\x1b" not in bare(*command).out


def test_a_dry_run_stores_nothing(bare: Crm) -> None:
    before = bare.records()
    assert "new lead" in bare("ingest", "--dry-run", stdin=mail("base64")).out
    assert bare.records() == before


def test_a_large_attachment_is_kept_whole(bare: Crm) -> None:
    content = mail("pieces-jointes") + b"X" * 5_000_000
    ingested(bare, content)
    assert content in [path.read_bytes() for path in bare.data.rglob("mail/**/*.eml")]


def files_named(path: Path) -> list[str]:
    return [each.name for each in path.rglob("*") if each.is_file()]


def test_an_attachments_name_never_becomes_a_path(bare: Crm) -> None:
    ingested(bare, mail("pieces-jointes"))
    assert all("passwd" not in name for name in files_named(bare.root))


HEAD = b"From: jean@example.org\nSubject: %s\nMessage-ID: <1@example.org>\n"
HOSTILE = {
    "mails within mails": HEAD % b"Devis" + b"Content-Type: message/rfc822\n\n" * 3000 + b"Bonjour",
    "parts within parts": HEAD % b"Devis"
    + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000)),
    "half a surrogate pair": HEAD % b"=?utf-7?Q?+2AA-Devis?=" + b"\nBonjour",
    "a codec that is no charset": HEAD % b"Devis" + b"Content-Type: text/plain; charset=hex\n\nBonjour",
    "an escape codec": HEAD % b"Devis" + b"Content-Type: text/plain; charset=unicode_escape\n\n\\ud800",
    "elements within elements": HEAD % b"Devis" + b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
    "a number too large": HEAD % b"Devis" + b"Content-Type: text/plain; charset*99999999999999=x\n\nBonjour",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_is_a_lead_all_the_same(bare: Crm, content: bytes) -> None:
    result = ingested(bare, content)
    assert result["outcome"] == "new"
    assert str(result["title"]).endswith("Devis")
    assert bare("check").out == ""


def test_a_message_that_recursion_cannot_follow_is_kept(bare: Crm) -> None:
    """How deep Python follows differs from one version to the next; the bytes are kept with all of them."""
    content = b"From: " + b"(" * 5000 + b"\nSubject: Devis\n\nBonjour"
    assert ingested(bare, content)["outcome"] in ("quarantined", "new")
    assert [path for path in bare.data.rglob("*.eml") if path.read_bytes() == content]


def test_a_web_form_makes_its_person_and_fills_in_the_deal(crm: Crm) -> None:
    [made] = json.loads(crm("ingest", "-o", "json", stdin=mail("formulaire-web")).out)
    [deal] = json.loads(crm("list", f"id:{made['id']}", "-o", "json").out)
    assert (deal["title"], deal["budget"]) == ("Poêle à granulés pour une maison neuve", 6500)
    assert deal["fields"] == {"appliance": "PAG"}
    assert deal["marketing"] == {"medium": "form", "source": "website"}
    assert deal["description"].startswith("Bonjour,\nmaison neuve")
    assert deal["description"].endswith("Renseigné aussi :\nfavourite_colour: blanc")
    contact = json.loads(crm("contact", "show", deal["contact"], "-o", "json").out)
    assert (contact["name"], contact["phones"]) == ("Gaëlle Quéré", ["+33612345679"])
    assert contact["addresses"] == [{"postcode": "56300", "city": "Pontivy"}]


def test_a_web_form_of_somebody_known_is_theirs_and_what_no_field_holds_is_kept(crm: Crm) -> None:
    form = mail("formulaire-web").decode()
    form = form.replace("gaelle.quere@example.fr\nphone: 06 12 34 56 79", "\nphone: +33 6 12 34 56 78")
    form = form.replace("name: Gaëlle Quéré", "name: M. RICHARD Pierre")
    form = form.replace("6 500,00", "beaucoup d’").replace("appliance: PAG", "appliance: chaudière")
    form = form.replace("favourite_colour: blanc", "url: https://x.example/?utm_source=fb")
    [made] = json.loads(crm("ingest", "-o", "json", stdin=form.encode()).out)
    [deal] = json.loads(crm("list", f"id:{made['id']}", "-o", "json").out)
    assert deal["contact"] == "f8dz9xw4"
    assert "name:" not in deal["description"]
    assert deal["marketing"]["source"] == "facebook"
    assert "Budget: beaucoup d’ €" in deal["description"]
    assert "appliance: chaudière" in deal["description"]


def form(text: str) -> bytes:
    head = "From: www@atre-granules.example\nTo: formulaire@atre-granules.example\nSubject: Formulaire"
    return f"{head}\nMessage-ID: <{hash(text)}@x>\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()


def test_what_a_form_says_of_a_person_and_cannot_be_used_is_kept(crm: Crm) -> None:
    made = ingested(crm, form("Nom: Toto\nE-mail: toto chez orange\nTéléphone: 12\nMessage: Bonjour\n"))
    [deal] = json.loads(crm("list", f"id:{made['id']}", "-o", "json").out)
    assert deal["contact_name"] == "Toto"
    assert deal["description"] == "Bonjour\n\nRenseigné aussi :\nE-mail: toto chez orange\nTéléphone: 12"


def test_what_a_form_says_otherwise_of_somebody_known_is_kept(crm: Crm) -> None:
    text = "Nom: pierre richard\nE-mail: autre@example.org\nTéléphone: 0033 6 12 34 56 78\nVille: Rennes\n"
    made = ingested(crm, form(text))
    [deal] = json.loads(crm("list", f"id:{made['id']}", "-o", "json").out)
    assert deal["contact"] == "f8dz9xw4"
    assert deal["description"] == "Renseigné aussi :\nE-mail: autre@example.org\nVille: Rennes"


def test_a_form_that_nobody_filled_in_makes_nothing(bare: Crm) -> None:
    assert ingested(bare, form("Nom:\nE-mail:\nTéléphone:\nMessage:\n"))["outcome"] == "aside"
    assert bare("contact", "list", "-o", "ids").out == ""
