"""`crm plan`: what would lie in the past, what runs already, and moves to another day."""

import json
from typing import Any

import pexpect
import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal

DEAL = "p4rr1d0x"
START = ("plan", "start", DEAL, "--plan", "pose")


def of_plan(crm: Crm) -> list[dict[str, Any]]:
    [deal] = [json.loads(crm("show", DEAL, "-o", "json").out)]
    return [each for each in deal["activities"] if each.get("plan") == "pose"]


def days(crm: Crm) -> list[str]:
    return [each["due"] for each in of_plan(crm)]


def test_lines_in_the_past_are_named_and_asked_for(crm: Crm) -> None:
    told = crm.refused(*START, "--on", "2026-11-28", code=5)
    assert "2 of plan pose on p4rr1d0x would lie in the past" in told
    assert "2026-11-18  order « Vérifier que tout est livré »" in told
    assert "--late today" in told
    assert "--late skip" in told
    crm(*START, "--on", "2026-11-28", "--late", "skip")
    assert days(crm) == ["2026-11-28", "2026-12-12"]


def test_late_lines_are_due_today_where_that_is_wanted(crm: Crm) -> None:
    crm(*START, "--on", "2026-11-28", "--late", "today")
    assert days(crm) == ["2026-11-24", "2026-11-24", "2026-11-28", "2026-12-12"]


@pytest.mark.parametrize(("answer", "count"), [("s", 2), ("today", 4), ("", 0)])
def test_a_terminal_asks_what_to_do_with_late_lines(crm: Crm, answer: str, count: int) -> None:
    with crm_at_terminal(crm, *START, "--on", "2026-11-28") as terminal:
        terminal.expect("order « Vérifier que tout est livré »")
        terminal.expect(pexpect.TIMEOUT, timeout=0.01)
        terminal.expect_exact("skip them (s)")
        terminal.sendline(answer)
        terminal.wait()
    assert len(of_plan(crm)) == count


def test_a_plan_that_runs_is_not_started_again(crm: Crm) -> None:
    crm(*START, "--on", "2026-12-15")
    told = crm.refused(*START, "--on", "2026-12-20", code=5)
    assert "plan pose runs already on p4rr1d0x, 4 of it still planned" in told
    assert "crm plan move p4rr1d0x --plan pose --on DAY" in told
    crm(*START, "--on", "2026-12-20", "--again")
    assert len(of_plan(crm)) == 8
    told = crm.refused("plan", "move", DEAL, "--on", "2027-01-11", code=4)
    assert "runs 2 times" in told
    crm("plan", "move", DEAL, "--on", "2027-01-11", "--from", "2026-12-20")
    assert days(crm)[:4] == ["2026-12-05", "2026-12-10", "2026-12-15", "2026-12-29"]
    assert days(crm)[4:] == ["2027-01-01", "2027-01-06", "2027-01-11", "2027-01-25"]


def test_what_is_planned_follows_the_day_of_the_plan_and_what_is_done_stays(crm: Crm) -> None:
    crm(*START, "--on", "2026-12-15")
    first, second, *_ = of_plan(crm)
    crm("done", first["id"])
    crm("activity", "snooze", second["id"], "--by", "3d")
    before = crm.records()
    crm("plan", "move", DEAL, "--on", "2027-01-11", "--dry-run")
    assert crm.records() == before
    crm("plan", "move", DEAL, "--on", "2027-01-11")
    assert days(crm) == ["2026-12-05", "2027-01-06", "2027-01-11", "2027-01-25"]
    crm("undo")
    assert days(crm) == ["2026-12-05", "2026-12-13", "2026-12-15", "2026-12-29"]


def test_without_its_line_an_activity_moves_by_as_many_days(crm: Crm) -> None:
    crm(*START, "--on", "2026-12-15")
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace("{type: install, due: 0d}", "{type: visit, due: 0d}"))
    crm("plan", "move", DEAL, "--on", "2026-12-18")
    assert days(crm) == ["2026-12-08", "2026-12-13", "2026-12-18", "2027-01-01"]


def test_a_move_into_the_past_is_asked_for(crm: Crm) -> None:
    crm(*START, "--on", "2026-12-15")
    move = ("plan", "move", DEAL, "--on", "2026-11-26")
    assert "--late skip leaves them as they are" in crm.refused(*move, code=5)
    crm(*move, "--late", "skip")
    assert days(crm) == ["2026-12-05", "2026-12-10", "2026-11-26", "2026-12-10"]


def test_a_file_that_does_not_say_the_day_of_its_plan_is_asked_for_it(crm: Crm) -> None:
    crm(*START, "--on", "2026-12-15")
    file = crm.file(DEAL)
    file.write_text(file.read_text().replace("    plan_day: 2026-12-15\n", ""))
    move = ("plan", "move", DEAL, "--on", "2026-12-18")
    assert "--from DAY" in crm.refused(*move, code=5)
    crm(*move, "--from", "2026-12-15")
    assert days(crm) == ["2026-12-08", "2026-12-13", "2026-12-18", "2027-01-01"]


def test_without_a_running_plan_there_is_nothing_to_move(crm: Crm) -> None:
    told = crm.refused("plan", "move", DEAL, "--on", "2026-12-18", code=5)
    assert "no plan runs on p4rr1d0x" in told
    assert "unknown plan 'pos'" in crm.refused("plan", "move", DEAL, "--plan", "pos", "--on", "1w", code=2)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("{type: install, due: 0d}", "{type: instal, due: 0d}"), "unknown activity type 'instal'"),
        (("    manager: marie #", "    manager: mari #"), "unknown user 'mari'"),
        (("      owner: marie", "      owner: manager"), "'manager' is not possible here"),
        (("    manager: marie", "    timezone: Europe/Paris"), "uses the manager, but no user has one"),
    ],
)
def test_what_names_nobody_is_found_by_config_check(crm: Crm, change: tuple[str, str], told: str) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace(*change))
    assert told in crm.run("config", "check").out
