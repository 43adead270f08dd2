"""Stages, losses and activities edited in a file, adopted as if commands had made the changes."""

from decimal import Decimal

from msgspec.structs import replace

from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import (
    append_entry,
    highest_closing,
    highest_visit,
    kept_probability,
    no_earlier,
    own_entries,
    recorded_lost,
    recorded_stage,
)
from crmcli.domain.model.pipeline import Event, Outcome, Stage
from crmcli.domain.model.record_types import (
    Entry,
    HistoryEvent,
    Opportunity,
    Percent,
)
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records.stage_requirements import report_lacking
from crmcli.domain.records.transitions import (
    cancel_planned_activities,
    grant_referral_rewards,
    reopened_stage,
    take_back,
)
from crmcli.domain.rules import fire_rules, unsent_mails
from crmcli.domain.rules.sponsor_change import follow_sponsor
from crmcli.domain.values.ids import derive_id


def adopt_manual_edits(facts: Facts, moment: Moment) -> Change:
    """Adopt a stage or a loss edited in the file, as a move, and a sponsor that was corrected in it."""
    change = adopt_stage(facts, moment)
    return change.then(follow_sponsor(facts.about(change.after), facts.opportunity, moment))


def adopt_stage(facts: Facts, moment: Moment) -> Change:
    """Adopt a stage or a loss edited in the file, as a move.

    Rules fire as for a move; requirements of the stage are reported, not enforced. Nothing changes if the
    file agrees with its history, except that activities without an id get one.
    """
    config = facts.config
    deal = resolve_double_closing(with_activity_ids(facts.opportunity), config)
    here = deal.stage or config.stages[0].id
    recorded = recorded_stage(deal)
    stage = config.stage(here)
    if stage is None or not moved_by_hand(deal, config):
        return Change(before=facts.opportunity, after=with_activity_ids(facts.opportunity))
    was_lost, was_won = recorded_lost(deal, config.won_stages), recorded in config.won_stages
    lost, wins = deal.lost is not None, stage.outcome is Outcome.WON
    closes = (lost and not was_lost) or (wins and recorded != here)
    reopens = (was_lost or was_won) and not lost and not wins
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.HAND,
        from_=recorded,
        to=here,
        visit=highest_visit(deal, here) + (recorded != here or reopens),
        closing=highest_closing(deal) + closes if closes or lost else None,
        probability=deal.probability if closes else None,
        by=moment.by,
    )
    now = no_earlier(deal, moment.at)
    after = replace(
        deal,
        stage=here,
        probability=probability_by_hand(deal, moved=recorded != here, closes=closes, reopens=reopens),
        closed=(now if closes and (was_won or was_lost) else deal.closed or now) if lost or wins else None,
    )
    change = Change(
        before=facts.opportunity,
        after=append_entry(after, entry),
        notices=tuple(report_lacking(facts, stage)),
    )
    moved = triggers_of_hand(config, replace(deal, stage=recorded), stage, entry)
    change = change.then(closed_or_opened(facts.about(change.after), moment, closes=closes, was_won=was_won))
    if not (lost and was_won):
        change = change.then(fire_rules.fire_rules(facts.about(change.after), moved, moment))
    if lost and closes:
        change = change.then(
            cancel_planned_activities(change.after, "lost", moment)
        )  # including activities that the rules of the new stage planned
    event = Event.LOST if lost else Event.WON if wins else Event.REOPENED
    if closes or reopens:
        called = fire_rules.triggers_for_event(event, config, str(entry.closing or highest_closing(deal)))
        change = change.then(fire_rules.fire_rules(facts.about(change.after), called, moment))
    return change


def probability_by_hand(deal: Opportunity, *, moved: bool, closes: bool, reopens: bool) -> Percent | None:
    """Return the manual probability of a deal moved in its file, as a move would leave it.

    A probability recorded in the history belongs to the previous stage; any other was edited with the move.
    """
    if closes:
        return None
    if reopens:
        return kept_probability(deal)
    given = (e for e in own_entries(deal) if e.event == HistoryEvent.SET and e.field == "probability")
    known = next((e.to for e in given), None)
    is_old = known is not None and deal.probability is not None and Decimal(known) == deal.probability
    return None if moved and is_old else deal.probability


def closed_or_opened(facts: Facts, moment: Moment, *, closes: bool, was_won: bool) -> Change:
    """Apply a closing or reopening by an edit: cancel planned activities, restore or void rewards."""
    deal = facts.opportunity
    change = Change(before=deal, after=deal)
    is_won = status_of(deal, facts.config) is Status.WON
    if closes:
        stage = facts.config.stage(deal.stage)
        meant = (
            unsent_mails.of_stages_left(facts.config, stage) if is_won and stage else unsent_mails.of_any_rule
        )
        change = change.then(unsent_mails.withdraw_mails(facts, meant, moment))
        change = change.then(cancel_planned_activities(change.after, "won" if is_won else "lost", moment))
    if closes and is_won:
        change = change.then(grant_referral_rewards(facts.about(change.after), moment))
    if was_won and not is_won:
        change = change.then(take_back(facts.about(change.after), moment))
    return change


def with_activity_ids(deal: Opportunity) -> Opportunity:
    """Return the deal with an id for each activity, including those added in the file.

    These ids are the same on every machine.
    """
    if all(each.id for each in deal.activities):
        return deal
    made = (
        each
        if each.id
        else replace(each, id=derive_id(deal.id or "", "hand", str(place), each.summary or ""))
        for place, each in enumerate(deal.activities)
    )
    return replace(deal, activities=tuple(made))


def resolve_double_closing(deal: Opportunity, config: Config) -> Opportunity:
    """Return the deal with only one outcome, if it is lost and in a won stage, by edits of its file.

    If the edit moved it there, it is won; if a won deal was marked lost, it is lost in its last open stage.
    """
    if deal.lost is None or deal.stage not in config.won_stages:
        return deal
    if recorded_stage(deal) != deal.stage:
        return replace(deal, lost=None)
    return replace(deal, stage=reopened_stage(deal, config))


def moved_by_hand(deal: Opportunity, config: Config) -> bool:
    """Tell whether the stage or loss in the file differs from the history."""
    here = deal.stage or config.stages[0].id
    return recorded_stage(deal) != here or recorded_lost(deal, config.won_stages) != (deal.lost is not None)


def triggers_of_hand(
    config: Config, before: Opportunity, stage: Stage, entry: Entry
) -> list[fire_rules.Trigger]:
    """Return the triggers for a stage changed in the file, those of a move."""
    if before.stage == stage.id:
        return []
    old = config.stage(before.stage) if before.stage else None
    triggers = fire_rules.triggers_for_exit(old, highest_visit(before, old.id)) if old else []
    return triggers + fire_rules.triggers_for_entry(stage, entry.visit or 1)
