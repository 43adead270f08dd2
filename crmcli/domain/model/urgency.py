"""Urgency of activities: overdue, due today, or later, in the assignee's time zone."""

from datetime import date
from enum import StrEnum

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Activity, Instant, Opportunity, State


class Urgency(StrEnum):
    """The urgency of a planned activity, most urgent first."""

    OVERDUE = "overdue"
    TODAY = "today"
    PLANNED = "planned"


def urgency_on(activity: Activity, day: date) -> Urgency:
    """Return the urgency of an activity on a day; without a deadline it is never overdue."""
    return standing_at(None if activity.due is None else activity.due.isoformat(), day.isoformat())


def standing_at(due: str | None, day: str) -> Urgency:
    """Return the urgency of a deadline on a day, both as ISO dates."""
    if due is None or due > day:
        return Urgency.PLANNED
    return Urgency.TODAY if due == day else Urgency.OVERDUE


def planned_activities(deal: Opportunity) -> list[Activity]:
    """Return the planned activities, ordered by deadline."""
    todo = [activity for activity in deal.activities if activity.state is State.PLANNED]
    return sorted(todo, key=lambda each: (each.due or date.max, each.id or ""))


def activity_state(activity: Activity, at: Instant, config: Config) -> str:
    """Return `overdue`, `today` or `planned` in the assignee's time zone; `done` or `cancelled` if closed."""
    if activity.state is not State.PLANNED:
        return activity.state
    return urgency_on(activity, local_day(at, config, activity.assignee))
