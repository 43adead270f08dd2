"""When a span has elapsed: at the time of day at which it began, never at the midnight before."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.elapsed import reach_of
from crmcli.domain.localization.offsets import parse_offset, shift_day
from crmcli.domain.localization.workdays import worked_in

PARIS = ZoneInfo("Europe/Paris")
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))


def has_elapsed(span: str, since: str, now: str) -> bool:
    begun, at = (datetime.fromisoformat(text).replace(tzinfo=PARIS) for text in (since, now))
    return reach_of(span, at.astimezone(UTC), PARIS, "FR", None).holds(begun.astimezone(UTC))


@pytest.mark.parametrize(
    ("span", "since", "last_before", "reached"),
    [
        ("1d", "2026-11-24T23:59", "2026-11-25T23:58", "2026-11-25T23:59"),
        ("4h", "2026-11-24T23:59", "2026-11-25T03:58", "2026-11-25T03:59"),
        ("1d", "2026-10-24T12:00", "2026-10-25T11:59", "2026-10-25T12:00"),  # 25 hours, the clocks go back
        ("24h", "2026-10-24T12:00", "2026-10-25T10:59", "2026-10-25T11:00"),
        ("1bd", "2026-11-27T17:00", "2026-11-30T16:59", "2026-11-30T17:00"),  # over a weekend
        ("1mo", "2026-01-31T08:00", "2026-02-28T07:59", "2026-02-28T08:00"),
        ("2w", "2026-11-24T09:00", "2026-12-08T08:59", "2026-12-08T09:00"),
        ("1j", "2026-11-24T09:00", "2026-11-25T08:59", "2026-11-25T09:00"),
    ],
)
def test_a_span_ends_at_the_time_of_day_at_which_it_began(
    span: str, since: str, last_before: str, reached: str
) -> None:
    assert not has_elapsed(span, since, last_before)
    assert has_elapsed(span, since, reached)


@given(instants, st.integers(0, 5000), st.sampled_from(["0d", "1d", "7d", "1mo", "3bd", "10bd", "1y"]))
def test_it_has_elapsed_where_the_clock_has_reached_that_time_on_that_day(
    at: datetime, hours: int, span: str
) -> None:
    since = at - timedelta(hours=hours)
    begun, here = since.astimezone(PARIS), at.astimezone(PARIS)
    end = shift_day(begun.date(), parse_offset(span), lambda: worked_in("FR"))
    reached = (end, begun.time()) <= (here.date(), here.time())
    assert reach_of(span, at, PARIS, "FR", None).holds(since) == reached
