"""The query language: what a person types about records, as a tree; a query or one error.

Grammar: a query is terms, one an argument, which must all hold.

    term  := ['not:'] key['.'op]':'value | '+'tag | '@'saved | word | 'sort:'keys | 'limit:'n
    value := a,b | x..y | x.. | ..y | none | any | a date word | ~part | /pattern/ | 'literal' | \\literal
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from crmcli.domain import keys
from crmcli.domain.config import Config
from crmcli.domain.days import Span, read_days
from crmcli.domain.errors import UsageError
from crmcli.domain.keys import IS_WORDS, Key, Type
from crmcli.domain.model import Kind
from crmcli.domain.named import unknown
from crmcli.domain.suggest import suggestion

COMPARISONS = ("gt", "ge", "lt", "le", "before", "after")
OPERATORS = (*COMPARISONS, "not")
TERM = r"(?s)(?P<key>[a-z_-]+(?:\.[\w-]+)*):(?P<value>.*)"
NUMBER = r"-?[0-9]{1,30}(\.[0-9]{1,10})?"
SAVED_TERM = r"(?:[^\s']|'[^']*(?:'|$))+"
EXCLUSIVE = {"open", "won", "lost"}


class Word(NamedTuple):
    """A text to compare: whole, as a part (`~`), or as a pattern (`/…/`)."""

    text: str
    how: str = "whole"


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


class Query(NamedTuple):
    """What is asked: conditions that must all hold, an order, and how many."""

    terms: tuple[Condition, ...] = ()
    sort: tuple[tuple[Key, bool], ...] = ()  # (key, descending)
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
        kind = Term(keys.by_name()["kind"], (Word(Kind.OPPORTUNITY),))
        return self._replace(terms=(*self.terms, kind))

    @property
    def only_planned(self) -> "Query":
        """The same of activities still to do."""
        state = Term(keys.by_name()["state"], (Word("done"), Word("cancelled")), negated=True)
        return self._replace(terms=(*self.terms, state))

    def due_by(self, day: date) -> "Query":
        """The same of activities still to do by a day."""
        due = Term(keys.by_name()["due"], (Span(None, day),))
        return self.only_planned._replace(terms=(*self.only_planned.terms, due))

    @property
    def names_state(self) -> bool:
        """Does it say in which state activities are wanted?"""
        return any(isinstance(t, Term) and t.key.name == "state" for t in self.terms)


class Asker(NamedTuple):
    """Who asks, when, in which workspace: what relative words mean."""

    config: Config
    today: date
    me: Callable[[], str]  # asked only where a query says `me`


class QueryError(UsageError):
    """A mistake in a query, and in which column of it, all its arguments set apart by one blank."""

    def __init__(self, what: str, hint: str, column: int) -> None:
        super().__init__(what, where=f"query column {column + 1}", hint=hint)
        self.column = column


@contextmanager
def at(column: int) -> Iterator[None]:
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


def parse(arguments: Sequence[str], asker: Asker) -> Query:
    """The query that these arguments spell, one term each.

    Raises QueryError naming the column, with the spelling that was meant.
    """
    query = Query()
    column = 0
    for argument in arguments:
        with at(column):
            for piece in saved(argument, asker.config):
                query = extended(query, piece, asker)
        column += len(argument) + 1
    return query


def saved(argument: str, config: Config) -> list[str]:
    """The terms of a saved query, or the argument itself."""
    if not is_saved(argument):
        return [argument]
    text = config.queries.get(argument[1:])
    if text is None:
        raise unknown("saved query", argument[1:], list(config.queries))
    return saved_terms(argument, text)


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


def parse_term(argument: str, asker: Asker) -> Condition:
    """One condition."""
    if argument.startswith("not:"):
        inner = argument[4:]
        if is_saved(inner) or inner.startswith(("sort:", "limit:")):
            raise UsageError(f"{argument!r}: {inner!r} is no condition, it cannot be negated")
        with at(4):
            term = parse_term(inner, asker)
        return term._replace(negated=not term.negated)
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
        raise UsageError(f"{argument!r} is no term", hint=f"not:{argument[1:]}")
    known = {*keys.by_name(), "is"}
    name, equals, value = argument.partition("=")
    if equals and ":" not in argument:
        hint = f"{name}:{value}" if name in known else "a term is key:value"
        raise UsageError(f"{argument!r} is no term", hint=hint)
    if ":" not in argument and (sign := re.search("[<>]", argument)):
        name = argument[: sign.start()]
        hint = f"{name}:5000.. or {name}.gt:5000" if name in known else "a term is key:value"
        raise UsageError(f"{argument!r} is no term", hint=hint)
    if ":" in argument and not re.fullmatch(TERM, argument):
        head, _, rest = argument.partition(":")
        hint = f"{head.lower()}:{rest}" if head.lower() in known else f"text:{argument}"
        raise UsageError(f"{argument!r} is no term", hint=hint)
    if argument.startswith("@"):
        raise UsageError(f"{argument!r} is no saved query", hint="its name begins with a letter")
    if argument in IS_WORDS:
        raise UsageError(f"{argument!r} alone searches nothing", hint=f"is:{argument}")
    if not argument.strip():
        raise UsageError("an empty word searches nothing")


def keyed_term(written: str, value: str, asker: Asker) -> Condition:
    """A condition on a key, which may carry an operator."""
    name, op = split_operator(written)
    negated = op == "not"
    if name in ("text", "is") and op in COMPARISONS:
        raise UsageError(f"{name} has no order, so no .{op}", hint=f"{name}:{value or 'value'}")
    if name == "text":
        if not value.strip():
            raise UsageError("an empty word searches nothing")
        if value.startswith(("~", "/")):
            raise UsageError(f"text:{value}: parts are found anyway", hint=f"text:{value.strip('~/')}")
        return Text(value, negated)
    with at(len(written) + 1):
        if name == "is":
            return Is(is_words(value), negated)
    key = named_key(name)
    if op in COMPARISONS and key.type is Type.TEXT:
        raise UsageError(f"{name} has no order, so no .{op}", hint=f"{name}:{value or 'value'}")
    with at(len(written) + 1):
        matches = parse_values(key, name, op, value, asker)
        check_choices(key, matches, asker)
    return Term(key, matches, negated)


def split_operator(name: str) -> tuple[str, str | None]:
    """A key and the operator behind its last dot, if there is one."""
    head, dot, tail = name.rpartition(".")
    if dot and tail in OPERATORS and head not in keys.PREFIXES:
        return head, tail
    return name, None


def named_key(name: str) -> Key:
    """The key with this name.

    Raises UsageError with the nearest one.
    """
    prefix, _, rest = name.partition(".")
    if prefix in keys.PREFIXES and rest and "." not in rest:
        return keys.custom_key(name)
    known = keys.by_name()
    if name in known:
        return known[name]
    head, dot, tail = name.rpartition(".")
    if dot and (head in known or head.partition(".")[0] in keys.PREFIXES):
        raise UsageError(
            f"unknown operator {tail!r}", hint=suggestion(tail, OPERATORS) or ", ".join(OPERATORS)
        )
    names = [*known, "is", "text", "sort", "limit"]
    raise UsageError(f"unknown key {name!r}", hint=suggestion(name, names) or "crm help query")


def is_words(value: str) -> tuple[str, ...]:
    """The words of `is:`."""
    words = tuple(value.split(","))
    for word in words:
        if word not in IS_WORDS:
            raise unknown("is:", word, list(IS_WORDS))
    return words


def parse_values(key: Key, name: str, op: str | None, value: str, asker: Asker) -> tuple[Match, ...]:
    """What a key is compared with: values separated by commas, of which one must fit."""
    if not value:
        raise UsageError(f"{name}: has no value", hint=f"{name}:none for those without one")
    if value in ("none", "any"):
        return (Presence(value == "any"),)
    type = key.type
    if type is Type.OPEN:
        type = (
            Type.NUMBER if op in COMPARISONS or re.fullmatch(NUMBER, value.replace("..", "")) else Type.TEXT
        )
    if type is Type.TEXT:
        return tuple(parse_word(name, each, asker) for each in split_texts(value))
    if type is Type.NUMBER and "," in value:
        raise UsageError(f"{name}:{value} has a comma", hint="write 7500.50, or a range like 5000..8000")
    if op in COMPARISONS:
        span = parse_span(name, type, value, asker)
        if span.low is None or span.high is None:
            raise UsageError(f"{name}.{op} takes one value, not {value!r}", hint=f"{name}:{value}")
        return (compared(str(op), span),)
    return tuple(parse_span(name, type, each, asker) for each in value.split(","))


def split_texts(value: str) -> list[str]:
    """Alternatives between commas; a quoted or pattern value is one."""
    if value[:1] in ("'", "/", "\\"):
        return [value]
    return value.split(",")


def parse_word(name: str, text: str, asker: Asker) -> Word:
    """How a text is compared."""
    if text in ("", "~"):
        raise UsageError(f"{name}:{text} says nothing", hint=f"{name}:any")
    if text.startswith("~"):
        return Word(text[1:], "part")
    if text.startswith("/") and text.endswith("/") and len(text) > 1:
        return pattern(name, text[1:-1])
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return Word(text[1:-1])
    if text.startswith(("'", "/")):
        raise UsageError(
            f"{name}:{text} does not end in {text[0]}", hint=f"{name}:\\{text} takes it as it stands"
        )
    if text.startswith("\\"):
        return Word(text[1:])
    if text == "me" and keys.by_name()[name].name in keys.PEOPLE:
        return Word(asker.me())
    return Word(text)


def pattern(name: str, text: str) -> Word:
    """A regular expression, as Python has them."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{name}:/{text}/ is no pattern: {error}") from None
    return Word(text, "pattern")


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

    def read(part: str) -> Span:
        return read_number(name, part) if type is Type.NUMBER else read_days(part, asker.today, asker.config)

    low, dots, high = text.partition("..")
    if not dots:
        return read(text)
    if not low and not high:
        raise UsageError(f"{name}:.. says nothing", hint=f"{name}:any")
    first = read(low).low if low else None
    last = read(high).high if high else None
    if first is not None and last is not None and first > last:
        raise UsageError(f"{name}:{text} runs backwards", hint=f"{name}:{high}..{low}")
    return Span(first, last)


