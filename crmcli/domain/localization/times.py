"""Times of day as people write them: `09:30`, `9:05`, `14h`, `14h30`, `2pm`."""

import re

from crmcli.domain.values.errors import UsageError

TIME = r"([01]?[0-9]|2[0-3])\s*(?:[:hH]\s*([0-5][0-9])|[hH])"
TWELVE = r"(0?[1-9]|1[0-2])(?::([0-5][0-9]))?\s*(?:([aA])|[pP])\.?[mM]\.?"
ANY_TIME = re.sub(r"\((?!\?)", "(?:", f"{TIME}|{TWELVE}")  # without groups


def parse_time(text: str) -> str:
    """Return the time of day in a text as `HH:MM`.

    >>> parse_time("9:05"), parse_time("14h"), parse_time("14 h 30")
    ('09:05', '14:00', '14:30')
    >>> parse_time("2pm"), parse_time("12:30 a.m.")
    ('14:00', '00:30')

    Raises UsageError for anything else.
    """
    if found := re.fullmatch(TWELVE, text.strip()):
        hour = int(found[1]) % 12 + (0 if found[3] else 12)
        return f"{hour:02d}:{found[2] or '00'}"
    found = re.fullmatch(TIME, text.strip())
    if not found:
        raise UsageError(f"{text!r} is not a time of day", hint="like 09:30 or 14h30")
    return f"{int(found[1]):02d}:{found[2] or '00'}"
