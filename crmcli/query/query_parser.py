"""The query language: what a person types about records, as a tree; a query or one error.

Grammar: a query is terms, one an argument, which must all hold.

    term  := ['not:'] key['.'op]':'value | '+'tag | '@'saved | word | 'sort:'keys | 'limit:'n
    value := a,b | x..y | x.. | ..y | none | any | a date word | ~part | /pattern/ | 'literal' | \\literal
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from crmcli.domain.localization.days import Span, read_days
from crmcli.domain.model.config import Config
from crmcli.domain.model.custom_fields import Wanted
from crmcli.domain.model.questionnaires import Question
from crmcli.domain.model.record_types import Kind
from crmcli.domain.values import patterns
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.list_entries import Named, unknown_entry
from crmcli.domain.values.patterns import Searching, search_unhurried
from crmcli.domain.values.suggest import suggest_name
from crmcli.query import keys
from crmcli.query.is_words import IS_WORDS
from crmcli.query.keys import Key, Type

COMPARISONS = ("gt", "ge", "lt", "le", "before", "after")
OPERATORS = (*COMPARISONS, "not")
TERM = r"(?s)(?P<key>[a-z_-]+(?:\.[\w-]+)*):(?P<value>.*)"
NUMBER = r"-?[0-9]{1,30}(\.[0-9]{1,10})?"
SAVED_TERM = r"(?:[^\s']+|'[^']*(?:'|$))+"
NEGATIONS = "(?:not:)+"
MOST_CONDITIONS = 200
MOST_RANGES = 1_000  # days, numbers and ranges of them, in all conditions together
MOST_SORT_KEYS = 100
COMPARED = r"(?s)(?P<key>[a-z_-]+(?:\.[\w-]+)*):?(?P<sign>[<>]=?)(?P<value>.*)"
SIGNS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le"}


class Word(NamedTuple):
    """A text to compare: whole, as a part (`~`), or as a pattern (`/…/`), which knows how it is searched."""

    text: str
    how: str = "whole"
    search: Searching | None = None


class Presence(NamedTuple):
    """`none` or `any`: whether there is a value at all."""

    wanted: bool


Match = Span | Word | Presence


class Term(NamedTuple):
    """One condition; it holds if any of its matches fits any value of its key."""

    key: Key
    matches: tuple[Match, ...]
    negated: bool = False


class Text(NamedTuple):
    """A word searched in all the text of a record."""

    word: str
    negated: bool = False


class Is(NamedTuple):
    """`is:` with one of its words, or several of which one must hold."""

    words: tuple[str, ...]
    negated: bool = False


Condition = Term | Text | Is
SortKey = tuple[Key, bool]  # a key, and whether the largest value comes first


class Query(NamedTuple):
    """What is asked: conditions that must all hold, an order, and how many."""

    terms: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None

    @property
    def of_records(self) -> list[Condition]:
        """The conditions on records."""
        return [term for term in self.terms if not (isinstance(term, Term) and term.key.of_activity)]

    @property
    def of_activities(self) -> list[Condition]:
        """The conditions on activities, which must hold for the same one."""
        return [term for term in self.terms if isinstance(term, Term) and term.key.of_activity]

    @property
    def tags(self) -> list[str]:
        """The tags that it asks for by their full names."""
        asked = (t for t in self.terms if isinstance(t, Term) and t.key.name == "tag" and not t.negated)
        return [
            match.text
            for term in asked
            for match in term.matches
            if isinstance(match, Word) and match.how == "whole"
        ]

    @property
    def names_closed(self) -> bool:
        """Does it ask about closed deals itself? Otherwise it means open ones."""
        return any(
            isinstance(t, Is) or (isinstance(t, Term) and t.key.name in ("closed", "lost"))
            for t in self.terms
        )

    @property
    def whatever_came(self) -> "Query":
        """The same over open, won and lost deals, unless it says which it means."""
        return self if self.names_closed else self._replace(terms=(*self.terms, Is(("any",))))

    @property
    def names_kind(self) -> bool:
        """Does it say whether it means leads or opportunities? Figures are about opportunities otherwise."""
        return any(
            (isinstance(t, Is) and {"lead", "opportunity", "any"} & set(t.words))
            or (isinstance(t, Term) and t.key.name == "kind")
            for t in self.terms
        )

    @property
    def only_opportunities(self) -> "Query":
        """The same without leads."""
        kind = Term(keys.keys_by_name()["kind"], (Word(Kind.OPPORTUNITY.value),))
        return self._replace(terms=(*self.terms, kind))

    @property
    def only_planned(self) -> "Query":
        """The same of activities still to do."""
        state = Term(keys.keys_by_name()["state"], (Word("done"), Word("cancelled")), negated=True)
        return self._replace(terms=(*self.terms, state))

    def due_by(self, day: date) -> "Query":
        """The same of activities still to do by a day."""
        due = Term(keys.keys_by_name()["due"], (Span(None, day),))
        return self.only_planned._replace(terms=(*self.only_planned.terms, due))

    @property
    def names_state(self) -> bool:
        """Does it say in which state activities are wanted?"""
        return any(isinstance(t, Term) and t.key.name == "state" for t in self.terms)


class WorkspaceNames(NamedTuple):
    """What a workspace knows of names beside its configuration; asked only where a query uses one."""

    holds: Callable[[str], bool]  # does a record hold `field.brand`, `answer.surface`, `questionnaire.pag`?
    questionnaires: Callable[[], Collection[str]]
    questions: Callable[[], Mapping[str, Sequence[Question]]]  # of all questionnaires, by their ids


class QueryContext(NamedTuple):
    """Who asks, when, in which workspace: what relative words and names of one's own mean."""

    config: Config
    today: date
    me: Callable[[], str]  # asked only where a query says `me`
    beyond: WorkspaceNames | None = None  # where nobody can say, any name may be one
    searching: Callable[[str], Searching] = search_unhurried