def read_number(name: str, text: str) -> Span:
    """A number."""
    if not re.fullmatch(NUMBER, text):
        raise UsageError(f"{name}:{text}: {text!r} is no number", hint="like 5000, 7500.50 or 1000..5000")
    return Span(Decimal(text), Decimal(text))


def check_choices(key: Key, matches: tuple[Match, ...], asker: Asker) -> None:
    """Refuse a value that the configuration does not know."""
    known = key.choices(asker.config) if key.choices else []
    for match in matches:
        if known and isinstance(match, Word) and match.how == "whole" and match.text not in known:
            raise unknown(key.name, match.text, known)


def contradictions(query: Query) -> Iterator[str]:
    """What cannot hold at the same time, so that nothing can be found."""
    seen: dict[str, Term] = {}
    for term in query.terms:
        if not isinstance(term, Term) or term.negated or term.key.has_several:
            continue
        earlier = seen.setdefault(term.key.name, term)
        if earlier is not term and not any(
            meet(one, other) for one in earlier.matches for other in term.matches
        ):
            yield f"nothing has two values of {term.key.name}: nothing can be found"
    stands = [
        set(t.words) for t in query.terms if isinstance(t, Is) and not t.negated and set(t.words) <= EXCLUSIVE
    ]
    if stands and not set.intersection(*stands):
        yield "no record is " + " and ".join(",".join(sorted(words)) for words in stands)


