"""Plans: activities planned together, each at an offset from the plan's day."""

from collections.abc import Callable
from datetime import date

from msgspec.structs import replace

from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Plan
from crmcli.domain.model.record_types import Activity
from crmcli.domain.records import draft_activity
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.list_entries import check_entry


class NobodyError(RefusedError):
    """Raised if an activity of a plan has no valid assignee."""


def find_plan(config: Config, id: str) -> Plan:
    """Return the plan with this id.

    Raises UsageError, suggesting the nearest spelling, if there is none.
    """
    name = check_entry("plan", id, config.plans)
    return next(plan for plan in config.plans if plan.id == name)


def start_plan(
    facts: Facts, moment: Moment, *, plan: Plan, day: date, id_of: Callable[[int], str]
) -> list[Activity]:
    """Return the activities of a plan around a day, in the order of its lines.

    Raises RefusedError naming the line that has no valid assignee.
    """
    found = []
    for number, line in enumerate(plan.lines, start=1):
        draft = draft_activity.draft_activity(
            facts,
            moment,
            id=id_of(number),
            type=line.type,
            summary=line.summary,
            due=draft_activity.AT_ONCE,
            assignee=line.assignee,
        )
        if draft.assignee is None:
            raise NobodyError(
                f"plan {plan.id}, line {number} ({line.type}): nobody to do it on {facts.opportunity.id}",
                hint="give the line an assignee, or the record an owner",
            )
        if facts.config.users and facts.config.user(draft.assignee) is None:
            raise NobodyError(f"plan {plan.id}, line {number} ({line.type}): {draft.assignee} is not a user")
        found.append(replace(draft, due=draft_activity.day_after_offset(day, line.due, facts), plan=plan.id))
    return found
