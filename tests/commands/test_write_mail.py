"""Mails that people write: new ones and answers, with files; and templates in Markdown and in languages."""

import json
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal, show_at_terminal

DEAL, OTHER = "xgcej9p8", "sdsw7zdf"
PHOTO = b"\xff\xd8\xff\xe0 not really a photo \x00\n"


def last_message(crm: Crm, deal: str = DEAL) -> dict[str, Any]:
    return json.loads(crm("show", deal, "-o", "json").out)["messages"][-1]


def queued(crm: Crm, deal: str = DEAL) -> EmailMessage:
    """The mail of a record that was queued last."""
    content = (crm.data / "outbox" / last_message(crm, deal)["file"]).read_bytes()
    return message_from_bytes(content, policy=policy.default)  # type: ignore[return-value]


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def write_editor(crm: Crm, lines: Sequence[str]) -> dict[str, str]:
    """An editor that does what these lines of shell do with the file $1."""
    path = crm.root.parent / "editor"
    path.write_text("#!/bin/sh\n" + "".join(f"{line}\n" for line in lines))
    path.chmod(0o755)
    return {"EDITOR": str(path)}


def test_a_new_mail_is_queued_from_the_command_line(crm: Crm) -> None:
    said = crm(
        "email",
        "write",
        DEAL,
        "--subject",
        "Votre visite",
        "-m",
        "À mardi, 9 h.",
        "--cc",
        "Paul <paul@example.org>",
    )
    assert "queued: « Votre visite » to Pierre RICHARD <pierre.richard@example.org>" in said.out
    mail = queued(crm)
    assert (mail["To"], mail["Cc"]) == (
        "Pierre RICHARD <pierre.richard@example.org>",
        "Paul <paul@example.org>",
    )
    assert (mail["Subject"], body(mail)) == ("Votre visite", "À mardi, 9 h.\n")
    assert (last_message(crm)["state"], last_message(crm)["text"]) == ("queued", "À mardi, 9 h.")


def test_a_new_mail_is_taken_from_standard_input_or_a_template(crm: Crm) -> None:
    crm("email", "write", DEAL, "--subject", "Plan", stdin=b"Ci-joint.\n")
    assert body(queued(crm)) == "Ci-joint.\n"
    crm("email", "write", DEAL, "-t", "relance-devis")
    assert "Nous vous avons adressé récemment un devis" in body(queued(crm))
    assert "has no text" in crm.refused("email", "write", DEAL, "--subject", "x", code=2)
    assert "has no subject" in crm.refused("email", "write", DEAL, "-m", "x", code=5)
    assert "no e-mail template 'relanc'" in crm.refused("email", "write", DEAL, "-t", "relanc", code=3)


def test_an_answer_is_in_the_thread_with_the_quote_and_comes_home(crm: Crm) -> None:
    received = next(
        each
        for each in json.loads(crm("show", DEAL, "-o", "json").out)["messages"]
        if each["direction"] == "in"
    )
    crm("reply", received["id"], "-m", "Oui, le 12 décembre.")
    mail = queued(crm)
    assert (
        mail["Subject"] == f"Re: {received['subject'].removeprefix('Re: ')}"
        or mail["Subject"] == received["subject"]
    )
    assert mail["In-Reply-To"] == received["message_id"]
    assert mail["References"].split()[-1] == received["message_id"]
    assert mail["To"].addresses[0].addr_spec == "pierre.richard@example.org"
    text = body(mail)
    assert text.startswith("Oui, le 12 décembre.\n")
    assert "> Devis bien reçu, merci." in text
    assert "a écrit :" in text
    reply = f"From: pierre.richard@example.org\nSubject: Re\nIn-Reply-To: {mail['Message-ID']}\n\nParfait.\n"
    [result] = json.loads(crm("ingest", "-o", "json", stdin=reply.encode()).out)
    assert (result["outcome"], result["id"]) == ("reply", DEAL)
    assert "no message 'zzzzzzzz'" in crm.refused("reply", "zzzzzzzz", "-m", "x", code=3)


def test_an_answer_goes_where_the_original_asks_for_it(crm: Crm) -> None:
    mail = "From: Anne <anne@example.org>\nTo: devis@atre-granules.example\nReply-To: maison@example.org\nReferences: <a@x>\nMessage-ID: <b@x>\nSubject: Poêle\n\nBonjour\n"
    [made] = json.loads(crm("ingest", "-o", "json", stdin=mail.encode()).out)
    crm("reply", last_message(crm, made["id"])["id"], "-m", "Bien sûr.")
    answer = queued(crm, made["id"])
    assert answer["To"].addresses[0].addr_spec == "maison@example.org"
    assert answer["References"] == "<a@x> <b@x>"


