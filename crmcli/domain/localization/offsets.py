"""Offsets between days: `3d`, `2w`, `1mo`, `1y`, `5bd` of working days; French `3j`, `2sem`, `1an`, `5jo`.

Where a time elapses from an instant, a span may be in hours, too: `4h`.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from crmcli.domain.localization.workdays import IsWorked
from crmcli.domain.values.errors import UsageError

DAYS = {"d": 1, "w": 7}
MONTHS = {"mo": 1, "y": 12}
OFFSET = r"([+-]?[0-9]{1,4})\s*(d|w|mo|y|bd|j|sem|mois|ans?|jo)"
HOURS = r"([+-]?[0-9]{1,4})\s*h"
HOUR = "h"  # the unit of spans in hours
FRENCH = {"j": "d", "sem": "w", "mois": "mo", "an": "y", "ans": "y", "jo": "bd"}


class Offset(msgspec.Struct, frozen=True):
    """A distance between two days: negative before, positive after."""

    number: int
    unit: str


def parse_offset(text: str) -> Offset:
    """Return the offset in a text like `2bd`, `-7d` or `3j`; units are English or French.

    >>> parse_offset("2sem"), parse_offset("-1 an")
    (Offset(number=2, unit='w'), Offset(number=-1, unit='y'))

    Raises UsageError for anything else.
    """
    found = re.fullmatch(OFFSET, text.strip())
    if not found and is_in_hours(text):
        raise UsageError(f"{text!r} is in hours, which count from a time, not from a day", hint="like 1d")
    if not found:
        raise UsageError(f"{text!r} is not a time span", hint="like 3d, 2w, 1mo, 1y or 5bd")
    return Offset(int(found[1]), FRENCH.get(found[2], found[2]))


def parse_span(text: str) -> Offset:
    """Return the offset in a text, in the units of `parse_offset`, or in hours.

    >>> parse_span("4h"), parse_span("2bd")
    (Offset(number=4, unit='h'), Offset(number=2, unit='bd'))

    Raises UsageError for anything else.
    """
    if is_in_hours(text):
        return Offset(int(text.strip().removesuffix(HOUR)), HOUR)
    return parse_offset(text)


def is_in_hours(text: str) -> bool:
    """Tell whether a text is a span in hours."""
    return re.fullmatch(HOURS, text.strip()) is not None


def shift_day(day: date, offset: Offset, worked: Callable[[], IsWorked]) -> date:
    """Return the day at this offset from another; months and years are clamped to the month's end.

    `worked` loads the calendar and is called only for working days. Raises UsageError if the result is
    out of the range of dates.
    """
    try:
        if offset.unit == "bd":
            return working_days_from(day, offset.number, worked())
        if offset.unit in DAYS:
            return day + timedelta(days=offset.number * DAYS[offset.unit])
        from dateutil.relativedelta import relativedelta  # clamps to the month's end

        return day + relativedelta(months=offset.number * MONTHS[offset.unit])
    except (OverflowError, ValueError):
        raise UsageError(f"{offset.number}{offset.unit} from {day} is too far away") from None


def working_days_from(day: date, count: int, is_worked: IsWorked) -> date:
    """Return the working day `count` working days after a day (before it, if negative)."""
    step = timedelta(days=1 if count >= 0 else -1)
    remaining = abs(count)
    while remaining or not is_worked(day):
        day += step
        if remaining and is_worked(day):
            remaining -= 1
    return day