class QueryError(UsageError):
    """A mistake in a query, and in which column of it, all its arguments set apart by one blank."""

    def __init__(self, what: str, hint: str, column: int) -> None:
        super().__init__(what, where=f"query column {column + 1}", hint=hint)
        self.column = column


@contextmanager
def shift_columns(column: int) -> Iterator[None]:
    """Whatever is wrong in here stands so many columns further on."""
    try:
        yield
    except UsageError as error:
        inner = error.column if isinstance(error, QueryError) else 0
        raise QueryError(" ".join(error.what.splitlines()), error.hint, inner + column) from None


def is_term(argument: str) -> bool:
    """Is this argument a condition rather than a word or a reference?"""
    return argument.startswith("+") or is_saved(argument) or re.fullmatch(TERM, argument) is not None


def is_saved(argument: str) -> bool:
    """Does this name a saved query? Its name begins with a letter."""
    return argument.startswith("@") and argument[1:2].isalpha()


def parse_query(arguments: Sequence[str], asker: QueryContext) -> Query:
    """The query that these arguments spell, one term each.

    Raises QueryError naming the column, with the spelling that was meant.
    """
    query = Query()
    column = 0
    for argument in arguments:
        with shift_columns(column):
            if is_saved(argument):
                query = with_saved(query, argument, asker)
            else:
                query = add_term(query, argument, asker)
        column += len(argument) + 1
    return query


def with_saved(query: Query, name: str, asker: QueryContext) -> Query:
    """The query with the terms of a saved one.

    Raises UsageError naming it and its file where it is wrong.
    """
    text = asker.config.queries.get(name[1:])
    if text is None:
        raise unknown_entry("saved query", name[1:], list(asker.config.queries))
    for term in saved_terms(name, text):
        try:
            query = add_term(query, term, asker)
        except UsageError as error:
            raise UsageError(f"{name} in crm.yaml: {term}: {error.what}", hint=error.hint) from None
    return query


def saved_terms(name: str, text: str) -> list[str]:
    """The terms of a saved query's text, at blanks that do not stand between quotes.

    Raises UsageError where it has none, or names another saved query.
    """
    terms = [found[0] for found in re.finditer(SAVED_TERM, text)]
    if not terms:
        raise UsageError(f"the saved query {name} is empty")
    for term in terms:
        if term.removeprefix("not:").startswith("@"):
            raise UsageError(f"the saved query {name} cannot hold another, {term}")
    return terms


