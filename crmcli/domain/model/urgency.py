"""How activities stand against today: overdue, due today, or later, for whoever has to do them."""

from datetime import date
from enum import StrEnum

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Activity, Instant, Opportunity, State


class Urgency(StrEnum):
    """How a planned activity stands against today, worst first."""

    OVERDUE = "overdue"
    TODAY = "today"
    PLANNED = "planned"


def urgency_on(activity: Activity, day: date) -> Urgency:
    """How an activity stands on a day; one without a deadline is never late."""
    return standing_at(None if activity.due is None else activity.due.isoformat(), day.isoformat())


def standing_at(due: str | None, day: str) -> Urgency:
    """How something due on one ISO day stands on another."""
    if due is None or due > day:
        return Urgency.PLANNED
    return Urgency.TODAY if due == day else Urgency.OVERDUE


def planned_activities(deal: Opportunity) -> list[Activity]:
    """The activities still to do, by deadline."""
    todo = [activity for activity in deal.activities if activity.state is State.PLANNED]
    return sorted(todo, key=lambda each: (each.due or date.max, each.id or ""))


def activity_state(activity: Activity, at: Instant, config: Config) -> str:
    """`overdue`, `today` or `planned` as its assignee sees it; `done` or `cancelled` once closed."""
    if activity.state is not State.PLANNED:
        return activity.state
    return urgency_on(activity, local_day(at, config, activity.assignee))
