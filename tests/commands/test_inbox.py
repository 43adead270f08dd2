"""`crm inbox`: messages in quarantine are looked at, accepted, linked, dropped and tried again."""

import json
from typing import Any

import pytest

from tests.harness.crm import Crm

NEWS = (
    b"From: Anne PRIGENT <anne@example.org>\nTo: devis@atre-granules.example\nSubject: Devis\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0100\nMessage-ID: <n@example.org>\nPrecedence: bulk\n\nUn insert, merci.\n"
)
GARBAGE = b"\0 no message at all"


def waiting(crm: Crm) -> list[dict[str, Any]]:
    return [json.loads(line) for line in crm("inbox", "list", "-o", "jsonl").out.splitlines()]


@pytest.fixture
def kept(bare: Crm) -> Crm:
    bare("ingest", stdin=NEWS)
    bare("ingest", stdin=GARBAGE)
    return bare


def id_of(crm: Crm, subject: str | None) -> str:
    [id] = [each["id"] for each in waiting(crm) if each["subject"] == subject]
    return str(id)


def test_the_inbox_says_who_wrote_what_and_why_it_waits(kept: Crm) -> None:
    [garbage, news] = sorted(waiting(kept), key=lambda each: each["subject"] or "")
    assert (news["from"], news["subject"]) == ("Anne PRIGENT <anne@example.org>", "Devis")
    assert news["reason"] == "automatique : Precedence: bulk"
    assert garbage["reason"] == "is not a message: it has none of the usual headers"
    shown = kept("inbox", "show", news["id"]).out
    assert "From:     Anne PRIGENT <anne@example.org>\n" in shown
    assert shown.endswith("\n\nUn insert, merci.\n")
    assert kept("inbox", "show", news["id"], "--raw").out == NEWS.decode()


@pytest.mark.parametrize("command", ["check", "due"])
def test_check_and_due_count_what_waits(kept: Crm, command: str) -> None:
    assert kept(command).err == "crm: 2 messages are in quarantine (crm inbox list)\n"
    assert kept(command, "-o", "json").err == ""
    kept("inbox", "drop", *(each["id"] for each in waiting(kept)))
    assert kept(command).err == ""


def test_an_accepted_message_is_a_lead_that_no_rule_answers(kept: Crm) -> None:
    id = id_of(kept, "Devis")
    before = kept.records()
    assert "new lead" in kept("inbox", "accept", id, "--dry-run").out
    assert kept.records() == before
    kept("inbox", "accept", id)
    [lead] = json.loads(kept("list", "is:lead", "-o", "json").out)
    assert (lead["title"], lead["contact_name"]) == ("Devis", "Anne PRIGENT")
    shown = json.loads(kept("show", lead["id"], "-o", "json").out)
    assert [each["direction"] for each in shown["messages"]] == ["in"]
    assert len(waiting(kept)) == 1
    assert json.loads(kept("ingest", "-o", "json", stdin=NEWS).out)[0]["outcome"] == "known"
    kept("undo")
    assert len(waiting(kept)) == 2
    assert kept("list", "is:lead", "-o", "ids").out == ""


def test_what_is_no_message_is_not_accepted(kept: Crm) -> None:
    assert "is not a message" in kept.refused("inbox", "accept", id_of(kept, None), code=5)
    assert len(waiting(kept)) == 2


def test_a_message_is_linked_to_the_record_it_belongs_to(crm: Crm) -> None:
    crm("ingest", stdin=NEWS)
    history = json.loads(crm("show", "xgcej9p8", "-o", "json").out)["history"]
    crm("inbox", "link", id_of(crm, "Devis"), "--to", "xgcej9p8")
    shown = json.loads(crm("show", "xgcej9p8", "-o", "json").out)
    assert (shown["messages"][-1]["text"], shown["history"]) == ("Un insert, merci.", history)
    assert waiting(crm) == []


def test_a_dropped_message_comes_back_with_undo(kept: Crm) -> None:
    kept("inbox", "drop", id_of(kept, None))
    assert len(waiting(kept)) == 1
    kept("undo")
    assert len(waiting(kept)) == 2


