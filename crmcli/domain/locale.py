"""Money and days as people of the workspace's country write them."""

from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, is_currency

from crmcli.domain.config import Config
from crmcli.domain.errors import RefusedError


@cache
def locale(name: str) -> Locale:
    """The locale with this name.

    Raises RefusedError where there is none.
    """
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise RefusedError(f"unknown locale {name!r} in crm.yaml", hint="like fr_FR") from None


def currency(code: str) -> str:
    """A currency's code (ISO 4217).

    Raises RefusedError where there is none such.
    """
    if not is_currency(code):
        raise RefusedError(f"unknown currency {code!r} in crm.yaml", hint="like EUR")
    return code


def money_text(amount: Decimal | int | float, config: Config) -> str:
    """An amount in the workspace's currency: `8 000,00 €` in France."""
    return format_currency(amount, currency(config.currency), locale=locale(config.locale))


def day_text(day: date, config: Config) -> str:
    """A day: `25 nov. 2026` in France."""
    return format_date(day, format="medium", locale=locale(config.locale))
