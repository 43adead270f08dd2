"""Changes to the activities of a deal: plan, edit, snooze, reassign, complete, cancel."""

from collections.abc import Callable
from datetime import date
from datetime import time as clock
from typing import Any

from msgspec.structs import replace

from crmcli.domain.localization.days import parse_day
from crmcli.domain.localization.elapsed import instant_of
from crmcli.domain.localization.offsets import HOUR, Offset, is_in_hours, parse_span, shift_day
from crmcli.domain.localization.recurrence import check_recurrence_rule, describe_skipped, is_rule
from crmcli.domain.localization.times import parse_time
from crmcli.domain.localization.zones import local_day, zone_of
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import checked_user
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Activity, Instant, Opportunity, State
from crmcli.domain.model.urgency import planned_activities
from crmcli.domain.records import draft_activity
from crmcli.domain.records.draft_activity import local_time
from crmcli.domain.records.follow_ups import follow_up
from crmcli.domain.rules import fire_rules
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, RefusedError, UsageError
from crmcli.domain.values.list_entries import check_entry


def new_activity(
    facts: Facts, moment: Moment, *, id: str, type: str, **given: str | tuple[str, ...]
) -> Activity:
    """Return a new planned activity; values that are not given come from its type.

    `given` holds texts by field, as for `amend_activity`. Raises UsageError for an unknown type or user, or
    a day that does not exist.
    """
    kind = check_entry("activity type", type, facts.config.activity_types)
    assignee = str(given.pop("assignee", "")) or None
    if assignee and assignee != draft_activity.OWNER:
        assignee = checked_user(facts.config, assignee)
    draft = draft_activity.draft_activity(
        facts,
        moment,
        id=id,
        type=kind,
        due=draft_activity.AT_ONCE if given.get("due") else None,
        assignee=assignee,
    )
    return amend_activity(draft, facts, moment, given)


def amend_activity(
    activity: Activity, facts: Facts, moment: Moment, given: dict[str, str | tuple[str, ...]]
) -> Activity:
    """Return the activity with fields set from texts; an empty text leaves a field as it is, `-` clears it.

    A new type changes no other field. Raises UsageError for a text that is not valid for its field.
    """
    hours = hours_ahead(given.get("due", ""))
    values: dict[str, Any] = {
        name: None if text == "-" else AMENDABLE[name](text, activity, facts, moment)
        for name, text in given.items()
        if text and not (hours and name == "due")
    }
    if hours and given.get("time"):
        raise UsageError(f"--due {given['due']} gives the time already", hint="leave --time out")
    if hours:
        who = values.get("assignee", activity.assignee)
        values["due"], values["time"] = local_time(moment.at, hours, facts, who)
    values |= restart_series(activity, values)
    if values.get("type", "") is None:
        raise UsageError("an activity has a type")
    return replace(activity, **values)


def restart_series(activity: Activity, values: dict[str, Any]) -> dict[str, Any]:
    """Return what an edit changes of the day and time that a recurring activity was postponed from.

    Recurrences follow a new deadline, and an edited time.
    """
    if activity.recurs_on is None:
        return {}
    if "due" in values or "every" in values:
        return {"recurs_on": None, "recurs_at": None}
    return {"recurs_at": values["time"]} if "time" in values else {}


def describe_gaps(change: Change) -> list[str]:
    """Return a notice for each new recurrence that skips months without its day."""
    known = {each.every for each in change.before.activities} if change.before else set()
    return [
        said
        for each in change.after.activities
        if each.every and each.due and each.every not in known and each.state is State.PLANNED
        if (said := describe_skipped(each.every, each.due))
    ]


def hours_ahead(due: Any) -> Offset | None:
    """Return the hours in a deadline such as `+4h`; None for any other.

    Without a sign, `14h` might be a time of day.
    """
    return parse_span(due) if due and is_in_hours(due) and due.strip().startswith("+") else None


def read_type(text: Any, activity: Activity, facts: Facts, moment: Moment) -> str:
    return check_entry("activity type", text, facts.config.activity_types)


def take_text(text: Any, activity: Activity, facts: Facts, moment: Moment) -> str:
    return str(text).strip()


