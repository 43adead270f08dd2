"""Amounts as people type them; never a guess."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.money import parse_amount, sum_weighted_cents, weighted_amount, weighted_cents


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("8000", "8000"),
        ("8 000 €", "8000"),
        ("8\u00a0000\u00a0€", "8000"),
        ("8\u202f000,50 €", "8000.50"),
        ("7500,5", "7500.5"),
        ("1.234.567", "1234567"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("EUR 12.50", "12.50"),
        ("€12", "12"),
        ("0", "0"),
        ("-50", "-50"),
    ],
)
def test_what_people_type_is_understood(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["8.000", "8,000"])
def test_what_two_countries_read_differently_is_refused_with_the_spelling_meant(text: str) -> None:
    with pytest.raises(UsageError, match="write 8000"):
        parse_amount(text)


@pytest.mark.parametrize("text", ["", "huit mille", "8 00", "1e5", "12.345,6,7", "8000 €€", "NaN", "9" * 20])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_amount(text)


@given(st.text())
def test_any_text_is_an_amount_or_a_usage_error(text: str) -> None:
    try:
        assert parse_amount(text) == parse_amount(text).quantize(Decimal("0.01"))
    except UsageError:
        return


@given(st.decimals(0, 10**9, places=2), st.integers(0, 100))
def test_a_weighted_amount_is_a_share_of_it_to_the_cent(amount: Decimal, percent: int) -> None:
    share = weighted_amount(amount, Decimal(percent))
    assert 0 <= share <= amount
    assert abs(share - amount * percent / 100) <= Decimal("0.005")


@given(st.lists(st.integers(-(10**15), 10**15)), st.integers(0, 100_000_000))
def test_a_sum_of_weighted_amounts_is_the_sum_of_each_of_them(amounts: list[int], millionths: int) -> None:
    assert sum_weighted_cents(amounts, millionths) == sum(
        weighted_cents(each, millionths) for each in amounts
    )
