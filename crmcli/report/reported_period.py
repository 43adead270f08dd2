"""The period of a report, the one that it is compared with, and the months and weeks in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache

import msgspec

from crmcli.domain.localization.periods import shift_months

DAY = timedelta(days=1)


class Comparison(StrEnum):
    """The period that a report is compared with."""

    PREVIOUS = "previous"
    YEAR = "year"


class ReportedPeriod(msgspec.Struct, frozen=True):
    """A range of days, both included; None is open-ended."""

    since: date | None = None
    until: date | None = None

    @property
    def is_limited(self) -> bool:
        """Tell whether the period excludes anything."""
        return self.since is not None or self.until is not None

    def holds(self, day: date | None) -> bool:
        """Tell whether a day is in the period; an unknown day is only in a period without limits."""
        if day is None:
            return not self.is_limited
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def compared_period(period: ReportedPeriod, how: Comparison, today: date) -> ReportedPeriod:
    """Return the period that another one is compared with; it ends today if it has no end.

    The previous one of whole months are as many months before; of any other as many days. That of a
    year before has the same days of the calendar, 28 February for the 29th.

    >>> spring = ReportedPeriod(date(2026, 3, 1), date(2026, 4, 30))
    >>> str(compared_period(spring, Comparison.PREVIOUS, date(2026, 5, 2)).until)
    '2026-02-28'
    """
    assert period.since is not None, "a comparison needs a first day"
    since, until = period.since, period.until or today
    if how is Comparison.YEAR:
        return ReportedPeriod(a_year_before(since), a_year_before(until))
    after = until + DAY
    if since.day == 1 and after.day == 1:
        months = (after.year - since.year) * 12 + after.month - since.month
        return ReportedPeriod(shift_months(since, -months), since - DAY)
    return ReportedPeriod(since - (after - since), since - DAY)


def a_year_before(day: date) -> date:
    """Return the same day of the year before; 28 February for the 29th."""
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def month_of(day: date) -> str:
    """Return the month of a day, such as `2026-11`."""
    return f"{day.year:04d}-{day.month:02d}"


def week_of(day: date) -> str:
    """Return the ISO week of a day, such as `2026-W48`."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def months_between(first: date, last: date) -> Iterator[str]:
    """Yield the months from that of one day to that of another."""
    day = first.replace(day=1)
    while day <= last:
        yield month_of(day)
        day = shift_months(day, 1)


def weeks_between(first: date, last: date) -> Iterator[str]:
    """Yield the ISO weeks from that of one day to that of another."""
    day = first - timedelta(days=first.weekday())
    while day <= last:
        yield week_of(day)
        day += timedelta(days=7)


def day_reader(zone: tzinfo) -> Callable[[int | None], date | None]:
    """Return the function that gives the day of an instant, in seconds since 1970, in a time zone."""

    @cache
    def read(at: int | None) -> date | None:
        return None if at is None else datetime.fromtimestamp(at, UTC).astimezone(zone).date()

    return read
