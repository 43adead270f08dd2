"""Parsing of days as people type them: `2026-12-31`, `today`, `7d`, `2bd`, `eom`, `vendredi`."""

import re
import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from crmcli.domain.localization import periods
from crmcli.domain.localization.offsets import OFFSET, parse_offset, shift_day
from crmcli.domain.localization.periods import find_period
from crmcli.domain.localization.spoken_days import WEEKDAYS, read_named_day, read_spoken
from crmcli.domain.localization.times import ANY_TIME, parse_time
from crmcli.domain.localization.translations import sentence
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.model.config import Config, DateOrder
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.suggest import suggest_name

ENGLISH = {
    "today": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "day-after-tomorrow": 2,
    "day-before-yesterday": -2,
    **dict.fromkeys(("eom", "eoy", "overdue")),
}
ENDS = {"end-of-month": "eom", "end-of-the-month": "eom", "end-of-year": "eoy", "end-of-the-year": "eoy"}
WORDS = {
    "en": {**{word: word for word in ENGLISH}, **ENDS},
    "fr": {
        "aujourd'hui": "today",
        "demain": "tomorrow",
        "après-demain": "day-after-tomorrow",
        "hier": "yesterday",
        "avant-hier": "day-before-yesterday",
        "retard": "overdue",
        "fin-du-mois": "eom",
        "fin-de-mois": "eom",
        "fin-de-l'année": "eoy",
        "fin-d'année": "eoy",
        **ENDS,
    },
}
FOLDED = {
    language: {fold_text(said): word for said, word in words.items()} for language, words in WORDS.items()
}
NUMERIC = r"([0-9]{1,4})([/.-])([0-9]{1,2})\2([0-9]{1,4})"


class Span(msgspec.Struct, frozen=True):
    """A range of numbers or days; None is open-ended."""

    low: Any
    high: Any
    low_open: bool = False
    high_open: bool = False


def parse_day(text: str, today: date, config: Config) -> date:
    """Return the single day that a text names, relative to `today`.

    Raises UsageError for anything else, including a month, and `25/11/2026` where no date order is
    configured. The hint for a day with a time of day says how to write both.
    """
    try:
        span = read_days(text.strip(), today, config)
    except UsageError:
        refuse_time(text, today, config)
        raise
    if span.low is None:
        raise UsageError(
            sentence("{text!r} is more than one day", text=text),
            hint=sentence("like 2026-12-31, today, 7d, 2bd or eom"),
        )
    if span.low != span.high:
        raise UsageError(
            sentence("{text!r} is more than one day", text=text),
            hint=sentence("write one from {first} to {last}", first=span.low, last=span.high),
        )
    assert isinstance(span.low, date)
    return span.low


def refuse_time(text: str, today: date, config: Config) -> None:
    """Refuse a day with a time of day, which has an option of its own.

    Raises UsageError with both; returns where the text is something else.
    """
    found = re.fullmatch(rf"(.+?)\s+(?:à\s+|at\s+)?({ANY_TIME})", text.strip())
    if found is None:
        return
    day, time = found[1], parse_time(found[2])
    try:
        read_days(day, today, config)
    except UsageError:
        return
    raise UsageError(
        sentence("{text!r} is a day with a time", text=text),
        hint=sentence("write {day}, and the time as --time {time}", day=shlex.quote(day), time=time),
    )


def read_days(text: str, today: date, config: Config, *, is_past: bool = False) -> Span:
    """Return the days that a text names: one day, a month, an ISO week, a year, or all days before today.

    Words and units are in English, or in the workspace's language. A day or month without its year is the
    next one; with `is_past`, the last one. Raises UsageError for anything else.
    """
    language = config.locale.partition("_")[0]
    joined = "-".join(fold_text(text).split())
    word = FOLDED.get(language, ENDS).get(joined, joined)
    if word == "overdue":
        return Span(None, today, high_open=True)
    if word in ("eom", "eoy"):
        month = today.month if word == "eom" else 12
        return single_day(date(today.year, month, days_in(today.year, month)))
    if (days := ENGLISH.get(word)) is not None:
        return single_day(today + timedelta(days=days))
    for names in (WEEKDAYS["en"], WEEKDAYS.get(language, ())):
        if word in names:
            return single_day(today + timedelta(days=(names.index(word) - today.weekday() - 1) % 7 + 1))
    if re.fullmatch(OFFSET, text.casefold()):
        offset = parse_offset(text.casefold())
        return single_day(shift_day(today, offset, lambda: worked_in(config.country, config.region)))
    try:
        period = find_period(word, today, is_french=language == "fr") or read_spoken(
            text, today, config, is_past=is_past
        )
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} does not exist") from None
    return Span(*period) if period else calendar_span(text, config)


def days_in(year: int, month: int) -> int:
    """Return the number of days in a month."""
    from calendar import monthrange

    return monthrange(year, month)[1]


def single_day(day: date) -> Span:
    """Return a range of one day."""
    return Span(day, day)


def calendar_span(text: str, config: Config) -> Span:
    """Return the range of days for `2026-12-31`, `2026-12`, `2026-W10`, `2026` or `31/12/2026`.

    Also for a month in words with its year. Raises UsageError for anything else.
    """
    if span := find_calendar_span(text, config):
        return span
    near = suggest_name(text.casefold(), list_day_words(config))
    hint = near or sentence("like 2026-12-31, 2026-12, today, 7d or eom")
    raise UsageError(sentence("{text!r} is not a day", text=text), hint=hint)


