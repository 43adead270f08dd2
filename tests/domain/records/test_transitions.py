"""Deals on their way through the stages: probability, closing, reopening, rules once a visit."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Kind, Percent, Priority, RecordedEffect, State
from crmcli.domain.model.status import Provenance, Status, probability_of, status_of, weighted_revenue
from crmcli.domain.records import manual_edits, transitions
from crmcli.domain.records.editing import Assignment, apply_assignment
from crmcli.domain.values.errors import RefusedError, UsageError
from tests.harness.builders import a_config, after, at, created, euros, facts

WON_LADDER = """
stages:
  - {id: x, probability: 10}
  - {id: x-won, outcome: won}
  - {id: y, probability: 20}
  - {id: y-won, outcome: won}
  - {id: z, probability: 30}
  - {id: z-won, outcome: won}
"""


def moved(about: Facts, to: str, when: str = "2026-11-24T10:00", **options: object) -> Facts:
    return after(about, transitions.move_deal(about, to, at(when), **options))  # type: ignore[arg-type]


def chance(about: Facts) -> tuple[Decimal, str]:
    value, provenance = probability_of(about.opportunity, about.config)
    return Decimal(value), provenance.value


def test_a_new_record_stands_in_the_first_stage_with_its_probability() -> None:
    about = created()
    assert about.opportunity.stage == "new"
    assert chance(about) == (10, "stage")


def test_a_move_sets_the_probability_of_the_stage() -> None:
    assert chance(moved(created(), "contacted")) == (30, "stage")


def test_a_given_probability_lasts_until_the_next_move() -> None:
    about = moved(created(), "contacted")
    about = about.about(apply_assignment(about, Assignment("probability", "", "31.56"), at()))
    assert chance(about) == (Decimal("31.56"), "manual")
    assert chance(moved(about, "new")) == (10, "stage")


def test_typing_the_stages_own_number_is_still_a_manual_value() -> None:
    about = created()
    about = about.about(apply_assignment(about, Assignment("probability", "", "10"), at()))
    assert chance(about) == (10, "manual")


def test_a_move_with_a_probability_keeps_it_as_a_manual_one() -> None:
    assert chance(moved(created(), "contacted", probability=Percent(Decimal(45)))) == (45, "manual")


def test_a_stage_without_probability_leaves_that_of_the_last_one_that_has_any() -> None:
    assert chance(moved(moved(created(), "contacted"), "thinking")) == (30, "stage")


def test_a_manual_zero_is_a_manual_value() -> None:
    about = created()
    about = about.about(apply_assignment(about, Assignment("probability", "", "0"), at()))
    assert chance(about) == (0, "manual")


def test_going_back_and_forth_queues_the_call_once() -> None:
    about = moved(moved(moved(created(), "contacted"), "new"), "contacted")
    assert [each.rule for each in about.opportunity.activities] == ["contacted.first-call"]
    fired = [entry for entry in about.opportunity.history if entry.event == "rule"]
    assert [entry.occurrence for entry in fired] == ["1", "2"]


def test_a_second_visit_queues_a_new_call_once_the_first_is_done() -> None:
    from crmcli.domain.records.activity_changes import complete_activity

    about = moved(created(), "contacted")
    [first] = about.opportunity.activities
    about = after(about, complete_activity(about, first.id or "", at(), outcome=None, note=None))
    about = moved(moved(about, "new"), "contacted")
    assert [each.state for each in about.opportunity.activities] == [State.DONE, State.PLANNED]


def test_two_machines_that_make_the_same_move_make_the_same_activity() -> None:
    one, other = moved(created(), "contacted"), moved(created(), "contacted", "2026-11-24T11:30")
    assert one.opportunity.activities[0].id == other.opportunity.activities[0].id


def test_what_a_stage_requires_is_refused_and_named() -> None:
    with pytest.raises(RefusedError, match="missing contact, expected_revenue"):
        transitions.move_deal(created(), "quoted", at())


def test_force_goes_on_and_the_history_says_so() -> None:
    about = moved(created(), "quoted", force=True)
    assert about.opportunity.history[-1].did == (RecordedEffect(forced="missing contact, expected_revenue"),)


def test_moving_to_where_it_stands_is_refused() -> None:
    with pytest.raises(RefusedError, match="is in new already"):
        transitions.move_deal(created(), "new", at())


def test_an_unknown_stage_is_told_with_the_one_meant() -> None:
    with pytest.raises(UsageError, match="did you mean contacted"):
        transitions.move_deal(created(), "contcated", at())


@pytest.mark.parametrize(("here", "there"), [("x", "x-won"), ("y", "y-won"), ("z", "z-won")])
def test_winning_takes_the_nearest_won_stage_after_the_present_one(here: str, there: str) -> None:
    about = created(a_config(WON_LADDER), owner=None, stage=here)
    assert transitions.win_deal(about, at()).after.stage == there


def test_winning_behind_the_last_won_stage_takes_the_last_before() -> None:
    about = created(a_config(WON_LADDER + "  - {id: after, probability: 5}\n"), owner=None, stage="after")
    assert transitions.win_deal(about, at()).after.stage == "z-won"


def test_closed_is_kept_between_two_won_stages_and_cleared_in_an_open_one() -> None:
    about = created(a_config(WON_LADDER), owner=None)
    won = moved(about, "x-won", "2026-01-01T08:00")
    again = moved(won, "y-won", "2026-02-02T08:00")
    assert won.opportunity.closed == again.opportunity.closed
    assert moved(again, "y").opportunity.closed is None


def test_a_record_made_in_a_won_stage_is_closed_at_creation() -> None:
    about = created(stage="won")
    assert about.opportunity.closed == about.opportunity.created
    assert status_of(about.opportunity, about.config) is Status.WON


def test_winning_cancels_planned_activities_with_the_reason() -> None:
    about = moved(created(), "contacted")
    won = after(about, transitions.win_deal(about, at()))
    [call] = won.opportunity.activities
    assert (call.state, call.reason) == (State.CANCELLED, "won")


def test_a_lost_deal_keeps_its_stage_and_has_no_chance() -> None:
    about = moved(created(), "contacted")
    lost = after(about, transitions.lose_deal(about, "price", at()))
    assert (lost.opportunity.stage, lost.opportunity.lost) == ("contacted", "price")
    assert chance(lost) == (0, "lost")


def test_an_unstated_reason_is_said_to_be_one() -> None:
    assert transitions.lose_deal(created(), None, at()).after.lost == "unstated"


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown reason 'prize'"):
        transitions.lose_deal(created(), "prize", at())


@pytest.mark.parametrize(
    "close", [transitions.win_deal, lambda about, moment: transitions.lose_deal(about, "price", moment)]
)
def test_reopening_restores_stage_probability_and_its_provenance(close: object) -> None:
    about = moved(created(), "contacted", probability=Percent(Decimal(45)))
    closed = after(about, close(about, at("2026-11-25T09:00")))  # type: ignore[operator]
    again = after(closed, transitions.reopen_deal(closed, at("2026-11-26T09:00")))
    assert again.opportunity.stage == "contacted"
    assert (again.opportunity.closed, again.opportunity.lost) == (None, None)
    assert chance(again) == (45, "manual")


def test_reopening_fires_no_entry_rule_again() -> None:
    about = moved(created(), "contacted")
    lost = after(about, transitions.lose_deal(about, None, at()))
    again = after(lost, transitions.reopen_deal(lost, at()))
    assert len(again.opportunity.activities) == 1


def test_a_lost_deal_is_not_moved() -> None:
    about = created()
    lost = after(about, transitions.lose_deal(about, None, at()))
    with pytest.raises(RefusedError, match="is lost"):
        transitions.move_deal(lost, "contacted", at())


def test_qualifying_makes_a_lead_an_opportunity_where_it_stands() -> None:
    about = created(kind=Kind.LEAD)
    after_ = transitions.qualify_lead(about, at(), priority=Priority(2)).after
    assert (after_.kind, after_.priority, after_.stage) == (Kind.OPPORTUNITY, 2, "new")


def test_qualifying_an_opportunity_or_a_lost_lead_is_refused() -> None:
    with pytest.raises(RefusedError, match="is an opportunity already"):
        transitions.qualify_lead(created(), at())
    lead = created(kind=Kind.LEAD)
    lost = after(lead, transitions.lose_deal(lead, None, at()))
    with pytest.raises(RefusedError, match="crm reopen"):
        transitions.qualify_lead(lost, at())


def by_hand(about: Facts, **fields: object) -> tuple[Facts, Change]:
    from msgspec.structs import replace

    edited = about.about(replace(about.opportunity, **fields))
    change = manual_edits.adopt_manual_edits(edited, at("2026-11-25T09:00"))
    return after(edited, change), change


def test_a_stage_set_by_hand_is_adopted_and_its_rules_fire_once() -> None:
    about, _ = by_hand(created(), stage="contacted")
    assert about.opportunity.history[-2].event == "hand"
    assert len(about.opportunity.activities) == 1
    assert manual_edits.adopt_manual_edits(about, at()).after == about.opportunity


@pytest.mark.parametrize("fields", [{"stage": "won"}, {"lost": "price"}])
def test_a_closing_by_hand_is_adopted_once(fields: dict[str, str]) -> None:
    about, _ = by_hand(created(), **fields)
    assert about.opportunity.closed is not None
    assert manual_edits.adopt_manual_edits(about, at("2026-11-26T09:00")).after == about.opportunity


def test_what_the_stage_requires_is_reported_not_enforced_by_hand() -> None:
    _, change = by_hand(created(), stage="quoted")
    assert change.notices == ("k7f3q9mx « Poêle » in quoted: missing contact, expected_revenue",)


def test_an_entry_is_never_earlier_than_the_last_one() -> None:
    about = moved(created(), "contacted", "2026-11-01T08:00")
    instants = [entry.at for entry in about.opportunity.history]
    assert instants == sorted(instants)


@pytest.mark.parametrize(
    ("expected", "percent", "weighted"),
    [("3800", "90", "3420"), ("22500", "20", "4500"), ("8000", "33.333", "2666.64"), ("100", "25", "25")],
)
def test_weighted_revenue_is_expected_times_probability(expected: str, percent: str, weighted: str) -> None:
    about = facts(expected_revenue=euros(expected), probability=Percent(Decimal(percent)))
    assert weighted_revenue(about.opportunity, about.config) == Decimal(weighted)


def test_a_changed_ladder_changes_every_record_that_follows_it() -> None:
    about = created()
    steeper = a_config("users: [{id: marie}]\nstages: [{id: new, probability: 35}]\n")
    assert probability_of(about.opportunity, steeper) == (35, Provenance.STAGE)


def test_a_lost_deal_that_a_person_writes_into_a_won_stage_is_won_and_settles() -> None:
    about = moved(created(), "contacted")
    about = after(about, transitions.lose_deal(about, "price", at("2026-11-25")))
    about = about.about(replace(about.opportunity, stage="won"))
    about = after(about, manual_edits.adopt_manual_edits(about, at("2026-11-26")))
    assert (about.opportunity.lost, status_of(about.opportunity, about.config)) == (None, Status.WON)
    assert manual_edits.adopt_manual_edits(about, at("2026-11-27")).after == about.opportunity


def test_a_won_deal_that_a_person_calls_lost_died_in_its_last_open_stage() -> None:
    about = after(
        moved(created(), "contacted"), transitions.win_deal(moved(created(), "contacted"), at("2026-11-25"))
    )
    about = about.about(replace(about.opportunity, lost="price"))
    about = after(about, manual_edits.adopt_manual_edits(about, at("2026-11-26")))
    assert (about.opportunity.stage, about.opportunity.lost) == ("contacted", "price")
    assert manual_edits.adopt_manual_edits(about, at("2026-11-27")).after == about.opportunity


def test_a_lost_deal_moved_by_hand_to_another_stage_stays_lost_and_is_lost_once() -> None:
    about = moved(created(), "contacted")
    about = after(about, transitions.lose_deal(about, "price", at("2026-11-25")))
    about = about.about(replace(about.opportunity, stage="new"))
    about = after(about, manual_edits.adopt_manual_edits(about, at("2026-11-26")))
    assert (about.opportunity.stage, about.opportunity.lost) == ("new", "price")
    assert about.opportunity.history[-1].closing == 1
    assert manual_edits.adopt_manual_edits(about, at("2026-11-27")).after == about.opportunity
