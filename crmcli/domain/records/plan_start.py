"""Plans: activities planned together, each at an offset from the plan's day."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum

from msgspec.structs import replace

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Plan
from crmcli.domain.model.record_types import Activity, Opportunity, State
from crmcli.domain.records import draft_activity
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.list_entries import check_entry


class NobodyError(RefusedError):
    """Raised if an activity of a plan has no valid assignee."""


class LateError(RefusedError):
    """Raised if activities of a plan would lie in the past, and nobody has said what to do with them."""


class Late(StrEnum):
    """What happens to the lines of a plan that would lie in the past."""

    TODAY = "today"
    SKIP = "skip"


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
        found.append(replace(draft, due=draft_activity.day_after_offset(day, line.due, facts)))
    return [replace(each, plan=plan.id, plan_day=day) for each in found]


def planned_of(deal: Opportunity, plan: str) -> list[Activity]:
    """Return the activities of a plan that are still planned."""
    return [each for each in deal.activities if each.plan == plan and each.state is State.PLANNED]


def refuse_running(deal: Opportunity, plan: Plan) -> None:
    """Check that nothing of a plan is still planned.

    Raises RefusedError with the commands that move it, or start it once more.
    """
    if running := planned_of(deal, plan.id):
        again = f"crm plan move {deal.id} --plan {plan.id} --on DAY, or --again for a second one"
        what = f"plan {plan.id} runs already on {deal.id}, {len(running)} of it still planned"
        raise RefusedError(what, hint=again)


def is_late(activity: Activity, facts: Facts, moment: Moment) -> bool:
    """Tell whether an activity is due before today, its assignee's."""
    return activity.due is not None and activity.due < local_day(moment.at, facts.config, activity.assignee)


def describe_late(activity: Activity) -> str:
    """Return a line of a plan that would lie in the past, in words."""
    return f"{activity.due}  {activity.type}" + (f" « {activity.summary} »" if activity.summary else "")


def admit_late(
    activities: list[Activity], facts: Facts, moment: Moment, late: Late | None, skipping: str
) -> list[Activity]:
    """Return the activities of a plan; those in the past are due today, or left out.

    `skipping` says what `--late skip` does. Raises LateError naming them without a decision.
    """
    behind = [each for each in activities if is_late(each, facts, moment)]
    if late is None and behind:
        lines = "".join(f"\n  {describe_late(each)}" for each in behind)
        what = f"{len(behind)} of plan {behind[0].plan} on {facts.opportunity.id} would lie in the past:"
        raise LateError(what + lines, hint=f"--late today plans them for today, --late skip {skipping}")
    if late is Late.SKIP:
        return [each for each in activities if each not in behind]
    return [
        replace(each, due=local_day(moment.at, facts.config, each.assignee)) if each in behind else each
        for each in activities
    ]
