"""An address that mail came back from gets no more mail, through any door, until a person removes the mark."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.test_unsent_mails import ANNOUNCE, TITLE
from tests.harness.crm import Crm
from tests.harness.sending import use_program

ADDRESS, OTHER = "zoe@example.org", "zoe.kerlan@example.net"
CAME_BACK = f"mail to {ADDRESS} came back"


@pytest.fixture
def office(crm: Crm) -> Crm:
    """The sample, whose stage `quoted` writes on entry and after a week, with an empty outbox and a program."""
    config = crm.data / "crm.yaml"
    after = "    after:\n      - id: remind\n        in: 7d\n        email: relance\n"
    text = config.read_text("utf-8").replace("    on_enter:\n      - id: chase\n", ANNOUNCE, 1)
    head, name, rest = text.partition("- id: quoted")
    text = head + name + rest.replace("    after:\n", after, 1)
    config.write_text(text, "utf-8")
    for path in waiting(crm):
        path.unlink()
    program = crm.root.parent / "deliver"
    program.write_text('#!/bin/sh\nshift 4\necho "$@" >> "$0.to"\n')
    program.chmod(0o755)
    use_program(crm, str(program))
    return crm


def waiting(crm: Crm) -> list[Path]:
    return sorted((crm.data / "outbox").glob("*.eml"))


def reached(crm: Crm) -> list[str]:
    told = crm.root.parent / "deliver.to"
    return told.read_text().split() if told.exists() else []


def a_deal(crm: Crm) -> str:
    return crm(
        "create", TITLE, "--contact", f"Zoé Kerlan <{ADDRESS}>", "--revenue", "3000", "-o", "ids"
    ).out.strip()


def mark(crm: Crm, *addresses: str) -> None:
    crm("contact", "set", "Zoé Kerlan", f"undeliverable={','.join(addresses or (ADDRESS,))}")


def last_message(crm: Crm, id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(crm("show", id, "-o", "json").out)["messages"][-1]
    return found


BY_HAND = {
    "email queue": ("email", "queue", "ID", "-t", "relance"),
    "email queue --to": ("email", "queue", "ID", "-t", "relance", "--to", f"Zoé <{ADDRESS.upper()}>"),
    "email queue --cc": ("email", "queue", "ID", "-t", "relance", "--to", "a@b.fr", "--cc", ADDRESS),
    "email write": ("email", "write", "ID", "--subject", "x", "-m", "x"),
    "email write --to": ("email", "write", "ID", "--to", ADDRESS, "--subject", "x", "-m", "x"),
    "email preview": ("email", "preview", "ID", "-t", "relance"),
}


@pytest.mark.parametrize("door", BY_HAND)
def test_a_person_is_refused_and_told_how_to_remove_the_mark(office: Crm, door: str) -> None:
    id = a_deal(office)
    mark(office)
    before = office.records()
    said = office.refused(*(id if word == "ID" else word for word in BY_HAND[door]), code=5)
    assert CAME_BACK.casefold() in said.casefold()
    assert "undeliverable= if it works again" in said
    assert office.records() == before
    office("contact", "set", "Zoé Kerlan", "undeliverable=")
    office(*(id if word == "ID" else word for word in BY_HAND[door]))


def test_an_answer_to_a_marked_address_is_refused(office: Crm) -> None:
    id = a_deal(office)
    mail = f"From: {ADDRESS}\nTo: contact@atre-granules.example\nSubject: Oui [{id}]\n\nOui.\n"
    office("ingest", stdin=mail.encode())
    mark(office)
    message = last_message(office, id)["id"]
    assert CAME_BACK in office.refused("reply", message, "-m", "Merci", code=5)
    office("reply", message, "-m", "Merci", "--to", OTHER)
    assert OTHER in last_message(office, id)["to"]


def test_the_first_address_that_works_is_taken(office: Crm) -> None:
    id = a_deal(office)
    office("contact", "set", "Zoé Kerlan", f"emails+={OTHER}")
    mark(office)
    office("email", "queue", id, "-t", "relance")
    office("email", "write", id, "--subject", "x", "-m", "x")
    office("move", id, "--to", "quoted")
    assert len(waiting(office)) == 3
    assert all(OTHER in path.read_text() and ADDRESS not in path.read_text() for path in waiting(office))


@pytest.mark.parametrize("door", ["move", "tick"])
def test_the_mail_of_a_rule_waits_for_an_address_that_works_and_stops_nothing(office: Crm, door: str) -> None:
    id = a_deal(office)
    if door == "tick":
        office("move", id, "--to", "quoted")
        for path in waiting(office):
            path.unlink()
    mark(office)
    if door == "move":
        ended = office("move", id, "--to", "quoted")
        assert f"waits for an e-mail address of the contact ({CAME_BACK})" in ended.err
        assert json.loads(office("show", id, "-o", "json").out)["stage"] == "quoted"
    else:
        office("rules", "release", "quoted.remind")
        office("tick", CRM_NOW="2026-12-03T09:00")
        assert "waits for une adresse e-mail" in office("why", id).out
    assert not [path for path in waiting(office) if ADDRESS in path.read_text()]
    office("contact", "set", "Zoé Kerlan", "undeliverable=", CRM_NOW="2026-12-04T09:00")
    assert len([path for path in waiting(office) if ADDRESS in path.read_text()]) == 1


def test_what_waits_already_is_held_back_with_the_reason(office: Crm) -> None:
    id = a_deal(office)
    office("email", "queue", id, "-t", "relance")
    office("due", "--mail")
    mail = last_message(office, id)["id"]
    mark(office)
    assert CAME_BACK in office("outbox", "send", "--dry-run").out
    assert len([path for path in waiting(office) if path.stem == mail]) == 1
    ended = office("outbox", "send", code=7)
    assert f"mail {mail} held back" in ended.err
    assert CAME_BACK in ended.err
    assert ADDRESS not in reached(office)
    assert "marie@atre-granules.example" in reached(office)
    [row] = [each for each in json.loads(office("outbox", "list", "-o", "json").out) if each["id"] == mail]
    assert row["state"] == "held"
    assert CAME_BACK in row["reason"]
    assert CAME_BACK in office("show", id).out
    assert last_message(office, id)["state"] == "held"
    assert office("outbox", "send").err.strip() in ("", "crm: no mail is due", "no mail is due")
    assert CAME_BACK in office.refused("outbox", "retry", mail, code=5)
    office("contact", "set", "Zoé Kerlan", "undeliverable=")
    office("outbox", "retry", mail)
    office("outbox", "send")
    assert ADDRESS in reached(office)


def test_a_mail_named_by_its_id_and_one_made_by_hand_are_held_too(office: Crm) -> None:
    a_deal(office)
    mark(office)
    (office.data / "outbox" / "hand.eml").write_text(f"To: a@b.fr\nCc: {ADDRESS}\nSubject: x\n\nx\n")
    assert CAME_BACK in office("outbox", "send", "hand", code=7).err
    assert reached(office) == []
    assert (office.data / "held" / "hand.eml").exists()


def test_a_withdrawn_mail_that_is_queued_again_is_held(office: Crm) -> None:
    id = a_deal(office)
    office("move", id, "--to", "quoted")
    office("lose", id, "--reason", "price")
    mark(office)
    office("reopen", id, "--mails")
    office.run("outbox", "send")
    assert ADDRESS not in reached(office)


def test_a_bounce_marks_and_what_follows_is_not_sent(office: Crm) -> None:
    id = a_deal(office)
    office("email", "queue", id, "-t", "relance")
    office("outbox", "send")
    assert reached(office) == [ADDRESS]
    office("email", "queue", id, "-t", "relance")
    report = (Path(__file__).parents[1] / "fixtures" / "mails" / "rapport-non-remise.eml").read_bytes()
    sent = json.loads(office("show", id, "-o", "json").out)["messages"][0]["message_id"]
    report = report.replace(b"<MSGID>", sent.encode()).replace(b"pierre.richrad@example.fr", ADDRESS.encode())
    office("ingest", stdin=report)
    office("outbox", "send", code=7)
    assert reached(office) == [ADDRESS]