def read_due(text: Any, activity: Activity, facts: Facts, moment: Moment) -> Any:
    if is_in_hours(text):
        raise UsageError(
            f"{text!r} may be a time of day, or so many hours from now",
            hint=f"in +{text.strip().lstrip('+-')}, or --due today --time {text.strip().lstrip('+-')}",
        )
    return parse_day(text, local_day(moment.at, facts.config, activity.assignee), facts.config)


def read_time(text: Any, activity: Activity, facts: Facts, moment: Moment) -> str:
    return parse_time(text)


def read_assignee(text: Any, activity: Activity, facts: Facts, moment: Moment) -> str | None:
    return facts.opportunity.owner if text == draft_activity.OWNER else checked_user(facts.config, text)


def read_every(text: Any, activity: Activity, facts: Facts, moment: Moment) -> str:
    check_recurrence_rule(text)
    return str(text)


def read_files(paths: Any, activity: Activity, facts: Facts, moment: Moment) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*activity.files, *paths]))


AMENDABLE: dict[str, Callable[[Any, Activity, Facts, Moment], Any]] = {
    "type": read_type,
    "summary": take_text,
    "due": read_due,
    "time": read_time,
    "assignee": read_assignee,
    "note": take_text,
    "every": read_every,
    "files": read_files,
}


def with_activity(deal: Opportunity, activity: Activity) -> Opportunity:
    """Return the deal with one more activity."""
    return replace(deal, activities=(*deal.activities, activity))


def find_activity(deal: Opportunity, id: str) -> Activity:
    """Return the activity of a deal with this id.

    Raises NotFoundError if there is none.
    """
    activity = next((each for each in deal.activities if each.id == id), None)
    if activity is None:
        raise NotFoundError(f"no activity {id} on {deal.id}")
    return activity


def still_to_do(deal: Opportunity, id: str) -> Activity:
    """Return the planned activity of a deal with this id.

    Raises NotFoundError if there is none, RefusedError if it is done or cancelled.
    """
    activity = find_activity(deal, id)
    if activity.state is not State.PLANNED:
        raise RefusedError(f"activity {id} is {activity.state} already")
    return activity


def replace_activity(deal: Opportunity, activity: Activity, **values: Any) -> Opportunity:
    """Return the deal with one of its activities changed."""
    new = replace(activity, **values)
    return with_activities(deal, lambda each: new if each is activity else each)


def complete_activity(
    facts: Facts,
    id: str,
    moment: Moment,
    *,
    outcome: str | None,
    note: str | None,
    files: tuple[str, ...] = (),
    closed: Instant | None = None,
) -> Change:
    """Complete an activity: record the outcome, plan what follows it, and fire its rules.

    `closed` is when it was done, if before this moment. Raises RefusedError if it is not planned any more.
    """
    deal = facts.opportunity
    activity = still_to_do(deal, id)
    after = replace_activity(
        deal,
        activity,
        state=State.DONE,
        closed=closed or moment.at,
        outcome=outcome,
        note=note or activity.note,
        files=tuple(dict.fromkeys([*activity.files, *files])),
    )
    change = Change(before=deal, after=after)
    change = change.then(follow_up(facts.about(change.after), find_activity(after, id), moment))
    triggers = fire_rules.triggers_for_event(Event.ACTIVITY_DONE, facts.config, id)
    return change.then(
        fire_rules.fire_rules(facts.about(change.after).of(find_activity(after, id)), triggers, moment)
    )


def cancel_activity(facts: Facts, id: str, reason: str | None, moment: Moment) -> Change:
    """Cancel an activity; it stays in the file with the reason, and a recurring one is not planned again.

    Raises RefusedError if it is not planned any more.
    """
    deal = facts.opportunity
    activity = still_to_do(deal, id)
    after = replace_activity(deal, activity, state=State.CANCELLED, closed=moment.at, reason=reason)
    return Change(before=deal, after=after)


