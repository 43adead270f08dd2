"""What time brings about: once, whenever it is asked, in whatever order things happened."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.changes import TICK, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Activity, State
from crmcli.domain.records import activity_changes, transitions
from crmcli.domain.records.editing import Assignment, apply_assignment
from crmcli.domain.rules.timed_rules import apply_due_rules
from tests.harness.builders import a_config, after, at, created

CONFIG = """
timezone: Europe/Paris
country: FR
users: [{id: marie, manager: paul, email: m@example.org}, {id: paul, email: p@example.org}]
activity_types:
  - {id: call, due: 2d}
  - {id: visit, triggers: quote}
  - {id: quote, due: {from: deadline, offset: 10d}}
stages:
  - id: new
    stale_after: 20d
  - id: quoted
    stale_after: {after: 5d, since: touched}
    on_enter: [{id: first, activity: {type: call}}]
    after:
      - {id: chase, in: 7d, activity: {type: call, summary: Relancer, due: 0d}}
      - {id: tag, in: 1mo, tag: [vieux]}
      - {id: once, in: 2d, once: true, tag: [deux]}
  - {id: won, outcome: won, after: [{id: review, in: 30d, tag: [avis]}]}
rules:
  - {id: forgotten, on: stale, tag: [oubli]}
  - {id: late, on: overdue, in: 3d, reassign: manager, notify: {to: manager, template: alerte}}
  - {id: visited, on: activity-done, when: activity.type == 'visit', tag: [vu]}
