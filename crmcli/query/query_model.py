"""The parts of a query (conditions, order, limit), and the context in which it is read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.days import Span
from crmcli.domain.model.config import Config
from crmcli.domain.model.questionnaires import Question
from crmcli.domain.model.record_types import Kind
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import Listed
from crmcli.domain.values.patterns import Searching, search_unhurried
from crmcli.query import keys
from crmcli.query.keys import Key


class Word(msgspec.Struct, frozen=True):
    """A text to compare: whole, as a part (`~`), or as a pattern (`/…/`) with its search function."""

    text: str
    how: str = "whole"
    search: Searching | None = None


class Presence(msgspec.Struct, frozen=True):
    """`none` or `any`: whether there is a value at all."""

    wanted: bool


class LocalSpan(Span, frozen=True):
    """A range of days that depends on today; it is that of the workspace, `on` that of another day."""

    readings: tuple[tuple[date, Span], ...] = ()  # for the other days that it is somewhere now

    def on(self, day: date) -> Span:
        """Return the range as it is read on a day."""
        return dict(self.readings).get(day, self)


Match = Span | Word | Presence


class Term(msgspec.Struct, frozen=True):
    """One condition; it holds if any of its matches fits any value of its key."""

    key: Key
    matches: tuple[Match, ...]
    negated: bool = False


class Text(msgspec.Struct, frozen=True):
    """A word searched in all texts of a record."""

    word: str
    negated: bool = False


class Is(msgspec.Struct, frozen=True):
    """`is:` with one or more words, of which one must hold."""

    words: tuple[str, ...]
    negated: bool = False


Condition = Term | Text | Is
SortKey = tuple[Key, bool]  # a key, and whether the largest value comes first


class Query(msgspec.Struct, frozen=True):
    """Conditions that must all hold, a sort order, and a limit."""

    terms: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None

    @property
    def of_records(self) -> list[Condition]:
        """The conditions on records."""
        return [term for term in self.terms if not (isinstance(term, Term) and term.key.of_activity)]

    @property
    def of_activities(self) -> list[Condition]:
        """The conditions on activities; one activity must meet all of them."""
        return [term for term in self.terms if isinstance(term, Term) and term.key.of_activity]

    @property
    def tags(self) -> list[str]:
        """The full names of the tags that the query asks for."""
        asked = (t for t in self.terms if isinstance(t, Term) and t.key.name == "tag" and not t.negated)
        return [
            match.text
            for term in asked
            for match in term.matches
            if isinstance(match, Word) and match.how == "whole"
        ]

    def former_users(self, config: Config) -> list[str]:
        """Return the users that the query names and `users` does not list any more."""
        known = {each.id for each in config.users}
        named = (t for t in self.terms if isinstance(t, Term) and t.key.name in keys.USERS)
        words = (each for term in named for each in term.matches if isinstance(each, Word))
        ids = dict.fromkeys(each.text for each in words if each.how == "whole")
        return [id for id in ids if id not in known] if known else []

    @property
    def names_closed(self) -> bool:
        """True if the query says itself which states it wants; otherwise only open records match."""
        return any(
            isinstance(t, Is) or (isinstance(t, Term) and t.key.name in ("closed", "lost"))
            for t in self.terms
        )

    @property
    def whatever_came(self) -> "Query":
        """The same query over open, won and lost records, unless it says which it wants."""
        return self if self.names_closed else replace(self, terms=(*self.terms, Is(("any",))))

    @property
    def names_kind(self) -> bool:
        """True if the query selects leads or opportunities itself; otherwise figures count opportunities."""
        return any(
            (isinstance(t, Is) and {"lead", "opportunity"} & set(t.words))
            or (isinstance(t, Term) and t.key.name == "kind")
            for t in self.terms
        )

    @property
    def only_opportunities(self) -> "Query":
        """The same query without leads."""
        kind = Term(keys.keys_by_name()["kind"], (Word(Kind.OPPORTUNITY.value),))
        return replace(self, terms=(*self.terms, kind))

    @property
    def only_planned(self) -> "Query":
        """The same query, for planned activities only."""
        state = Term(keys.keys_by_name()["state"], (Word("done"), Word("cancelled")), negated=True)
        return replace(self, terms=(*self.terms, state))

    def due_within(self, days: int, asker: "QueryContext") -> "Query":
        """Return the same query, for planned activities due within some days, from each assignee's today."""
        ahead = timedelta(days=days)
        due = Term(keys.keys_by_name()["due"], (asker.each_day(lambda today: Span(None, today + ahead)),))
        return replace(self.only_planned, terms=(*self.only_planned.terms, due))

    @property
    def names_state(self) -> bool:
        """True if the query has a condition on the state of activities."""
        return any(isinstance(t, Term) and t.key.name == "state" for t in self.terms)


class WorkspaceNames(msgspec.Struct, frozen=True):
    """Functions that look up names outside the configuration; called only where a query uses one."""

    holds: Callable[[str], bool]  # does a record hold `field.brand`, `answer.surface`, `questionnaire.pag`?
    questionnaires: Callable[[], Sequence[Listed]]
    questions: Callable[[], Mapping[str, Sequence[Question]]]  # of all questionnaires, by their ids


class QueryContext(msgspec.Struct, frozen=True):
    """The configuration, day and user for which a query is read."""

    config: Config
    today: date
    me: Callable[[], str]  # called only where a query says `me`
    beyond: WorkspaceNames | None = None  # None: any name is accepted
    searching: Callable[[str], Searching] = search_unhurried
    elsewhere: frozenset[date] = frozenset()  # the days that it is now in other users' time zones

    def each_day(self, read: Callable[[date], Span]) -> Span:
        """Return the range that `read` gives for today, with those for the days of other time zones."""
        span = read(self.today)
        readings = tuple((day, other) for day in sorted(self.elsewhere) if (other := read(day)) != span)
        if not readings:
            return span
        return LocalSpan(span.low, span.high, span.low_open, span.high_open, readings)


class QueryError(UsageError):
    """A usage error with its column in the query, whose arguments are joined by one blank."""

    def __init__(self, what: str, hint: str, column: int) -> None:
        super().__init__(what, where=f"query column {column + 1}", hint=hint)
        self.column = column
