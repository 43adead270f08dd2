"""Money and days as people of the workspace's country write them."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency

from crmcli.domain.config import Config


def money_text(amount: Decimal | int | float, config: Config) -> str:
    """An amount in the workspace's currency: `8 000,00 €` in France."""
    return format_currency(amount, config.currency, locale=config.locale)


def day_text(day: date, config: Config) -> str:
    """A day: `25 nov. 2026` in France."""
    return format_date(day, format="medium", locale=config.locale)
