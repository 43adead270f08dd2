"""Planning an activity: what its type gives it where nothing else is said."""

from datetime import date

from crmcli.domain import expressions
from crmcli.domain.changes import Moment
from crmcli.domain.facts import Facts
from crmcli.domain.model import Activity
from crmcli.domain.offsets import parse_offset, shifted
from crmcli.domain.zones import today

OWNER = "owner"  # as an assignee: whoever owns the deal


def drafted(
    facts: Facts,
    moment: Moment,
    *,
    id: str,
    type: str,
    summary: str | None = None,
    assignee: str | None = None,
) -> Activity:
    """A planned activity, due when its type says; summaries of types and rules are Jinja texts.

    Raises RefusedError where the summary uses a value that this record lacks.
    """
    kind = facts.config.activity_type(type)
    named = assignee or (kind.assignee if kind else None) or OWNER
    who = facts.opportunity.owner if named == OWNER else named
    day = today(moment.at, facts.config, who)
    template = summary or (kind.summary or kind.title if kind else None)
    return Activity(
        id=id,
        type=type,
        summary=expressions.text(template, facts, day) if template else None,
        due=after(day, (kind.due if kind else None) or "0d", facts),
        assignee=who,
    )


def after(day: date, offset: str, facts: Facts) -> date:
    """The day at an offset such as `2bd` from another."""
    return shifted(day, parse_offset(offset), facts.worked)