def snooze_activity(facts: Facts, id: str, by: str, moment: Moment) -> Change:
    """Postpone an activity by a span, from its deadline, or from today if that has passed.

    Raises RefusedError if it is not planned any more, UsageError for an invalid or non-positive span.
    """
    deal = facts.opportunity
    activity = still_to_do(deal, id)
    offset = parse_span(by)
    if offset.number <= 0:
        raise UsageError(f"--by {by} does not postpone", hint="like 7d, 2bd or 4h")
    if offset.unit == HOUR:
        due, time = local_time(snoozed_from(activity, facts, moment), offset, facts, activity.assignee)
        return Change(before=deal, after=postpone_once(deal, activity, due, time))
    day = local_day(moment.at, facts.config, activity.assignee)
    due = shift_day(max(activity.due or day, day), offset, facts.worked)
    return Change(before=deal, after=postpone_once(deal, activity, due, activity.time))


def postpone_once(deal: Opportunity, activity: Activity, due: date, time: str | None) -> Opportunity:
    """Return the deal with an activity postponed; its next recurrence follows from its first deadline."""
    by_calendar = activity.every is not None and (is_rule(activity.every) or time != activity.time)
    if not by_calendar or activity.due is None or activity.recurs_on is not None:
        return replace_activity(deal, activity, due=due, time=time)
    kept = {"recurs_on": activity.due, "recurs_at": activity.time}
    return replace_activity(deal, activity, due=due, time=time, **kept)


def snoozed_from(activity: Activity, facts: Facts, moment: Moment) -> Instant:
    """Return the instant from which hours postpone an activity: its deadline, or now if that has passed.

    Raises UsageError for a later deadline without a time.
    """
    day = local_day(moment.at, facts.config, activity.assignee)
    if activity.due is None or activity.due < day or (activity.due == day and activity.time is None):
        return moment.at
    if activity.time is None:
        hint = f"--by 1d, or crm activity edit {activity.id} --time 09:00"
        raise UsageError(f"activity {activity.id} has no time from which hours count", hint=hint)
    zone = zone_of(facts.config, activity.assignee)
    return max(moment.at, instant_of(activity.due, clock.fromisoformat(parse_time(activity.time)), zone))


def reassign_activity(facts: Facts, id: str, to: str, moment: Moment) -> Change:
    """Assign an activity to another user.

    Raises RefusedError if it is not planned any more, UsageError for an unknown user.
    """
    deal = facts.opportunity
    activity = still_to_do(deal, id)
    return Change(
        before=deal,
        after=replace_activity(deal, activity, assignee=read_assignee(to, activity, facts, moment)),
    )


def edit_activity(facts: Facts, id: str, moment: Moment, given: dict[str, str | tuple[str, ...]]) -> Change:
    """Change fields of an activity in any state, as described for `amend_activity`."""
    deal = facts.opportunity
    activity = find_activity(deal, id)
    new = amend_activity(activity, facts, moment, given)
    return Change(before=deal, after=with_activities(deal, lambda each: new if each is activity else each))


def cancel_planned(deal: Opportunity, reason: str, moment: Moment) -> Opportunity:
    """Return the deal with all planned activities cancelled; the reason is stored in the file."""
    return with_activities(
        deal,
        lambda each: (
            replace(each, state=State.CANCELLED, closed=moment.at, reason=reason)
            if each.state is State.PLANNED
            else each
        ),
    )


def with_activities(deal: Opportunity, change: Callable[[Activity], Activity]) -> Opportunity:
    """Return the deal with `change` applied to each activity."""
    return replace(deal, activities=tuple(change(each) for each in deal.activities))


def only_planned(deal: Opportunity) -> Activity:
    """Return the only planned activity of a deal.

    Raises NotFoundError for none, AmbiguousError for several.
    """
    todo = planned_activities(deal)
    if not todo:
        what = f"nothing is planned on {deal.id} « {deal.title} »"
        raise NotFoundError(what, hint=f"crm activity add {deal.id} --type TYPE")
    if len(todo) > 1:
        lines = [f"{each.id}  {each.due}  {each.summary or each.type}" for each in todo]
        what = f"{len(todo)} activities are planned on {name_deal(deal)}:"
        raise AmbiguousError(what, lines, hint=f"give the id of one, like {todo[0].id}")
    return todo[0]
