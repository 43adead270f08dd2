"""Texts copied from web pages, phones and a Mac come in through every door as people mean them."""

import json
import unicodedata

import pytest

from tests.harness.crm import Crm

RICHARD = "xgcej9p8"
COPIED_PHONE = "\u202a06\u201112\u201134\u201156\u201199\u202c"
COPIED_MAIL = "mailto:zo\u200be@example.org"


@pytest.mark.parametrize("door", ["create", "set", "csv", "vcf"])
def test_a_copied_phone_and_address_are_stored_plain(bare: Crm, door: str) -> None:
    if door == "create":
        bare("contact", "create", "Zo\u00adé Kerlan", "--phone", COPIED_PHONE, "--email", COPIED_MAIL)
    elif door == "set":
        bare("contact", "create", "Zoé Kerlan")
        bare("contact", "set", "Zoé Kerlan", f"phones={COPIED_PHONE}", f"emails={COPIED_MAIL}")
    elif door == "csv":
        table = f"Nom;Téléphone;E-mail\nZo\u00adé Kerlan;{COPIED_PHONE};{COPIED_MAIL}\n"
        bare("contact", "import", "-", stdin=table.encode())
    else:
        card = f"BEGIN:VCARD\nVERSION:4.0\nFN:Zo\u00adé Kerlan\nTEL:{COPIED_PHONE}\nEMAIL:{COPIED_MAIL}\nEND:VCARD\n"
        bare("contact", "import", "-", stdin=card.encode())
    [found] = json.loads(bare("contact", "list", "-o", "json").out)
    assert (found["name"], found["phones"], found["emails"]) == (
        "Zoé Kerlan",
        ["+33612345699"],
        ["zoe@example.org"],
    )


def test_a_tag_typed_on_a_mac_is_the_same_tag(crm: Crm) -> None:
    typed = unicodedata.normalize("NFD", "rénové")
    crm("tag", RICHARD, "--add", "rénové")
    assert crm("tag", RICHARD, "--add", typed, "-o", "jsonl").out.count("nov") == 1
    crm("tag", RICHARD, "--remove", typed)
    assert crm("list", "+rénové", "-o", "ids").out == ""


def test_a_name_of_a_stage_does_as_its_id(crm: Crm) -> None:
    crm("move", RICHARD, "--to", "Négociation")
    assert crm("list", f"id:{RICHARD}", "-o", "jsonl", "--fields", "stage").out == '{"stage":"negotiation"}\n'
    crm("move", RICHARD, "--to", "devis envoye")
    assert crm("list", f"id:{RICHARD}", "-o", "jsonl", "--fields", "stage").out == '{"stage":"quoted"}\n'


def test_what_a_hand_wrote_stays_until_it_is_changed(crm: Crm) -> None:
    [path] = crm.data.glob("contacts/*--f8dz9xw4.yaml")
    path.write_text(path.read_text("utf-8").replace("Pierre RICHARD", "Pierre RI\u00adCHARD"), "utf-8")
    crm("contact", "set", "f8dz9xw4", "job=Maçon")
    assert "Pierre RI\u00adCHARD" in path.read_text("utf-8")
    assert crm("contact", "show", "Pierre RICHARD").out
    found = crm("check", code=5).out
    assert "name: has invisible characters" in found
    assert found.count("invisible") == 1


def test_contacts_that_differ_by_what_nobody_sees_are_duplicates(crm: Crm) -> None:
    crm("contact", "create", "Pierre RICHARD", "--force")
    [path] = crm.data.glob("contacts/*--f8dz9xw4.yaml")
    path.write_text(path.read_text("utf-8").replace("Pierre RICHARD", "Pierre RI\u00adCHARD"), "utf-8")
    assert "f8dz9xw4" in crm("contact", "duplicates").out


