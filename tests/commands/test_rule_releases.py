"""A rule that is new to a workspace does not flood it: it waits until somebody releases it, for all clones."""

import json
from pathlib import Path

import pytest

from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm

MANY = 21
LATER = ("--now", "2026-12-20T09:00Z")
QUOTED = "  - {id: flood, on: stale, when: \"'flood' in tags\", tag: [noye]}\n"


def add_rule(crm: Crm, rule: str = QUOTED) -> None:
    path = crm.data / "crm.yaml"
    text = path.read_text()
    assert "\nrules:\n" in text
    path.write_text(text.replace("\nrules:\n", f"\nrules:\n{rule}"))


@pytest.fixture
def full(crm: Crm) -> Crm:
    """A workspace whose rules have run, with as many stale deals as make a new rule wait."""
    crm("tick", *LATER)
    for number in range(MANY):
        crm("create", f"Poêle {number}", "--tag", "flood")
    return crm


def drowned(crm: Crm) -> int:
    return len(crm("list", "is:any", "tag:noye", "-o", "ids").out.split())


def test_a_new_rule_that_is_due_for_many_waits_and_says_so_beforehand(full: Crm) -> None:
    add_rule(full)
    waits = "rule flood is new and due for 21 records, so it waits (crm rules release flood --from today, or --from all for these, too)"
    assert waits in full("rules", "check", *LATER).err
    assert waits in full("tick", "--dry-run", *LATER).err
    assert waits in full("tick", *LATER).err
    assert waits in full("tick", "id:zzzzzzzz", *LATER).err  # whatever is asked for
    assert "waits" not in full("tick", "--quiet", *LATER).err  # it was said today
    assert waits in full("tick", "--quiet", "--now", "2026-12-21T09:00Z").err
    assert drowned(full) == 0


def test_released_for_all_it_fires_for_all(full: Crm) -> None:
    add_rule(full)
    full("tick", *LATER)
    assert "due for 21 records" in full("rules", "release", "flood", "--from", "all", *LATER).out
    assert "waits" not in full("tick", *LATER).err
    assert drowned(full) == MANY


def test_released_from_today_it_leaves_out_what_was_due_before(full: Crm) -> None:
    add_rule(full)
    (told,) = json.loads(full("rules", "release", "flood", *LATER, "-o", "json").out)
    assert (told["rule"], told["due"], told["since"]) == ("flood", MANY, "2026-12-20T09:00:00Z")
    full("tick", *LATER)
    assert drowned(full) == 0
    full("create", "Insert", "--tag", "flood", *LATER)
    full("tick", "--now", "2027-01-20T09:00Z")
    assert drowned(full) == 1
    full("rules", "release", "flood", "--from", "all", "--now", "2027-01-20T09:00Z")
    full("tick", "--now", "2027-01-20T09:00Z")
    assert drowned(full) == MANY + 1


def test_undone_it_waits_again(full: Crm) -> None:
    add_rule(full)
    full("rules", "release", "flood", "--from", "all", *LATER)
    full("undo", *LATER)
    assert "so it waits" in full("tick", *LATER).err


def test_an_edit_of_when_it_fires_makes_a_rule_new_but_not_one_of_what_it_does(full: Crm) -> None:
    add_rule(full, QUOTED.replace("flood' in", "nobody' in"))
    full("tick", *LATER)
    path = full.data / "crm.yaml"
    path.write_text(path.read_text().replace("tag: [noye]", "tag: [noye, mouille]"))
    assert "so it waits" not in full("tick", *LATER).err
    path.write_text(path.read_text().replace("nobody' in", "flood' in"))
    assert "due for 21 records" in full("tick", *LATER).err


def test_a_rule_that_ran_before_such_files_were_kept_goes_on(full: Crm) -> None:
    add_rule(full)
    one = full("create", "Ancien", "--tag", "flood", "-o", "ids").out.strip()
    path = next((full.data / "opportunities").rglob(f"*{one}.yaml"))
    fired = (
        "  - at: 2026-11-24T08:00:00Z\n    event: rule\n    rule: flood\n    occurrence: old\n    by: tick\n"
    )
    path.write_text(path.read_text() + fired)
    for each in (full.data / "rules").iterdir():
        each.unlink()
    assert "waits" not in full("tick", *LATER).err
    assert drowned(full) == MANY + 1


def test_clones_write_the_same_files_and_obey_each_others(full: Crm, tmp_path: Path) -> None:
    def files(crm: Crm) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in (crm.data / "rules").iterdir()}

    full("list")  # a copy believes the index of the original
    other = copy_workspace(full.root, tmp_path / "clone")
    add_rule(full)
    add_rule(other)
    full("tick", *LATER)
    other("tick", *LATER)
    assert files(full) == files(other)
    full("rules", "release", "flood", "--from", "all", *LATER)
    for name, content in files(full).items():
        (other.data / "rules" / name).write_bytes(content)  # as git would
    other("tick", *LATER)
    assert drowned(other) == MANY


def test_a_rule_that_never_waits_and_one_that_is_not_there_are_refused(crm: Crm) -> None:
    assert "fires on an event" in crm.refused("rules", "release", "contacted.first-call", code=2)
    assert "did you mean forgotten?" in crm.refused("rules", "release", "forgoten", code=2)
    assert "today or all" in crm.refused("rules", "release", "forgotten", "--from", "hier", code=2)


def test_a_damaged_file_is_named_and_its_rule_waits(full: Crm) -> None:
    add_rule(full)
    full("rules", "release", "flood", "--from", "all", *LATER)
    path = next((full.data / "rules").glob("flood-*"))
    path.write_text("<<<<<<< ours\n")
    assert f"pipeline_data/rules/{path.name}" in full("check", code=5).out
    said = full("tick", *LATER).err
    assert path.name in said
    assert "so it waits" in said
