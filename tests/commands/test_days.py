"""One definition of the day: an activity is late on its assignee's day, whoever asks and wherever.

Spans elapse from the time at which something happened, in days or in hours.
"""

import json
import re

import pytest

from tests.harness.crm import Crm

EVENING = "2026-11-25T01:00Z"  # still the 24th in Cayenne, where paul works


@pytest.fixture
def remote(crm: Crm) -> str:
    """The id of a deal of which nothing is planned but a call by paul, who is four hours behind."""
    path = crm.data / "crm.yaml"
    text = path.read_text()
    moved, count = re.subn(r"(  - id: paul.*\n)", r"\1    timezone: America/Cayenne\n", text)
    assert count == 1
    path.write_text(moved)
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    crm("activity", "add", id, "--type", "call", "--assignee", "paul", "--due", "2026-11-24")
    return id


@pytest.mark.parametrize(
    ("now", "state"), [(EVENING, "today"), ("2026-11-25T05:00Z", "overdue"), ("2026-11-24T02:00Z", "planned")]
)
def test_every_command_says_the_same_of_a_deadline(crm: Crm, remote: str, now: str, state: str) -> None:
    def found(*words: str) -> bool:
        return remote in crm(*words, "--now", now, "-o", "ids").out

    sql = f"SELECT state FROM activities WHERE opportunity = '{remote}' AND assignee = 'paul'"
    (row,) = json.loads(crm("sql", sql, "-o", "json", "--now", now).out)
    assert row["state"] == state
    assert found("list", "is:overdue") == found("list", "due:overdue") == (state == "overdue")
    assert found("list", "state:overdue") == (state == "overdue")
    assert found("list", "due:today") == found("list", "state:today") == (state == "today")
    due = json.loads(crm("due", "--days", "0", "--now", now, "-o", "json").out)
    assert (remote in {each["opportunity"] for each in due}) == (state != "planned")
    (told,) = (
        each for each in json.loads(crm("show", remote, "-o", "json", "--now", now).out)["activities"]
        if each["assignee"] == "paul"
    )  # fmt: skip
    assert told["state"] == state


def add_rules(crm: Crm, stage: str, rules: str) -> None:
    """Configure the sample's first stage, and global rules, anew."""
    path = crm.data / "crm.yaml"
    first = "    probability: 10\n    stale_after: 7d\n"
    text = path.read_text()
    assert first in text
    assert "\nrules:\n" in text
    path.write_text(text.replace(first, stage).replace("\nrules:\n", f"\nrules:\n{rules}"))


def test_rules_wait_for_hours_and_are_tried_again_the_same_day(crm: Crm) -> None:
    add_rules(
        crm,
        "    probability: 10\n    stale_after: 2h\n    after:\n      - {id: early, in: 1h, when: priority > 5, tag: [nie]}\n"
        "      - {id: answer, in: 4h, activity: {type: call, due: 4h, assignee: paul}}\n",
        "  - {id: still, on: stale, tag: [still]}\n  - {id: unanswered, on: overdue, in: 1h, tag: [unanswered]}\n",
    )
    id = crm("create", "Poêle", "--now", "2026-11-24T09:00Z", "-o", "ids").out.strip()

    def tick(now: str) -> str:
        said = crm("tick", f"id:{id}", "--now", f"2026-11-24T{now}Z").out
        assert crm("tick", f"id:{id}", "--now", f"2026-11-24T{now}Z").out == ""
        return said

    assert tick("10:30") == ""
    assert "is:stale" not in tick("10:59")
    assert "rule still" in tick("11:00")
    assert tick("12:59") == ""
    assert "rule new.answer" in tick("13:00")
    (call,) = json.loads(crm("activity", "list", f"id:{id}", "assignee:paul", "-o", "json").out)
    assert (call["due"], call["time"]) == ("2026-11-24", "18:00")  # in Paris
    assert tick("17:59") == ""
    assert "rule unanswered" in tick("18:00")


