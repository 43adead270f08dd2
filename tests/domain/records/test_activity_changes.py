"""Activities: what their type gives them, how they stand in whose time zone, month ends."""

from datetime import date

import pytest

from crmcli.domain.localization.offsets import parse_offset, shift_day
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.model import urgency
from crmcli.domain.model.record_types import Activity, Contact, State
from crmcli.domain.records import activity_changes
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, RefusedError, UsageError
from tests.harness.builders import a_config, at, created, facts


def planned(due: str | None, assignee: str) -> Activity:
    return Activity(id="c9d2e7fa", due=date.fromisoformat(due) if due else None, assignee=assignee)


@pytest.mark.parametrize(
    ("due", "assignee", "state"),
    [
        ("2026-01-01", "marie", "today"),
        ("2026-01-01", "paul", "overdue"),
        ("2026-01-02", "paul", "today"),
        ("2026-01-02", "marie", "planned"),
        (None, "marie", "planned"),
    ],
)
def test_an_activity_stands_against_today_where_its_assignee_is(
    due: str | None, assignee: str, state: str
) -> None:
    moment = at("2026-01-01T16:00")  # Sydney has 2 January
    assert urgency.activity_state(planned(due, assignee), moment.at, a_config()) == state


@pytest.mark.parametrize(
    ("day", "offset", "expected"),
    [
        ("2024-03-10", "-3d", "2024-03-07"),
        ("2024-03-10", "2w", "2024-03-24"),
        ("2024-03-31", "-1mo", "2024-02-29"),
        ("2026-01-31", "1mo", "2026-02-28"),
        ("2024-02-29", "1y", "2025-02-28"),
        ("2026-12-24", "1bd", "2026-12-28"),  # Friday is Christmas Day
        ("2026-11-27", "2bd", "2026-12-01"),  # over a weekend
        ("2026-11-28", "0bd", "2026-11-30"),  # a Saturday
        ("2026-05-14", "-1bd", "2026-05-13"),
    ],
)
def test_offsets_clamp_to_month_ends_and_skip_what_is_not_worked(
    day: str, offset: str, expected: str
) -> None:
    result = shift_day(date.fromisoformat(day), parse_offset(offset), lambda: worked_in("FR"))
    assert result == date.fromisoformat(expected)


@pytest.mark.parametrize("text", ["", "3", "d", "3 days", "1.5d", "three", "99999d"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time span"):
        parse_offset(text)


def test_a_type_gives_summary_deadline_and_assignee() -> None:
    about = facts(contact=Contact(id="x2a9c4d8", name="Pierre RICHARD"))
    call = activity_changes.new_activity(about, at(), id="c9d2e7fa", type="call")
    assert (call.summary, call.due, call.assignee) == ("Appeler Pierre RICHARD", date(2026, 11, 26), "marie")
    assert activity_changes.new_activity(about, at(), id="c9d2e7fa", type="visit").assignee == "paul"


def test_an_unknown_type_user_or_day_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown activity type 'cal'"):
        activity_changes.new_activity(facts(), at(), id="c9d2e7fa", type="cal")
    with pytest.raises(UsageError, match="unknown user 'pierre'"):
        activity_changes.new_activity(facts(), at(), id="c9d2e7fa", type="call", assignee="pierre")
    with pytest.raises(UsageError, match="can be read in two ways"):
        activity_changes.new_activity(facts(), at(), id="c9d2e7fa", type="call", due="05/11/2026")


def test_a_done_activity_keeps_what_came_of_it_and_is_not_done_twice() -> None:
    about = facts(activities=(planned("2026-11-24", "marie"),))
    change = activity_changes.complete_activity(
        about, "c9d2e7fa", at(), outcome="joint", note="Veut un devis"
    )
    [call] = change.after.activities
    assert (call.state, call.outcome, call.note) == (State.DONE, "joint", "Veut un devis")
    with pytest.raises(RefusedError, match="is done already"):
        activity_changes.complete_activity(
            about.about(change.after), "c9d2e7fa", at(), outcome=None, note=None
        )


def test_a_rule_waits_for_an_activity_to_be_done_and_fires_once_for_each() -> None:
    config = a_config(
        "users: [{id: marie}]\nactivity_types: [{id: call}]\nstages: [{id: new}]\n"
        "rules: [{id: next, on: activity-done, activity: {type: call, due: 1d}}]\n"
    )
    about = facts(config, activities=(planned("2026-11-24", "marie"),))
    after = activity_changes.complete_activity(about, "c9d2e7fa", at(), outcome=None, note=None).after
    assert [each.rule for each in after.activities] == [None, "next"]
    assert after.history[-1].occurrence == "c9d2e7fa"


def test_only_one_planned_activity_can_be_meant_by_its_record() -> None:
    with pytest.raises(NotFoundError, match="nothing is planned"):
        activity_changes.only_planned(created().opportunity)
    two = facts(activities=(planned(None, "marie"), planned(None, "paul"))).opportunity
    with pytest.raises(AmbiguousError, match="2 activities are planned"):
        activity_changes.only_planned(two)


def test_a_region_has_more_public_holidays_than_its_country() -> None:
    day = date(2026, 12, 24)
    second = parse_offset("1bd")
    assert shift_day(day, second, lambda: worked_in("FR")) == date(2026, 12, 28)
    good_friday = date(2026, 4, 3)
    assert worked_in("FR")(good_friday)
    assert not worked_in("FR", "Alsace")(good_friday)
    with pytest.raises(RefusedError, match="unknown region 'Bretagne' of FR"):
        worked_in("FR", "Bretagne")(good_friday)


def test_what_a_snooze_counts_from() -> None:
    late = facts(activities=(planned("2026-11-21", "marie"),))
    assert (
        str(activity_changes.snooze_activity(late, "c9d2e7fa", "7d", at()).after.activities[0].due)
        == "2026-12-01"
    )
    soon = facts(activities=(planned("2026-11-26", "marie"),))
    assert (
        str(activity_changes.snooze_activity(soon, "c9d2e7fa", "7d", at()).after.activities[0].due)
        == "2026-12-03"
    )