def add_term(query: Query, argument: str, asker: QueryContext) -> Query:
    """The query with one more term."""
    if argument.startswith("sort:"):
        return query._replace(sort=add_sort_keys(query.sort, parse_sort(argument[5:], asker)))
    if argument.startswith("limit:"):
        if not re.fullmatch("[0-9]{1,9}", argument[6:]):
            raise UsageError(f"{argument}: a whole number is wanted")
        return query._replace(limit=int(argument[6:]))
    if len(query.terms) >= MOST_CONDITIONS:
        raise UsageError(f"a query takes at most {MOST_CONDITIONS} conditions")
    terms = (*query.terms, parse_term(argument, asker))
    if sum(map(count_ranges, terms)) > MOST_RANGES:
        raise UsageError(f"a query takes at most {MOST_RANGES:,} days, numbers or ranges")
    return query._replace(terms=terms)


def count_ranges(term: Condition) -> int:
    """Count the days, numbers and ranges of a condition."""
    return sum(isinstance(match, Span) for match in term.matches) if isinstance(term, Term) else 0


def add_sort_keys(sort: tuple[SortKey, ...], more: Iterable[SortKey]) -> tuple[SortKey, ...]:
    """Return an order with more keys; one that it has already changes nothing.

    Raises UsageError for more than anybody looks at.
    """
    by_name: dict[str, SortKey] = {}
    for each in (*sort, *more):
        by_name.setdefault(each[0].name, each)
    if len(by_name) > MOST_SORT_KEYS:
        raise UsageError(f"an order takes at most {MOST_SORT_KEYS} keys")
    return tuple(by_name.values())


def parse_sort(text: str, asker: QueryContext) -> list[SortKey]:
    """The order that `sort:` asks for."""
    names = dict.fromkeys(text.split(","))
    return [(sort_key(name.removeprefix("-"), asker), name.startswith("-")) for name in names]


def sort_key(name: str, asker: QueryContext) -> Key:
    """A key that records can be put in order by."""
    if own := own_key(name, asker):
        return own
    known = keys.keys_by_name()
    if name not in known:
        raise unknown_entry("sort key", name, list(known))
    return known[name]


