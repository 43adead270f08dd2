"""Times, spans and days as people in France write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.days import fixed_day, parse_day
from crmcli.domain.localization.offsets import Offset, parse_offset
from crmcli.domain.localization.times import parse_time
from crmcli.domain.model.config import Config, DateOrder
from crmcli.domain.values.errors import UsageError

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("09:30", "09:30"),
        ("9:05", "09:05"),
        ("14h", "14:00"),
        ("14h30", "14:30"),
        ("14 H 30", "14:30"),
        ("0h", "00:00"),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, time: str) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize("text", ["", "14", "25h", "9h5", "14:60", "h30", "-1h", "14h30x"])
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a time of day"):
        parse_time(text)


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_minute_of_the_day_in_both_spellings(hour: int, minute: int) -> None:
    assert (
        parse_time(f"{hour}h{minute:02d}")
        == parse_time(f"{hour:02d}:{minute:02d}")
        == f"{hour:02d}:{minute:02d}"
    )


@pytest.mark.parametrize(
    ("text", "offset"),
    [("3j", Offset(3, "d")), ("2sem", Offset(2, "w")), ("1an", Offset(1, "y")), ("2 ans", Offset(2, "y")),
     ("1mois", Offset(1, "mo")), ("5jo", Offset(5, "bd")), ("-7j", Offset(-7, "d")), ("1mo", Offset(1, "mo"))],
)  # fmt: skip
def test_spans_are_english_or_french(text: str, offset: Offset) -> None:
    assert parse_offset(text) == offset


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30/11/2026", date(2026, 11, 30)),
        ("15/01/2027", date(2027, 1, 15)),
        ("25.12.2026", date(2026, 12, 25)),
        ("12/25/2026", date(2026, 12, 25)),
        ("11/11/2026", date(2026, 11, 11)),
    ],
)
def test_a_day_that_can_be_read_in_one_way_only_is_taken(text: str, day: date) -> None:
    assert parse_day(text, TODAY, Config()) == fixed_day(text, Config()) == day


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_a_day_in_numbers_is_that_day_or_ambiguous(day: date) -> None:
    text = f"{day:%d/%m/%Y}" if day.year >= 1000 else ""
    if day.day <= 12 and day.day != day.month:
        with pytest.raises(UsageError, match="two ways"):
            fixed_day(text, Config())
    else:
        assert fixed_day(text, Config()) == day
    assert fixed_day(text, Config(date_order=DateOrder.DMY)) == day


@pytest.mark.parametrize("text", ["31/11/2026", "32/01/2026", "13/13/2026", "2026-11", "demain"])
def test_no_day_is_made_up(text: str) -> None:
    with pytest.raises(UsageError):
        fixed_day(text, Config())
