"""Effects of time: waiting rules, stale deals, overdue and recurring activities."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from crmcli.domain.localization.offsets import is_in_hours
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import highest_visit, stage_since
from crmcli.domain.model.pipeline import Event, Rule
from crmcli.domain.model.record_types import Activity, Instant, Opportunity, State
from crmcli.domain.model.staleness import elapsed, stale_since
from crmcli.domain.model.urgency import is_late, late_limit
from crmcli.domain.records import follow_ups
from crmcli.domain.records.manual_edits import adopt_manual_edits
from crmcli.domain.rules import fire_rules
from crmcli.domain.rules.fire_rules import Trigger
from crmcli.domain.rules.releases import OPEN, Gates
from crmcli.domain.rules.waiting_mails import queue_waiting_mails
from crmcli.domain.values.errors import CrmError

AT_ONCE = "0d"
LATE = "1d"  # the default delay of a rule on overdue activities


def apply_due_rules(facts: Facts, moment: Moment, gates: Gates = OPEN) -> Change:
    """Apply everything that is due at a moment; no change if nothing is. `gates` holds back rules.

    The result depends on the moment only: applied again, it changes nothing, and applied late, it does once
    what it would have done on time.
    """
    change = adopt_manual_edits(facts, moment)
    for step in RULES:
        change = change.then(step(facts.about(change.after), moment, gates))
    change = change.then(plan_recurring(facts.about(change.after), moment))
    return change.then(queue_mails_with_address(facts.about(change.after), moment))


def fire_timed(facts: Facts, moment: Moment) -> Opportunity:
    """Return the record after all timed rules that are due, held back or not."""
    change = no_change(facts.opportunity)
    for step in RULES:
        change = change.then(step(facts.about(change.after), moment, OPEN))
    return change.after


def each_fired(facts: Facts, triggers: Iterable[Trigger], moment: Moment) -> Change:
    """Fire these rules; an error in one does not prevent the others."""
    change = no_change(facts.opportunity)
    for each in triggers:
        about = facts.about(change.after)
        try:
            change = change.then(fire_rules.fire_rule(about, each, moment))
        except CrmError as error:
            change = change.then(Change(before=change.after, after=change.after, faults=(error,)))
    return change


def fire_waiting(facts: Facts, moment: Moment, gates: Gates) -> Change:
    """Fire the rules that wait for a time in the deal's present stage."""
    deal, config = facts.opportunity, facts.config
    stage, since = config.stage(deal.stage), stage_since(deal)
    if stage is None or since is None or deal.lost is not None:
        return no_change(deal)

    def is_ripe(rule: Rule) -> bool:
        def has_elapsed(at: Instant) -> bool:
            return elapsed(rule.in_ or AT_ONCE, at, config).holds(since)

        return has_elapsed(moment.at) and gates.lets(f"{stage.id}.{rule.id}", has_elapsed)

    ripe = [rule for rule in stage.after if is_ripe(rule)]
    return each_fired(facts, fire_rules.triggers_of_stage(stage, ripe, highest_visit(deal, stage.id)), moment)


def stood_still(facts: Facts, moment: Moment, gates: Gates) -> Change:
    """Fire the rules for stale deals, once for each time that the deal became inactive."""
    since = stale_since(facts.opportunity, facts.config, moment.at)
    if since is None:
        return no_change(facts.opportunity)
    occurrence = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    triggers = [
        each
        for each in fire_rules.triggers_for_event(Event.STALE, facts.config, occurrence)
        if gates.lets(each.key, lambda at: stale_since(facts.opportunity, facts.config, at) is not None)
    ]
    return each_fired(facts, triggers, moment)


def were_late(facts: Facts, moment: Moment, gates: Gates) -> Change:
    """Fire the rules for overdue activities, once for each deadline of each activity."""
    change = no_change(facts.opportunity)
    waiting = [rule for rule in facts.config.rules if rule.on is Event.OVERDUE]
    for rule in waiting:
        for late in late_ones(facts.about(change.after), rule, moment, gates):
            each = fire_rules.build_trigger(rule.id, rule, occurrence_of_late(late, rule))
            change = change.then(each_fired(facts.about(change.after).of(late), [each], moment))
    return change


def occurrence_of_late(late: Activity, rule: Rule) -> str:
    """Return the occurrence of a rule on an overdue activity: its deadline, with the time if that counts."""
    time = f"T{late.time}" if late.time and is_in_hours(rule.in_ or LATE) else ""
    return f"{late.id}/{late.due}{time}"


def late_ones(facts: Facts, rule: Rule, moment: Moment, gates: Gates) -> list[Activity]:
    """Return the planned activities that are as late as a rule requires, in the assignee's time zone."""

    def is_late_by(each: Activity) -> Callable[[Instant], bool]:
        return lambda at: is_late_at(each, rule, at, facts.config)

    planned = (each for each in facts.opportunity.activities if each.state is State.PLANNED)
    return [each for each in planned if is_late_by(each)(moment.at) and gates.lets(rule.id, is_late_by(each))]


def is_late_at(activity: Activity, rule: Rule, at: Instant, config: Config) -> bool:
    """Tell whether an activity is as late as a rule requires, for its assignee."""
    due = activity.due.isoformat() if activity.due else ""
    limit = late_limit(rule.in_ or LATE, at, config, activity.assignee)
    return bool(due) and is_late(due, activity.time, limit)


def queue_mails_with_address(facts: Facts, moment: Moment) -> Change:
    """Queue the mails of rules that found no address, and have one now."""
    try:
        return queue_waiting_mails(facts, moment)
    except CrmError as error:
        return replace(no_change(facts.opportunity), faults=(error,))


def plan_recurring(facts: Facts, moment: Moment) -> Change:
    """Plan the successors of recurring activities that were marked done in the file."""
    change = no_change(facts.opportunity)
    for each in facts.opportunity.activities:
        if each.every is not None and each.state is State.DONE and each.id:
            about = facts.about(change.after)
            try:
                change = change.then(follow_ups.with_successor(about, each, follow_ups.AGAIN, moment))
            except CrmError as error:
                change = change.then(Change(before=change.after, after=change.after, faults=(error,)))
    return change


def no_change(deal: Opportunity) -> Change:
    """Return an empty change."""
    return Change(before=deal, after=deal)


RULES = (fire_waiting, stood_still, were_late)  # the steps that fire rules, in this order