def test_nothing_in_a_message_that_is_answered_becomes_a_header(crm: Crm) -> None:
    hostile = "From: =?utf-8?q?Eve=0D=0ABcc=3A_all=40example.org?= <eve@example.org>\nTo: devis@atre-granules.example\nSubject: =?utf-8?q?x=0D=0ABcc=3A_b=40example.org?=\n\n.\nBcc: c@example.org\n"
    [made] = json.loads(crm("ingest", "-o", "json", stdin=hostile.encode()).out)
    crm("reply", last_message(crm, made["id"])["id"], "-m", "Bcc: d@example.org")
    answer = queued(crm, made["id"])
    assert answer["Bcc"] is None
    assert [each.addr_spec for each in answer["To"].addresses] == ["eve@example.org"]


def test_files_are_kept_listed_mailed_and_erased_with_the_person(crm: Crm) -> None:
    photo = crm.root.parent / "Façade côté rue.jpg"
    photo.write_bytes(PHOTO)
    assert "« Façade côté rue.jpg » kept" in crm("attach", DEAL, str(photo)).out
    [kept] = json.loads(crm("show", DEAL, "-o", "json").out)["files"]
    assert (kept["name"], kept["type"], kept["size"], kept["by"]) == (
        "Façade côté rue.jpg",
        "image/jpeg",
        len(PHOTO),
        "marie",
    )
    place = crm.data / kept["file"]
    assert place.read_bytes() == PHOTO
    assert place.name.endswith("-Facade-cote-rue.jpg")
    assert "Façade côté rue.jpg" in crm("show", DEAL).out
    crm("attach", DEAL, str(photo))
    assert len(json.loads(crm("show", DEAL, "-o", "json").out)["files"]) == 1
    photo.unlink()
    crm("email", "write", DEAL, "--subject", "Photo", "-m", "Voici.", "--attach", "Façade côté rue.jpg")
    [sent] = queued(crm).iter_attachments()
    assert (sent.get_filename(), sent.get_content()) == ("Façade côté rue.jpg", PHOTO)
    assert [each["name"] for each in last_message(crm)["attachments"]] == ["Façade côté rue.jpg"]
    assert crm("check").out == ""
    crm("contact", "erase", "f8dz9xw4", "--yes")
    assert not place.exists()
    assert "files" not in json.loads(crm("show", DEAL, "-o", "json").out)


def test_keeping_and_removing_a_file_is_undone(crm: Crm) -> None:
    photo = crm.root.parent / "a.jpg"
    photo.write_bytes(PHOTO)
    crm("attach", DEAL, str(photo))
    [place] = (crm.data / "files").rglob("*-a.jpg")
    crm("undo")
    assert not place.exists()
    crm("attach", DEAL, str(photo))
    crm("attach", DEAL, "--remove", "a.jpg")
    assert not place.exists()
    crm("undo")
    assert place.read_bytes() == PHOTO
    crm("delete", DEAL, "--yes")
    assert not place.exists()
    crm("undo")
    assert place.read_bytes() == PHOTO
    assert "no file 'b.jpg'" in crm.refused("attach", DEAL, "--remove", "b.jpg", code=3)


def test_a_file_of_another_record_is_not_taken_along(crm: Crm) -> None:
    photo = crm.root.parent / "a.jpg"
    photo.write_bytes(PHOTO)
    crm("attach", OTHER, str(photo))
    [kept] = json.loads(crm("show", OTHER, "-o", "json").out)["files"]
    path = crm.file(DEAL)
    entries = f"files:\n  - id: aaaaaaaa\n    name: a.jpg\n    file: {kept['file']}\n  - id: bbbbbbbb\n    name: b\n    file: ../../crm.yaml\n"
    path.write_text(path.read_text("utf-8").replace("history:\n", f"{entries}history:\n", 1), "utf-8")
    crm("attach", DEAL, "--remove", "b")
    crm("delete", DEAL, "--yes")
    assert (crm.data / kept["file"]).exists()
    assert (crm.data / "crm.yaml").exists()


@pytest.mark.parametrize("name", ["../../up.sh", ".hidden", "a\tb.txt", "-rf", "…", "x" * 200 + ".pdf"])
def test_a_name_never_leads_out_of_the_folder_of_the_record(crm: Crm, name: str) -> None:
    source = crm.root.parent / "given"
    source.mkdir()
    path = source / Path(name).name
    path.write_bytes(b"x")
    if "\t" in name:
        assert "not printable" in crm.refused("attach", DEAL, str(path), code=2)
        return
    crm("attach", DEAL, str(path))
    [kept] = [each for each in (crm.data / "files").rglob("*") if each.is_file()]
    assert kept.parent == crm.data / "files" / DEAL
    assert not kept.name.startswith((".", "-"))
    assert crm("check").out == ""