def parse_term(argument: str, asker: QueryContext) -> Condition:
    """One condition."""
    if negations := re.match(NEGATIONS, argument):
        inner = argument[negations.end() :]
        if is_saved(inner) or inner.startswith(("sort:", "limit:")):
            raise UsageError(f"{argument!r}: {inner!r} is not a condition and cannot be negated")
        with shift_columns(negations.end()):
            term = parse_term(inner, asker)
        return term._replace(negated=term.negated != bool(negations.end() // 4 % 2))
    if argument.startswith("+"):
        return keyed_term("tag", argument[1:], asker)
    refuse_lookalikes(argument)
    found = re.fullmatch(TERM, argument)
    if found is None:
        return Text(argument)
    return keyed_term(found["key"], found["value"], asker)


def refuse_lookalikes(argument: str) -> None:
    """Stop at what other tools would understand, with our spelling."""
    if argument.startswith("-") and ":" in argument:
        raise UsageError(f"{argument!r} is not a valid condition", hint=f"not:{argument[1:]}")
    if compared := re.fullmatch(COMPARED, argument):
        raise UsageError(f"{argument!r} is not a valid condition", hint=meant_by_a_sign(compared))
    known = {*keys.keys_by_name(), "is"}
    name, equals, value = argument.partition("=")
    if ":" not in argument and (equals or set("<>") & set(argument)):
        hint = f"{name}:{value}" if equals and name in known else "a term is key:value"
        raise UsageError(f"{argument!r} is not a valid condition", hint=hint)
    if ":" in argument and not re.fullmatch(TERM, argument):
        head, _, rest = argument.partition(":")
        hint = f"{head.lower()}:{rest}" if head.lower() in known else f"text:{argument}"
        raise UsageError(f"{argument!r} is not a valid condition", hint=hint)
    if argument.startswith("@"):
        raise UsageError(f"{argument!r} is not a saved query", hint="its name begins with a letter")
    if argument in IS_WORDS:
        raise UsageError(f"{argument!r} alone is not a search word", hint=f"is:{argument}")
    if not argument.strip():
        raise UsageError("a search word is empty")


def meant_by_a_sign(compared: re.Match[str]) -> str:
    """The spelling of `revenue>=5000` or `revenue:>5000` that needs no quotes in a shell."""
    name, _ = split_operator(compared["key"])
    return f"{name}.{SIGNS[compared['sign']]}:{compared['value'] or '5000'}"


def keyed_term(written: str, value: str, asker: QueryContext) -> Condition:
    """A condition on a key, which may carry an operator."""
    name, op = split_operator(written)
    negated = op == "not"
    if name in ("text", "is") and op in COMPARISONS:
        raise UsageError(f"{name} has no order, so no .{op}", hint=f"{name}:{value or 'value'}")
    if name == "text":
        if not value.strip():
            raise UsageError("a search word is empty")
        if value.startswith(("~", "/")):
            raise UsageError(f"text:{value}: parts are found anyway", hint=f"text:{value.strip('~/')}")
        return Text(value, negated)
    with shift_columns(len(written) + 1):
        if name == "is":
            return Is(is_words(value), negated)
    key = named_key(name, asker)
    if op in COMPARISONS and key.type is Type.TEXT:
        raise UsageError(f"{name} has no order, so no .{op}", hint=f"{name}:{value or 'value'}")
    with shift_columns(len(written) + 1):
        matches = parse_values(key, name, op, value, asker)
        check_choices(key, matches, asker)
    return Term(key, tuple(dict.fromkeys(matches)), negated)


def split_operator(name: str) -> tuple[str, str | None]:
    """A key and the operator behind its last dot, if there is one."""
    head, dot, tail = name.rpartition(".")
    if dot and tail in OPERATORS and head not in keys.PREFIXES:
        return head, tail
    return name, None


def named_key(name: str, asker: QueryContext) -> Key:
    """The key with this name.

    Raises UsageError with the nearest one.
    """
    if own := own_key(name, asker):
        return own
    known = keys.keys_by_name()
    if name in known:
        return known[name]
    head, dot, tail = name.rpartition(".")
    if dot and (head in known or head.partition(".")[0] in keys.PREFIXES):
        raise UsageError(
            f"unknown operator {tail!r}", hint=suggest_name(tail, OPERATORS) or ", ".join(OPERATORS)
        )
    names = [*known, "is", "text", "sort", "limit"]
    raise UsageError(f"unknown key {name!r}", hint=suggest_name(name, names) or "crm help query")


def own_key(name: str, asker: QueryContext) -> Key | None:
    """The key of a field of your own or of an answer, if this names one.

    Raises UsageError for a name that neither the configuration nor a questionnaire nor a record knows.
    """
    prefix, _, rest = name.partition(".")
    if prefix not in keys.PREFIXES or not rest or "." in rest:
        return None
    wanted = declared_field(rest, asker) if prefix == "field" else declared_question(rest, asker)
    if wanted is None and asker.beyond is not None and not asker.beyond.holds(name):
        declared = DECLARED[prefix](asker.config, asker.beyond)
        if rest not in declared:
            raise unknown_entry(f"{prefix}.", rest, list(declared))
    return keys.custom_key(name, wanted)


def declared_field(name: str, asker: QueryContext) -> Wanted | None:
    """How a custom field is typed, where it is configured."""
    field = asker.config.custom_field(name)
    if field is None:
        return None
    return Wanted(field.label or name, field.type, tuple(Named(id=choice) for choice in field.choices))


def declared_question(name: str, asker: QueryContext) -> Wanted | None:
    """How the answers to a question are typed, where all questionnaires that ask it agree."""
    asked = asker.beyond.questions().get(name, ()) if asker.beyond else ()
    if len({question.type for question in asked}) != 1:
        return None
    choices = {choice.id: choice for question in asked for choice in question.choices}
    return Wanted(asked[0].label, asked[0].type, tuple(choices.values()))


DECLARED: dict[str, Callable[[Config, WorkspaceNames], Collection[str]]] = {
    "field": lambda config, beyond: [field.name for field in config.fields],
    "answer": lambda config, beyond: beyond.questions(),
}


def is_words(value: str) -> tuple[str, ...]:
    """The words of `is:`."""
    words = tuple(dict.fromkeys(value.split(",")))
    for word in words:
        if word not in IS_WORDS:
            raise unknown_entry("is:", word, list(IS_WORDS))
    return words


def parse_values(key: Key, name: str, op: str | None, value: str, asker: QueryContext) -> tuple[Match, ...]:
    """What a key is compared with: values separated by commas, of which one must fit."""
    if not value:
        raise UsageError(f"{name}: has no value", hint=f"{name}:none for those without one")
    if value in ("none", "any"):
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
    if type is Type.NUMBER and "," in value:
        raise UsageError(f"{name}:{value} has a comma", hint="write 7500.50, or a range like 5000..8000")
    if op in COMPARISONS:
        span = parse_span(name, type, value, asker)
        if span.low is None or span.high is None or ".." in value:
            raise UsageError(f"{name}.{op} takes one value, not {value!r}", hint=f"{name}:{value}")
        return (span_of_operator(str(op), span),)
    return tuple(parse_span(name, type, each, asker) for each in value.split(","))


def split_texts(value: str) -> list[str]:
    """Alternatives between commas; a quoted or pattern value is one."""
    if value[:1] in ("'", "/", "\\"):
        return [value]
    return value.split(",")


def parse_word(key: Key, name: str, text: str, asker: QueryContext) -> Word:
    """How a text is compared."""
    word = read_word(name, text, asker)
    if key.spelled is None or word.how == "pattern":
        return word
    return word._replace(text=key.spelled(word.text, asker.config))


def read_word(name: str, text: str, asker: QueryContext) -> Word:
    """A text, a part or a pattern, as it is written."""
    if text in ("", "~"):
        raise UsageError(f"{name}:{text} says nothing", hint=f"{name}:any")
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
    if text == "me" and (named := keys.keys_by_name().get(name)) and named.name in keys.PEOPLE:
        return Word(asker.me())
    return Word(text)


def compile_pattern(name: str, text: str, asker: QueryContext) -> Word:
    """A regular expression, as Python has them."""
    try:
        return Word(text, "pattern", asker.searching(text))
    except patterns.INVALID as error:
        raise UsageError(f"{name}:/{text}/ is not a valid pattern: {error}") from None


def span_of_operator(op: str, span: Span) -> Span:
    """The range that an operator makes of a value."""
    match op:
        case "gt" | "after":
            return Span(span.high, None, low_open=True)
        case "ge":
            return Span(span.low, None)
        case "lt" | "before":
            return Span(None, span.low, high_open=True)
    return Span(None, span.high)


def parse_span(name: str, type: Type, text: str, asker: QueryContext) -> Span:
    """A value or a range `x..y`, of numbers or dates."""

    def read(part: str) -> Span:
        return read_number(name, part) if type is Type.NUMBER else read_days(part, asker.today, asker.config)

    low, dots, high = text.partition("..")
    if not dots:
        return read(text)
    if not low and not high:
        raise UsageError(f"{name}:.. says nothing", hint=f"{name}:any")
    begin = read(low) if low else Span(None, None)
    end = read(high) if high else Span(None, None)
    if low and begin.low is None:
        hint = f"{name}:..{high}" if high else f"{name}:any"
        raise UsageError(f"{name}:{text}: {low} has no first day", hint=hint)
    if is_backwards(begin.low, end):
        raise UsageError(f"{name}:{text} ends before it begins", hint=f"{name}:{high}..{low}")
    return Span(begin.low, end.high, high_open=end.high_open)


def is_backwards(low: Any, end: Span) -> bool:
    """Does a range end before it begins?"""
    if low is None or end.high is None:
        return False
    return bool(low > end.high or (low == end.high and end.high_open))


def read_number(name: str, text: str) -> Span:
    """A number."""
    if not re.fullmatch(NUMBER, text):
        raise UsageError(f"{name}:{text}: {text!r} is not a number", hint="like 5000, 7500.50 or 1000..5000")
    return Span(Decimal(text), Decimal(text))


def check_choices(key: Key, matches: tuple[Match, ...], asker: QueryContext) -> None:
    """Refuse a value that the configuration does not know."""
    known = choices_of(key, asker)
    meant = set(map(fold_text, known))
    words = [match.text for match in matches if isinstance(match, Word) and match.how == "whole"]
    for word in words if known else ():
        if fold_text(word) not in meant and not is_held(key, word, asker):
            raise unknown_entry(key.name, word, known)


def is_held(key: Key, word: str, asker: QueryContext) -> bool:
    """Does a record hold this questionnaire, though its file is gone?"""
    return (
        key.name == "questionnaire" and asker.beyond is not None and asker.beyond.holds(f"{key.name}.{word}")
    )


def choices_of(key: Key, asker: QueryContext) -> list[str]:
    """The only values that a key can have; none where it can have any."""
    if key.name == "questionnaire" and asker.beyond is not None:
        return list(asker.beyond.questionnaires())
    return list(key.choices(asker.config)) if key.choices else []
