"""Activities from the command line: put off, handed on, cancelled, recurring; plans; the agenda in groups."""

import json
from typing import Any

import pexpect
import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import shell_at_terminal

CALL = "pat31e4a"  # overdue since 16 November, marie's
OTHER = "b88tfths"  # due 26 November
DEAL = "xgcej9p8"


def activity(crm: Crm, id: str) -> dict[str, object]:
    rows = crm(
        "activity", "list", "state:planned,done,cancelled,overdue,today", "-o", "jsonl"
    ).out.splitlines()
    [found] = [row for row in map(json.loads, rows) if row["id"] == id]
    return dict(found)


def test_snoozing_counts_from_the_deadline_or_from_today_where_that_has_passed(crm: Crm) -> None:
    crm("activity", "snooze", CALL)
    assert activity(crm, CALL)["due"] == "2026-12-01"
    crm("activity", "snooze", OTHER, "--by", "7d")
    assert activity(crm, OTHER)["due"] == "2026-12-03"
    assert "does not postpone" in crm.refused("activity", "snooze", OTHER, "--by", "-1d", code=2)


def test_cancelling_leaves_a_trace_and_is_not_done_twice(crm: Crm) -> None:
    crm("activity", "cancel", CALL, "--reason", "Client parti")
    assert (activity(crm, CALL)["state"], activity(crm, CALL)["reason"]) == ("cancelled", "Client parti")
    assert "is cancelled already" in crm.refused("activity", "cancel", CALL, code=5)


def test_another_type_changes_nothing_else(crm: Crm) -> None:
    before = activity(crm, OTHER)
    crm("activity", "edit", OTHER, "--type", "meeting")
    after = activity(crm, OTHER)
    assert after["type"] == "meeting"
    assert (after["due"], after["summary"], after["assignee"]) == (
        before["due"],
        before["summary"],
        before["assignee"],
    )


def test_an_edit_sets_and_clears(crm: Crm) -> None:
    out = crm("activity", "edit", OTHER, "--time", "14:00", "--note", "Étage", "--every", "1y").out
    assert "time none → 14:00" in out
    crm("activity", "edit", OTHER, "--time", "-")
    assert "time" not in activity(crm, OTHER)
    assert "not a time of day" in crm.refused("activity", "edit", OTHER, "--time", "25:00", code=2)
    assert "no change given" in crm.refused("activity", "edit", OTHER, code=2)


def test_files_are_kept_by_their_path_in_the_workspace(crm: Crm) -> None:
    (crm.root / "plan.pdf").write_bytes(b"%PDF")
    crm("activity", "edit", OTHER, "--file", str(crm.root / "plan.pdf"))
    assert activity(crm, OTHER)["files"] == ["plan.pdf"]
    assert "does not exist" in crm.refused("activity", "edit", OTHER, "--file", "nowhere.pdf", code=2)


def test_many_are_handed_on_by_a_query(crm: Crm) -> None:
    crm("activity", "reassign", "assignee:paul", "--to", "sophie", "--yes")
    assert crm("activity", "list", "assignee:paul", "-o", "ids").out == ""
    assert "unknown user 'pierre'" in crm.refused("activity", "reassign", OTHER, "--to", "pierre", code=2)


def test_what_recurs_comes_back_when_it_is_done_and_ends_when_it_is_cancelled(crm: Crm) -> None:
    crm("activity", "add", DEAL, "--type", "sweep", "--due", "2026-11-20", "--every", "1y")
    [first] = crm("activity", "list", f"id:{DEAL}", "type:sweep", "-o", "ids").out.split()
    done = crm("done", first).out
    assert "due 24 nov. 2027, for paul" in done
    [second] = crm("activity", "list", f"id:{DEAL}", "type:sweep", "-o", "ids").out.split()
    crm("activity", "cancel", second)
    assert crm("activity", "list", f"id:{DEAL}", "type:sweep", "-o", "ids").out == ""


def test_done_plans_what_it_is_told_to(crm: Crm) -> None:
    assert "planned activity" in crm("done", CALL, "--next", "quote").out
    assert "unknown activity type 'quot'" in crm.refused("done", OTHER, "--next", "quot", code=2)


