"""Which days are worked: weekends and the country's public holidays are not.

Public holidays come from the holidays library. It takes longer to load than all the rest of a
command, so the days of some years around now are asked once and kept.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from crmcli.domain.errors import RefusedError

IsWorked = Callable[[date], bool]
SATURDAY = 5
KEPT = (-1, 6)  # years around the present one


class Calendar(msgspec.Struct, frozen=True):
    """The public holidays of a country from one year to another."""

    country: str
    first: int
    last: int
    holidays: frozenset[date]


CALENDARS: dict[str, Calendar] = {}  # those that this process knows, by country


def calendar(country: str, year: int) -> Calendar:
    """The public holidays of a country around a year.

    Raises RefusedError for a country (ISO 3166 code) that there is none such.
    """
    first, last = year + KEPT[0], year + KEPT[1]
    public = holidays_of(country)
    days = frozenset(day for each in range(first, last + 1) for day in public.__class__(years=each))
    return Calendar(country, first, last, days)


def holidays_of(country: str) -> Any:
    """The library's holidays of a country.

    Raises RefusedError for a country that it does not know.
    """
    from holidays import country_holidays

    try:
        return country_holidays(country)
    except NotImplementedError:
        raise RefusedError(f"unknown country {country!r} in crm.yaml", hint="two letters, like FR") from None


def worked_in(country: str | None) -> IsWorked:
    """Which days are worked in a country (ISO 3166 code); without one, Monday to Friday."""
    if country is None:
        return lambda day: day.weekday() < SATURDAY
    known = CALENDARS.get(country)
    others = holidays_of(country) if known is None else None

    def is_worked(day: date) -> bool:
        nonlocal others
        if day.weekday() >= SATURDAY:
            return False
        if known is not None and known.first <= day.year <= known.last:
            return day not in known.holidays
        others = others or holidays_of(country)
        return day not in others

    return is_worked
