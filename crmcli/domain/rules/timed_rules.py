"""What time alone brings about: rules that wait, deals that stand still, activities late or recurring."""

from collections.abc import Iterable

from crmcli.domain.rules import fire_rules
from crmcli.domain.records import follow_ups
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.values.errors import CrmError
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import stage_since, visits
from crmcli.domain.model.record_types import Activity, Opportunity, State
from crmcli.domain.records.transitions import adopt
from crmcli.domain.model.pipeline import Event, Rule
from crmcli.domain.rules.fire_rules import Trigger
from crmcli.domain.model.staleness import reached, stale_since
from crmcli.domain.localization.zones import today

AT_ONCE = "0d"
LATE = "1d"  # how late an activity is where a rule says no more than that it is overdue


def ticked(facts: Facts, moment: Moment) -> Change:
    """The deal after all that has come due by a moment; unchanged where nothing has.

    The moment decides alone: asked again it does nothing, and asked late it does once what it would
    have done once.
    """
    change = adopt(facts, moment)
    for step in (waited, stood_still, were_late, recurred):
        change = change.then(step(facts.about(change.after), moment))
    return change


def each_fired(facts: Facts, triggers: Iterable[Trigger], moment: Moment) -> Change:
    """The record after these rules; one that cannot do what it says stands in the way of no other."""
    change = unchanged(facts.opportunity)
    for each in triggers:
        about = facts.about(change.after)
        try:
            change = change.then(fire_rules.fire_one(about, each, moment))
        except CrmError as error:
            change = change.then(Change(before=change.after, after=change.after, faults=(error,)))
    return change


def waited(facts: Facts, moment: Moment) -> Change:
    """The rules that wait for a time in the stage where a deal stands."""
    deal, config = facts.opportunity, facts.config
    stage, since = config.stage(deal.stage), stage_since(deal)
    if stage is None or since is None or deal.lost is not None:
        return unchanged(deal)
    entered, day = today(since, config), today(moment.at, config)
    ripe = [rule for rule in stage.after if reached(entered, rule.in_ or AT_ONCE, day, config)]
    return each_fired(facts, fire_rules.staged(stage, ripe, visits(deal, stage.id)), moment)


def stood_still(facts: Facts, moment: Moment) -> Change:
    """The rules that wait for a deal to be stale; once for each time that it began to stand still."""
    since = stale_since(facts.opportunity, facts.config, moment.at)
    if since is None:
        return unchanged(facts.opportunity)
    occurrence = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return each_fired(facts, fire_rules.on(Event.STALE, facts.config, occurrence), moment)


def were_late(facts: Facts, moment: Moment) -> Change:
    """The rules that wait for activities to be late; once for each deadline of each."""
    change = unchanged(facts.opportunity)
    waiting = [rule for rule in facts.config.rules if rule.on is Event.OVERDUE]
    for rule in waiting:
        for late in late_ones(facts.about(change.after), rule, moment):
            each = fire_rules.trigger(rule.id, rule, f"{late.id}/{late.due}")
            change = change.then(each_fired(facts.about(change.after).of(late), [each], moment))
    return change


def late_ones(facts: Facts, rule: Rule, moment: Moment) -> list[Activity]:
    """The planned activities that are as late as a rule says, in the eyes of whoever has to do them."""
    config = facts.config
    return [
        each
        for each in facts.opportunity.activities
        if each.state is State.PLANNED
        and each.due is not None
        and reached(each.due, rule.in_ or LATE, today(moment.at, config, each.assignee), config)
    ]


def recurred(facts: Facts, moment: Moment) -> Change:
    """What recurs and was marked done in the file by hand, planned again."""
    change = unchanged(facts.opportunity)
    for each in facts.opportunity.activities:
        if each.every is not None and each.state is State.DONE and each.id:
            about = facts.about(change.after)
            try:
                change = change.then(follow_ups.successor(about, each, follow_ups.AGAIN, moment))
            except CrmError as error:
                change = change.then(Change(before=change.after, after=change.after, faults=(error,)))
    return change


def unchanged(deal: Opportunity) -> Change:
    """Nothing has come due."""
    return Change(before=deal, after=deal)
