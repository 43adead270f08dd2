"""When a time span has elapsed: at the time of day at which it began, or after so many hours.

`1d` from Monday 23:59 has elapsed on Tuesday at 23:59 by the clocks of the time zone, however long the
night was; `24h` are 24 hours.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any

import msgspec

from crmcli.domain.localization.offsets import HOUR, parse_span, shift_day
from crmcli.domain.localization.workdays import worked_in

LONGEST = 36_525  # days to look back


class Reach(msgspec.Struct, frozen=True):
    """The instants from which a span has elapsed: all before one, and some ranges, both ends included.

    The ranges are on the days from which the span ends today: up to the present time of day.
    """

    before: Any  # instants, or their ISO texts
    ranges: tuple[tuple[Any, Any], ...] = ()

    def holds(self, since: Any) -> bool:
        """Tell whether the span has elapsed since an instant."""
        return since < self.before or any(low <= since <= high for low, high in self.ranges)


def reach_of(span: str, at: datetime, zone: tzinfo, country: str | None, region: str | None) -> Reach:
    """Return the instants from which a span has elapsed at another, by the clocks of a time zone.

    Raises UsageError for a span that is not valid.
    """
    offset = parse_span(span)
    if offset.unit == HOUR:
        since = at - timedelta(hours=offset.number)
        return Reach(since, ((since, since),))
    here = at.astimezone(zone)
    earlier = last_day_reaching(country, region, span, here.date() - timedelta(days=1))
    last = last_day_reaching(country, region, span, here.date())
    days = (date.fromordinal(each) for each in range(earlier.toordinal() + 1, last.toordinal() + 1))
    clock = here.time()
    ranges = tuple((instant_of(day, time(), zone), instant_of(day, clock, zone)) for day in days)
    return Reach(instant_of(earlier + timedelta(days=1), time(), zone), ranges)


def instant_of(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the instant of a time on a day, in UTC."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def last_day_reaching(country: str | None, region: str | None, span: str, day: date) -> date:
    """Return the last day from which a span in days leads to `day` or to an earlier day."""
    offset = parse_span(span)
    calendar = cache(lambda: worked_in(country, region))
    first = day - timedelta(days=min(LONGEST, day.toordinal() - 1))
    days = range(first.toordinal(), day.toordinal() + 1)
    reached = bisect_right(
        days, day, key=lambda ordinal: shift_day(date.fromordinal(ordinal), offset, calendar)
    )
    return date.fromordinal(days[reached - 1]) if reached else first - timedelta(days=1)
