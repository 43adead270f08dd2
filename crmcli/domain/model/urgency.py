"""Urgency of activities: overdue, due today, or later, in the assignee's time zone."""

from datetime import date, timedelta
from enum import StrEnum

from crmcli.domain.localization.elapsed import last_day_reaching
from crmcli.domain.localization.offsets import HOUR, parse_span
from crmcli.domain.localization.zones import local_day, zone_of
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Activity, Instant, Opportunity, State


class Urgency(StrEnum):
    """The urgency of a planned activity, most urgent first."""

    OVERDUE = "overdue"
    TODAY = "today"
    PLANNED = "planned"


def urgency_on(due: str | None, day: str) -> Urgency:
    """Return the urgency of a deadline on a day, both as ISO dates; without one it is never overdue."""
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
    due = None if activity.due is None else activity.due.isoformat()
    return urgency_on(due, local_day(at, config, activity.assignee).isoformat())


def late_limit(span: str, at: Instant, config: Config, user: str | None) -> str:
    """Return the last deadline that has passed by a span for a user: a day, for hours with a time.

    Raises UsageError for a span that is not valid.
    """
    offset = parse_span(span)
    here = at.astimezone(zone_of(config, user))
    if offset.unit == HOUR:
        return f"{here - timedelta(hours=offset.number):%Y-%m-%dT%H:%M}"
    return last_day_reaching(config.country, config.region, span, here.date()).isoformat()


def is_late(due: str, time: str | None, limit: str) -> bool:
    """Tell whether a deadline is not later than the last one that `late_limit` gives.

    Spans in days count from its day, whatever its time: late by `1d` begins with the next day. Hours count
    from its time, without one from the end of its day.
    """
    if len(limit) == len(due):
        return due <= limit
    return due < limit[: len(due)] if time is None else f"{due}T{time}" <= limit


def has_overdue(deal: Opportunity, at: Instant, config: Config) -> bool:
    """Tell whether a planned activity of a deal is overdue, each on its assignee's day."""
    return any(activity_state(each, at, config) == Urgency.OVERDUE for each in deal.activities)
