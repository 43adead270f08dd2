"""Which records a query means, and in which order: the query evaluated on the records themselves."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from crmcli.domain import keys
from crmcli.domain.changes import Moment
from crmcli.domain.keys import Subject
from crmcli.domain.model import Activity
from crmcli.domain.query import ActivityTerm, Is, Presence, Query, Span, Term, Text, Word
from crmcli.domain.standing import Standing, standing
from crmcli.domain.urgency import state

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def select(query: Query, subjects: Iterable[Subject], *, closed_too: bool = False) -> list[Subject]:
    """The records that a query means, in its order.

    Without `is:`, a closed stage or `closed:` it means open ones, unless `closed_too`.
    """
    found = [subject for subject in subjects if means(query, subject, closed_too)]
    ordered = in_order(query, found)
    return ordered[: query.limit] if query.limit is not None else ordered


def select_activities(query: Query, subjects: Iterable[Subject]) -> list[tuple[Subject, Activity]]:
    """The activities that a query means, by deadline; open, won and lost records alike."""
    terms = [term for term in query.terms if isinstance(term, ActivityTerm)]
    found = [
        (subject, activity)
        for subject in subjects
        if means(query, subject, closed_too=True)
        for activity in subject.deal.activities
        if activity_fits(terms, activity, subject)
    ]
    found.sort(key=lambda pair: (pair[1].due or date.max, pair[1].id or ""))
    return found[: query.limit] if query.limit is not None else found


def means(query: Query, subject: Subject, closed_too: bool) -> bool:
    """Is this one of the records that the query means?"""
    asks_for_it = closed_too or query.names_closed or names_its_stage(query, subject)
    if not asks_for_it and standing(subject.deal, subject.config) is not Standing.OPEN:
        return False
    terms = [term for term in query.terms if not isinstance(term, ActivityTerm)]
    on_activities = [term for term in query.terms if isinstance(term, ActivityTerm)]
    if not all(holds(term, subject) for term in terms):
        return False
    return not on_activities or any(
        activity_fits(on_activities, activity, subject) for activity in subject.deal.activities
    )


def names_its_stage(query: Query, subject: Subject) -> bool:
    """Does the query name the closed stage that this deal stands in?"""
    stage = subject.config.stage(subject.deal.stage)
    if stage is None or stage.outcome is None or subject.deal.lost is not None:
        return False
    return any(
        isinstance(term, Term) and term.key.name == "stage" and not term.negated and holds(term, subject)
        for term in query.terms
    )


def holds(term: Term | Text | Is | ActivityTerm, subject: Subject) -> bool:
    """Does a condition hold for a record?"""
    if isinstance(term, Is):
        known = keys.is_words(subject.config)
        result = any(known[word](subject) for word in term.words)
    elif isinstance(term, Text):
        result = folded(term.word) in folded(all_text(subject))
    elif isinstance(term, Term):
        result = fits_any(term.matches, list(term.key.values(subject)))
    else:
        result = any(activity_fits([term], each, subject) for each in subject.deal.activities)
    return result != term.negated


def activity_fits(terms: list[ActivityTerm], activity: Activity, subject: Subject) -> bool:
    """Do these conditions all hold for one activity?"""
    return all(
        fits_any(term.matches, activity_values(term.name, activity, subject)) != term.negated
        for term in terms
    )


def activity_values(name: str, activity: Activity, subject: Subject) -> list[Any]:
    """What an activity has under a key."""
    if name == "state":
        return [state(activity, Moment(at=subject.at, by=""), subject.config)]
    value = getattr(activity, name)
    return [] if value is None else [value]


def fits_any(matches: Iterable[Span | Word | Presence], values: list[Any]) -> bool:
    """Does one of the matches fit one of the values?"""
    return any(fits(match, values) for match in matches)


def fits(match: Span | Word | Presence, values: list[Any]) -> bool:
    """Does a match fit one of the values?"""
    if isinstance(match, Presence):
        return bool(values) == match.wanted
    if isinstance(match, Span):
        return any(within(match, value) for value in values)
    return any(same(match, str(value)) for value in values)


def within(span: Span, value: Any) -> bool:
    """Does a number or a day lie in a range?"""
    value = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(value, (Decimal, date)) or isinstance(value, date) != is_dated(span):
        return False
    above = span.low is None or (value > span.low if span.low_open else value >= span.low)
    below = span.high is None or (value < span.high if span.high_open else value <= span.high)
    return bool(above and below)


def is_dated(span: Span) -> bool:
    """Is this a range of days?"""
    return isinstance(span.low if span.low is not None else span.high, date)


def same(word: Word, value: str) -> bool:
    """Does a text fit? Case and accents do not count."""
    if word.how == "pattern":
        return re.search(word.text, value, re.IGNORECASE) is not None
    if word.how == "part":
        return folded(word.text) in folded(value)
    return folded(word.text) == folded(value)


def folded(text: str) -> str:
    """A text without case and accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def all_text(subject: Subject) -> str:
    """All that a bare word is searched in."""
    return "\n".join(texts(subject))


def texts(subject: Subject) -> Iterator[str]:
    """Title, contact, description, notes, messages, answers."""
    deal = subject.deal
    yield deal.title
    yield subject.contact.name if subject.contact else ""
    yield deal.description or ""
    yield from (entry.text for entry in deal.history if entry.text)
    yield from (text for message in deal.messages for text in (message.subject, message.text) if text)
    held = [*deal.fields.values(), *(deal.project.answers.values() if deal.project else ())]
    yield from (str(getattr(value, "text", value)) for value in held)


def in_order(query: Query, found: list[Subject]) -> list[Subject]:
    """The records as `sort:` says; else by priority, then newest."""
    if not query.sort:
        found.sort(key=lambda s: s.deal.id or "")
        found.sort(key=lambda s: (s.deal.priority, s.deal.created or EPOCH), reverse=True)
        return found
    for key, descending in reversed(query.sort):
        have = [s for s in found if list(key.values(s))]
        lack = [s for s in found if not list(key.values(s))]
        have.sort(key=lambda s: sort_value(next(iter(key.values(s)))), reverse=descending)
        found = have + lack
    return found


def sort_value(value: Any) -> Any:
    """A value as it is sorted: texts without case and accents."""
    return folded(value) if isinstance(value, str) else value