def test_hours_are_read_wherever_a_time_elapses_and_refused_where_days_are_counted(crm: Crm) -> None:
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    crm("activity", "add", id, "--type", "call", "--summary", "Essai", "--due", "+4h")  # at nine

    def essay() -> tuple[str, str, str]:
        (found,) = json.loads(crm("activity", "list", f"id:{id}", "summary:Essai", "-o", "json").out)
        return found["id"], found["due"], found["time"]

    activity, *deadline = essay()
    assert deadline == ["2026-11-24", "13:00"]
    crm("activity", "snooze", activity, "--by", "12h")
    assert essay()[1:] == ("2026-11-25", "01:00")
    assert "a time of day" in crm.refused("activity", "edit", activity, "--due", "14h", code=2)
    assert "less than a day" in crm.refused("activity", "edit", activity, "--every", "4h", code=2)
    assert "is not a day" in crm.refused("set", id, "expected_close=4h", code=2)
    crm("due", "--mail", "--escalate", "4h", "--dry-run")


def test_configured_hours_count_from_an_instant_only(crm: Crm) -> None:
    add_rules(
        crm,
        "    probability: 10\n    stale_after: {after: 4h, since: touched}\n    after:\n"
        "      - {id: a, in: 4h, activity: {type: call, due: {from: stage, offset: 4h}}}\n"
        "      - {id: b, in: 4h, activity: {type: call, due: {from: expected_close, offset: 4h}}}\n",
        "",
    )
    found = crm("config", "check", code=5).out
    assert [line.split(": ", 1)[1] for line in found.splitlines() if "hours" in line] == [
        "stages.0.after.1.activity.due.offset: '4h' is in hours, which count from a time, not from a day (like 1d)"
    ]


BEFORE = ("--now", "2026-11-20T09:00Z")
TOO_EARLY = "--now 2026-11-20T09:00:00Z is before its last entry, 2026-11-24T08:00:00Z"


@pytest.mark.parametrize(
    "command",
    [
        ("lose", "{}"),
        ("win", "{}"),
        ("move", "{}", "--to", "contacted"),
        ("note", "{}", "-m", "Bonjour"),
        ("set", "{}", "priority=2"),
        ("tag", "{}", "--add", "chaud"),
        ("activity", "add", "{}", "--type", "call"),
        ("lose", "{}", "--dry-run"),
    ],
)
def test_nothing_is_written_before_the_last_entry_of_its_record(crm: Crm, command: tuple[str, ...]) -> None:
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    before = crm.records()
    said = crm.refused(*(word.format(id) for word in command), *BEFORE, code=5)
    assert TOO_EARLY in said
    assert crm.records() == before


def test_tick_names_records_that_are_ahead_of_the_given_time(crm: Crm) -> None:
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    path = next((crm.data / "opportunities").rglob(f"*{id}.yaml"))
    path.write_text(path.read_text().replace("stage: new\n", "stage: contacted\n"))
    assert TOO_EARLY in crm("tick", f"id:{id}", *BEFORE, code=7).err


def test_old_mail_is_filed_and_mail_before_the_last_entry_is_kept_aside(crm: Crm) -> None:
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    mail = f"From: a@example.org\nTo: b@example.org\nSubject: Devis [{id}]\nDate: Fri, 20 Nov 2026 09:00:00 +0000\nMessage-ID: <%s@x>\n\nBonjour\n"
    assert id in crm("ingest", stdin=(mail % "old").encode()).out  # its Date is old, the time is not
    later = (mail % "new").replace("Bonjour", "Encore moi").replace("20 Nov", "21 Nov")
    filed = json.loads(crm("ingest", *BEFORE, "-o", "json", stdin=later.encode()).out)
    assert filed[0]["outcome"] == "quarantined"
    assert TOO_EARLY in filed[0]["reason"]
    assert len(list((crm.data / "quarantine").glob("*.eml"))) == 1


def test_check_finds_times_that_lie_before_those_that_they_follow(crm: Crm) -> None:
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    crm("lose", id, "--now", "2026-11-25")
    path = next((crm.data / "opportunities").rglob(f"*{id}.yaml"))
    assert "before" not in crm.run("check").out
    path.write_text(
        path.read_text().replace("closed: 2026-11-25T11:00:00Z\n", "closed: 2026-11-20T11:00:00Z\n", 1)
    )
    assert "closed: 2026-11-20T11:00:00Z is before created, 2026-11-24T08:00:00Z" in crm("check", code=5).out
