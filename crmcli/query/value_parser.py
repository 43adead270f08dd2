"""The parser for the values of a condition: words, patterns, numbers, days and ranges."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from crmcli.domain.localization.days import Span, read_days
from crmcli.domain.localization.offsets import OFFSET
from crmcli.domain.values import patterns
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import ME, RESERVED, Listed, find_entry, known_entry
from crmcli.domain.values.money import parse_amount
from crmcli.query import keys
from crmcli.query.keys import Key, Type
from crmcli.query.query_model import Match, Presence, QueryContext, Word

SIGNED = ("+", "-")
COMPARISONS = ("gt", "ge", "lt", "le", "before", "after")
SIGNS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le"}
MONEY = 2  # the decimal places of keys that are amounts
NUMBERS = r"[0-9.-]*"
NUMBER = r"-?[0-9]{1,30}(\.[0-9]{1,10})?"


def parse_values(key: Key, name: str, op: str | None, value: str, asker: QueryContext) -> tuple[Match, ...]:
    """Parse the values of a key, separated by commas, of which one must match."""
    if not value:
        raise UsageError(f"{name}: has no value", hint=f"{name}:none for those without one")
    if value in RESERVED:
        return (Presence(value == "any"),)
    type = key.read_as or key.type
    if type is Type.OPEN:
        type = (
            Type.NUMBER if op in COMPARISONS or re.fullmatch(NUMBER, value.replace("..", "")) else Type.TEXT
        )
    if type is Type.TEXT:
        return tuple(parse_word(key, name, each, asker) for each in split_texts(value))
    if value[0] in "<>":
        sign = value[:2] if value[:2] in SIGNS else value[0]
        hint = f"{name}.{SIGNS[sign]}:{value.removeprefix(sign) or '5000'}"
        raise UsageError(f"{name}:{value} has a sign", hint=hint)
    if type is Type.NUMBER and key.scale == MONEY and not re.fullmatch(NUMBERS, value):
        refuse_amount(f"{name}.{op}" if op else name, value)
    if type is Type.NUMBER and "," in value:
        raise UsageError(f"{name}:{value} has a comma", hint=suggest_numbers(name, value))
    parts = [value] if op in COMPARISONS else value.split(",")
    if key.name != "due":
        is_past = key.instants is not None
        return tuple(parse_range(name, type, op, each, asker, is_past=is_past) for each in parts)
    return tuple(parse_deadline(name, op, each, asker) for each in parts)


def refuse_amount(condition: str, value: str) -> None:
    """Refuse an amount written as people do, such as `8 000,50 €`, with the number to write instead.

    Raises UsageError; returns where the value is something else, such as a range.
    """
    try:
        amount = parse_amount(value)
    except UsageError:
        return
    number = f"{amount:.2f}".removesuffix(".00")
    raise UsageError(f"{condition}:{value} is not a plain number", hint=f"{condition}:{number}")


def suggest_numbers(name: str, value: str) -> str:
    """Return how to write numbers with a comma between them: as a range, or with decimals.

    >>> suggest_numbers("priority", "1,2"), suggest_numbers("probability", "33,33")
    ('priority:1..2', 'write 7500.50, or a range like 5000..8000')
    """
    numbers = [int(part) for part in value.split(",") if re.fullmatch("[0-9]{1,2}", part)]
    if len(numbers) == value.count(",") + 1 and numbers == sorted(set(numbers)):
        return f"{name}:{numbers[0]}..{numbers[-1]}"
    return "write 7500.50, or a range like 5000..8000"


def parse_deadline(name: str, op: str | None, text: str, asker: QueryContext) -> Span:
    """Parse a range of deadlines; `today` in it is the day of the activity's assignee."""

    def read(today: date) -> Span:
        try:
            return parse_range(name, Type.DATE, op, text, replace(asker, today=today))
        except UsageError:
            if today == asker.today:
                raise
            return Span(date.max, date.min)  # `2026-11-25..today`, where that day has not begun

    return asker.each_day(read)


def parse_range(
    name: str, type: Type, op: str | None, text: str, asker: QueryContext, *, is_past: bool = False
) -> Span:
    """Parse a value or a range, with an operator or without.

    `is_past` says that the values lie in the past: `30d` is 30 days ago then.
    """
    span = parse_span(name, type, text, asker, is_past=is_past)
    if op not in COMPARISONS:
        return span
    if span.low is None or span.high is None or ".." in text:
        raise UsageError(f"{name}.{op} takes one value, not {text!r}", hint=f"{name}:{text}")
    return span_of_operator(str(op), span)


def split_texts(value: str) -> list[str]:
    """Split alternatives at commas; a quoted, escaped or pattern value is one."""
    if value[:1] in ("'", "/", "\\"):
        return [value]
    return value.split(",")