"""


def tick(about: Facts, when: str) -> Facts:
    return after(about, apply_due_rules(about, Moment(at=at(when).at, by=TICK)))


def quoted() -> Facts:
    about = created(a_config(CONFIG))
    return after(about, transitions.move_deal(about, "quoted", at("2026-11-24T10:00")))


def fired(about: Facts) -> list[str]:
    return [f"{e.rule} {e.occurrence}" for e in about.opportunity.history if e.event == "rule"]


def test_a_rule_waits_for_its_time_in_the_stage() -> None:
    about = quoted()
    assert "quoted.chase 1" not in fired(tick(about, "2026-11-30T12:00"))
    assert "quoted.chase 1" not in fired(tick(about, "2026-12-01T09:59"))  # quoted at ten
    about = tick(about, "2026-12-01T10:00")
    assert "quoted.chase 1" in fired(about)
    assert str(about.opportunity.activities[-1].due) == "2026-12-01"


def test_asked_again_it_does_nothing() -> None:
    about = tick(quoted(), "2027-03-01T12:00")
    assert tick(about, "2027-03-01T12:00").opportunity == about.opportunity
    assert tick(about, "2027-03-01T12:01").opportunity == about.opportunity


def test_three_weeks_late_it_does_once_what_was_to_be_done_once() -> None:
    every_day = quoted()
    for number in range(1, 22):
        every_day = tick(every_day, f"2026-12-{number:02d}T08:00")
    late = tick(quoted(), "2026-12-21T08:00")
    waited = [each for each in fired(every_day) if not each.startswith("late")]
    assert sorted(each for each in fired(late) if not each.startswith("late")) == sorted(waited)
    assert len(late.opportunity.activities) == len(every_day.opportunity.activities)


def test_leaving_and_coming_back_lets_it_wait_anew_but_for_what_is_once_for_good() -> None:
    about = tick(quoted(), "2026-12-05T12:00")
    about = after(about, transitions.move_deal(about, "new", at("2026-12-06T10:00")))
    about = after(about, transitions.move_deal(about, "quoted", at("2026-12-07T10:00")))
    assert "quoted.chase 2" not in fired(tick(about, "2026-12-08T12:00"))
    about = tick(about, "2026-12-20T12:00")
    assert [each for each in fired(about) if each.startswith("quoted.once")] == ["quoted.once 1"]
    assert "quoted.chase 2" in fired(about)


def test_a_lost_deal_waits_for_nothing_a_won_one_may() -> None:
    about = quoted()
    lost = after(about, transitions.lose_deal(about, None, at("2026-11-25T10:00")))
    assert fired(tick(lost, "2027-11-25T10:00")) == fired(lost)
    won = after(about, transitions.win_deal(about, at("2026-11-25T10:00")))
    assert "avis" in tick(won, "2026-12-25T10:00").opportunity.tags


def test_a_tag_that_a_person_took_off_stays_off() -> None:
    about = tick(quoted(), "2027-01-10T12:00")
    assert {"vieux", "oubli"} <= set(about.opportunity.tags)
    about = about.about(replace(about.opportunity, tags=()))
    assert tick(about, "2027-01-11T12:00").opportunity.tags == ()


def test_a_late_activity_goes_to_the_manager_once_for_each_deadline() -> None:
    about = quoted()  # due 26 November
    assert tick(about, "2026-11-28T12:00").opportunity.activities[0].assignee == "marie"
    change = apply_due_rules(about, Moment(at=at("2026-11-29T12:00").at, by=TICK))
    assert [(mail.user, mail.template) for mail in change.mails] == [("paul", "alerte")]
    about = about.about(change.after)
    assert about.opportunity.activities[0].assignee == "paul"
    back = replace(about.opportunity.activities[0], assignee="marie")  # a person gives it back
    about = about.about(replace(about.opportunity, activities=(back, *about.opportunity.activities[1:])))
    assert tick(about, "2026-11-30T12:00").opportunity.activities[0].assignee == "marie"
    about = after(about, activity_changes.snooze_activity(about, back.id or "", "2d", at("2026-11-30T12:00")))
    assert tick(about, "2026-12-05T12:00").opportunity.activities[0].assignee == "paul"


def test_a_stage_changed_by_hand_is_taken_as_a_move_once() -> None:
    about = created(a_config(CONFIG))
    about = about.about(replace(about.opportunity, stage="quoted"))
    about = tick(about, "2026-11-25T12:00")
    assert [e.event for e in about.opportunity.history] == ["created", "hand", "rule"]
    assert tick(about, "2026-11-25T13:00").opportunity == about.opportunity


def test_what_recurs_and_was_marked_done_by_hand_comes_back() -> None:
    done = Activity(
        id="c9d2e7fa", type="call", due=at().at.date(), state=State.DONE, closed=at().at, every="1y"
    )
    about = created(a_config(CONFIG), activities=(done,))
    about = tick(about, "2026-11-25T12:00")
    assert [str(each.due) for each in about.opportunity.activities] == ["2026-11-24", "2027-11-24"]
    assert tick(about, "2026-11-26T12:00").opportunity == about.opportunity


def test_done_a_type_triggers_the_next_counted_from_the_deadline_or_from_the_day() -> None:
    """FACTS of the field: delay 10 d, first due 8 Oct, done 10 Oct: 18 Oct from the deadline, 20 from completion."""
    visit = Activity(id="v1s1t000", type="visit", due=at("2026-10-08").at.date(), assignee="marie")
    about = created(a_config(CONFIG), activities=(visit,))
    change = activity_changes.complete_activity(
        about, "v1s1t000", at("2026-10-10T09:00"), outcome=None, note=None
    )
    assert str(change.after.activities[-1].due) == "2026-10-18"
    assert change.after.tags == ("vu",)
    from_today = a_config(CONFIG.replace("{from: deadline, offset: 10d}", "10d"))
    about = created(from_today, activities=(visit,))
    change = activity_changes.complete_activity(
        about, "v1s1t000", at("2026-10-10T09:00"), outcome=None, note=None
    )
    assert str(change.after.activities[-1].due) == "2026-10-20"


def test_two_clones_that_do_the_same_make_one_of_each() -> None:
    base = quoted()
    visit = Activity(id="v1s1t000", type="visit", due=at().at.date(), assignee="marie", every="1y")
    base = base.about(activity_changes.with_activity(base.opportunity, visit))
    sides = []
    for when in ("2026-12-10T08:00", "2026-12-11T09:00"):
        side = after(
            base, activity_changes.complete_activity(base, "v1s1t000", at(when), outcome=None, note=None)
        )
        sides.append(tick(side, when).opportunity)
    merged, _ = merge_versions(base.opportunity, *sides)
    ids = [each.id for each in merged.activities]
    assert len(ids) == len(set(ids)) == len(sides[0].activities)


EVENTS = {
    "note": lambda about: (
        transitions.add_note(about.opportunity, "Appelé", "n0te0001", at("2026-12-20T10:00")).after
    ),
    "revenue": lambda about: apply_assignment(
        about, Assignment("expected_revenue", "", "8000"), at("2026-12-20T10:00")
    ),
    "tick": lambda about: apply_due_rules(about, Moment(at=at("2026-12-20T10:00").at, by=TICK)).after,
    "activity": lambda about: activity_changes.with_activity(
        about.opportunity, Activity(id="m4n8t2wz", type="call")
    ),
}


@pytest.mark.parametrize("order", list(permutations(EVENTS)))
def test_independent_events_make_the_same_activities_in_any_order(order: tuple[str, ...]) -> None:
    about = quoted()
    for name in order:
        about = about.about(EVENTS[name](about))  # type: ignore[no-untyped-call]
    rules = {each.rule for each in about.opportunity.activities}
    assert rules == {"quoted.first", "quoted.chase", None}
    assert len(about.opportunity.activities) == 3


@given(st.lists(st.integers(0, 400), max_size=8).map(sorted))
def test_however_often_it_is_asked_it_ends_the_same(days: list[int]) -> None:
    from datetime import timedelta

    start = at("2026-11-24T10:00").at
    about = quoted()
    for day in [*days, 400]:
        about = after(about, apply_due_rules(about, Moment(at=start + timedelta(days=day), by=TICK)))
    once = after(quoted(), apply_due_rules(quoted(), Moment(at=start + timedelta(days=400), by=TICK)))
    assert {each.id for each in about.opportunity.activities} == {
        each.id for each in once.opportunity.activities
    }
    assert about.opportunity.tags == once.opportunity.tags
