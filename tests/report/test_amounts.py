"""Rounding, means and medians of reports, against Python's own."""

import statistics
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from crmcli.report.amounts import DAY, mean_of, median_of, percent_of, round_fraction, sum_cents

NUMBERS = st.lists(st.integers(0, 10**9), min_size=1)


@given(st.integers(-(10**15), 10**15), st.integers(0, 4))
def test_decimals_are_rounded_half_to_even(value: int, places: int) -> None:
    exact = Decimal(value) / 10**5
    expected = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    assert round_fraction(Fraction(value, 10**5), places) == expected


@given(NUMBERS)
def test_mean_and_median_are_those_of_statistics(numbers: list[int]) -> None:
    exact = [Fraction(each, DAY) for each in numbers]
    assert mean_of(numbers, DAY) == round_fraction(Fraction(statistics.mean(exact)), 1)
    assert median_of(numbers, DAY) == round_fraction(Fraction(statistics.median(exact)), 1)
    assert min(numbers) // DAY <= (median_of(numbers, DAY) or 0)


@given(st.lists(st.none() | st.integers(-(10**12), 10**12)))
def test_a_sum_is_exact_to_the_cent(cents: list[int | None]) -> None:
    assert sum_cents(cents) * 100 == sum(each or 0 for each in cents)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_share_is_between_0_and_100_and_unknown_of_nothing(part: int, rest: int) -> None:
    share = percent_of(part, part + rest)
    assert share is None if part + rest == 0 else 0 <= (share or 0) <= 100