def parse_word(key: Key, name: str, text: str, asker: QueryContext) -> Word:
    """Parse a text value, and normalize it as the key requires."""
    word = read_word(name, text, asker)
    if word.how == "whole" and (entry := find_choice(key, word.text, asker)):
        return replace(word, text=entry.id)
    if key.spelled is None or word.how == "pattern":
        return word
    return replace(word, text=key.spelled(word.text, asker.config))


def find_choice(key: Key, text: str, asker: QueryContext) -> Listed | None:
    """Return the entry that a text names among the choices of a key.

    None also for the id of one that the configuration has lost, though the name of another be alike.
    """
    known = choices_of(key, asker)
    is_id = text in [each.id for each in known]
    return None if not known or (not is_id and is_held(key, text, asker)) else find_entry(text, known)


def read_word(name: str, text: str, asker: QueryContext) -> Word:
    """Parse a whole text, a part or a pattern, as it is written."""
    if text in ("", "~"):
        raise UsageError(f"{name}:{text} has no value", hint=f"{name}:any")
    if text.startswith("~"):
        return Word(text[1:], "part")
    if text.startswith("/") and text.endswith("/") and len(text) > 1:
        return compile_pattern(name, text[1:-1], asker)
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return Word(text[1:-1])
    if text.startswith(("'", "/")):
        raise UsageError(
            f"{name}:{text} does not end in {text[0]}", hint=f"{name}:\\{text} takes it as it stands"
        )
    if text.startswith("\\"):
        return Word(text[1:])
    if text == ME and (named := keys.keys_by_name().get(name)) and named.name in keys.PEOPLE:
        return Word(asker.me())
    return Word(text)


def compile_pattern(name: str, text: str, asker: QueryContext) -> Word:
    """Compile a regular expression in Python's syntax."""
    try:
        return Word(text, "pattern", asker.searching(text))
    except patterns.INVALID as error:
        raise UsageError(f"{name}:/{text}/ is not a valid pattern: {error}") from None


def span_of_operator(op: str, span: Span) -> Span:
    """Return the range that an operator and a value describe."""
    match op:
        case "gt" | "after":
            return Span(span.high, None, low_open=True)
        case "ge":
            return Span(span.low, None)
        case "lt" | "before":
            return Span(None, span.low, high_open=True)
    return Span(None, span.high)


def parse_span(name: str, type: Type, text: str, asker: QueryContext, *, is_past: bool) -> Span:
    """Parse a value or a range `x..y` of numbers or dates."""

    def read(part: str) -> Span:
        if type is Type.NUMBER:
            return read_number(name, part)
        ago = "-" if is_past and part[:1] not in SIGNED and re.fullmatch(OFFSET, part.casefold()) else ""
        return read_days(ago + part, asker.today, asker.config, is_past=is_past)

    low, dots, high = text.partition("..")
    if not dots:
        return read(text)
    if not low and not high:
        raise UsageError(f"{name}:.. has no bounds", hint=f"{name}:any")
    begin = read(low) if low else Span(None, None)
    end = read(high) if high else Span(None, None)
    if low and begin.low is None:
        hint = f"{name}:..{high}" if high else f"{name}:any"
        raise UsageError(f"{name}:{text}: {low} has no first day", hint=hint)
    if is_backwards(begin.low, end):
        raise UsageError(f"{name}:{text} ends before it begins", hint=f"{name}:{high}..{low}")
    return Span(begin.low, end.high, high_open=end.high_open)


def is_backwards(low: Any, end: Span) -> bool:
    """Tell whether a range ends before it begins."""
    if low is None or end.high is None:
        return False
    return bool(low > end.high or (low == end.high and end.high_open))


def read_number(name: str, text: str) -> Span:
    """Parse a number."""
    if not re.fullmatch(NUMBER, text):
        raise UsageError(f"{name}:{text}: {text!r} is not a number", hint="like 5000, 7500.50 or 1000..5000")
    return Span(Decimal(text), Decimal(text))


def check_choices(key: Key, matches: tuple[Match, ...], asker: QueryContext) -> None:
    """Raise UsageError for a value that the key cannot have."""
    known = choices_of(key, asker)
    words = [match.text for match in matches if isinstance(match, Word) and match.how == "whole"]
    for word in words if known else ():
        if not is_held(key, word, asker):
            known_entry(key.name, word, known)


def is_held(key: Key, word: str, asker: QueryContext) -> bool:
    """Tell whether a record holds this questionnaire or user, though it may be gone."""
    return (
        (key.name == "questionnaire" or key.name in keys.USERS)
        and asker.beyond is not None
        and asker.beyond.holds(f"{key.name}.{word}")
    )


def choices_of(key: Key, asker: QueryContext) -> Sequence[Listed]:
    """Return the only values that a key can have; empty where any value is allowed."""
    if key.name == "questionnaire" and asker.beyond is not None:
        return asker.beyond.questionnaires()
    return key.choices(asker.config) if key.choices else ()