def test_spans_times_and_days_are_read_as_in_france(crm: Crm) -> None:
    crm(
        "activity",
        "add",
        RICHARD,
        "--type",
        "call",
        "--due",
        "30/11/2026",
        "--time",
        "14h30",
        "--every",
        "1an",
    )
    [found] = [
        each
        for line in crm("activity", "list", f"id:{RICHARD}", "-o", "jsonl").out.splitlines()
        if (each := json.loads(line)).get("time")
    ]
    assert (found["due"], found["time"]) == ("2026-11-30", "14:30")
    crm("activity", "snooze", found["id"], "--by", "1sem")
    after = json.loads(crm("activity", "list", f"activity:{found['id']}", "-o", "json").out)[0]
    assert after["due"] == "2026-12-07"
    crm("set", RICHARD, "expected_close=25.12.2026")
    assert '"2026-12-25"' in crm("list", f"id:{RICHARD}", "-o", "jsonl", "--fields", "expected_close").out
    assert "14 * * 1-5" in crm("cron", "print", "--at", "14h").out.replace("0 14", "14")


@pytest.mark.parametrize("prefix", ["Rép :", "RÉF: ", "Re : "])
def test_a_subject_typed_on_a_mac_loses_its_prefix(bare: Crm, prefix: str) -> None:
    subject = unicodedata.normalize("NFD", f"{prefix} Poêle à granulés")
    mail = f"From: Zoé <zoe@example.org>\nSubject: {subject}\nMessage-ID: <a@example.org>\n\nBonjour\n"
    bare("ingest", stdin=mail.encode())
    [lead] = json.loads(bare("list", "-o", "json").out)
    assert lead["title"] == "Poêle à granulés"


FORM = """\
Nom: Zo\u00adé Kerlan
E-mail: {mail}
Téléphone: {phone}
Message: Je rénove.
Appareil: {kind}
"""


def test_a_form_and_a_sender_are_stored_plain(bare: Crm) -> None:
    form = FORM.format(mail=COPIED_MAIL, phone=COPIED_PHONE, kind="pag")
    head = "From: site@example.net\nSubject: Contact\nContent-Type: text/plain; charset=utf-8\n\n"
    bare("ingest", stdin=f"{head}{form}".encode())
    sent = "From: =?utf-8?q?Ann=C2=AD_NED=C3=89LEC?= <ann@example.org>\nSubject: Devis\n\nBonjour\n"
    bare("ingest", stdin=sent.encode())
    people = json.loads(bare("contact", "list", "-o", "json").out)
    assert [(each["name"], each["emails"], each.get("phones", [])) for each in people] == [
        ("Ann NEDÉLEC", ["ann@example.org"], []),
        ("Zoé Kerlan", ["zoe@example.org"], ["+33612345699"]),
    ]


def test_free_texts_of_ones_own_fields_are_stored_plain(crm: Crm) -> None:
    typed = unicodedata.normalize("NFD", "Brûlé") + "\u200b"
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8").replace("  - name: brand\n", "  - name: street\n  - name: brand\n", 1)
    config.write_text(text, "utf-8")
    crm("set", RICHARD, f"fields.street={typed}")
    assert crm("list", "field.street:Brûlé", "-o", "ids").out == f"{RICHARD}\n"
    assert "street: Brûlé\n" in next(crm.data.glob(f"opportunities/**/*--{RICHARD}.yaml")).read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["pipeline_data/scenarios/Relance.yaml", unicodedata.normalize("NFD", "templates/relancé.md.j2")]
)
def test_files_that_are_one_on_a_mac_are_named(crm: Crm, name: str) -> None:
    other = unicodedata.normalize("NFC", name).replace("Relance", "relance")
    for each in (name, other):
        path = crm.root / each
        path.parent.mkdir(exist_ok=True)
        path.write_text("Subject: x\n\nx\n" if each.endswith("j2") else "schema: 1\n", "utf-8")
    assert "takes it for the same file as" in crm("check", code=5).out


def test_a_label_in_a_file_is_named_with_its_id(crm: Crm) -> None:
    path = next(crm.data.glob(f"opportunities/**/*--{RICHARD}.yaml"))
    text = path.read_text("utf-8")
    path.write_text(text.replace("stage: ", "stage: Devis envoyé # ", 1), "utf-8")
    assert "unknown stage 'Devis envoyé' (write the id, quoted)" in crm("check", code=5).out
