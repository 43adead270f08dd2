"""What recurs: spans from the day it was done, rules of RFC 5545 by their calendar; never two for one."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.recurrence import check_recurrence_rule, list_skipped, next_due
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.values.errors import UsageError

WORKED = worked_in("FR")


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("every", "due", "closed", "expected"),
    [
        ("1y", "2026-06-15", "2026-10-02", "2027-10-02"),  # swept late: a year after the sweeping
        ("6mo", "2026-08-31", "2026-08-31", "2027-02-28"),
        ("2w", "2026-10-10", "2026-10-08", "2026-10-22"),
        ("5bd", "2026-12-21", "2026-12-21", "2026-12-29"),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-10-05", "2026-10-05", "2026-11-02"),
        ("RRULE:FREQ=YEARLY", "2026-06-15", "2026-10-02", "2027-06-15"),  # keeps to its calendar
        ("freq=daily", "2026-10-01", "2026-10-21", "2026-10-22"),  # what went by is not made up for
        ("FREQ=WEEKLY", "2026-10-08", "2026-10-05", "2026-10-15"),  # done early
        ("FREQ=WEEKLY;UNTIL=20261010", "2026-10-01", "2026-10-08", None),
    ],
)
def test_it_is_due_again(every: str, due: str, closed: str, expected: str | None) -> None:
    found = next_due(every, day(due), day(closed), WORKED)
    assert found == (day(expected) if expected else None)


@pytest.mark.parametrize(
    "every",
    [
        "",
        "yearly",
        "0d",
        "-1w",
        "FREQ=HOURLY",
        "FREQ=NEVER",
        "FREQ=",
        "FREQ=MONTHLY;BYDAY=XX",
        "1y\nFREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=2",
        "9999y",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_what_is_no_recurrence_is_refused(every: str) -> None:
    with pytest.raises(UsageError):
        check_recurrence_rule(every)


@given(
    st.sampled_from(
        ["1d", "3w", "1mo", "1y", "2bd", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU,FR", "FREQ=MONTHLY"]
    ),
    st.dates(day("2020-01-01"), day("2030-12-31")),
    st.integers(-400, 400),
)
def test_the_next_time_lies_after_what_was_done(every: str, due: date, late: int) -> None:
    closed = due + timedelta(days=late)
    found = next_due(every, due, closed, WORKED)
    assert found is not None
    assert found > closed


@given(st.text(max_size=30))
def test_any_text_is_a_recurrence_or_one_line(every: str) -> None:
    with suppress(UsageError):  # anything else fails
        check_recurrence_rule(every)


@pytest.mark.parametrize(
    ("every", "first", "skipped"),
    [
        ("FREQ=MONTHLY;INTERVAL=3", "2026-08-31", ["2026-11", "2027-02"]),
        ("FREQ=MONTHLY", "2026-10-31", ["2026-11", "2027-02"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-10-15", ["2026-11", "2027-02"]),
        ("FREQ=MONTHLY;BYDAY=5MO", "2026-11-30", ["2026-12", "2027-01"]),
        ("FREQ=YEARLY", "2028-02-29", ["2029", "2030"]),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,28", "2026-11-01", []),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-10-31", []),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-10-31", []),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-08-30", ["2027-02", "2028-02"]),
        ("FREQ=MONTHLY;INTERVAL=12", "2026-08-31", []),
        ("FREQ=MONTHLY;UNTIL=20261231", "2026-10-31", ["2026-11"]),
        ("FREQ=WEEKLY", "2026-10-31", []),
        ("1mo", "2026-10-31", []),
    ],
)
def test_a_rule_tells_the_months_that_it_skips(every: str, first: str, skipped: list[str]) -> None:
    assert list_skipped(every, day(first))[:2] == skipped