def test_what_cannot_be_kept_is_refused(crm: Crm) -> None:
    (crm.root.parent / "empty").touch()
    assert "is empty" in crm.refused("attach", DEAL, str(crm.root.parent / "empty"), code=5)
    assert "does not exist" in crm.refused("attach", DEAL, "nowhere.jpg", code=2)
    assert "cannot be read" in crm.refused("attach", DEAL, str(crm.root), code=2)
    assert "or --remove" in crm.refused("attach", DEAL, code=2)


MARKDOWN = """Subject: Devis pour {{ contact.name }}
Attach: guide.pdf

# Bonjour {{ contact.name }}

Votre **poêle** est prêt :

- livré le [lundi](https://atre-granules.example/livraison) ;
- posé le mardi.

1. Payer
2. Chauffer

{{ owner.signature }}
"""


SIGNATURE = "    signature: |\n      Marie *Le Goff*\n      Âtre & Granulés\n"


def use_markdown(crm: Crm) -> None:
    folder = crm.root / "templates"
    (folder / "email" / "essai.md.j2").write_text(MARKDOWN, "utf-8")
    (folder / "attachments").mkdir()
    (folder / "attachments" / "guide.pdf").write_bytes(b"%PDF-1.4 guide")
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text("utf-8").replace("  - id: paul", f"{SIGNATURE}  - id: paul", 1), "utf-8")


def test_markdown_is_sent_as_text_and_as_html_with_the_files_of_the_template(crm: Crm) -> None:
    use_markdown(crm)
    crm("email", "queue", DEAL, "-t", "essai")
    mail = queued(crm)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf",
    ]  # fmt: skip
    assert body(mail) == (
        "Bonjour Pierre RICHARD\n\nVotre poêle est prêt :\n\n"
        "- livré le lundi (https://atre-granules.example/livraison) ;\n- posé le mardi.\n\n"
        "1. Payer\n2. Chauffer\n\nMarie *Le Goff*\nÂtre & Granulés\n"
    )
    html = body(mail, "html")
    assert "<strong>poêle</strong>" in html
    assert '<a href="https://atre-granules.example/livraison">lundi</a>' in html
    assert "Marie *Le Goff*<br />" in html
    assert [part.get_content() for part in mail.iter_attachments()] == [b"%PDF-1.4 guide"]


def test_a_value_is_never_markup(crm: Crm) -> None:
    use_markdown(crm)
    path = crm.file("f8dz9xw4")
    evil = "[ici](https://evil.example) <script>alert(1)</script> **x** # &lt; ![i](http://e)"
    path.write_text(path.read_text("utf-8").replace("name: Pierre RICHARD", f"name: '{evil}'", 1), "utf-8")
    crm("email", "queue", DEAL, "-t", "essai")
    html, text = body(queued(crm), "html"), body(queued(crm))
    assert "evil.example)" in html
    assert "<script" not in html
    assert 'href="https://evil' not in html
    assert "<img" not in html
    assert f"Bonjour {evil}\n" in text


def test_a_template_speaks_the_language_of_the_contact(crm: Crm) -> None:
    folder = crm.root / "templates" / "email"
    for language, word in (("fr", "Bonjour"), ("en", "Hello"), ("de", "Guten Tag")):
        (folder / f"salut.{language}.j2").write_text(f"Subject: {word}\n\n{word} !\n", "utf-8")
    crm("email", "queue", DEAL, "-t", "salut")
    assert queued(crm)["Subject"] == "Bonjour"
    crm("contact", "set", "f8dz9xw4", "language=de")
    crm("email", "queue", DEAL, "-t", "salut")
    assert queued(crm)["Subject"] == "Guten Tag"
    crm("contact", "set", "f8dz9xw4", "language=it")
    crm("email", "queue", DEAL, "-t", "salut", "--to", "x@example.org", "--cc", "y@example.org")
    mail = queued(crm)
    assert (mail["Subject"], mail["To"], mail["Cc"]) == ("Bonjour", "x@example.org", "y@example.org")
    [row] = [row for row in json.loads(crm("email", "list", "-o", "json").out) if row["id"] == "salut"]
    assert row["languages"] == ["de", "en", "fr"]
    assert crm("check").out == ""


