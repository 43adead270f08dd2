"""The query language: what a person types about records, as a tree; a query or one error."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta

from crmcli.domain import keys
from crmcli.domain.config import Config, unknown
from crmcli.domain.errors import UsageError
from crmcli.domain.keys import Key, Type
from crmcli.domain.offsets import OFFSET, parse_offset, shifted
from crmcli.domain.suggest import suggestion
from crmcli.domain.workdays import worked_in

COMPARISONS = ("gt", "ge", "lt", "le", "before", "after")
OPERATORS = (*COMPARISONS, "not")
TERM = re.compile(r"(?P<key>[a-z_-]+(?:\.[\w-]+)*):(?P<value>.*)", re.DOTALL)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class Span(NamedTuple):
    """A range of numbers or dates; None is open-ended."""

    low: Any
    high: Any
    low_open: bool = False
    high_open: bool = False


class Word(NamedTuple):
    """A text to compare: whole, as a part (`~`), or as a pattern (`/…/`)."""

    text: str
    how: str = "whole"


class Presence(NamedTuple):
    """`none` or `any`: whether there is a value at all."""

    wanted: bool


class Term(NamedTuple):
    """One condition; it holds if any of its matches fits any value of its key."""

    key: Key
    matches: tuple[Span | Word | Presence, ...]
    negated: bool = False


class Text(NamedTuple):
    """A word searched in all the text of a record."""

    word: str
    negated: bool = False


class Is(NamedTuple):
    """`is:` with one of its words, or several of which one must hold."""

    words: tuple[str, ...]
    negated: bool = False


class ActivityTerm(NamedTuple):
    """A condition on activities; all of them must hold for the same activity."""

    name: str
    matches: tuple[Span | Word | Presence, ...]
    negated: bool = False


class Query(NamedTuple):
    """What is asked: conditions that must all hold, an order, and how many."""

    terms: tuple[Term | Text | Is | ActivityTerm, ...] = ()
    sort: tuple[tuple[Key, bool], ...] = ()  # (key, descending)
    limit: int | None = None

    @property
    def names_closed(self) -> bool:
        """Does it ask about closed deals itself? Otherwise it means open ones."""
        return any(
            isinstance(t, Is) or (isinstance(t, Term) and t.key.name in ("closed", "lost"))
            for t in self.terms
        )

    @property
    def names_kind(self) -> bool:
        """Does it say whether it means leads or opportunities? Figures are about opportunities otherwise."""
        return any(
            (isinstance(t, Is) and {"lead", "opportunity", "any"} & set(t.words))
            or (isinstance(t, Term) and t.key.name == "kind")
            for t in self.terms
        )

    @property
    def activity_names(self) -> set[str]:
        """What it asks of activities."""
        return {term.name for term in self.terms if isinstance(term, ActivityTerm)}


class Asker(NamedTuple):
    """Who asks, when, in which workspace: what relative words mean."""

    config: Config
    today: date
    me: Callable[[], str]  # asked only where a query says `me`


def is_term(argument: str) -> bool:
    """Is this argument a condition rather than a word or a reference?"""
    return argument.startswith(("+", "@")) or TERM.fullmatch(argument) is not None


def parse(arguments: Sequence[str], asker: Asker) -> Query:
    """The query that these arguments spell, one term each.

    Raises UsageError naming the term, with the spelling that was meant.
    """
    query = Query()
    for argument in arguments:
        for piece in saved(argument, asker.config):
            query = extended(query, piece, asker)
    return query


def saved(argument: str, config: Config) -> list[str]:
    """The terms of a saved query, or the argument itself."""
    if not argument.startswith("@"):
        return [argument]
    text = config.queries.get(argument[1:])
    if text is None:
        raise unknown("saved query", argument[1:], list(config.queries))
    return text.split()


def extended(query: Query, argument: str, asker: Asker) -> Query:
    """The query with one more term."""
    if argument.startswith("sort:"):
        return query._replace(sort=(*query.sort, *parse_sort(argument[5:])))
    if argument.startswith("limit:"):
        if not re.fullmatch("[0-9]{1,9}", argument[6:]):
            raise UsageError(f"{argument}: a whole number is wanted")
        return query._replace(limit=int(argument[6:]))
    return query._replace(terms=(*query.terms, parse_term(argument, asker)))


def parse_sort(text: str) -> list[tuple[Key, bool]]:
    """The order that `sort:` asks for."""
    known = keys.by_name()
    order = []
    for name in text.split(","):
        key = known.get(name.removeprefix("-"))
        if key is None:
            raise unknown("sort key", name.removeprefix("-"), list(known))
        order.append((key, name.startswith("-")))
    return order


def parse_term(argument: str, asker: Asker) -> Term | Text | Is | ActivityTerm:
    """One condition."""
    if argument.startswith("not:"):
        inner = argument[4:]
        if inner.startswith(("@", "sort:", "limit:")):
            raise UsageError(f"{argument!r}: {inner!r} is no condition, it cannot be negated")
        term = parse_term(inner, asker)
        return term._replace(negated=not term.negated)
    if argument.startswith("+"):
        return parse_term(f"tag:{argument[1:]}", asker)
    refuse_lookalikes(argument, asker)
    found = TERM.fullmatch(argument)
    if found is None:
        return Text(argument)
    return keyed_term(found["key"], found["value"], asker)


def refuse_lookalikes(argument: str, asker: Asker) -> None:
    """Stop at what other tools would understand, with our spelling."""
    if argument.startswith("-") and ":" in argument:
        raise UsageError(f"{argument!r} is no term", hint=f"not:{argument[1:]}")
    known = {*keys.by_name(), *keys.ACTIVITY_KEYS, "is"}
    name, equals, value = argument.partition("=")
    if equals and ":" not in argument:
        hint = f"{name}:{value}" if name in known else "a term is key:value"
        raise UsageError(f"{argument!r} is no term", hint=hint)
    if ":" not in argument and (sign := re.search("[<>]", argument)):
        name = argument[: sign.start()]
        hint = f"{name}:5000.. or {name}.gt:5000" if name in known else "a term is key:value"
        raise UsageError(f"{argument!r} is no term", hint=hint)
    if argument in keys.is_words(asker.config):
        raise UsageError(f"{argument!r} alone searches nothing", hint=f"is:{argument}")


def keyed_term(name: str, value: str, asker: Asker) -> Term | Text | Is | ActivityTerm:
    """A condition on a key, which may carry an operator."""
    name, op = split_operator(name)
    negated = op == "not"
    if op in COMPARISONS and has_no_order(name):
        raise UsageError(f"{name} has no order, so no .{op}", hint=f"{name}:{value or 'value'}")
    if name == "text":
        return Text(value, negated)
    if name == "is":
        return parse_is(value, asker)._replace(negated=negated)
    if name in keys.ACTIVITY_KEYS:
        type = Type.DATE if name == "due" else Type.TEXT
        return ActivityTerm(name, parse_values(name, type, op, value, asker), negated)
    key = named_key(name)
    matches = parse_values(name, key.type, op, value, asker)
    check_choices(key, matches, asker)
    return Term(key, matches, negated)


def has_no_order(name: str) -> bool:
    """Is this the name of a key whose values are texts, or no key of a record?"""
    key = keys.by_name().get(name)
    return (name in ("is", "text", *keys.ACTIVITY_KEYS) and name != "due") or (
        key is not None and key.type is Type.TEXT
    )


def split_operator(name: str) -> tuple[str, str | None]:
    """A key and the operator behind its last dot, if there is one."""
    head, dot, tail = name.rpartition(".")
    if dot and tail in OPERATORS:
        return head, tail
    return name, None


def named_key(name: str) -> Key:
    """The key with this name.

    Raises UsageError with the nearest one.
    """
    if name.partition(".")[0] in keys.PREFIXES and name.partition(".")[2]:
        return keys.custom_key(name)
    known = keys.by_name()
    if name not in known:
        names = [*known, *keys.ACTIVITY_KEYS, "is", "text", "sort", "limit"]
        raise UsageError(f"unknown key {name!r}", hint=suggestion(name, names) or "crm list --help")
    return known[name]


def parse_is(value: str, asker: Asker) -> Is:
    """The words of `is:`."""
    known = keys.is_words(asker.config)
    words = tuple(value.split(","))
    for word in words:
        if word not in known:
            raise unknown("is:", word, list(known))
    return Is(words)


def parse_values(
    name: str, type: Type, op: str | None, value: str, asker: Asker
) -> tuple[Span | Word | Presence, ...]:
    """What a key is compared with: values separated by commas, of which one must fit."""
    if not value:
        raise UsageError(f"{name}: has no value", hint=f"{name}:none for those without one")
    if value in ("none", "any"):
        return (Presence(value == "any"),)
    if type is Type.TEXT and not name.startswith(("field.", "answer.")):
        return tuple(parse_word(name, each, asker) for each in split_texts(value))
    if type is Type.NUMBER and "," in value:
        raise UsageError(f"{name}:{value} has a comma", hint="write 7500.50, or a range like 5000..8000")
    if op in COMPARISONS:
        span = parse_span(name, type, value, asker)
        return (compared(str(op), span),)
    if type is Type.TEXT and not NUMBER.fullmatch(value.replace("..", "")):
        return tuple(parse_word(name, each, asker) for each in split_texts(value))
    type = Type.NUMBER if type is Type.TEXT else type
    return tuple(parse_span(name, type, each, asker) for each in value.split(","))


def split_texts(value: str) -> list[str]:
    """Alternatives between commas; a quoted or pattern value is one."""
    if value[:1] in ("'", "/", "\\"):
        return [value]
    return value.split(",")


def parse_word(name: str, text: str, asker: Asker) -> Word:
    """How a text is compared."""
    if text == "~":
        raise UsageError(f"{name}:~ says nothing", hint=f"{name}:any")
    if text.startswith("~"):
        return Word(text[1:], "part")
    if text.startswith("/") and text.endswith("/") and len(text) > 1:
        try:
            re.compile(text[1:-1])
        except re.error as error:
            raise UsageError(f"{name}:{text} is no pattern: {error}") from None
        return Word(text[1:-1], "pattern")
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return Word(text[1:-1])
    if text.startswith("\\"):
        return Word(text[1:])
    if text == "me" and name in ("owner", "user", "assignee"):
        return Word(asker.me())
    return Word(text)


def compared(op: str, span: Span) -> Span:
    """The range that an operator makes of a value."""
    match op:
        case "gt" | "after":
            return Span(span.high, None, low_open=True)
        case "ge":
            return Span(span.low, None)
        case "lt" | "before":
            return Span(None, span.low, high_open=True)
    return Span(None, span.high)


def parse_span(name: str, type: Type, text: str, asker: Asker) -> Span:
    """A value or a range `x..y`, of numbers or dates."""
    low, dots, high = text.partition("..")
    read = read_number if type is Type.NUMBER else read_days
    if not dots:
        return read(name, text, asker)
    if not low and not high:
        raise UsageError(f"{name}:.. says nothing", hint=f"{name}:any")
    first = read(name, low, asker).low if low else None
    last = read(name, high, asker).high if high else None
    if first is not None and last is not None and first > last:
        raise UsageError(f"{name}:{text} runs backwards", hint=f"{name}:{high}..{low}")
    return Span(first, last)


def read_number(name: str, text: str, asker: Asker) -> Span:
    """A number."""
    try:
        number = Decimal(text) if NUMBER.fullmatch(text) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise UsageError(f"{name}:{text}: {text!r} is no number", hint="like 5000, 7500.50 or 1000..5000")
    return Span(number, number)


def read_days(name: str, text: str, asker: Asker) -> Span:
    """A day, month, ISO week or word, as the days it covers."""
    today = asker.today
    if text == "overdue":
        return Span(None, today, high_open=True)
    days = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if text in days:
        day = today + timedelta(days=days[text])
        return Span(day, day)
    if text in ("eom", "eoy"):
        end = today + (relativedelta(day=31) if text == "eom" else relativedelta(month=12, day=31))
        return Span(end, end)
    if OFFSET.fullmatch(text):
        day = shifted(today, parse_offset(text), lambda: worked_in(asker.config.country))
        return Span(day, day)
    return calendar_span(name, text)


def calendar_span(name: str, text: str) -> Span:
    """`2026-12-31`, `2026-12`, `2026-W10` or `2026`."""
    try:
        if re.fullmatch(r"[0-9]{4}-W[0-9]{2}", text):
            monday = date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
            return Span(monday, monday + timedelta(days=6))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            first = date(int(text[:4]), int(text[5:]), 1)
            return Span(first, first + relativedelta(day=31))
        if re.fullmatch(r"[0-9]{4}", text):
            return Span(date(int(text), 1, 1), date(int(text), 12, 31))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return Span(date.fromisoformat(text), date.fromisoformat(text))
    except ValueError:
        raise UsageError(f"{name}:{text}: there is no such day") from None
    raise UsageError(
        f"{name}:{text}: {text!r} is no day", hint="like 2026-12-31, 2026-12, today, 7d or ..eom"
    )


def check_choices(key: Key, matches: tuple[Span | Word | Presence, ...], asker: Asker) -> None:
    """Refuse a value that the configuration does not know."""
    known = key.choices(asker.config) if key.choices else []
    for match in matches:
        if known and isinstance(match, Word) and match.how == "whole" and match.text not in known:
            raise unknown(key.name, match.text, known)