def find_calendar_span(text: str, config: Config) -> Span | None:
    """Return the range of days that a text names as `calendar_span` does; None for another text.

    Raises UsageError for numbers that cannot be a day.
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[Ww][0-9]{2}", text):
            monday = date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
            return Span(monday, monday + timedelta(days=6))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            year, month = int(text[:4]), int(text[5:])
            return Span(date(year, month, 1), date(year, month, days_in(year, month)))
        if re.fullmatch(r"[0-9]{4}", text):
            return Span(date(int(text), 1, 1), date(int(text), 12, 31))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return single_day(date.fromisoformat(text))
        if found := re.fullmatch(NUMERIC, text):
            return single_day(numeric_day(text, (found[1], found[3], found[4]), config.date_order))
    except (ValueError, IndexError, OverflowError):
        raise refuse_day(text) from None
    named = read_named_day(" ".join(fold_text(text).split()), None, config)
    return single_day(named) if named else None


def list_day_words(config: Config) -> list[str]:
    """Return the words for days and periods, in English and in the workspace's language."""
    language = config.locale.partition("_")[0]
    french = periods.FRENCH if language == "fr" else ()
    return [*ENGLISH, *WORDS.get(language, {}), *periods.PERIODS, *french]


def numeric_day(text: str, numbers: tuple[str, str, str], order: DateOrder | None) -> date:
    """Return a day written in numbers: year first, else in the only possible, or the configured order.

    Raises UsageError for `05/11/2026` if none is configured: countries order the numbers differently.
    """
    if len(numbers[0]) == 4:
        order = DateOrder.YMD
    elif order is DateOrder.YMD and len(numbers[2]) == 4:
        one, other = list_readings(numbers)
        raise UsageError(
            sentence("{text!r} does not begin with the year (date_order: ymd)", text=text),
            hint=sentence("write {one} or {other}", one=one, other=other),
        )
    order = order or only_order(numbers)
    if order is None:
        raise UsageError(
            sentence("{text!r} can be read in two ways", text=text), hint=suggest_readings(numbers)
        )
    parts = dict(zip(order.value, numbers, strict=True))
    if len(parts["y"]) != 4:
        hint = ""
        if len(parts["y"]) == 2:
            hint = sentence("write {value}", value=f"20{parts['y']}-{parts['m']:0>2}-{parts['d']:0>2}")
        raise UsageError(sentence("{text!r}: a year has four digits", text=text), hint=hint)
    return date(int(parts["y"]), int(parts["m"]), int(parts["d"]))


def refuse_day(text: str) -> UsageError:
    """Return the error for a day that no calendar has, with the days that its numbers can be instead.

    >>> str(refuse_day("31/02/2026")), str(refuse_day("05/13/2026"))
    ("'31/02/2026' does not exist (write 2026-02-28)", "'05/13/2026' does not exist (write 2026-05-13)")
    """
    numbers = [int(each) for each in re.findall("[0-9]+", text)]
    likely = next(iter(list_likely_days(numbers)), None) if len(numbers) == 3 else None
    hint = sentence("write {value}", value=likely) if likely else sentence("like 2026-12-31")
    return UsageError(sentence("{text!r} does not exist", text=text), hint=hint)


def list_likely_days(numbers: list[int]) -> Iterator[date]:
    """Yield the days that three numbers can mean: in another order, or the last one of their month."""
    years = [each for each in numbers if each > 31]
    if len(years) != 1:
        return
    first, second = (each for each in numbers if each not in years)
    readings = ((second, first), (first, second)) if numbers[0] != years[0] else ((first, second),)
    for month, day in readings:
        if 1 <= month <= 12 and day >= 1 and 1 <= years[0] <= 9999:
            yield date(years[0], month, min(day, days_in(years[0], month)))


def suggest_readings(numbers: tuple[str, str, str]) -> str:
    """Return how to write the two days that numbers can mean.

    >>> str(suggest_readings(("5", "11", "2026")))
    'write 2026-11-05 or 2026-05-11, or set date_order in crm.yaml'
    """
    one, other = list_readings(numbers)
    return sentence("write {one} or {other}, or set date_order in crm.yaml", one=one, other=other)


def list_readings(numbers: tuple[str, str, str]) -> tuple[str, str]:
    """Return how the two days that numbers can mean are written, the day before the month first."""
    first, second, year = numbers
    year = f"20{year}" if len(year) == 2 else year
    return f"{year:0>4}-{second:0>2}-{first:0>2}", f"{year:0>4}-{first:0>2}-{second:0>2}"


def only_order(numbers: tuple[str, str, str]) -> DateOrder | None:
    """Return the order in which these numbers can be a day; None where they can be two days."""
    first, second = int(numbers[0]), int(numbers[1])
    if first > 12 or first == second:
        return DateOrder.DMY
    return DateOrder.MDY if second > 12 else None


def fixed_day(text: str, config: Config) -> date:
    """Return the day that a text names without regard to today, as in a file: `2026-12-31` or `31/12/2026`.

    Raises UsageError for anything else.
    """
    span = find_calendar_span(text.strip(), config)
    if span is None:
        raise UsageError(sentence("{text!r} is not a day", text=text), hint="like 2026-12-31")
    if span.low != span.high:
        raise UsageError(f"{text!r} is more than one day", hint="like 2026-12-31")
    assert isinstance(span.low, date)
    return span.low


def iso_day(text: str) -> date:
    """Return the day of an ISO date.

    Raises UsageError for anything else.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise refuse_day(text) from None
    raise UsageError(f"{text!r} is not a day", hint="like 2026-12-31")