def meet(one: Match, other: Match) -> bool:
    """Might a value fit both?"""
    if isinstance(one, Presence):
        return one.wanted == (other.wanted if isinstance(other, Presence) else True)
    if isinstance(other, Presence):
        return other.wanted
    if isinstance(one, Word) and isinstance(other, Word):
        return one.how != "whole" or other.how != "whole" or one.text.casefold() == other.text.casefold()
    if isinstance(one, Span) and isinstance(other, Span):
        return not (ends_before(one, other) or ends_before(other, one))
    return True


def ends_before(one: Span, other: Span) -> bool:
    """Does a range end where another has not begun? Ranges of days and of numbers never meet."""
    if one.high is None or other.low is None:
        return False
    if isinstance(one.high, date) != isinstance(other.low, date):
        return True
    touching = one.high == other.low and (one.high_open or other.low_open)
    return bool(one.high < other.low or touching)


def described(query: Query) -> Iterator[str]:
    """The query in words, one condition a line, its dates resolved."""
    for term in query.terms:
        yield f"not: {told(term)}" if term.negated else told(term)
    if not query.names_closed and not query.of_activities:
        yield "is open"
    for key, descending in query.sort:
        yield f"sorted by {key.name}, {'largest' if descending else 'smallest'} first"
    if query.limit is not None:
        yield f"at most {query.limit}"


def told(term: Condition) -> str:
    """One condition in words, whether it is negated or not."""
    if isinstance(term, Is):
        return f"is {' or '.join(term.words)}"
    if isinstance(term, Text):
        return f"text holds {term.word!r}"
    of = "an activity's " if term.key.of_activity else ""
    return f"{of}{term.key.name} {' or '.join(map(in_words, term.matches))}"


def in_words(match: Match) -> str:
    """One alternative of a condition in words."""
    if isinstance(match, Presence):
        return "given" if match.wanted else "missing"
    if isinstance(match, Word):
        return {"whole": "is", "part": "holds", "pattern": "matches"}[match.how] + f" {match.text!r}"
    if match.low == match.high and match.low is not None:
        return f"is {match.low}"
    low = f"{'more than' if match.low_open else 'from'} {match.low}" if match.low is not None else ""
    high = f"{'less than' if match.high_open else 'to'} {match.high}" if match.high is not None else ""
    return f"{low} {high}".strip()
