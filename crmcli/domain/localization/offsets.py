"""When is something due: `3d`, `2w`, `1mo`, `1y` after a day, or `5bd` working days after it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from crmcli.domain.localization.workdays import IsWorked
from crmcli.domain.values.errors import UsageError

DAYS = {"d": 1, "w": 7}
MONTHS = {"mo": 1, "y": 12}
OFFSET = r"([+-]?[0-9]{1,4})\s*(d|w|mo|y|bd)"


class Offset(NamedTuple):
    """A distance between two days; negative before, positive after."""

    number: int
    unit: str


def parse_offset(text: str) -> Offset:
    """The offset that a text like `2bd` or `-7d` spells.

    Raises UsageError for anything else.
    """
    found = re.fullmatch(OFFSET, text.strip())
    if not found:
        raise UsageError(f"{text!r} is not a time span", hint="like 3d, 2w, 1mo, 1y or 5bd")
    return Offset(int(found[1]), found[2])


def shift_day(day: date, offset: Offset, worked: Callable[[], IsWorked]) -> date:
    """The day at this distance; months and years are clamped to the month's end.

    `worked` is asked for the calendar only where working days are counted. Raises UsageError for a
    day that no calendar has.
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
    """The worked day that lies `count` worked days after (before, if negative) this day."""
    step = timedelta(days=1 if count >= 0 else -1)
    remaining = abs(count)
    while remaining or not is_worked(day):
        day += step
        if remaining and is_worked(day):
            remaining -= 1
    return day
