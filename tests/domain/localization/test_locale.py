"""Money and days in any locale are what babel writes, whether its style was understood or not."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from babel.dates import format_date
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.locale import day_text, money_text, style_of
from tests.harness.builders import a_config

PLACES = [("fr_FR", "EUR"), ("en_US", "USD"), ("de_CH", "CHF"), ("es_ES", "EUR"), ("en_IN", "INR"), ("ja_JP", "JPY"),
          ("ar_EG", "EGP"), ("pl_PL", "PLN"), ("nl_BE", "EUR"), ("sv_SE", "SEK"), ("br_FR", "EUR")]  # fmt: skip


@given(
    st.sampled_from(PLACES),
    st.decimals(-(10**13), 10**13, places=2, allow_nan=False),
    st.dates(date(1000, 1, 1), date(9000, 12, 31)),
)
def test_a_value_is_written_as_babel_writes_it(place: tuple[str, str], amount: Decimal, day: date) -> None:
    locale, currency = place
    config = msgspec.structs.replace(a_config(), stated_locale=locale, currency=currency)
    assert money_text(amount, config) == format_currency(amount, currency, locale=locale)
    assert day_text(day, config) == format_date(day, format="medium", locale=locale)


@pytest.mark.parametrize("place", [("fr_FR", "EUR"), ("en_US", "USD"), ("de_DE", "EUR")])
def test_the_usual_styles_need_no_babel(place: tuple[str, str]) -> None:
    locale, currency = place
    style = style_of(msgspec.structs.replace(a_config(), stated_locale=locale, currency=currency))
    assert style.money is not None
    assert style.days is not None
