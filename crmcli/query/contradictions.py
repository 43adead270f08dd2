"""Find conditions of a query that no record can meet together, before the search is run.

The method: generate candidate records and values, and test whether one of them meets all conditions.
Patterns and free text have no candidates; they are left out of the test, which avoids false alarms.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice, product
from typing import Any

from msgspec.structs import replace

from crmcli.domain.localization.days import Span
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.record_types import Activity, Entry, HistoryEvent, Kind, Opportunity
from crmcli.query import query_explanation
from crmcli.query.evaluation import any_fits, condition_met
from crmcli.query.key_values import QueryRecord
from crmcli.query.keys import Key, Type
from crmcli.query.query_model import Condition, Is, Query, QueryContext, Term, Word

STANDING = {"stage", "pipeline", "lost", "kind", "closed"}  # keys about the state of a record
THOUGHT_OF = {"open", "won", "lost", "closed", "any", "lead", "opportunity", "overdue", "stale", "idle"}
OTHER = "\ue000"  # a private-use character, in no real text
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MOST = 1_000  # combined texts to try, each holding one text of every condition
MOST_WORK = 100_000  # comparisons per key; above this limit no contradiction is reported
CHARACTERS = 1_000  # a longer text counts as one more alternative for each such length
CENT, DAY = Decimal("0.000001"), timedelta(days=1)


def list_contradictions(query: Query, asker: QueryContext) -> Iterator[str]:
    """Yield one line for each group of conditions that cannot hold at the same time."""
    for terms in (standing_terms(query), *by_key(query)):
        if terms and weigh_terms(terms) ** 2 <= MOST_WORK and not is_possible(terms, asker):
            guilty = "; ".join(map(query_explanation.explain_condition, smallest_contradiction(terms, asker)))
            yield f"no record can match all of these: {guilty}"


def standing_terms(query: Query) -> list[Condition]:
    """Return the conditions on the state of a record."""
    return [
        term
        for term in query.of_records
        if (isinstance(term, Is) and set(term.words) <= THOUGHT_OF)
        or (isinstance(term, Term) and term.key.name in STANDING and not is_pattern(term))
    ]


def by_key(query: Query) -> list[list[Condition]]:
    """Return the other conditions, grouped by key."""
    found: dict[str, list[Condition]] = {}
    for term in query.terms:
        if isinstance(term, Term) and term.key.name not in STANDING and not is_pattern(term):
            found.setdefault(term.key.name, []).append(term)
    return list(found.values())


def is_pattern(term: Term) -> bool:
    """Tell whether a condition holds a pattern, for which no candidate values exist."""
    return any(isinstance(match, Word) and match.how == "pattern" for match in term.matches)


def smallest_contradiction(terms: Sequence[Condition], asker: QueryContext) -> list[Condition]:
    """Return a minimal subset of conditions that contradict each other; all of them if there are many."""
    kept = list(terms)
    if len(terms) * weigh_terms(terms) ** 2 > MOST_WORK:
        return kept
    for term in terms:
        others = [each for each in kept if each is not term]
        if not is_possible(others, asker):
            kept = others
    return kept


def weigh_terms(terms: Sequence[Condition]) -> int:
    """Count the alternatives of conditions; a long text counts as several."""
    matches = [match for term in terms if isinstance(term, Term) for match in term.matches]
    texts = (match.text for match in matches if isinstance(match, Word))
    return len(terms) + len(matches) + sum(len(text) // CHARACTERS for text in texts)


def is_possible(terms: Sequence[Condition], asker: QueryContext) -> bool:
    """Tell whether a record, or a value of their key, may meet all these conditions.

    Also True where the test would take too long.
    """
    tries = MOST_WORK // max(1, weigh_terms(terms))
    first = terms[0] if terms else None
    if isinstance(first, Term) and first.key.name not in STANDING:
        keyed = [term for term in terms if isinstance(term, Term)]
        values = telling_values(first.key, keyed)
        return any_of_first(tries, (all(fits_values(term, each) for term in keyed) for each in values))
    found = (
        all(condition_met(term, subject) for term in terms) for subject in possible_records(terms, asker)
    )
    return any_of_first(tries, found)


def any_of_first(tries: int, found: Iterator[bool]) -> bool:
    """Tell whether one of the first `tries` results is true, or whether there are more than that."""
    return any(islice(found, tries)) or next(found, None) is not None


def fits_values(term: Term, values: list[Any]) -> bool:
    """Tell whether a condition holds for a record whose key has these values."""
    return any(any_fits(match, values) for match in term.matches) != term.negated


def telling_values(key: Key, terms: Sequence[Term]) -> Iterator[list[Any]]:
    """Yield lists of values to test: none, each candidate alone, all that no negated condition excludes."""
    yield []
    candidates = list(thought_of(terms))
    if not key.several:
        yield from ([value] for value in candidates)
    ruling = [term for term in terms if term.negated]
    if key.several or key.type is Type.OPEN:
        yield [value for value in candidates if all(fits_values(term, [value]) for term in ruling)]


def thought_of(terms: Iterable[Term]) -> Iterator[Any]:
    """Yield candidate values: the ends of all ranges and their neighbours, all texts, one unused text."""
    matches = [match for term in terms for match in term.matches]
    yield from (match.text for match in matches if isinstance(match, Word))
    wanted = [texts for term in terms if not term.negated and (texts := texts_of(term))]
    yield from (OTHER.join(texts) for texts in islice(product(*wanted), MOST))
    yield OTHER
    ends = [end for match in matches if isinstance(match, Span) for end in (match.low, match.high)]
    for end in ends:
        if end is not None:
            yield from around_end(end)
    if not ends:
        yield from (Decimal(0), LONG_AGO.date())


def texts_of(term: Term) -> list[str]:
    """Return the texts and partial texts of a condition."""
    return [match.text for match in term.matches if isinstance(match, Word)]


def around_end(end: Any) -> list[Any]:
    """Return the end of a range, and the nearest values on both sides."""
    if not isinstance(end, date):
        return [end, end - CENT, end + CENT]
    near = [DAY * step + end for step in (-1, 1) if date.min < end < date.max]
    return [end, *near]


def possible_records(terms: Sequence[Condition], asker: QueryContext) -> Iterator[QueryRecord]:
    """Yield candidate records: each stage, open and closed, of each kind, with and without activities."""
    words = {word for term in terms if isinstance(term, Is) for word in term.words}
    asked = {name: list(thought_of(of)) for name in STANDING if (of := of_key(name, terms))}
    days = [day for day in asked.get("closed", []) if isinstance(day, date)]
    losses = [None, OTHER, *(text for text in asked.get("lost", []) if isinstance(text, str))]
    stages = [*(stage.id for stage in asker.config.stages), OTHER]
    agendas: list[tuple[Activity, ...]] = [(), (Activity(due=LONG_AGO.date()),), (Activity(),)]
    ages = [LONG_AGO, noon_of(asker.today, asker)] if "stale" in words else [LONG_AGO]
    for stage, lost, kind, agenda, born in product(
        stages, losses, Kind, agendas if words & {"idle", "overdue"} else [()], ages
    ):
        history = (Entry(at=born, event=HistoryEvent.CREATED, to=stage, visit=1),)
        deal = Opportunity(
            title=OTHER, stage=stage, lost=lost, kind=kind, activities=agenda, created=born, history=history
        )
        yield from (
            QueryRecord(with_end(deal, day, asker), asker.config, None, noon_of(asker.today, asker))
            for day in ends_of(deal, days, asker)
        )


def of_key(name: str, terms: Iterable[Condition]) -> list[Term]:
    """Return the conditions on a key."""
    return [term for term in terms if isinstance(term, Term) and term.key.name == name]


def ends_of(deal: Opportunity, days: list[date], asker: QueryContext) -> list[date | None]:
    """Return the possible closing days (None: not closed); empty for a record both won and lost."""
    is_won = deal.stage in asker.config.won_stages
    if is_won and deal.lost is not None:
        return []
    return [None, *days] if is_won or deal.lost is not None else [None]


def with_end(deal: Opportunity, day: date | None, asker: QueryContext) -> Opportunity:
    """Return the record closed on a day; unchanged without a day."""
    if day is None:
        return deal
    return replace(deal, closed=noon_of(day, asker))


def noon_of(day: date, asker: QueryContext) -> datetime:
    """Return noon of a day, in the workspace's time zone."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=find_zone(asker.config.timezone))
