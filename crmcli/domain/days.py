"""A day as people type it: `2026-12-31`, `today`, `7d`, `2bd`, `eom`. Never a guess."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from crmcli.domain.errors import UsageError
from crmcli.domain.offsets import OFFSET, parse_offset, shifted
from crmcli.domain.workdays import IsWorked

WORDS = {
    "today": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "aujourd'hui": 0,
    "demain": 1,
    "hier": -1,
}


def parse_day(text: str, today: date, worked: Callable[[], IsWorked]) -> date:
    """The day that a text names, seen from today.

    Raises UsageError for anything else, also for `25/11/2026`: countries read it differently.
    """
    text = text.strip()
    if text in WORDS:
        return today + timedelta(days=WORDS[text])
    if text in ("eom", "eoy"):
        month = today.month if text == "eom" else 12
        return date(today.year, month, monthrange(today.year, month)[1])
    if OFFSET.fullmatch(text):
        return shifted(today, parse_offset(text), worked)
    return iso_day(text)


def iso_day(text: str) -> date:
    """The day that an ISO date names.

    Raises UsageError for anything else.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UsageError(f"there is no day {text}") from None
    raise UsageError(f"{text!r} is no day", hint="like 2026-12-31, today, 7d, 2bd or eom")
