"""Which days are worked: weekends and the country's public holidays are not."""

from collections.abc import Callable
from datetime import date

from crmcli.domain.errors import RefusedError

IsWorked = Callable[[date], bool]
SATURDAY = 5


def worked_in(country: str | None) -> IsWorked:
    """Which days are worked in a country (ISO 3166 code); without one, Monday to Friday."""
    if country is None:
        return lambda day: day.weekday() < SATURDAY
    from holidays import country_holidays  # 80 ms, needed only where working days are counted

    try:
        public = country_holidays(country)
    except NotImplementedError:
        raise RefusedError(f"unknown country {country!r} in crm.yaml", hint="two letters, like FR") from None
    return lambda day: day.weekday() < SATURDAY and day not in public
