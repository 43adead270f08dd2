"""Periods as people ask by them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.days import read_days
from crmcli.domain.localization.periods import FRENCH, PERIODS, find_period
from crmcli.domain.model.config import Config
from crmcli.domain.values.errors import UsageError

ENGLISH_ONE, FRENCH_ONE = Config(), Config(stated_locale="fr_FR")
TODAY = date(2026, 11, 26)  # a Thursday


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("this-week", "2026-11-23", "2026-11-29"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("next-quarter", "2027-01-01", "2027-03-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("q3", "2026-07-01", "2026-09-30"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("semaine-dernière", "2026-11-16", "2026-11-22"),
        ("MOIS-DERNIER", "2026-10-01", "2026-10-31"),
        ("t4", "2026-10-01", "2026-12-31"),
    ],
)
def test_a_period_has_its_first_and_last_day(word: str, first: str, last: str) -> None:
    span = read_days(word, TODAY, FRENCH_ONE)
    assert (span.low, span.high) == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.dates(date(2, 1, 1), date(9990, 12, 31)), st.sampled_from(["week", "month", "quarter", "year"]))
def test_the_last_this_and_next_period_follow_each_other_and_hold_the_day(day: date, unit: str) -> None:
    found = [find_period(f"{step}-{unit}", day) for step in ("last", "this", "next")]
    (_, before), (first, last), (after, _) = [each for each in found if each]
    assert first <= day <= last
    assert (first - before, after - last) == (timedelta(days=1), timedelta(days=1))


def test_french_words_are_known_in_french_workspaces_and_name_each_period() -> None:
    assert sorted(FRENCH.values()) == sorted(PERIODS)
    with pytest.raises(UsageError, match="is not a day"):
        read_days("mois-dernier", TODAY, ENGLISH_ONE)
    with pytest.raises(UsageError, match="does not exist"):
        read_days("last-year", date(1, 2, 3), ENGLISH_ONE)
