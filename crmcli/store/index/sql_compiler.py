"""Compilation of a query to SQL on the index, with the same result as `query.evaluation`."""

import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import msgspec

from crmcli.domain.localization.days import Span
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.questionnaires import choose_questionnaire
from crmcli.domain.model.record_types import Open, State
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.records.contact_matching import ways_to_dial
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.money import weighted_cents
from crmcli.domain.values.untyped_values import plain_value
from crmcli.domain.values.values import Plain, Value
from crmcli.query.evaluation import MatchGroup
from crmcli.query.key_values import order_value
from crmcli.query.keys import Key, Type
from crmcli.query.query_model import Condition, Is, LocalSpan, Match, Presence, Query, Term, Text, Word
from crmcli.store.index.key_columns import IS_CONDITIONS, OF_NEXT, column_of, sql_literal
from crmcli.store.index.schema import USUAL_ORDER

BY_DEADLINE = "COALESCE(a.due, '9999-12-31'), COALESCE(a.id, ''), COALESCE(r.id, ''), r.path, a.position"
ORDERED = {Type.TEXT: "folded", Type.OPEN: "in_order"}  # functions whose result values are sorted by
LARGEST = 2**62
decoded = msgspec.json.Decoder().decode
json_of = msgspec.json.encode


class Statement(msgspec.Struct, frozen=True):
    """The conditions, the order and the limit of a statement, with its parameters."""

    where: str
    order: str
    limit: str
    parameters: dict[str, Any]

    @property
    def first(self) -> str:
        """The limit and its order; empty without a limit."""
        return f"ORDER BY {self.order} {self.limit}" if self.limit else ""


def value_to_sort(key: Key) -> str:
    """Return the value of an activity, or of its record, that it is sorted by."""
    column = column_of(key)
    return f"SELECT value FROM ({column}) WHERE value IS NOT NULL LIMIT 1" if key.several else column


def value_of_record(key: Key) -> str:
    """Return the value that a record is sorted by; of its next activity where the key is an activity's."""
    return OF_NEXT.get(key.name) or value_to_sort(key)


