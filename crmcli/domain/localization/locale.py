"""Money and days as people of the workspace's country write them.

How they are written is asked of babel once, with samples, and kept as a `Style`: babel takes as
long to load as all the rest of a command. Where samples do not tell all, babel writes every value.
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
    """How one locale writes amounts of one currency, and days; what is None only babel can write."""

    locale: str
    currency: str
    money: tuple[str, str, str, str, str] | None  # minus, what stands before, between, decimal sign, behind
    days: tuple[str, ...] | None  # a pattern a month

    def money_text(self, amount: Decimal) -> str | None:
        """An amount as this style writes it."""
        if self.money is None:
            return None
        minus, before, between, point, behind = self.money
        whole, cents = f"{abs(amount.quantize(CENT, ROUND_HALF_EVEN)):,.2f}".split(".")
        sign = minus if amount < 0 else ""
        return f"{sign}{before}{whole.replace(',', between)}{point}{cents}{behind}"

    def day_text(self, day: date) -> str | None:
        """A day as this style writes it."""
        if self.days is None:
            return None
        return self.days[day.month - 1].format(day=day.day, padded=f"{day.day:02d}", year=day.year)


STYLES: dict[tuple[str, str], Style] = {}  # those that this process knows


def style_of(config: Config) -> Style:
    """How the workspace writes.

    Raises RefusedError for a locale or a currency that does not exist.
    """
    key = (config.locale, config.currency)
    if key not in STYLES:
        STYLES[key] = ask_style(*key)
    return STYLES[key]


def ask_style(locale: str, currency: str) -> Style:
    """The style of a locale and a currency, as far as samples tell."""
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
    """How a day of each month is written."""
    samples = [
        (by_babel(date(2026, month, 25), style), by_babel(date(2026, month, 5), style))
        for month in range(1, 13)
    ]
    padded = all("05" in early for _, early in samples)
    day = "{padded}" if padded else "{day}"
    texts = (late.replace("{", "{{").replace("}", "}}") for late, _ in samples)
    return tuple(text.replace("2026", "{year}").replace("25", day) for text in texts)


def by_babel(value: Decimal | date, style: Style) -> str:
    """An amount or a day as babel writes it."""
    from babel.dates import format_date
    from babel.numbers import format_currency

    place = known_locale(style.locale)
    if isinstance(value, date):
        return format_date(value, format="medium", locale=place)
    return format_currency(value, known_currency(style.currency), locale=place)


def known_locale(name: str) -> str:
    """The name of a locale.

    Raises RefusedError where there is none.
    """
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        raise RefusedError(f"unknown locale {name!r} in crm.yaml", hint="like fr_FR") from None


def known_currency(code: str) -> str:
    """A currency's code (ISO 4217).

    Raises RefusedError where it does not exist.
    """
    from babel.numbers import is_currency

    if not is_currency(code):
        raise RefusedError(f"unknown currency {code!r} in crm.yaml", hint="like EUR")
    return code


def money_text(amount: Decimal | int | float, config: Config) -> str:
    """An amount in the workspace's currency: `8 000,00 €` in France."""
    style, exact = style_of(config), Decimal(str(amount))
    return style.money_text(exact) or by_babel(exact, style)


def number_text(number: Decimal | int | float, config: Config) -> str:
    """A number that may be a year or a height, so not in groups: `2,5` in France."""
    style = style_of(config)
    point = style.money[3] if style.money else "."
    return f"{Decimal(str(number)):f}".replace(".", point)


def day_text(day: date, config: Config) -> str:
    """A day: `25 nov. 2026` in France."""
    style = style_of(config)
    return style.day_text(day) or by_babel(day, style)
