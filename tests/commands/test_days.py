"""One definition of the day: an activity is late on its assignee's day, whoever asks and wherever."""

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
