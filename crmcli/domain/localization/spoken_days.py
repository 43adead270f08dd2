"""Days as people write and say them: `3 décembre`, `3/12`, `dans 3 jours`, `next friday`, `novembre`.

What can mean two days is refused, with both of them.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from crmcli.domain.localization.offsets import Offset, shift_day
from crmcli.domain.localization.periods import Period, months_from
from crmcli.domain.localization.translations import sentence
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.model.config import Config, DateOrder
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text

WEEKDAYS = {
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
SHORT = 3  # letters of an abbreviated weekday or month
UNITS = {
    **dict.fromkeys(("d", "day", "days", "j", "jour", "jours"), "d"),
    **dict.fromkeys(("w", "week", "weeks", "sem", "semaine", "semaines"), "w"),
    **dict.fromkeys(("mo", "month", "months", "mois"), "mo"),
    **dict.fromkeys(("y", "year", "years", "an", "ans", "annee", "annees"), "y"),
}
ONE = ("a", "an", "one", "un", "une")
COUNT = rf"([0-9]{{1,4}}|{'|'.join(ONE)}) ({'|'.join(UNITS)})"
AHEAD, AGO = rf"(?:in|dans) {COUNT}", rf"(?:il y a {COUNT}|{COUNT} ago)"
MONTH, ORDINAL, YEAR = r"([a-z]{3,})\.?", r"([0-9]{1,2})(?:er|st|nd|rd|th)?", r"(?:,? ([0-9]{4}))?"
NO_YEAR = r"([0-9]{1,2})[/.]([0-9]{1,2})\.?"
SEARCHED = 8  # years in which a day without one is looked for: 29 February may be that far away


def read_spoken(text: str, today: date, config: Config, *, is_past: bool = False) -> Period | None:
    """Return the first and last day that a text names; None if it names none.

    A day or month without a year is the next one; with `is_past`, the last one. Raises UsageError for a
    text that can mean two days, and for a day that does not exist.
    """
    words = " ".join(fold_text(text).split())
    day = (
        read_weekday(words, today, config)
        or read_distance(words, today, config)
        or read_day_and_month(text, words, today, config, is_past=is_past)
        or read_named_day(words, today, config, is_past=is_past)
    )
    return (day, day) if day else read_month(words, today, config, is_past=is_past)


def read_weekday(words: str, today: date, config: Config) -> date | None:
    """Return the next day that an abbreviated weekday names, or `next friday` where that is one day only.

    Raises UsageError for the others: some mean the day in this week, some the one in the next.
    """
    name, is_next = re.subn(r"^next | prochaine?$", "", words)
    place = find_weekday(name, config)
    if place is None:
        return None
    day = today + timedelta(days=(place - today.weekday() - 1) % 7 + 1)
    if is_next and place > today.weekday():
        raise UsageError(
            sentence("{text!r} can be read in two ways", text=words),
            hint=sentence("write {one} or {other}", one=day, other=day + timedelta(days=7)),
        )
    return day


def find_weekday(name: str, config: Config) -> int | None:
    """Return the place in a week of a weekday, whole or with three letters; None for another word."""
    for language in dict.fromkeys(("en", config.locale.partition("_")[0])):
        for place, known in enumerate(WEEKDAYS.get(language, ())):
            if name.removesuffix(".") in (known, known[:SHORT]):
                return place
    return None


def read_distance(words: str, today: date, config: Config) -> date | None:
    """Return the day of `in 3 days`, `dans une semaine`, `8 d ago` or `il y a 2 mois`; else None."""
    for pattern, sign in ((AHEAD, 1), (AGO, -1)):
        if found := re.fullmatch(pattern, words):
            number, unit = [each for each in found.groups() if each]
            count = 1 if number in ONE else int(number)
            offset = Offset(sign * count, UNITS[unit])
            return shift_day(today, offset, lambda: worked_in(config.country, config.region))
    return None


def read_day_and_month(text: str, words: str, today: date, config: Config, *, is_past: bool) -> date | None:
    """Return the day of `26/11`, in the only possible or the configured order; None for another text.

    Raises UsageError where the order is not known, and for a day that does not exist.
    """
    found = re.fullmatch(NO_YEAR, words)
    if not found:
        return None
    first, second = int(found[1]), int(found[2])
    orders = {DateOrder.DMY: (second, first), DateOrder.MDY: (first, second), DateOrder.YMD: (first, second)}
    readings = [orders[config.date_order]] if config.date_order else sorted({*orders.values()})
    days = [near for month, day in readings for near in dates_near(month, day, today, is_past=is_past)[:1]]
    if len(days) == 1:
        return days[0]
    if not days:
        raise UsageError(sentence("{text!r} does not exist", text=text), hint=sentence("like 2026-12-31"))
    raise UsageError(
        sentence("{text!r} can be read in two ways", text=text),
        hint=sentence("write {one} or {other}, or set date_order in crm.yaml", one=days[0], other=days[1]),
    )


def dates_near(month: int, day: int, today: date, *, is_past: bool) -> list[date]:
    """Return the days with this month and day in the years to come, the nearest first; past ones if so asked.

    >>> [str(each) for each in dates_near(2, 29, date(2026, 11, 26), is_past=False)]
    ['2028-02-29', '2032-02-29']
    """
    step = -1 if is_past else 1
    years = range(today.year, today.year + step * SEARCHED, step)
    found = [each for year in years for each in existing_day(year, month, day)]
    return [each for each in found if (each <= today if is_past else each >= today)]


def existing_day(year: int, month: int, day: int) -> Iterator[date]:
    """Yield the day with these numbers, if there is one."""
    try:
        yield date(year, month, day)
    except ValueError:
        return


def read_named_day(words: str, today: date | None, config: Config, *, is_past: bool = False) -> date | None:
    """Return the day of `3 décembre`, `27 nov. 2026`, `Dec 5` or `ven. 27 nov.`; else None.

    Without `today`, only of one with its year. Raises UsageError for a weekday that is not the day's.
    """
    weekday, rest = split_weekday(words, config)
    found = re.fullmatch(f"{ORDINAL} {MONTH}{YEAR}", rest)
    number, name, year = found.groups() if found else (None, None, None)
    if not found and (turned := re.fullmatch(f"{MONTH} {ORDINAL}{YEAR}", rest)):
        name, number, year = turned.groups()
    months = list_months(name, config.locale) if name else []
    if len(months) != 1 or number is None or not (year or today):
        return None
    if year:
        days = list(existing_day(int(year), months[0], int(number)))
    else:
        days = dates_near(months[0], int(number), today, is_past=is_past) if today else []
    if days and weekday not in (None, days[0].weekday()):
        raise UsageError(
            sentence("{text!r} is on another day of the week", text=words),
            hint=sentence("write {value}", value=days[0]),
        )
    return next(iter(days), None)


def split_weekday(words: str, config: Config) -> tuple[int | None, str]:
    """Return the weekday that a text begins with, and the rest of it."""
    first, _, rest = words.removeprefix("le ").partition(" ")
    weekday = find_weekday(first.removesuffix(","), config) if rest else None
    return (weekday, rest) if weekday is not None else (None, words.removeprefix("le "))


def list_months(name: str, locale: str, *, is_whole: bool = False) -> Sequence[int]:
    """Return the months that a folded word names or abbreviates, in English or the language of a locale."""
    from babel.dates import get_month_names

    known = {
        (number, fold_text(each))
        for language in ("en", locale)
        for number, each in get_month_names("wide", locale=language).items()
    }
    fits = str.__eq__ if is_whole else str.startswith
    return sorted({month for month, each in known if fits(each, name)})


def read_month(words: str, today: date, config: Config, *, is_past: bool) -> Period | None:
    """Return the days of `11/2026`, `nov. 2026` or `novembre`; None for another text."""
    if found := re.fullmatch(r"([0-9]{1,2})[/.]([0-9]{4})", words):
        months, year = [int(found[1])], int(found[2])
    elif found := re.fullmatch(rf"{MONTH} ([0-9]{{4}})", words):
        months, year = list(list_months(found[1], config.locale)), int(found[2])
    elif re.fullmatch("[a-z]{3,}", words):
        months, year = list(list_months(words, config.locale, is_whole=True)), 0
    else:
        return None
    if len(months) != 1 or not 1 <= months[0] <= 12:
        return None
    year = year or nearest_year(months[0], today, is_past=is_past)
    return months_from(date(year, months[0], 1), 1)


def nearest_year(month: int, today: date, *, is_past: bool) -> int:
    """Return the year of the next such month, this one included; of the last one if so asked."""
    if is_past:
        return today.year - (month > today.month)
    return today.year + (month < today.month)
