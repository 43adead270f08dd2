"""A query in words, for `--explain` and for messages about it."""

from collections.abc import Iterator

from crmcli.query.query_model import Condition, Is, Match, Presence, Query, Text, Word

VERBS = {"whole": "is", "part": "holds", "pattern": "matches"}


def explain_query(query: Query) -> Iterator[str]:
    """Yield the query in words, one condition a line, its dates resolved."""
    yield from map(explain_condition, query.terms)
    if not query.names_closed and not query.of_activities:
        yield "is open"
    for key, descending in query.sort:
        yield f"sorted by {key.name}, {'largest' if descending else 'smallest'} first"
    if query.limit is not None:
        yield f"at most {query.limit}"


def explain_condition(term: Condition) -> str:
    """Return one condition in words."""
    return f"not: {explain_term(term)}" if term.negated else explain_term(term)


def explain_term(term: Condition) -> str:
    """Return one condition in words, its negation left out."""
    if isinstance(term, Is):
        return f"is {' or '.join(term.words)}"
    if isinstance(term, Text):
        return f"text holds {term.word!r}"
    of = "an activity's " if term.key.of_activity else ""
    return f"{of}{term.key.name} {' or '.join(map(in_words, term.matches))}"


def in_words(match: Match) -> str:
    """Return one alternative of a condition in words."""
    if isinstance(match, Presence):
        return "given" if match.wanted else "missing"
    if isinstance(match, Word):
        return f"{VERBS[match.how]} {match.text!r}"
    if match.low == match.high and match.low is not None:
        return f"is {match.low}"
    low = f"{'more than' if match.low_open else 'from'} {match.low}" if match.low is not None else ""
    high = f"{'less than' if match.high_open else 'to'} {match.high}" if match.high is not None else ""
    return f"{low} {high}".strip()
