"""Planning an activity: what its type gives it where nothing else is said, and when it is due."""

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

OWNER = "owner"  # as an assignee: whoever owns the deal
FIELD = "fields."
AT_ONCE = Due()


class NoDateError(RefusedError):
    """The day that a deadline is counted from is not known of this record."""


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
    """A planned activity, due when its type says; summaries of types and rules are Jinja texts.

    Raises RefusedError where the summary uses a value that this record lacks, NoDateError where
    the deadline does.
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
    """Who does an activity: whoever is named, else whoever owns the deal."""
    return facts.opportunity.owner if named in (None, OWNER) else named


def due_day(due: Due, facts: Facts, day: date) -> date:
    """The day that a deadline means, on a day of whoever has to keep it.

    Raises NoDateError where this record lacks the day that it is counted from.
    """
    base = base_of(due.from_, facts, day)
    if base is None:
        raise NoDateError(f"{facts.opportunity.id} has no {due.from_}", hint=f"due from {due.from_}")
    return day_after_offset(base, due.offset, facts)


def base_of(name: str, facts: Facts, day: date) -> date | None:
    """The day that a deadline is counted from; None where this record has none such."""
    if name.startswith(FIELD):
        value = native_value(facts.opportunity.fields.get(name.removeprefix(FIELD), ""))
        return value if isinstance(value, date) else None
    return BASES[name](facts, day)


def local_day_of(at: Instant | None, facts: Facts) -> date | None:
    """The workspace's day at an instant."""
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
    """The day at an offset such as `2bd` from another."""
    return shift_day(day, parse_offset(offset), facts.worked)
