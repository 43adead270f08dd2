"""Periods as people ask by them: `this-week`, `last-month`, `next-quarter`, `q3`, `2026-q3`.

In French `cette-semaine`, `mois-dernier`, `trimestre-prochain`, `t3`. A week begins on Monday (ISO 8601).
"""

import re
from datetime import date, timedelta

from crmcli.domain.values.folding import fold_text

MONTHS = {"month": 1, "quarter": 3, "year": 12}  # months of each period
STEPS = {"last": -1, "this": 0, "next": 1}
PERIODS = {f"{step}-{unit}": (count, unit) for step, count in STEPS.items() for unit in ("week", *MONTHS)}
FRENCH = {
    "semaine-derniere": "last-week",
    "cette-semaine": "this-week",
    "semaine-prochaine": "next-week",
    "mois-dernier": "last-month",
    "ce-mois": "this-month",
    "mois-prochain": "next-month",
    "trimestre-dernier": "last-quarter",
    "ce-trimestre": "this-quarter",
    "trimestre-prochain": "next-quarter",
    "annee-derniere": "last-year",
    "cette-annee": "this-year",
    "annee-prochaine": "next-year",
}
QUARTER = r"(?:([0-9]{4})-)?[qt]([1-4])"
Period = tuple[date, date]  # its first and last day


def find_period(text: str, today: date, *, is_french: bool = False) -> Period | None:
    """Return the period that a text names on a day; None if it names none.

    >>> [str(day) for day in find_period("last-month", date(2026, 1, 15)) or ()]
    ['2025-12-01', '2025-12-31']

    Raises OverflowError or ValueError for one that is out of the range of dates.
    """
    word = fold_text(text)
    if found := re.fullmatch(QUARTER, word):
        return months_from(date(int(found[1] or today.year), 3 * int(found[2]) - 2, 1), 3)
    if is_french:
        word = FRENCH.get(word, word)
    if word not in PERIODS:
        return None
    count, unit = PERIODS[word]
    if unit == "week":
        monday = today + timedelta(days=7 * count - today.weekday())
        return monday, monday + timedelta(days=6)
    months = MONTHS[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    return months_from(shift_months(first, count * months), months)


def months_from(first: date, count: int) -> Period:
    """Return the period of so many months from the first day of one."""
    return first, shift_months(first, count) - timedelta(days=1)


def shift_months(first: date, count: int) -> date:
    """Return the first day of a month that is so many months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, 1)
