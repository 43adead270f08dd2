"""Working days: neither weekends nor public holidays of the country.

Public holidays come from the holidays library. It takes longer to load than the rest of a command, so
the holidays of the years around the present are cached.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from crmcli.domain.values.errors import RefusedError

IsWorked = Callable[[date], bool]
SATURDAY = 5
KEPT = (-1, 6)  # first and last cached year, relative to the present


class Calendar(msgspec.Struct, frozen=True):
    """The public holidays of a country over a range of years."""

    country: str
    region: str | None
    first: int
    last: int
    holidays: frozenset[date]


CALENDARS: dict[tuple[str, str | None], Calendar] = {}  # cache of this process, by country and region


def load_calendar(country: str, region: str | None, year: int) -> Calendar:
    """Return the public holidays of a country, or of a region of it, around a year.

    Raises RefusedError for a country (ISO 3166 code) or a region that does not exist.
    """
    first, last = year + KEPT[0], year + KEPT[1]
    public = holidays_of(country, region)
    days = frozenset(
        day for each in range(first, last + 1) for day in public.__class__(years=each, subdiv=region)
    )
    return Calendar(country, region, first, last, days)


def holidays_of(country: str, region: str | None) -> Any:
    """Return the holidays of a country, or of a region of it, from the holidays library.

    Raises RefusedError for a country or a region that the library does not know.
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
    """Return a test for working days in a country (ISO 3166 code) or region; Monday to Friday without one."""
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
