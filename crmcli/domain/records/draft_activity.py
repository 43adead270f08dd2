"""Planning of an activity: defaults from its type, assignee and deadline."""

from collections.abc import Callable
from datetime import date

from crmcli.domain.localization.offsets import parse_offset, shift_day
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import stage_since
from crmcli.domain.model.pipeline import Due
from crmcli.domain.model.record_types import Activity, Instant
from crmcli.domain.templates import expressions
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.untyped_values import native_value

OWNER = "owner"  # as an assignee: the owner of the deal
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
    template = summary or (kind.summary or kind.title if kind else None)
    return Activity(
        id=id,
        type=type,
        summary=expressions.render_text(template, facts, day) if template else None,
        due=due_day(due or (kind.due if kind else None) or AT_ONCE, facts, day),
        assignee=who,
    )


def assigned_to(named: str | None, facts: Facts) -> str | None:
    """Return the assignee of an activity: the user named, else the owner of the deal."""
    return facts.opportunity.owner if named in (None, OWNER) else named


def due_day(due: Due, facts: Facts, day: date) -> date:
    """Return the day of a deadline; `day` is today for the assignee.

    Raises NoDateError if this record lacks the day that the deadline is counted from.
    """
    base = base_of(due.from_, facts, day)
    if base is None:
        raise NoDateError(f"{facts.opportunity.id} has no {due.from_}", hint=f"due from {due.from_}")
    return day_after_offset(base, due.offset, facts)


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


def day_after_offset(day: date, offset: str, facts: Facts) -> date:
    """Return the day at an offset such as `2bd` from another day."""
    return shift_day(day, parse_offset(offset), facts.worked)
