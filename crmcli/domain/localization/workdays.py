"""Which days are worked: weekends and the country's public holidays are not.

Public holidays come from the holidays library. It takes longer to load than all the rest of a
command, so the days of some years around now are asked once and kept.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from crmcli.domain.values.errors import RefusedError

IsWorked = Callable[[date], bool]
SATURDAY = 5
KEPT = (-1, 6)  # years around the present one


class Calendar(msgspec.Struct, frozen=True):
    """The public holidays of a country from one year to another."""

    country: str
    region: str | None
    first: int
    last: int
    holidays: frozenset[date]


CALENDARS: dict[tuple[str, str | None], Calendar] = {}  # those that this process knows, by place


def load_calendar(country: str, region: str | None, year: int) -> Calendar:
    """The public holidays of a country, or of a region of it, around a year.

    Raises RefusedError for a country (ISO 3166 code) or a region that does not exist.
    """
    first, last = year + KEPT[0], year + KEPT[1]
    public = holidays_of(country, region)
    days = frozenset(
        day for each in range(first, last + 1) for day in public.__class__(years=each, subdiv=region)
    )
    return Calendar(country, region, first, last, days)


def holidays_of(country: str, region: str | None) -> Any:
    """The library's holidays of a country, or of a region of it.

    Raises RefusedError for a country or a region that it does not know.
    """
    from holidays import country_holidays

    try:
        return country_holidays(country, subdiv=region)
    except NotImplementedError:
        if region is not None:
            known = holidays_of(country, None).subdivisions
            hint = f"there is: {', '.join(known)}" if known else f"{country} has none"
            raise RefusedError(f"unknown region {region!r} of {country} in crm.yaml", hint=hint) from None
        raise RefusedError(f"unknown country {country!r} in crm.yaml", hint="two letters, like FR") from None


def worked_in(country: str | None, region: str | None = None) -> IsWorked:
    """Which days are worked in a country (ISO 3166 code) or a region of it; without one, Monday to Friday."""
    if country is None:
        return lambda day: day.weekday() < SATURDAY
    known = CALENDARS.get((country, region))
    others = holidays_of(country, region) if known is None else None

    def is_worked(day: date) -> bool:
        nonlocal others
        if day.weekday() >= SATURDAY:
            return False
        if known is not None and known.first <= day.year <= known.last:
            return day not in known.holidays
        others = others or holidays_of(country, region)
        return day not in others

    return is_worked