class Compiler:
    """Compiles one query to SQL, for a workspace at an instant."""

    def __init__(self, viewing: DocumentBuilder) -> None:
        self.viewing = viewing
        self.parameters: dict[str, Any] = {"today": viewing.today(None)}
        self.groups: list[MatchGroup] = []  # alternatives compared in Python
        self.failure: CrmError | None = None  # the error of a function; SQLite hides it

    def records(self, query: Query) -> Statement:
        """Return the statement for the matching records.

        Raises UsageError for a sort key that only activities have.
        """
        for key, _ in query.sort:
            if key.of_activity and key.of_next is None:
                raise UsageError(
                    f"sort:{key.name} is an order of activities", hint="crm activity list, crm due"
                )
        conditions = [self.condition(term) for term in query.of_records]
        if not query.names_closed:
            conditions.append(f"({self.is_open(query)})")
        if query.of_activities:
            inner = " AND ".join(self.condition(term) for term in query.of_activities)
            conditions.append(f"EXISTS (SELECT 1 FROM activity a WHERE a.record = r.rowid AND {inner})")
        order = [self.sorted_by(key, value_of_record(key), down) for key, down in query.sort]
        return self.statement(query, conditions, [*order, "r.path"] if order else [USUAL_ORDER])

    def activities(self, query: Query) -> Statement:
        """Return the statement for the matching activities, of open, won and lost records."""
        conditions = [self.condition(term) for term in query.terms]
        order = [self.sorted_by(key, value_to_sort(key), down) for key, down in query.sort]
        return self.statement(query, conditions, [*order, BY_DEADLINE])

    def statement(self, query: Query, conditions: list[str], order: list[str]) -> Statement:
        """Return the statement with these conditions and this order, and the limit of a query."""
        limit = "" if query.limit is None else f"LIMIT {query.limit}"
        return Statement(
            " AND ".join(conditions) or "1",
            ", ".join(order),
            limit,
            self.parameters,
        )

    def is_open(self, query: Query) -> str:
        """Return the condition that a record is open, or in a won stage that the query names."""
        named = [
            self.condition(term)
            for term in query.of_records
            if isinstance(term, Term) and term.key.name == "stage" and not term.negated
        ]
        alternatives = [self.is_condition("open")]
        alternatives += [f"({self.is_condition('won')}) AND ({' OR '.join(named)})"] if named else []
        return " OR ".join(f"({each})" for each in alternatives)

    def is_condition(self, word: str) -> str:
        """Return the condition that a word of `is:` stands for."""
        return IS_CONDITIONS[word](self.viewing.config, self.viewing.at)

    def condition(self, term: Condition) -> str:
        """Return one condition as SQL."""
        if isinstance(term, Is):
            asked = " OR ".join(f"({self.is_condition(word)})" for word in term.words)
        elif isinstance(term, Text):
            word = self.parameter(fold_text(term.word))
            asked = f"instr(s.text, {word}) OR (c.rowid IS NOT NULL AND instr(p.text, {word}))"
        else:
            asked = join_balanced(list(self.alternatives(term.key, term.matches)))
        return f"NOT ({asked})" if term.negated else f"({asked})"

    def alternatives(self, key: Key, matches: Sequence[Match]) -> Iterator[str]:
        """Yield the alternatives of a condition, never NULL; those compared in Python are one."""
        for match in matches:
            if isinstance(match, Presence):
                yield self.presence(key, match)
            elif isinstance(match, Span) and key.type is not Type.OPEN:
                yield self.found(key, partial(self.ranged, key, match))
        compared = [match for match in matches if self.is_compared(key, match)]
        if compared and key.name == "state":
            yield self.in_state(compared)
        elif compared:
            yield self.found(key, partial(self.compared, key, compared))

    def is_compared(self, key: Key, match: Match) -> bool:
        """Tell whether an alternative is compared in Python, not in SQL."""
        return isinstance(match, Word) or (isinstance(match, Span) and key.type is Type.OPEN)

    def presence(self, key: Key, match: Presence) -> str:
        """Return the condition that there is a value, or none."""
        some = f"({column_of(key)}) IS NOT NULL"
        if key.several:
            some = f"EXISTS (SELECT 1 FROM ({column_of(key)}) WHERE value IS NOT NULL)"
        return some if match.wanted else f"NOT {some}"

    def found(self, key: Key, compared: Callable[[str], str]) -> str:
        """Return the condition that a value, or one of several, exists and meets the comparison."""
        if key.several:
            return (
                f"EXISTS (SELECT 1 FROM ({column_of(key)}) WHERE value IS NOT NULL AND {compared('value')})"
            )
        return f"({column_of(key)}) IS NOT NULL AND {compared(column_of(key))}"

    def in_state(self, matches: Sequence[Match]) -> str:
        """Return the condition that an activity is in a matching state; the day is used only if needed."""
        group = MatchGroup(matches)
        fitting = {str(each) for each in (*Urgency, State.DONE, State.CANCELLED) if group.fit_one(each)}
        urgent = fitting & set(Urgency)
        asked = [f"a.state = {sql_literal(each)}" for each in sorted(fitting - urgent)]
        if urgent:
            which = ", ".join(map(sql_literal, sorted(urgent)))
            asked.append(f"a.state = 'planned' AND state(a.state, a.due, a.assignee) IN ({which})")
        return " OR ".join(f"({each})" for each in asked) or "0"

    def ranged(self, key: Key, span: Span, value: str) -> str:
        """Return the condition that a value is within a range, as it is read on the assignee's day."""
        within = " AND ".join(self.bounds(key, value, span)) or "1"
        if not isinstance(span, LocalSpan):
            return within
        cases = (
            f"WHEN {sql_literal(day.isoformat())} THEN {self.ranged(key, other, value)}"
            for day, other in span.readings
        )
        return f"CASE day_of(a.assignee) {' '.join(cases)} ELSE {within} END"

    def compared(self, key: Key, matches: Sequence[Match], value: str) -> str:
        """Return the condition that a value matches when compared in Python."""
        self.groups.append(MatchGroup(matches))
        function = "fits_open" if key.type is Type.OPEN else "fits"
        return f"{function}({len(self.groups) - 1}, {value})"

    def bounds(self, key: Key, value: str, span: Span) -> Iterator[str]:
        """Yield the conditions for both ends of a range."""
        if span.low is not None:
            low, at = self.lower(key, span.low, span.low_open)
            yield f"{value} {'>' if at else '>='} {self.parameter(low)}"
        if span.high is not None:
            high, at = self.upper(key, span.high, span.high_open)
            yield f"{value} {'<' if at else '<='} {self.parameter(high)}"

    def lower(self, key: Key, low: Any, is_open: bool) -> tuple[Any, bool]:
        """Return the least value, as stored in the index, and whether it is excluded."""
        if isinstance(low, Decimal):
            scaled = low.scaleb(key.scale)
            return clamp_number(math.floor(scaled) if is_open else math.ceil(scaled)), is_open
        if key.instants is not None:
            return self.midnight(day_after(low) if is_open else low), False
        return low.isoformat(), is_open

    def upper(self, key: Key, high: Any, is_open: bool) -> tuple[Any, bool]:
        """Return the greatest value, as stored in the index, and whether it is excluded."""
        if isinstance(high, Decimal):
            scaled = high.scaleb(key.scale)
            return clamp_number(math.ceil(scaled) if is_open else math.floor(scaled)), is_open
        if key.instants is not None:
            return self.midnight(high if is_open else day_after(high)), True
        return high.isoformat(), is_open

    def midnight(self, day: date) -> int:
        """Return the start of a day in the workspace's time zone, in seconds since 1970."""
        try:
            begin = datetime.combine(day, time(), find_zone(self.viewing.config.timezone))
            return int(begin.astimezone(UTC).timestamp())
        except OverflowError:  # the first or last day of the calendar: UTC is out of range
            return LARGEST if day.year > 1 else -LARGEST

    def sorted_by(self, key: Key, value: str, descending: bool) -> str:
        """Return the terms of ORDER BY for a value of a key; rows without a value come last."""
        ordered = f"{ORDERED[key.type]}(({value}))" if key.type in ORDERED else f"({value})"
        return f"({value}) IS NULL, {ordered}{' DESC' if descending else ''}"

    @contextmanager
    def kept_for_later(self) -> Iterator[None]:
        """Save a CrmError raised inside, since SQLite reports only that there was an error."""
        try:
            yield
        except CrmError as error:
            self.failure = error
            raise

    def parameter(self, value: Any) -> str:
        """Add a parameter, and return its placeholder."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def equip(self, database: sqlite3.Connection) -> None:
        """Register the functions that the generated SQL calls."""
        groups = self.groups
        viewing = self.viewing

        @lru_cache(maxsize=65536)
        def fits(number: int, value: str) -> bool:
            with self.kept_for_later():
                return groups[number].fit_one(value)

        @lru_cache(maxsize=65536)
        def fits_open(number: int, value: str) -> bool:
            with self.kept_for_later():
                return groups[number].fit_one(native_of(value))

        @lru_cache(maxsize=65536)
        def chance(stage: str | None, lost: str | None, manual: str | None, ladder: str) -> int:
            given = None if manual is None else float(manual)
            return viewing.chance(lost, given, tuple(decoded(ladder))).millionths

        @lru_cache(maxsize=65536)
        def chance_from(stage: str | None, lost: str | None, manual: str | None, ladder: str) -> str:
            given = None if manual is None else float(manual)
            return viewing.chance(lost, given, tuple(decoded(ladder))).provenance

        def cents(expected: int | None, chance: int) -> int | None:
            return None if expected is None else weighted_cents(expected, chance)

        @lru_cache(maxsize=65536)
        def asked_by(named: str | None, own: str) -> str | None:
            fields, _ = restore_own(decoded(own))
            found = choose_questionnaire(named, fields, viewing.questionnaires())
            return found.id if found else None

        @lru_cache(maxsize=65536)
        def unanswered(named: str | None, own: str) -> bool:
            from crmcli.domain.records.questionnaire_sheet import (
                is_unanswered,  # imported only when used
            )

            fields, answers = restore_own(decoded(own))
            questionnaire = choose_questionnaire(named, fields, viewing.questionnaires())
            return is_unanswered(questionnaire, answers, fields)

        for name, count, function in (
            ("fits", 2, fits), ("fits_open", 2, fits_open), ("chance", 4, chance), ("chance_from", 4, chance_from),
            ("weighted", 2, cents), ("in_order", 1, lambda value: None if value is None else order_value(native_of(value))[1]),
            ("dialled", 1, lambda phone: json_of(ways_to_dial(phone, viewing.config.country)).decode()),
            ("pipeline", 1, viewing.pipeline), ("folded", 1, lambda text: None if text is None else fold_text(text)), ("state", 3, viewing.state), ("day_of", 1, viewing.today),
            ("unanswered", 2, unanswered), ("chosen", 2, asked_by),
        ):  # fmt: skip
            database.create_function(name, count, function, deterministic=True)


def join_balanced(alternatives: Sequence[str]) -> str:
    """Return alternatives joined by OR; the nesting is as deep as their number has binary digits."""
    if len(alternatives) < 3:
        return " OR ".join(f"({each})" for each in alternatives)
    half = len(alternatives) // 2
    return f"({join_balanced(alternatives[:half])}) OR ({join_balanced(alternatives[half:])})"


def restore_own(own: list[tuple[str, str]]) -> tuple[Open, Open]:
    """Return the custom fields and the answers of a record, from their form in the index."""
    held: dict[str, dict[str, list[Value]]] = {"field": {}, "answer": {}}
    for name, kept in own:
        prefix, _, rest = name.partition(".")
        held[prefix].setdefault(rest, []).append(Plain(kept[1:]) if kept[0] == "=" else kept[1:])
    fields: Open = dict(held["field"])
    return fields, dict(held["answer"])


def native_of(kept: str) -> Any:
    """Return the value of a custom field or answer from its form in the index; `=` marks a plain scalar."""
    return plain_value(kept[1:]) if kept[0] == "=" else kept[1:]


def day_after(day: date) -> date:
    """Return the next day; for the last day of the calendar, the day itself."""
    return day if day == date.max else day + timedelta(days=1)


def clamp_number(number: int) -> int:
    """Return a whole number limited to what SQLite can hold; no record has a larger one."""
    return max(-LARGEST, min(LARGEST, number))