@pytest.mark.parametrize("how", ["plus", "subject"])
def test_a_token_brings_home_an_answer_without_the_usual_headers(crm: Crm, how: str) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(
        path.read_text("utf-8").replace("  in_git: false", f"  reply_token: {how}\n  in_git: false", 1),
        "utf-8",
    )
    crm("email", "queue", DEAL, "-t", "relance")
    mail = queued(crm)
    to = mail["Reply-To"].addresses[0].addr_spec if how == "plus" else "contact@atre-granules.example"
    assert to == ("contact+xgcej9p8@atre-granules.example" if how == "plus" else to)
    reply = f"From: autre@example.org\nTo: {to}\nMessage-ID: <outlook@x>\nSubject: RE: {mail['Subject']}\n\nD'accord.\n"
    [result] = json.loads(crm("ingest", "-o", "json", stdin=reply.encode()).out)
    assert (result["outcome"], result["id"]) == ("reply", DEAL)


def test_an_attachment_of_a_template_never_lies_elsewhere(crm: Crm) -> None:
    use_markdown(crm)
    path = crm.root / "templates" / "email" / "essai.md.j2"
    for name in ("../email/relance.j2", "/etc/passwd", "nowhere.pdf"):
        path.write_text(MARKDOWN.replace("guide.pdf", name), "utf-8")
        assert crm.run("email", "queue", DEAL, "-t", "essai").code in (3, 5)
    (crm.root / "templates" / "attachments" / "link").symlink_to("/etc/hostname")
    path.write_text(MARKDOWN.replace("guide.pdf", "link"), "utf-8")
    assert "link" in crm.refused("email", "queue", DEAL, "-t", "essai", code=5)


def test_email_check_renders_each_template_for_all_records(crm: Crm) -> None:
    assert crm("email", "check").out == ""
    path = crm.root / "templates" / "email" / "essai.j2"
    path.write_text(
        "Subject: x\n\nBonjour\n{{ contact.phone }}\n{{ opportunity.expected_close | date }}\n", "utf-8"
    )
    said = crm("email", "check", code=5).out
    assert "templates/email/essai.j2:4:" in said
    found = json.loads(crm("email", "check", "-t", "essai", "is:any", "-o", "json", code=5).out)
    assert {row["line"] for row in found} == {4, 5}
    assert all(row["hint"] for row in found)
    assert "no e-mail template 'essay'" in crm.refused("email", "check", "-t", "essay", code=3)


def test_at_a_terminal_the_editor_opens_on_a_mail_that_can_be_queued(crm: Crm) -> None:
    crm.environment |= write_editor(
        crm,
        [
            'sed -i "s/^Subject:.*/Subject: Visite/; s/^Cc:.*/Cc: paul@example.org/" "$1"',
            'echo "À mardi." >> "$1"',
        ],
    )
    with crm_at_terminal(crm, "email", "write", DEAL) as terminal:
        assert terminal.wait() == 0
    mail = queued(crm)
    assert (mail["Subject"], mail["Cc"]) == ("Visite", "paul@example.org")
    text = body(mail)
    assert text.startswith("Bonjour Pierre RICHARD,\n")
    assert text.endswith("À mardi.\n")
    assert "Marie Le Goff" in text


def test_an_answer_is_edited_below_nothing_and_above_the_quote(crm: Crm) -> None:
    received = next(
        each
        for each in json.loads(crm("show", DEAL, "-o", "json").out)["messages"]
        if each["direction"] == "in"
    )
    crm.environment |= write_editor(crm, ['sed -i "0,/^$/s//\\nOui, volontiers./" "$1"'])
    with crm_at_terminal(crm, "reply", received["id"]) as terminal:
        assert terminal.wait() == 0
    text = body(queued(crm))
    assert text.startswith("Oui, volontiers.\n")
    assert "\n> Devis bien reçu" in text


def test_what_is_left_as_it_was_is_not_queued_and_what_is_wrong_is_kept(crm: Crm) -> None:
    before = crm.records()
    crm.environment |= write_editor(crm, ["true"])
    assert "was left as it was" in show_at_terminal(crm, "email", "write", DEAL)
    crm.environment |= write_editor(crm, ['echo "A: b" | cat - "$1" > "$1.new"; mv "$1.new" "$1"'])
    said = show_at_terminal(crm, "email", "write", DEAL)
    assert "'A: b' is not a header" in said
    kept = Path(said.split("your text is kept in ")[1].split()[0])
    assert kept.read_text("utf-8").startswith("A: b\n")
    kept.unlink()
    assert crm.records() == before
