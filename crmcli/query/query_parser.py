"""The parser of the query language: command-line arguments become a Query, or one error.

Grammar: a query is terms, one per argument, which must all hold.

    term  := ['not:'] key['.'op]':'value | '+'tag | '@'saved | word | 'sort:'keys | 'limit:'n
    value := a,b | x..y | x.. | ..y | none | any | a date word | ~part | /pattern/ | 'literal' | \\literal
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from crmcli.domain.localization.days import Span
from crmcli.domain.model.config import Config
from crmcli.domain.model.custom_fields import Wanted
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.domain.values.suggest import suggest_name
from crmcli.query import keys
from crmcli.query.is_words import IS_WORDS
from crmcli.query.keys import Key, Type
from crmcli.query.query_model import (
    Condition,
    Is,
    Query,
    QueryContext,
    QueryError,
    SortKey,
    Term,
    Text,
    WorkspaceNames,
)
from crmcli.query.term_syntax import TERM, is_saved
from crmcli.query.value_parser import COMPARISONS, SIGNS, check_choices, parse_values

OPERATORS = (*COMPARISONS, "not")
SAVED_TERM = r"(?:[^\s']+|'[^']*(?:'|$))+"
NEGATIONS = "(?:not:)+"
MOST_CONDITIONS = 200
MOST_RANGES = 1_000  # days, numbers and ranges in all conditions together
MOST_SORT_KEYS = 100
COMPARED = r"(?s)(?P<key>[a-z_-]+(?:\.[\w-]+)*):?(?P<sign>[<>]=?)(?P<value>.*)"


@contextmanager
def shift_columns(column: int) -> Iterator[None]:
    """Move the column of any usage error raised inside to the right by this many columns."""
    try:
        yield
    except UsageError as error:
        inner = error.column if isinstance(error, QueryError) else 0
        raise QueryError(" ".join(error.what.splitlines()), error.hint, inner + column) from None


def parse_query(arguments: Sequence[str], asker: QueryContext) -> Query:
    """Parse the arguments, one term each, into a query.

    Raises QueryError with the column and, where possible, the correct spelling.
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
    """Return the query with the terms of a saved query added.

    Raises UsageError with its name and file where it is wrong.
    """
    saved = asker.config.saved_queries
    text = saved.get(name[1:])
    if text is None:
        raise unknown_entry("saved query", name[1:], list(saved))
    for term in saved_terms(name, text) if text or name[1:] in asker.config.queries else ():
        try:
            query = add_term(query, term, asker)
        except UsageError as error:
            raise UsageError(f"{name} in crm.yaml: {term}: {error.what}", hint=error.hint) from None
    return query


def saved_terms(name: str, text: str) -> list[str]:
    """Return the terms of a saved query's text, split at blanks outside quotes.

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
    """Return the query with one more term."""
    if argument.startswith("sort:"):
        return replace(query, sort=add_sort_keys(query.sort, parse_sort(argument[5:], asker)))
    if argument.startswith("limit:"):
        if not re.fullmatch("[0-9]{1,9}", argument[6:]):
            raise UsageError(f"{argument} is not a whole number")
        return replace(query, limit=int(argument[6:]))
    if len(query.terms) >= MOST_CONDITIONS:
        raise UsageError(f"a query takes at most {MOST_CONDITIONS} conditions")
    terms = (*query.terms, parse_term(argument, asker))
    if sum(map(count_ranges, terms)) > MOST_RANGES:
        raise UsageError(f"a query takes at most {MOST_RANGES:,} days, numbers or ranges")
    return replace(query, terms=terms)


def count_ranges(term: Condition) -> int:
    """Count the days, numbers and ranges of a condition."""
    return sum(isinstance(match, Span) for match in term.matches) if isinstance(term, Term) else 0


def add_sort_keys(sort: tuple[SortKey, ...], more: Iterable[SortKey]) -> tuple[SortKey, ...]:
    """Return a sort order with more keys; keys already in it are ignored.

    Raises UsageError for more than 100 keys.
    """
    by_name: dict[str, SortKey] = {}
    for each in (*sort, *more):
        by_name.setdefault(each[0].name, each)
    if len(by_name) > MOST_SORT_KEYS:
        raise UsageError(f"an order takes at most {MOST_SORT_KEYS} keys")
    return tuple(by_name.values())


def parse_sort(text: str, asker: QueryContext) -> list[SortKey]:
    """Parse the keys of `sort:`."""
    names = dict.fromkeys(text.split(","))
    return [(sort_key(name.removeprefix("-"), asker), name.startswith("-")) for name in names]


def sort_key(name: str, asker: QueryContext) -> Key:
    """Return the key to sort by."""
    if own := own_key(name, asker):
        return own
    known = keys.keys_by_name()
    if name not in known:
        raise unknown_entry("sort key", name, list(known))
    return known[name]


def parse_term(argument: str, asker: QueryContext) -> Condition:
    """Parse one condition."""
    if negations := re.match(NEGATIONS, argument):
        inner = argument[negations.end() :]
        if is_saved(inner) or inner.startswith(("sort:", "limit:")):
            raise UsageError(f"{argument!r}: {inner!r} is not a condition and cannot be negated")
        with shift_columns(negations.end()):
            term = parse_term(inner, asker)
        return replace(term, negated=term.negated != bool(negations.end() // 4 % 2))
    if argument.startswith("+"):
        return keyed_term("tag", argument[1:], asker)
    refuse_lookalikes(argument)
    found = re.fullmatch(TERM, argument)
    if found is None:
        return Text(argument)
    return keyed_term(found["key"], found["value"], asker)


def refuse_lookalikes(argument: str) -> None:
    """Raise UsageError for spellings of other tools, with the correct one as a hint."""
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
    """Return the spelling of `revenue>=5000` or `revenue:>5000` that needs no quotes in a shell."""
    name, _ = split_operator(compared["key"])
    return f"{name}.{SIGNS[compared['sign']]}:{compared['value'] or '5000'}"


def keyed_term(written: str, value: str, asker: QueryContext) -> Condition:
    """Parse a condition on a key, which may carry an operator."""
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
    """Split a key from the operator after its last dot; the operator is None if there is none."""
    head, dot, tail = name.rpartition(".")
    if dot and tail in OPERATORS and head not in keys.PREFIXES:
        return head, tail
    return name, None


def named_key(name: str, asker: QueryContext) -> Key:
    """Return the key with this name.

    Raises UsageError with the nearest name.
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
    """Return the key of a custom field or of an answer; None if the name is neither.

    Raises UsageError for a name found in no configuration, questionnaire or record.
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
    """Return the declaration of a custom field; None if it is not configured."""
    field = asker.config.custom_field(name)
    if field is None:
        return None
    return Wanted(field.label or name, field.type, field.entries)


def declared_question(name: str, asker: QueryContext) -> Wanted | None:
    """Return the declaration of a question; None unless all questionnaires agree on its type."""
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
    """Return the words of `is:`."""
    words = tuple(dict.fromkeys(each.strip().lower() for each in value.split(",")))
    for word in words:
        if word not in IS_WORDS:
            raise unknown_entry("is:", word, list(IS_WORDS))
    return words
