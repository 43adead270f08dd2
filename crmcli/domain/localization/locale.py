"""Formats of money and days in the workspace's locale.

Formats are derived once from samples that babel formats, and kept as a `Style`, because babel takes as
long to load as the rest of a command. Where the samples do not determine a format, babel formats each
value.
"""

import re
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from crmcli.domain.model.config import Config
from crmcli.domain.values.errors import RefusedError

CENT = Decimal("0.01")
AMOUNT = Decimal("1234567.89")
SHAPE = r"(\D*)1(?P<between>\D?)234(?P=between)567(\D)89(\D*)"
SAMPLES = [
    Decimal(each) for each in ("0", "0.5", "12.5", "999.99", "1000", "9999.99", "12345.67", "-8000", "-0.01")
]
DAYS = [date(year, month, day) for year in (1999, 2026) for month in range(1, 13) for day in (1, 9, 10, 28)]


class Style(msgspec.Struct, frozen=True):
    """The formats of money and days in one locale and currency; babel formats where a format is None."""

    locale: str
    currency: str
    money: tuple[str, str, str, str, str] | None  # minus, prefix, group separator, decimal sign, suffix
    days: tuple[str, ...] | None  # one pattern per month

    def money_text(self, amount: Decimal) -> str | None:
        """Return an amount formatted in this style; None if only babel can format it."""
        if self.money is None:
            return None
        minus, before, between, point, behind = self.money
        whole, cents = f"{abs(amount.quantize(CENT, ROUND_HALF_EVEN)):,.2f}".split(".")
        sign = minus if amount < 0 else ""
        return f"{sign}{before}{whole.replace(',', between)}{point}{cents}{behind}"

    def day_text(self, day: date) -> str | None:
        """Return a day formatted in this style; None if only babel can format it."""
        if self.days is None:
            return None
        return self.days[day.month - 1].format(day=day.day, padded=f"{day.day:02d}", year=day.year)


STYLES: dict[tuple[str, str], Style] = {}  # cache of this process


def style_of(config: Config) -> Style:
    """Return the formats of the workspace's locale and currency.

    Raises RefusedError for a locale or a currency that does not exist.
    """
    key = (config.locale, config.currency)
    if key not in STYLES:
        STYLES[key] = ask_style(*key)
    return STYLES[key]


def ask_style(locale: str, currency: str) -> Style:
    """Return the formats of a locale and a currency, as far as the samples determine them."""
    plain = Style(locale, currency, None, None)
    money = re.fullmatch(SHAPE, by_babel(AMOUNT, plain))
    minus = by_babel(-AMOUNT, plain).removesuffix(by_babel(AMOUNT, plain))
    style = Style(
        locale,
        currency,
        (minus, money[1], money[2], money[3], money[4]) if money else None,
        day_patterns(plain),
    )
    if style.money and any(style.money_text(each) != by_babel(each, plain) for each in SAMPLES):
        style = msgspec.structs.replace(style, money=None)
    if style.days and any(style.day_text(each) != by_babel(each, plain) for each in DAYS):
        style = msgspec.structs.replace(style, days=None)
    return style


def day_patterns(style: Style) -> tuple[str, ...]:
    """Return the pattern of a day in each month."""
    samples = [
        (by_babel(date(2026, month, 25), style), by_babel(date(2026, month, 5), style))
        for month in range(1, 13)
    ]
    padded = all("05" in early for _, early in samples)
    day = "{padded}" if padded else "{day}"
    texts = (late.replace("{", "{{").replace("}", "}}") for late, _ in samples)
    return tuple(text.replace("2026", "{year}").replace("25", day) for text in texts)


def by_babel(value: Decimal | date, style: Style) -> str:
    """Return an amount or a day formatted by babel."""
    from babel.dates import format_date
    from babel.numbers import format_currency

    place = known_locale(style.locale)
    if isinstance(value, date):
        return format_date(value, format="medium", locale=place)
    return format_currency(value, known_currency(style.currency), locale=place)


def known_locale(name: str) -> str:
    """Return the name of a locale as babel spells it.

    Raises RefusedError if it does not exist.
    """
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        raise RefusedError(f"unknown locale {name!r} in crm.yaml", hint="like fr_FR") from None


def known_currency(code: str) -> str:
    """Return a currency code (ISO 4217).

    Raises RefusedError if it does not exist.
    """
    from babel.numbers import is_currency

    if not is_currency(code):
        raise RefusedError(f"unknown currency {code!r} in crm.yaml", hint="like EUR")
    return code


def money_text(amount: Decimal | int | float, config: Config) -> str:
    """Return an amount in the workspace's currency, such as `8 000,00 €` in France."""
    style, exact = style_of(config), Decimal(str(amount))
    return style.money_text(exact) or by_babel(exact, style)


def number_text(number: Decimal | int | float | str, config: Config) -> str:
    """Return a number without digit groups, since it may be a year or a height: `2,5` in France."""
    style = style_of(config)
    point = style.money[3] if style.money else "."
    return f"{Decimal(str(number)):f}".replace(".", point)


def count_text(count: int, config: Config) -> str:
    """Return a number of things, with digit groups.

    >>> count_text(1084, Config(stated_locale="fr_FR", currency="EUR"))
    '1\\u202f084'
    """
    style = style_of(config)
    return f"{count:,}".replace(",", style.money[2] if style.money else "")


def day_text(day: date, config: Config) -> str:
    """Return a day in the workspace's format, such as `25 nov. 2026` in France."""
    style = style_of(config)
    return style.day_text(day) or by_babel(day, style)
