"""Planning of an activity: defaults from its type, assignee and deadline."""

from collections.abc import Callable
from datetime import date, timedelta

from crmcli.domain.localization.offsets import Offset, is_in_hours, parse_offset, parse_span, shift_day
from crmcli.domain.localization.zones import local_day, zone_of
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import stage_since
from crmcli.domain.model.pipeline import Due
from crmcli.domain.model.record_types import Activity, Instant
from crmcli.domain.templates import expressions
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.untyped_values import native_value

OWNER, ASSIGNEE, MANAGER = "owner", "assignee", "manager"  # names of users, besides their ids
FIELD = "fields."
AT_ONCE = Due()


class NoDateError(RefusedError):
    """Raised if the record has no value for the day that a deadline is counted from."""


def draft_activity(
    facts: Facts,
    moment: Moment,
    *,
    id: str,
    type: str,
    summary: str | None = None,
    due: Due | None = None,
    assignee: str | None = None,
) -> Activity:
    """Return a new planned activity with defaults from its type; summaries are Jinja texts.

    Raises RefusedError if the summary uses a value that this record lacks, NoDateError if the deadline
    does.
    """
    kind = facts.config.activity_type(type)
    who = assigned_to(assignee or (kind.assignee if kind else None), facts)
    day = local_day(moment.at, facts.config, who)
    due = due or (kind.due if kind else None) or AT_ONCE
    is_timed = is_in_hours(due.offset)
    by, time = due_time(due, facts, moment, who) if is_timed else (due_day(due, facts, day), None)
    template = summary or (kind.summary or kind.title if kind else None)
    return Activity(
        id=id,
        type=type,
        summary=expressions.render_text(template, facts, day) if template else None,
        due=by,
        time=time,
        assignee=who,
    )


def assigned_to(named: str | None, facts: Facts) -> str | None:
    """Return the assignee of an activity: the user named, else the deal's owner.

    That is so, too, where there is no manager, or the user named is not in `users` any more.
    """
    return resolve_user(named, facts) or facts.opportunity.owner


def resolve_user(named: str | None, facts: Facts) -> str | None:
    """Return the user whom the configuration names: by id, or as `owner`, `manager` or `assignee`.

    The manager is that of the owner; of a deal without one, that of the activity's assignee. None for
    somebody whom `users` does not list, where it lists anybody.
    """
    owner, assignee = facts.opportunity.owner, facts.activity.assignee if facts.activity else None
    found = named
    if named == OWNER:
        found = owner
    elif named == ASSIGNEE:
        found = assignee if facts.activity else owner
    elif named == MANAGER:
        user = facts.config.user(owner or assignee)
        found = user.manager if user else None
    return found if not facts.config.users or facts.config.user(found) else None


def due_day(due: Due, facts: Facts, day: date) -> date:
    """Return the day of a deadline; `day` is today for the assignee.

    Raises NoDateError if this record lacks the day that the deadline is counted from.
    """
    base = base_of(due.from_, facts, day)
    if base is None:
        raise NoDateError(f"{facts.opportunity.id} has no {due.from_}", hint=f"due from {due.from_}")
    return day_after_offset(base, due.offset, facts)


def due_time(due: Due, facts: Facts, moment: Moment, user: str | None) -> tuple[date, str]:
    """Return the day and the time of a deadline in hours, by the assignee's clock.

    Raises NoDateError if this record lacks the instant that it is counted from, RefusedError for a day.
    """
    if due.from_ not in INSTANTS:
        raise RefusedError(f"{due.offset} from {due.from_}: that is a day, hours count from a time")
    since = INSTANTS[due.from_](facts, moment)
    if since is None:
        raise NoDateError(f"{facts.opportunity.id} has no {due.from_}", hint=f"due from {due.from_}")
    return local_time(since, parse_span(due.offset), facts, user)


def local_time(since: Instant, hours: Offset, facts: Facts, user: str | None) -> tuple[date, str]:
    """Return the day and the time that it is for a user so many hours after an instant."""
    try:
        there = (since + timedelta(hours=hours.number)).astimezone(zone_of(facts.config, user))
    except OverflowError:
        raise UsageError(f"{hours.number}{hours.unit} is too far away") from None
    return there.date(), f"{there:%H:%M}"


def base_of(name: str, facts: Facts, day: date) -> date | None:
    """Return the day that a deadline is counted from; None if this record lacks it."""
    if name.startswith(FIELD):
        value = native_value(facts.opportunity.fields.get(name.removeprefix(FIELD), ""))
        return value if isinstance(value, date) else None
    return BASES[name](facts, day)


def local_day_of(at: Instant | None, facts: Facts) -> date | None:
    """Return the day at an instant in the workspace's time zone; None for None."""
    return None if at is None else local_day(at, facts.config)


BASES: dict[str, Callable[[Facts, date], date | None]] = {
    "today": lambda facts, day: day,
    "deadline": lambda facts, day: (facts.activity.due if facts.activity else None) or day,
    "stage": lambda facts, day: local_day_of(stage_since(facts.opportunity), facts),
    "created": lambda facts, day: local_day_of(facts.opportunity.created, facts),
    "closed": lambda facts, day: local_day_of(facts.opportunity.closed, facts),
    "expected_close": lambda facts, day: facts.opportunity.expected_close,
}


INSTANTS: dict[str, Callable[[Facts, Moment], Instant | None]] = {  # that hours can count from
    "today": lambda facts, moment: moment.at,
    "stage": lambda facts, moment: stage_since(facts.opportunity),
    "created": lambda facts, moment: facts.opportunity.created,
    "closed": lambda facts, moment: facts.opportunity.closed,
}


def day_after_offset(day: date, offset: str, facts: Facts) -> date:
    """Return the day at an offset such as `2bd` from another day."""
    return shift_day(day, parse_offset(offset), facts.worked)