def test_a_plan_is_started_on_many_records_at_once(crm: Crm) -> None:
    before = len(crm("activity", "list", "-o", "ids").out.split())
    shown = crm("plan", "start", "stage:negotiation", "--plan", "pose", "--on", "2026-12-15", "--dry-run").out
    assert "due 5 déc. 2026" in shown
    crm("plan", "start", "stage:negotiation", "--plan", "pose", "--on", "2026-12-15", "--yes")
    assert len(crm("activity", "list", "-o", "ids").out.split()) == before + 2 * 4
    assert "did you mean pose?" in crm.refused("plan", "start", DEAL, "--plan", "pos", code=2)


def test_a_plan_without_somebody_to_do_it_starts_nowhere(crm: Crm) -> None:
    crm("set", "dpgw791x", "owner=")
    before = crm.records()
    args = ("plan", "start", "stage:negotiation", "--plan", "pose", "--on", "2026-12-15", "--yes")
    assert "plan pose, line 2 (call): nobody to do it on dpgw791x" in crm.refused(*args, code=5)
    assert crm.records() == before


@pytest.mark.parametrize("by", ["assignee", "type", "stage", "state", "week"])
def test_the_agenda_has_groups(crm: Crm, by: str) -> None:
    grouped = crm("due", "--by", by, "-o", "ids").out.split()
    assert sorted(grouped) == sorted(crm("due", "-o", "ids").out.split())
    titles = [line for line in crm("due", "--by", by).out.splitlines() if line.endswith(")")]
    assert titles


def test_an_unknown_group_is_refused(crm: Crm) -> None:
    assert "assignee, type, stage" in crm.refused("due", "--by", "colour", code=2)


def test_nothing_due_prints_nothing(bare: Crm) -> None:
    bare_due = bare("due", CRM_USER="somebody")
    assert (bare_due.out, bare_due.err) == ("", "")


def test_reopening_brings_back_what_the_closing_cancelled(crm: Crm) -> None:
    before = crm("activity", "list", "id:dpgw791x", "-o", "ids").out
    crm("lose", "dpgw791x", "--reason", "price")
    assert crm("activity", "list", "id:dpgw791x", "-o", "ids").out == ""
    assert "planned again activity" in crm("reopen", "dpgw791x", "--revive").out
    assert crm("activity", "list", "id:dpgw791x", "-o", "ids").out == before


def test_at_a_terminal_a_row_of_the_last_list_is_a_name(crm: Crm) -> None:
    with shell_at_terminal(crm) as shell:
        shell.run("crm due --days 0")
        assert "done activity pat31e4a" in shell.run("crm done @1 --outcome joint")
        shell.run("crm list limit:3")
        assert "(z5966pa8)" in shell.run("crm show @3")
        assert "no row @9" in shell.run("crm show @9")


def test_a_row_is_one_of_the_list_printed_last(crm: Crm) -> None:
    with shell_at_terminal(crm) as shell:
        shell.run("crm list limit:3")
        shell.run("crm due --days 0")
        refused = shell.run("crm show @1")
        assert "@1: the list printed last is of kind activity, not opportunity" in refused
        shell.run("crm contact list")
        assert "not activity or opportunity" in shell.run("crm done @1")
        assert "Agence du Blavet" in shell.run("crm contact show @1")
        shell.run("crm reward list")
        assert "of kind reward, not contact" in shell.run("crm contact note @1 -m x")
        shell.run("crm list text:nowhere")
        assert "no row @1, the list printed last has 0" in shell.run("crm show @1")


def test_done_names_what_it_took_before_it_asks(crm: Crm) -> None:
    crm("activity", "add", "kkvsm4kq", "--type", "call", "--summary", "Passer")
    with shell_at_terminal(crm) as shell:
        shell.run("crm activity list id:kkvsm4kq type:call")
        shell.terminal.sendline("crm done @1")
        shell.terminal.expect(r"done: \w{8} call « [^»]* » of kkvsm4kq « Poêle")
        shell.terminal.expect_exact("Plan next")
        shell.terminal.sendline("n")
        shell.terminal.expect_exact("ready> ")


def test_four_letters_of_an_activity_do_at_a_terminal(crm: Crm) -> None:
    with shell_at_terminal(crm) as shell:
        assert "cancelled activity pat31e4a" in shell.run("crm activity cancel pat3")
        assert "no activity and no record 'pat'" in shell.run("crm activity cancel pat")
    assert "not a full id" in crm.refused("activity", "cancel", "b88t", code=2)


