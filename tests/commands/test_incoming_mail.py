"""Where a message goes: threads, strangers, our own people, forwards, reports; and what is offered."""

import json
from typing import Any

import pytest

from tests.harness.crm import Crm
from tests.harness.places import MAILS

FORMS = MAILS.parent / "forms"


def mail(
    text: str = "Bonjour", *, sender: str = "Léa <lea@example.net>", subject: str = "Devis", **headers: str
) -> bytes:
    lines = [f"From: {sender}", f"Subject: {subject}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "To" not in headers:
        lines.append("To: devis@atre-granules.example")
    return ("\n".join(lines) + f"\nContent-Type: text/plain; charset=utf-8\n\n{text}\n").encode()


def ingested(crm: Crm, content: bytes) -> dict[str, Any]:
    [result] = json.loads(crm("ingest", "-o", "json", stdin=content).out)
    return dict(result)


def record(crm: Crm, id: str) -> dict[str, Any]:
    return dict(json.loads(crm("show", id, "-o", "json").out))


def sent_message(crm: Crm, id: str) -> dict[str, Any]:
    return next(dict(each) for each in record(crm, id)["messages"] if each["direction"] == "out")


def test_messages_that_answer_the_same_unknown_one_are_one_record(bare: Crm) -> None:
    root = "<root@elsewhere.example>"
    first = ingested(bare, mail(Message_ID="<a@x>", References=root, In_Reply_To=root))
    second = ingested(
        bare, mail("Et alors ?", Message_ID="<b@x>", References=f"{root} <c@x>", In_Reply_To="<c@x>")
    )
    assert (second["outcome"], second["id"]) == ("reply", first["id"])


def test_a_reply_that_came_first_is_joined_by_its_original(bare: Crm) -> None:
    reply = ingested(bare, mail("Merci", subject="Re: Devis", Message_ID="<b@x>", In_Reply_To="<a@x>"))
    original = ingested(bare, mail("Une demande", Message_ID="<a@x>"))
    assert (original["outcome"], original["id"]) == ("reply", reply["id"])
    assert len(record(bare, reply["id"])["messages"]) == 2


def test_an_answer_without_references_finds_its_record_by_subject_and_sender(bare: Crm) -> None:
    first = ingested(bare, mail(Message_ID="<a@x>", subject="Poêle du salon"))
    other = ingested(
        bare, mail(Message_ID="<b@x>", subject="RE : Poêle du salon", sender="autre@example.net")
    )
    again = ingested(bare, mail(Message_ID="<c@x>", subject="RE : Poêle du salon"))
    fresh = ingested(bare, mail("Autre chose", Message_ID="<d@x>", subject="Poêle du salon"))
    assert (again["outcome"], again["id"]) == ("reply", first["id"])
    assert {other["outcome"], fresh["outcome"]} == {"new"}


STRANGERS = {
    "in the thread": lambda crm: {"In_Reply_To": sent_message(crm, "xgcej9p8")["message_id"]},
    "by the id in the subject": lambda crm: {"subject": "Question [xgcej9p8]"},
    "by the id in the address": lambda crm: {"To": "devis+xgcej9p8@atre-granules.example"},
}


@pytest.mark.parametrize("way", STRANGERS)
def test_a_stranger_sets_nothing_and_the_activity_says_who_wrote(crm: Crm, way: str) -> None:
    before = record(crm, "xgcej9p8")
    text = "Surface à chauffer (m²): 250\nhauteur_plafond: 9"
    result = ingested(crm, mail(text, sender="Eve <eve@stranger.test>", **STRANGERS[way](crm)))
    after = record(crm, "xgcej9p8")
    assert (result["outcome"], result["id"]) == ("reply", "xgcej9p8")
    assert after.get("project") == before.get("project")
    assert after["history"] == before["history"]
    [new] = [each for each in after["activities"] if each not in before["activities"]]
    assert "Eve <eve@stranger.test>" in new["summary"]
    assert (after["messages"][-1]["from"], after["messages"][-1]["stranger"]) == (
        "Eve <eve@stranger.test>",
        True,
    )


def test_a_summary_holds_a_strangers_name_as_it_is(crm: Crm) -> None:
    ingested(crm, mail(sender='"{{ 7*7 }}" <eve@stranger.test>', subject="[xgcej9p8]"))
    assert "{{ 7*7 }}" in record(crm, "xgcej9p8")["activities"][-1]["summary"]


def test_the_answer_of_a_colleague_is_ours_and_asks_for_nothing(crm: Crm) -> None:
    before = record(crm, "xgcej9p8")
    sender = "Marie <marie@atre-granules.example>"
    result = ingested(crm, mail("Je passe demain.", sender=sender, subject="Re: Devis [xgcej9p8]"))
    after = record(crm, "xgcej9p8")
    assert (result["outcome"], result["id"]) == ("noted", "xgcej9p8")
    assert after["messages"][-1]["direction"] == "out"
    assert after["activities"] == before["activities"]


def test_a_mail_that_a_colleague_writes_to_a_customer_makes_the_customers_lead(bare: Crm) -> None:
    content = mail(
        "Suite à votre appel",
        sender="marie@atre-granules.example",
        To="Yann Roux <yann@example.net>",
        Cc="devis@atre-granules.example",
    )
    lead = record(bare, ingested(bare, content)["id"])
    assert lead["contact_name"] == "Yann Roux"
    assert lead["messages"][0]["direction"] == "out"
    assert "activities" not in lead or lead["activities"] == []


INLINE = {
    "Outlook": "À traiter\n\nDe : Yann Roux <yann@example.net>\nEnvoyé : lundi 23 novembre 2026 09:12\nÀ : Marie\n"
    "Objet : Poêle à bois\n\nBonjour, un devis SVP.\n",
    "Gmail": "---------- Forwarded message ---------\nDe : Yann Roux <yann@example.net>\nDate: lun. 23 nov. 2026\n"
    "Subject: Poêle à bois\nTo: <marie@atre-granules.example>\n\nBonjour, un devis SVP.\n",
    "Thunderbird": "-------- Message transféré --------\nSujet : Poêle à bois\nDate : Mon, 23 Nov 2026 09:12:00\n"
    "De : Yann Roux <yann@example.net>\nPour : marie@atre-granules.example\n\nBonjour, un devis SVP.\n",
}


@pytest.mark.parametrize("program", INLINE)
def test_a_mail_that_a_colleague_forwards_is_the_customers_lead(bare: Crm, program: str) -> None:
    content = mail(INLINE[program], sender="Marie <marie@atre-granules.example>", subject="TR: Poêle à bois")
    lead = record(bare, ingested(bare, content)["id"])
    assert (lead["title"], lead["contact_name"]) == ("Poêle à bois", "Yann Roux")
    assert lead["messages"][0]["from"] == "Yann Roux <yann@example.net>"
    assert "un devis SVP" in lead["messages"][0]["text"]
    assert [each["rule"] for each in lead["activities"]] == ["answer-enquiry"]


def test_a_form_that_a_colleague_forwards_is_the_lead_of_who_filled_it_in(bare: Crm) -> None:
    text = INLINE["Outlook"].replace("yann@example.net", "wordpress@atre-granules.example")
    text = text.replace(
        "Bonjour, un devis SVP.", "Nom : Anne Roy\nE-mail : anne@example.net\nMessage : un devis"
    )
    content = mail(text, sender="marie@atre-granules.example", subject="TR: Poêle à bois")
    assert record(bare, ingested(bare, content)["id"])["contact_name"] == "Anne Roy"


def bounce_of(crm: Crm, id: str) -> bytes:
    report = (MAILS / "rapport-non-remise.eml").read_bytes()
    report = report.replace(b"<MSGID>", sent_message(crm, id)["message_id"].encode())
    return report.replace(b"pierre.richrad@example.fr", b"pierre.richard@example.org")


def test_a_mail_that_came_back_marks_message_and_contact_and_tells_the_owner(crm: Crm) -> None:
    result = ingested(crm, bounce_of(crm, "xgcej9p8"))
    deal = record(crm, "xgcej9p8")
    assert (result["outcome"], result["id"]) == ("bounce", "xgcej9p8")
    assert sent_message(crm, "xgcej9p8")["bounced"]
    assert "pierre.richard@example.org" in deal["activities"][-1]["summary"]
    contact = json.loads(crm("contact", "show", deal["contact"], "-o", "json").out)
    assert contact["undeliverable"] == ["pierre.richard@example.org"]
    assert (
        "pierre.richard@example.org"
        in crm("contact", "show", deal["contact"]).out.partition("Undeliverable")[2]
    )
    crm("contact", "set", deal["contact"], "undeliverable=")
    assert crm("check").out == ""


def test_a_delay_marks_nothing(crm: Crm) -> None:
    before = record(crm, "xgcej9p8")
    ingested(crm, bounce_of(crm, "xgcej9p8").replace(b"Action: failed", b"Action: delayed"))
    after = record(crm, "xgcej9p8")
    assert after["messages"][:-1] == before["messages"]
    assert after["activities"] == before["activities"]


DIALECTS = {
    "a daemon without a domain": "From: MAILER-DAEMON (Mail Delivery System)\nSubject: Returned mail: see transcript\n\n"
    "The original message:\n\nMessage-ID: {id}\nSubject: x\n",
    "qmail": "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the qmail-send program.\n\n"
    "<a@b.example>:\nno mailbox here\n\n--- Below this line is a copy of the message.\n\nMessage-ID: {id}\n",
    "Exim": "From: Mail Delivery System <Mailer-Daemon@mx.example>\nX-Failed-Recipients: a@b.example\n"
    "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\n"
    "------ This is a copy of the message ------\n\nMessage-ID: {id}\n",
    "Exchange in French": "From: postmaster@contoso.example\nReturn-Path: <>\nSubject: Non remis : Votre devis\n"
    "In-Reply-To: {id}\n\nÉchec de la remise\n",
    "a null path": "From: Messagerie <systeme@fai.example>\nReturn-Path: <>\nSubject: Message non distribué\n\n"
    "> Message-ID:\n {id}\n",
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_report_of_any_dialect_is_noted_where_the_message_is(crm: Crm, name: str) -> None:
    content = DIALECTS[name].format(id=sent_message(crm, "xgcej9p8")["message_id"]).encode()
    assert ingested(crm, content)["outcome"] == "bounce"


AUTOMATIC = {
    "receipt": "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    "calendar": "Content-Type: text/calendar; method=REPLY",
    "absence": "Auto-Submitted: auto-replied",
    "null path": "Return-Path: <>",
    "suppressed": "X-Auto-Response-Suppress: All",
}


@pytest.mark.parametrize("kind", AUTOMATIC)
def test_automatic_mail_is_noted_on_its_record_and_asks_for_nothing(crm: Crm, kind: str) -> None:
    before = record(crm, "xgcej9p8")
    head = f"From: pierre.richard@example.org\nSubject: x\n{AUTOMATIC[kind]}\nIn-Reply-To: "
    result = ingested(crm, f"{head}{sent_message(crm, 'xgcej9p8')['message_id']}\n\nx\n".encode())
    after = record(crm, "xgcej9p8")
    assert (result["outcome"], result["id"]) == ("noted", "xgcej9p8")
    assert (after["activities"], after["history"]) == (before["activities"], before["history"])
    assert after["messages"][-1]["automatic"] is True


@pytest.mark.parametrize("kind", AUTOMATIC)
def test_nothing_is_ever_sent_to_what_is_automatic(bare: Crm, kind: str) -> None:
    path = bare.data / "crm.yaml"
    rule = "rules:\n  - {id: thanks, on: ingested, email: {template: accuse-reception}}\n"
    path.write_text(path.read_text().replace("\nrules:\n", f"\n{rule}", 1))
    head = f"From: lea@example.net\nTo: formulaire@atre-granules.example\nSubject: x\n{AUTOMATIC[kind]}\n\n"
    assert (
        ingested(bare, f"{head}Nom : Léa\nE-mail : lea@example.net\nTél : 0612345678\n".encode())["outcome"]
        == "aside"
    )
    assert ingested(bare, mail())["outcome"] == "new"
    assert len(list(bare.data.glob("outbox/*.eml"))) == 1


def test_a_personal_reply_to_is_a_further_address(bare: Crm) -> None:
    lead = ingested(bare, mail(Reply_To="Léa <lea.perso@example.org>"))
    contact = json.loads(bare("contact", "show", lead["contact"], "-o", "json").out)
    assert contact["emails"] == ["lea@example.net", "lea.perso@example.org"]


def test_a_reply_to_that_somebody_else_has_stays_theirs(bare: Crm) -> None:
    bare("contact", "create", "Paul", "--email", "paul@example.org")
    lead = ingested(bare, mail(Reply_To="paul@example.org"))
    contact = json.loads(bare("contact", "show", lead["contact"], "-o", "json").out)
    assert contact["emails"] == ["lea@example.net"]


def test_forms_of_many_people_are_no_flood_of_the_site(bare: Crm) -> None:
    form = (FORMS / "divi.eml").read_text(encoding="utf-8")
    for number in range(22):
        text = form.replace("yves.moal@", f"yves{number}@").replace("divi@", f"divi-{number}@")
        assert ingested(bare, text.encode())["outcome"] == "new"


def test_what_a_signature_says_is_offered_and_noted_not_stored(bare: Crm) -> None:
    text = "Un devis SVP\n\n-- \nLéa Roux\nSARL Roux\n3 rue du Port\n56100 Lorient\nTél. 06 12 34 56 78"
    ended = bare("ingest", "-o", "json", stdin=mail(text))
    [result] = json.loads(ended.out)
    contact = json.loads(bare("contact", "show", result["contact"], "-o", "json").out)
    assert "phones" not in contact
    [command] = result["offers"]
    assert "06 12 34 56 78" in record(bare, result["id"])["activities"][0]["note"]
    bare.run_line(command)
    contact = json.loads(bare("contact", "show", result["contact"], "-o", "json").out)
    assert contact["phones"] == ["+33612345678"]
    assert contact["addresses"] == [{"postcode": "56100", "city": "Lorient"}]
    again = ingested(bare, mail(text, subject="Re: Devis"))
    assert again["offers"] == []


def test_the_record_lists_the_attachments_of_a_message(bare: Crm) -> None:
    id = ingested(bare, (MAILS / "pieces-jointes.eml").read_bytes())["id"]
    [message] = record(bare, id)["messages"]
    assert len(message["attachments"]) > 3
    assert all(each["size"] > 0 and each["type"] for each in message["attachments"])
    assert message["attachments"][0]["name"] in bare("show", id).out


def test_the_shown_text_leaves_out_quotation_and_signature_and_the_file_keeps_them(bare: Crm) -> None:
    text = (
        "Oui, à 14 h.\n\nLéa\n\nEnvoyé de mon iPhone\n\nLe 23/11/2026 à 09:12, Marie a écrit :\n> Demain ?\n"
    )
    id = ingested(bare, mail(text))["id"]
    [message] = record(bare, id)["messages"]
    assert message["text"] == "Oui, à 14 h.\n\nLéa"
    assert "Demain ?" in (bare.data / message["file"]).read_text()


ROUTE = """    - subject: "*ramonage*"
      owner: sophie
      priority: 2
      questionnaire: pag
      answers: {surface: "120"}
"""


def with_route(crm: Crm, route: str = ROUTE) -> Crm:
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text().replace("  routes:\n", f"  routes:\n{route}", 1))
    return crm


def test_a_route_by_subject_gives_owner_priority_and_answers(bare: Crm) -> None:
    lead = record(bare, ingested(with_route(bare), mail(subject="Demande de ramonage"))["id"])
    assert (lead["owner"], lead["priority"]) == ("sophie", 2)
    assert lead["project"]["answers"] == {"surface": 120}
    assert bare("check").out == ""


def test_an_answer_of_a_route_that_is_not_valid_is_noted_and_stops_nothing(bare: Crm) -> None:
    with_route(bare, ROUTE.replace('"120"', '"beaucoup"'))
    lead = record(bare, ingested(bare, mail(subject="Ramonage"))["id"])
    assert any("surface" in str(each.get("text")) for each in lead["history"])


def test_a_scenario_tests_routes(bare: Crm) -> None:
    path = bare.root / "scenario.yaml"
    path.write_text(
        "scenarios:\n"
        "  - name: ramonage\n    mail: {subject: Un ramonage}\n"
        '    steps: [{at: 2026-11-24, expect: {owner: sophie, priority: 2, answers: {surface: "120"}}}]\n'
        "  - name: devis\n    mail: {to: devis@atre-granules.example, subject: x}\n"
        "    steps: [{at: 2026-11-24, expect: {owner: paul, source: website}}]\n"
        "  - name: nothing\n    steps: [{at: 2026-11-24}]\n"
    )
    ended = with_route(bare)("rules", "test", str(path), code=1)
    assert "ok      ramonage" in ended.out
    assert "owner: expected paul, is marie" in ended.out
    assert "it needs a record or a mail" in ended.out


def test_routes_that_take_nothing_and_unknown_form_fields_are_named(bare: Crm) -> None:
    with_route(bare, "    - {owner: marie}\n")
    path = bare.data / "crm.yaml"
    path.write_text(path.read_text().replace("\nmail:\n", "\nmail:\n  form_fields: {fone: [Joignable]}\n", 1))
    said = bare("config", "check", code=5).out
    assert "no message takes it" in said
    assert "'fone'" in said


def test_a_message_is_shown_whole_with_what_it_quotes(bare: Crm) -> None:
    text = "Oui\n\n--\nLéa\n\nLe 23/11/2026 à 09:12, Marie a écrit :\n> Demain ?"
    id = ingested(bare, mail(text))["id"]
    message = record(bare, id)["messages"][0]["id"]
    assert bare("message", "show", message).out.strip() == text
    assert bare("message", "show", id, "--raw").out.startswith("From: Léa")
    (bare.data / record(bare, id)["messages"][0]["file"]).unlink()
    assert "is not here" in bare.refused("message", "show", message, code=3)


def test_attachments_are_saved_inside_the_directory_only_and_replace_nothing(bare: Crm) -> None:
    id = ingested(bare, (MAILS / "pieces-jointes.eml").read_bytes())["id"]
    listed = json.loads(bare("attachment", "list", id, "-o", "json").out)
    assert listed[0]["name"] == "../../etc/passwd"
    target = bare.root.parent / "photos"
    bare("attachment", "save", id, "--to", str(target), "--dry-run")
    assert not target.exists()
    bare("attachment", "save", id, "--to", str(target))
    assert sorted(each.name for each in target.iterdir()) == sorted(each["file"] for each in listed)
    assert all(each.is_file() for each in target.iterdir())
    assert "exists already" in bare.refused("attachment", "save", id, "--to", str(target), code=5)
