"""Periods of reports, and those that they are compared with."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.report.reported_period import (
    Comparison,
    ReportedPeriod,
    compared_period,
    day_reader,
    month_of,
    months_between,
    week_of,
    weeks_between,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(0, 800))
def test_the_period_before_ends_the_day_before_and_is_as_long(since: date, length: int) -> None:
    period = ReportedPeriod(since, since + timedelta(days=length))
    before = compared_period(period, Comparison.PREVIOUS, since)
    assert before.since
    assert before.until == since - timedelta(days=1)
    are_months = since.day == 1 and (since + timedelta(days=length + 1)).day == 1
    assert before.since.day == 1 if are_months else before.until - before.since == timedelta(days=length)


@pytest.mark.parametrize(
    ("since", "until", "how", "expected"),
    [
        ("2026-02-01", "2026-02-28", "previous", ("2026-01-01", "2026-01-31")),
        ("2026-10-01", None, "previous", ("2026-08-07", "2026-09-30")),  # until today, 24 November: 55 days
        ("2026-01-01", "2026-12-31", "previous", ("2025-01-01", "2025-12-31")),
        ("2028-02-29", "2028-03-31", "year", ("2027-02-28", "2027-03-31")),
        ("2026-11-01", None, "year", ("2025-11-01", "2025-11-24")),
    ],
)
def test_compared_periods(since: str, until: str | None, how: str, expected: tuple[str, str]) -> None:
    period = ReportedPeriod(date.fromisoformat(since), date.fromisoformat(until) if until else None)
    found = compared_period(period, Comparison(how), date(2026, 11, 24))
    assert (str(found.since), str(found.until)) == expected


@given(DAYS, st.integers(0, 700))
def test_every_day_is_in_a_month_and_a_week_that_is_listed(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    months, weeks = list(months_between(first, last)), list(weeks_between(first, last))
    days = [first + timedelta(days=each) for each in range(length + 1)]
    assert months == list(dict.fromkeys(map(month_of, days)))
    assert weeks == list(dict.fromkeys(map(week_of, days)))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_an_instant_belongs_to_the_day_by_the_clocks_there(at: datetime) -> None:
    zone = ZoneInfo("Europe/Paris")
    instant = at.replace(tzinfo=UTC, microsecond=0)
    assert day_reader(zone)(int(instant.timestamp())) == instant.astimezone(zone).date()
    assert day_reader(zone)(None) is None


def test_an_unknown_day_is_only_in_a_period_without_limits() -> None:
    assert ReportedPeriod().holds(None)
    assert not ReportedPeriod(since=date(2026, 1, 1)).holds(None)
