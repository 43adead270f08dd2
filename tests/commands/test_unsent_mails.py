"""Mails that were not sent follow the deal: withdrawn when it closes, queued again, waiting for an address."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm

ANNOUNCE = """\
    on_enter:
      - id: announce
        email: accuse-reception
      - id: thank-sponsor
        email: {template: accuse-reception, to: sponsor}
      - id: chase
"""
LEAVING = """\
    on_exit:
      - id: goodbye
        email: accuse-reception
      - id: no-longer-chased
"""
TITLE = "Poêle pour Zoé"


@pytest.fixture
def office(crm: Crm) -> Crm:
    """The sample, whose stage `quoted` writes to the customer on entry and on exit, with an empty outbox."""
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8").replace("    on_enter:\n      - id: chase\n", ANNOUNCE, 1)
    text = text.replace("    on_exit:\n      - id: no-longer-chased\n", LEAVING, 1)
    config.write_text(text, "utf-8")
    for path in waiting(crm):
        path.unlink()
    return crm


def waiting(crm: Crm) -> list[Path]:
    return sorted((crm.data / "outbox").glob("*.eml"))


def withdrawn(crm: Crm) -> list[Path]:
    return sorted((crm.data / "withdrawn").glob("*.eml"))


def show(crm: Crm, id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(crm("show", id, "-o", "json").out)
    return found


def quoted(crm: Crm, *options: str) -> str:
    contact = ("--contact", "Zoé Kerlan <zoe@example.org>", "--revenue", "3000")
    id = crm("create", TITLE, *contact, *options, "-o", "ids").out.strip()
    crm("move", id, "--to", "quoted")
    return id


def test_losing_withdraws_what_rules_wrote_to_the_customer(office: Crm) -> None:
    id = quoted(office, "--referred-by", "Jeanne MARTIN", "--link", "neighbour")
    office("email", "queue", id, "--template", "remerciement")
    assert len(waiting(office)) == 3
    said = office("lose", id, "--reason", "price")
    assert "« Nous avons bien reçu votre demande » withdrawn" in said.out
    assert "was queued by hand and stays in the outbox" in said.err
    left = [path.read_text("utf-8") for path in waiting(office)]
    assert sorted("Jeanne" in mail for mail in left) == [False, True]
    [gone] = [each for each in show(office, id)["messages"] if "withdrawn" in each]
    assert gone["withdrawn"] == show(office, id)["closed"]
    assert [path.name for path in withdrawn(office)] == [gone["file"]]
    assert "withdrawn, not sent" in office("show", id).out
    assert "(withdrawn)" in office("why", id).out


def test_a_mail_that_was_sent_or_is_to_be_kept_stays(office: Crm) -> None:
    sent, kept = quoted(office), quoted(office)
    [path] = [each for each in waiting(office) if sent in each.read_text("utf-8")]
    path.rename(office.data / "sent" / path.name)
    office("lose", sent)
    office("lose", kept, "--keep-mails")
    assert withdrawn(office) == []
    assert len(waiting(office)) == 1


def test_winning_withdraws_the_mails_of_stages_left_but_not_those_on_leaving(office: Crm) -> None:
    id = quoted(office)
    before = waiting(office)
    office("win", id)
    assert [path.name for path in withdrawn(office)] == [path.name for path in before]
    rules = {
        effect["mail"]: entry["rule"]
        for entry in show(office, id)["history"]
        for effect in entry.get("did", [])
        if "mail" in effect
    }
    assert {rules[path.stem] for path in waiting(office)} == {"quoted.goodbye", "won.thank-you"}


def test_a_loss_written_into_the_file_withdraws_too(office: Crm) -> None:
    id = quoted(office)
    path = office.file(id)
    path.write_text(
        path.read_text("utf-8").replace("stage: quoted\n", "stage: quoted\nlost: price\n"), "utf-8"
    )
    office("note", id, "-m", "perdu")
    assert (waiting(office), len(withdrawn(office))) == ([], 1)


def test_reopening_queues_them_again_or_says_how(office: Crm) -> None:
    id = quoted(office)
    before = [path.read_bytes() for path in waiting(office)]
    office("lose", id)
    assert f"(crm undo, then crm reopen {id} --mails)" in office("reopen", id).err
    office("undo")
    office("reopen", id, "--mails")
    assert [path.read_bytes() for path in waiting(office)] == before
    assert withdrawn(office) == []
    assert not any("withdrawn" in each for each in show(office, id)["messages"])
    office("undo")
    assert (waiting(office), len(withdrawn(office))) == ([], 1)
    office("undo")
    assert [path.read_bytes() for path in waiting(office)] == before


def test_a_withdrawn_mail_is_written_again_when_its_rule_fires_again(office: Crm) -> None:
    id = quoted(office)
    office("lose", id)
    office("reopen", id)
    office("move", id, "--to", "visit")
    office("move", id, "--to", "quoted")
    messages = [each for each in show(office, id)["messages"] if each["direction"] == "out"]
    assert len({each["id"] for each in messages}) == len(messages)
    assert withdrawn(office) == []
    assert {path.name for path in waiting(office)} == {each["file"] for each in messages}


def test_check_names_a_withdrawn_mail_that_waits_all_the_same(office: Crm) -> None:
    id = quoted(office)
    office("lose", id)
    [path] = withdrawn(office)
    path.rename(office.data / "outbox" / path.name)
    assert "is withdrawn, but its file waits in the outbox" in office("check", code=5).out


def test_deleting_a_record_takes_its_withdrawn_mails_along(office: Crm) -> None:
    id = quoted(office)
    office("lose", id)
    office("delete", id, "--yes")
    assert withdrawn(office) == []
    office("undo")
    assert len(withdrawn(office)) == 1


def test_reopening_a_won_deal_takes_back_what_nobody_touched(office: Crm) -> None:
    id = quoted(office)
    office("win", id)
    order = next(each for each in show(office, id)["activities"] if each["type"] == "order")
    office("done", order["id"])
    said = office("reopen", id)
    deal = show(office, id)
    states = {each["type"]: (each["state"], each.get("reason")) for each in deal["activities"]}
    assert states["order"] == ("done", None)
    assert states["service"] == ("cancelled", "reopened")
    assert "client" not in deal.get("tags", [])
    assert f"{id} is open again; stays, by rule won.order: activity {order['id']} (done)" in said.err
    thanks = [each for each in deal["messages"] if each["subject"] == "Merci de votre confiance"]
    assert all("withdrawn" in each for each in thanks)
    office("win", id)
    again = show(office, id)
    assert "client" in again["tags"]
    assert [each["state"] for each in again["activities"] if each["type"] == "service"].count("planned") == 1
    assert sum(each["subject"] == "Merci de votre confiance" for each in again["messages"]) == 1


def test_what_a_win_has_sent_stays_and_is_named(office: Crm) -> None:
    id = quoted(office)
    office("win", id)
    for path in waiting(office):
        path.rename(office.data / "sent" / path.name)
    assert "stays, by rule won.thank-you: mail" in office("reopen", id).err


def nameless(crm: Crm) -> str:
    id = crm("create", TITLE, "--contact", "Zoé Kerlan", "--revenue", "3000", "-o", "ids").out.strip()
    crm("move", id, "--to", "quoted")
    return id


ADDRESS = "zoe@example.org"


@pytest.mark.parametrize("door", ["set", "merge", "contact"])
def test_a_mail_without_address_waits_for_one(office: Crm, door: str) -> None:
    id = nameless(office)
    assert waiting(office) == []
    assert "waits for une adresse e-mail du contact: rule quoted.announce" in office("why", id).out
    if door == "set":
        assert "is queued" in office("contact", "set", "Zoé Kerlan", f"emails={ADDRESS}").err
    elif door == "merge":
        office("contact", "create", "Z. Kerlan", "--email", ADDRESS)
        office("contact", "merge", "Zoé Kerlan", "Z. Kerlan", "--yes")
    else:
        office("contact", "create", "Autre Kerlan", "--email", ADDRESS)
        office("set", id, "contact=Autre Kerlan")
    [mail] = waiting(office)
    assert ADDRESS in mail.read_text("utf-8")
    assert len([each for each in show(office, id)["activities"] if each["type"] == "call"]) == 1
    office("note", id, "-m", "encore")
    assert waiting(office) == [mail]


def test_a_mail_waits_only_while_the_deal_stays_in_the_stage(office: Crm) -> None:
    id = nameless(office)
    office("move", id, "--to", "visit")
    office("contact", "set", "Zoé Kerlan", f"emails={ADDRESS}")
    assert queued_by(office, id) == ["goodbye"]
    office("move", id, "--to", "quoted")
    assert queued_by(office, id) == ["goodbye", "announce"]


def queued_by(crm: Crm, id: str) -> list[str]:
    """The rules of a deal that have queued a mail, in order."""
    fired = [
        each for each in show(crm, id)["history"] if any("mail" in effect for effect in each.get("did", []))
    ]
    return [each["rule"].rpartition(".")[2] for each in fired]


def test_tick_queues_a_mail_whose_contact_got_an_address_in_its_file(office: Crm) -> None:
    nameless(office)
    office("tick")
    assert waiting(office) == []
    [path] = office.data.glob("contacts/*zoe-kerlan*.yaml")
    path.write_text(path.read_text("utf-8") + f"emails: [{ADDRESS}]\n", "utf-8")
    office("tick")
    [mail] = waiting(office)
    assert ADDRESS in mail.read_text("utf-8")
    office("tick")
    assert waiting(office) == [mail]
