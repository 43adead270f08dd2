"""Things to do on a deal: planned, done, cancelled; overdue, today or later for who has to do them."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from crmcli.domain import planning, rules
from crmcli.domain.changes import Change, Moment
from crmcli.domain.config import Event, checked, checked_user
from crmcli.domain.days import parse_day
from crmcli.domain.errors import AmbiguousError, NotFoundError, RefusedError, UsageError
from crmcli.domain.facts import Facts
from crmcli.domain.model import Activity, Opportunity, State
from crmcli.domain.urgency import planned
from crmcli.domain.zones import today

TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def new(
    facts: Facts,
    moment: Moment,
    *,
    id: str,
    type: str,
    summary: str | None = None,
    due: str | None = None,
    time: str | None = None,
    assignee: str | None = None,
) -> Activity:
    """A planned activity; its type says what is not given.

    Raises UsageError for an unknown type or user, or a day that is none.
    """
    config = facts.config
    type = checked("activity type", type, config.activity_types)
    if assignee and assignee != planning.OWNER:
        checked_user(config, assignee)
    if time and not TIME.fullmatch(time):
        raise UsageError(f"{time!r} is no time of day", hint="like 09:30")
    draft = planning.drafted(facts, moment, id=id, type=type, assignee=assignee)
    day = today(moment.at, config, draft.assignee)
    return replace(
        draft,
        summary=summary or draft.summary,
        due=parse_day(due, day, config) if due else draft.due,
        time=time,
    )


def added(deal: Opportunity, activity: Activity) -> Opportunity:
    """The deal with one more activity."""
    return replace(deal, activities=(*deal.activities, activity))


def done(deal: Opportunity, id: str, moment: Moment, outcome: str | None, note: str | None) -> Opportunity:
    """The deal with one activity done, with what came of it.

    Raises RefusedError where it is not planned any more.
    """
    activity = next((each for each in deal.activities if each.id == id), None)
    if activity is None:
        raise NotFoundError(f"no activity {id} on {deal.id}")
    if activity.state is not State.PLANNED:
        raise RefusedError(f"activity {id} is {activity.state} already")
    closed = replace(activity, state=State.DONE, closed=moment.at, outcome=outcome, note=note)
    return with_activities(deal, lambda each: closed if each is activity else each)


def complete(facts: Facts, id: str, moment: Moment, *, outcome: str | None, note: str | None) -> Change:
    """One activity done, with the rules that waited for that.

    Raises RefusedError where it is not planned any more.
    """
    deal = facts.opportunity
    change = Change(before=deal, after=done(deal, id, moment, outcome, note))
    triggers = rules.on(Event.ACTIVITY_DONE, facts.config, id)
    return change.then(rules.fire(facts.about(change.after), triggers, moment))


def cancel_planned(deal: Opportunity, reason: str, moment: Moment) -> Opportunity:
    """The deal with all planned activities cancelled; the reason stays in the file."""
    return with_activities(
        deal,
        lambda each: (
            replace(each, state=State.CANCELLED, closed=moment.at, reason=reason)
            if each.state is State.PLANNED
            else each
        ),
    )


def with_activities(deal: Opportunity, change: Callable[[Activity], Activity]) -> Opportunity:
    """The deal with each activity passed through a function."""
    return replace(deal, activities=tuple(change(each) for each in deal.activities))


def only_planned(deal: Opportunity) -> Activity:
    """The one activity still to do on a deal.

    Raises NotFoundError for none, AmbiguousError for several.
    """
    todo = planned(deal)
    if not todo:
        raise NotFoundError(f"nothing is planned on {deal.id} « {deal.title} »")
    if len(todo) > 1:
        lines = [f"{each.id}  {each.due}  {each.summary or each.type}" for each in todo]
        raise AmbiguousError(f"{len(todo)} activities are planned on {deal.id}:", lines)
    return todo[0]
