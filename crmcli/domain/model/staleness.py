"""Stale deals: too long in their stage, untouched, or since creation."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

from crmcli.domain.localization.offsets import parse_offset, shift_day
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.localization.zones import find_zone, local_day
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import last_touched, stage_since
from crmcli.domain.model.pipeline import Clock, Stage
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.model.status import Status, status_of

LONGEST = 36_525  # days to look back


def still_since(deal: Opportunity, clock: Clock) -> Instant | None:
    """Return the instant from which a clock measures how long a deal has been inactive, or None."""
    match clock:
        case Clock.STAGE:
            return stage_since(deal)
        case Clock.TOUCHED:
            return last_touched(deal)
    return deal.created


def stale_since(deal: Opportunity, config: Config, at: Instant) -> Instant | None:
    """Return the instant since which a stale deal is inactive; None if it is not stale, or closed."""
    stage = config.stage(deal.stage)
    if stage is None or stage.stale_after is None or status_of(deal, config) is not Status.OPEN:
        return None
    since = still_since(deal, stage.stale_after.since)
    limit = stale_before(stage, config, at)
    return since if since is not None and limit is not None and since < limit else None


def stale_before(stage: Stage, config: Config, at: Instant) -> Instant | None:
    """Return the instant before which an inactive deal is stale; None in a stage without a limit."""
    if stage.stale_after is None:
        return None
    last = last_reaching(stage.stale_after.after, local_day(at, config), config)
    return day_begins(last + timedelta(days=1), config)


def last_reaching(span: str, day: date, config: Config) -> date:
    """Return the last day from which a span has elapsed on `day` (elapsed ≥ span, in whole days)."""
    return last_in(config.country, config.region, span, day)


@lru_cache(maxsize=4096)
def last_in(country: str | None, region: str | None, span: str, day: date) -> date:
    """Return the result of `last_reaching`, by the working days of a country or a region of it."""
    offset = parse_offset(span)
    calendar = cache(lambda: worked_in(country, region))
    first = day - timedelta(days=min(LONGEST, day.toordinal() - 1))
    days = range(first.toordinal(), day.toordinal() + 1)
    reached = bisect_right(
        days, day, key=lambda ordinal: shift_day(date.fromordinal(ordinal), offset, calendar)
    )
    return date.fromordinal(days[reached - 1]) if reached else first - timedelta(days=1)


def has_passed(since: date, span: str, day: date, config: Config) -> bool:
    """Tell whether a span has elapsed on `day`, counted from the day `since`."""
    return since <= last_reaching(span, day, config)


def day_begins(day: date, config: Config) -> Instant:
    """Return the instant at which a day begins in the workspace's time zone."""
    return datetime.combine(day, time(), find_zone(config.timezone)).astimezone(UTC)