def test_a_dropped_message_that_is_fetched_again_stays_dropped(kept: Crm) -> None:
    kept("inbox", "drop", *(each["id"] for each in waiting(kept)))
    for content in (b"Received: from x\n" + NEWS, GARBAGE):
        [filed] = json.loads(kept("ingest", "-o", "json", stdin=content).out)
        assert (filed["outcome"], filed["reason"]) == ("known", "dropped from the inbox before")
    assert waiting(kept) == []
    kept("undo")
    assert len(waiting(kept)) == 2
    kept("inbox", "accept", id_of(kept, "Devis"))


def test_retry_files_what_can_be_filed_now_and_keeps_the_rest(bare: Crm) -> None:
    config = bare.data / "crm.yaml"
    right = config.read_text()
    config.write_text(right.replace("(nouvelle demande)", "{{ nothing.such }}"))
    bare("ingest", stdin=NEWS.replace(b"Precedence: bulk\n", b""))
    bare("ingest", stdin=NEWS.replace(b"<n@", b"<other@").replace(b"insert", b"foyer"))
    assert len(waiting(bare)) == 2
    bare("inbox", "retry")
    assert len(waiting(bare)) == 2
    config.write_text(right)
    bare("inbox", "retry")
    assert [each["reason"] for each in waiting(bare)] == ["automatique : Precedence: bulk"]
    assert len(bare("list", "is:lead", "-o", "ids").out.split()) == 1


def test_a_flood_can_be_accepted(bare: Crm) -> None:
    for number in range(21):
        mail = f"From: a@example.org\nTo: devis@atre-granules.example\nSubject: {number}\n\nx\n"
        bare("ingest", stdin=mail.encode())
    [held] = waiting(bare)
    bare("inbox", "accept", held["id"])
    assert len(bare("list", "is:lead", "-o", "ids").out.split()) == 21


def test_an_unknown_id_is_named(kept: Crm) -> None:
    assert "no message 'zzzzzzzz' in quarantine" in kept.refused("inbox", "show", "zzzzzzzz", code=3)


def test_a_link_in_the_quarantine_is_not_followed(kept: Crm) -> None:
    secret = kept.root.parent / "secret"
    secret.write_bytes(NEWS)
    (kept.data / "quarantine" / "planted.eml").symlink_to(secret)
    assert len(waiting(kept)) == 2
    assert "planted.eml" in kept("check", code=5).out


@pytest.mark.parametrize("allowed", ["a@example.org", "@EXAMPLE.org"])
def test_no_limit_concerns_who_is_on_the_list(bare: Crm, allowed: str) -> None:
    config = bare.data / "crm.yaml"
    text = config.read_text()
    assert "\ningest:\n" in text
    config.write_text(text.replace("\ningest:\n", f'\ningest:\n  allow: ["{allowed}"]\n', 1))
    for number in range(21):
        mail = f"From: a@example.org\nTo: devis@atre-granules.example\nSubject: {number}\n\nx\n"
        bare("ingest", stdin=mail.encode())
    assert waiting(bare) == []


def test_retry_keeps_what_its_unreadable_record_still_holds_up(crm: Crm) -> None:
    held = NEWS.replace(
        b"Precedence: bulk\n", b"In-Reply-To: <e108-20261121@example.org>\nPrecedence: bulk\n"
    )
    crm("ingest", stdin=held.replace(b"\nIn-Reply-To: <e108-20261121@example.org>", b""))
    kept = next(crm.data.glob("quarantine/*.eml"))
    kept.write_bytes(held)
    path = crm.file("h6hfeqzr")
    path.write_text(path.read_text() + "stage: twice\n")
    crm.run("inbox", "retry")
    assert kept.read_bytes() == held
    assert len(waiting(crm)) == 1


def test_what_is_larger_than_a_mail_that_is_parsed_is_listed_too(bare: Crm) -> None:
    bare("ingest", stdin=NEWS + b"x" * (65 * 1024 * 1024))
    [held] = waiting(bare)
    assert held["size"] > 65 * 1024 * 1024
