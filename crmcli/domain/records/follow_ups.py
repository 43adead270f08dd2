"""Activities that follow a completed one: its next recurrence, or the type that its type triggers."""

from msgspec.structs import replace

from crmcli.domain.localization.recurrence import next_due
from crmcli.domain.localization.translations import deferred
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Rule
from crmcli.domain.model.record_types import Activity, Opportunity, RecordedEffect, State
from crmcli.domain.records import draft_activity
from crmcli.domain.rules import fire_rules
from crmcli.domain.rules.fire_rules import Trigger
from crmcli.domain.values.ids import derive_id

AGAIN, NEXT = "activity.every", "activity.next"  # their keys in histories
BUILT_IN = {
    AGAIN: deferred("it recurs"),
    NEXT: deferred("its type is followed by another"),
}


def follow_up(facts: Facts, activity: Activity, moment: Moment) -> Change:
    """Plan what follows a completed activity, only once.

    The new id is derived from that of the activity, so two clones that complete it plan the same one.
    """
    change = Change(before=facts.opportunity, after=facts.opportunity)
    for key in BUILT_IN:
        change = change.then(with_successor(facts.about(change.after), activity, key, moment))
    return change


def with_successor(facts: Facts, activity: Activity, key: str, moment: Moment) -> Change:
    """Plan one successor of a completed activity, if it has one of this kind that was not planned before."""
    deal = facts.opportunity
    nothing = Change(before=deal, after=deal)
    trigger = Trigger(key, Rule(id=key), activity.id or "")
    if activity.state is not State.DONE or fire_rules.is_over(deal, trigger, moment):
        return nothing
    id = derive_id(deal.id or "", key, activity.id or "")
    made = (
        next_recurrence(facts, activity, id, moment)
        if key == AGAIN
        else triggered_activity(facts, activity, id, moment)
    )
    if made is None or id in [each.id for each in deal.activities]:
        return nothing
    after: Opportunity = replace(deal, activities=(*deal.activities, made))
    after = fire_rules.record_firing(after, key, activity.id or "", (RecordedEffect(activity=id),), moment)
    return Change(before=deal, after=after)


def next_recurrence(facts: Facts, activity: Activity, id: str, moment: Moment) -> Activity | None:
    """Return the next recurrence of an activity; None if it does not recur, or its rule has ended."""
    if activity.every is None:
        return None
    closed = local_day(activity.closed or moment.at, facts.config, activity.assignee)
    due = next_due(activity.every, activity.recurs_on or activity.due, closed, facts.worked())
    if due is None:
        return None
    return Activity(
        id=id,
        type=activity.type,
        summary=activity.summary,
        due=due,
        time=activity.recurs_at if activity.recurs_on else activity.time,
        assignee=activity.assignee,
        every=activity.every,
        rule=activity.rule,
    )


def triggered_activity(facts: Facts, activity: Activity, id: str, moment: Moment) -> Activity | None:
    """Return the activity that the type of this one triggers; None if it triggers none."""
    kind = facts.config.activity_type(activity.type)
    if kind is None or kind.triggers is None:
        return None
    return draft_activity.draft_activity(facts.of(activity), moment, id=id, type=kind.triggers)


def suggested_type(facts: Facts, activity: Activity) -> str | None:
    """Return the type suggested next when an activity is done, or None."""
    kind = facts.config.activity_type(activity.type)
    return kind.suggests if kind else None
