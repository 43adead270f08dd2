"""Moves of a plan that runs on a deal: what is still planned of it counts from another day."""

from datetime import date, timedelta

from msgspec.structs import replace

from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Activity, Opportunity, State
from crmcli.domain.records.activity_changes import with_activities
from crmcli.domain.records.draft_activity import day_after_offset
from crmcli.domain.records.plan_start import Late, admit_late, planned_of
from crmcli.domain.values.errors import AmbiguousError, RefusedError


def move_plan(
    facts: Facts, moment: Moment, *, plan: str, day: date, since: date | None, late: Late | None
) -> Change:
    """Let what is still planned of a plan count from another day; what is done or cancelled stays.

    Each line is due at its offset again, one that was postponed, too; an activity whose line the plan
    has no more moves by as many days. Without a `plan`, the only one that runs is moved; `since` is the
    day that the run counts from, where that is needed.

    Raises RefusedError if it does not run, AmbiguousError for several, LateError for days in the past.
    """
    deal = facts.opportunity
    running = list_run(deal, plan or find_running(deal), since)
    old = running[0].plan_day or since or day
    offsets = match_lines(facts, running[0].plan, old)
    moved = [move_activity(each, old, day, offsets.get(each.id), facts) for each in running]
    changed = [new for old, new in zip(running, moved, strict=True) if new.due != old.due]
    new = {each.id: each for each in admit_late(changed, facts, moment, late, "leaves them as they are")}
    return Change(before=deal, after=with_activities(deal, lambda each: new.get(each.id, each)))


def find_running(deal: Opportunity) -> str:
    """Return the id of the only plan that runs on a deal.

    Raises RefusedError without one, AmbiguousError for several.
    """
    planned = [each for each in deal.activities if each.plan and each.state is State.PLANNED]
    ids = list(dict.fromkeys(str(each.plan) for each in planned))
    if not ids:
        raise RefusedError(f"no plan runs on {deal.id}", hint=f"crm plan start {deal.id} --plan PLAN")
    if len(ids) > 1:
        raise AmbiguousError(f"{len(ids)} plans run on {deal.id}:", ids, hint="--plan PLAN")
    return ids[0]


def list_run(deal: Opportunity, plan: str, since: date | None) -> list[Activity]:
    """Return what is still planned of one run of a plan; `since` is the day that it counts from.

    Raises RefusedError without any, or if the record does not say the day; AmbiguousError for several runs.
    """
    running = [each for each in planned_of(deal, plan) if since is None or each.plan_day in (None, since)]
    days = {each.plan_day for each in running}
    if not running:
        what = f"plan {plan} does not run on {deal.id}" + (f" from {since}" if since else "")
        raise RefusedError(what, hint=f"crm plan start {deal.id} --plan {plan}")
    if since is None and None in days:
        what = f"{deal.id} does not say from which day plan {plan} counts"
        raise RefusedError(what, hint="--from DAY, the day it counts from now")
    if len(days - {None}) > 1:
        lines = sorted(str(each) for each in days)
        raise AmbiguousError(
            f"plan {plan} runs {len(days)} times on {deal.id}, from:", lines, hint="--from DAY"
        )
    return running


def match_lines(facts: Facts, plan: str | None, day: date) -> dict[str | None, str]:
    """Return the offset of each activity of a run, closed ones too, by the line that it was planned by.

    That is the line of its type and day; for one with another day, the first of its type that is left.
    """
    lines = [line for each in facts.config.plans if each.id == plan for line in each.lines]
    run = [
        each for each in facts.opportunity.activities if each.plan == plan and each.plan_day in (None, day)
    ]
    found: dict[str | None, str] = {}
    for exactly in (True, False):
        for activity in run:
            same = [each for each in lines if each.type == activity.type]
            if exactly:
                same = [each for each in same if day_after_offset(day, each.due, facts) == activity.due]
            if same and activity.id not in found:
                found[activity.id] = same[0].due
                lines.remove(same[0])
    return found


def move_activity(activity: Activity, old: date, day: date, offset: str | None, facts: Facts) -> Activity:
    """Return an activity of a plan as it is when the plan counts from another day than the old one."""
    ahead = day - old
    moved = replace(activity, plan_day=day, recurs_on=shift(activity.recurs_on, ahead))
    if offset is not None:
        return replace(moved, due=day_after_offset(day, offset, facts))
    return replace(moved, due=shift(activity.due, ahead))


def shift(day: date | None, ahead: timedelta) -> date | None:
    """Return a day so much later; None for None."""
    return None if day is None else day + ahead