def test_two_activities_that_begin_alike_are_both_named(crm: Crm) -> None:
    for id in ("b88tfthz", "b88tfthy"):
        crm("activity", "add", "xgcej9p8", "--type", "call")
        path = crm.file("xgcej9p8")
        made = crm("activity", "list", "id:xgcej9p8", "-o", "ids", "state:planned").ids
        new = next(each for each in made if not each.startswith("b88"))
        path.write_text(path.read_text(encoding="utf-8").replace(new, id), encoding="utf-8")
    with shell_at_terminal(crm) as shell:
        told = shell.run("crm activity cancel b88tfth")
    assert "3 activities match" in told
    assert "b88tfthz" in told


def test_several_records_are_shown_one_after_the_other(crm: Crm) -> None:
    ids = ["xgcej9p8", "sdsw7zdf", "h6hfeqzr"]
    out = crm("show", *ids).out
    assert [out.index(f"({id})") for id in ids] == sorted(out.index(f"({id})") for id in ids)
    assert crm("show", "-", stdin="\n".join(ids).encode()).out == out
    assert [json.loads(line)["id"] for line in crm("show", *ids, "-o", "jsonl").out.splitlines()] == ids
    assert [each["id"] for each in json.loads(crm("show", *ids, "-o", "json").out)] == ids
    people = ["f8dz9xw4", "wzyj87ds"]
    assert [each["id"] for each in json.loads(crm("contact", "show", *people, "-o", "json").out)] == people


def test_off_a_terminal_a_row_means_nothing(crm: Crm) -> None:
    assert "standard input is not one" in crm.refused("note", "@1", "-m", "x", code=2)


def test_at_a_terminal_the_next_thing_to_do_is_offered(crm: Crm) -> None:
    with shell_at_terminal(crm) as shell:
        shell.terminal.sendline("crm done zz6k2v16")
        shell.terminal.expect("Plan next: Visite technique\\?")
        shell.terminal.sendline("y")
        shell.terminal.expect("planned activity .* Visite")
        shell.terminal.expect(pexpect.TIMEOUT, timeout=0.2)


@pytest.mark.parametrize(
    ("done", "again"),
    [("2026-12-04", "2026-12-15"), ("2026-12-02", "2026-12-15"), ("2026-12-20", "2027-01-15")],
)
def test_what_was_snoozed_once_recurs_on_its_day_again(crm: Crm, done: str, again: str) -> None:
    id = crm("create", "Entretien", "-o", "ids").out.strip()
    crm("activity", "add", id, "--type", "call", "--summary", "Suivi", "--due", "2026-11-15", "--every", "FREQ=MONTHLY", "--time", "09:00")  # fmt: skip

    def planned() -> dict[str, Any]:
        (found,) = json.loads(crm("activity", "list", f"id:{id}", "summary:Suivi", "-o", "json").out)
        return dict(found)

    crm("activity", "snooze", planned()["id"], "--by", "10d")
    crm("activity", "snooze", planned()["id"], "--by", "4h")
    assert (planned()["due"], planned()["time"]) == ("2026-12-04", "13:00")
    crm("done", planned()["id"], "--now", done)
    assert (planned()["due"], planned()["time"], planned().get("recurs_on")) == (again, "09:00", None)


def test_another_deadline_moves_what_recurs(crm: Crm) -> None:
    id = crm("create", "Entretien", "-o", "ids").out.strip()
    crm("activity", "add", id, "--type", "call", "--summary", "Suivi", "--due", "2026-12-15", "--every", "FREQ=MONTHLY")  # fmt: skip
    ids = crm("activity", "list", f"id:{id}", "summary:Suivi", "-o", "ids").out.strip()
    crm("activity", "snooze", ids, "--by", "2d")
    crm("activity", "edit", ids, "--due", "2026-12-04")
    crm("done", ids)
    (found,) = json.loads(crm("activity", "list", f"id:{id}", "summary:Suivi", "-o", "json").out)
    assert found["due"] == "2027-01-04"


def test_a_recurrence_that_skips_months_says_so_at_once_and_in_check(crm: Crm) -> None:
    id = crm("create", "Entretien", "-o", "ids").out.strip()
    made = ("activity", "add", id, "--type", "call", "--every", "FREQ=MONTHLY;INTERVAL=3", "--due")
    assert "skips" not in crm(*made, "2026-11-28", "--dry-run").err
    said = crm(*made, "2026-12-31").err
    assert "from 2026-12-31 skips 2027-06, 2027-09" in said
    assert "BYMONTHDAY=-1" in said
    assert "skips 2027-06" in crm("check", code=5).out
