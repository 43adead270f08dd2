"""Evaluation of a query on the records themselves: which records match, and in which order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from crmcli.domain.localization.days import Span
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.record_types import Activity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.values.folding import BETWEEN, fold_text
from crmcli.query.is_words import IS_WORDS
from crmcli.query.key_values import QueryRecord
from crmcli.query.query_model import Condition, Is, LocalSpan, Match, Presence, Query, Term, Text, Word
from crmcli.query.searched_text import searched_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YES = {"true", "yes", "on", "oui"}
NO = {"false", "no", "off", "non"}


def select_records_of(query: Query, subjects: Iterable[QueryRecord]) -> list[QueryRecord]:
    """Return the matching records, sorted and limited as the query says.

    Without `is:`, a closed stage or `closed:`, only open records match.
    """
    found = [subject for subject in subjects if is_meant(query, subject)]
    ordered = sort_records(query, found)
    return ordered[: query.limit] if query.limit is not None else ordered


def select_activities(query: Query, subjects: Iterable[QueryRecord]) -> list[tuple[QueryRecord, Activity]]:
    """Return the matching activities by due date, or by `sort:`; of open, won and lost records."""
    found = [
        (subject, activity)
        for subject in subjects
        if all(condition_met(term, subject) for term in query.of_records)
        for activity in subject.deal.activities
        if activity_fits(query, activity, subject)
    ]
    found.sort(key=lambda pair: (pair[1].due or date.max, pair[1].id or "", pair[0].deal.id or ""))
    if query.sort:
        places = {id(pair[1]): pair for pair in found}
        subjects = [replace(subject, activity=activity) for subject, activity in found]
        found = [places[id(each.activity)] for each in sort_records(query, subjects)]
    return found[: query.limit] if query.limit is not None else found


def is_meant(query: Query, subject: QueryRecord) -> bool:
    """Tell whether a record matches the query."""
    asks_for_it = query.names_closed or names_its_stage(query, subject)
    if not asks_for_it and status_of(subject.deal, subject.config) is not Status.OPEN:
        return False
    if not all(condition_met(term, subject) for term in query.of_records):
        return False
    return not query.of_activities or any(
        activity_fits(query, activity, subject) for activity in subject.deal.activities
    )


def names_its_stage(query: Query, subject: QueryRecord) -> bool:
    """Tell whether the query names the closed stage of this record."""
    stage = subject.config.stage(subject.deal.stage)
    if stage is None or stage.outcome is None or subject.deal.lost is not None:
        return False
    return any(
        isinstance(term, Term)
        and term.key.name == "stage"
        and not term.negated
        and condition_met(term, subject)
        for term in query.of_records
    )


def condition_met(term: Condition, subject: QueryRecord) -> bool:
    """Tell whether a condition holds for a record and, if one is given, for its activity."""
    if isinstance(term, Is):
        result = any(IS_WORDS[word].holds(subject) for word in term.words)
    elif isinstance(term, Text):
        result = fold_text(term.word) in all_text(subject)
    else:
        result = group_matches(matches_on_day(term, subject)).fit(list(term.key.values(subject)))
    return result != term.negated


def matches_on_day(term: Term, subject: QueryRecord) -> tuple[Match, ...]:
    """Return the alternatives of a condition; those that depend on today as read on the assignee's day."""
    if not any(isinstance(each, LocalSpan) for each in term.matches):
        return term.matches
    day = local_day(subject.at, subject.config, subject.activity.assignee if subject.activity else None)
    return tuple(each.on(day) if isinstance(each, LocalSpan) else each for each in term.matches)


def activity_fits(query: Query, activity: Activity, subject: QueryRecord) -> bool:
    """Tell whether all conditions on activities hold for this activity."""
    looked_at = replace(subject, activity=activity)
    return all(condition_met(term, looked_at) for term in query.of_activities)


class MatchGroup:
    """The alternatives of a condition; whole texts are kept in a dict, so many cost no more than one."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self.whole: dict[str, Word] = {}
        self.others: list[Match] = []
        for match in matches:
            if isinstance(match, Word) and match.how == "whole":
                self.whole.setdefault(fold_text(match.text), match)
            else:
                self.others.append(match)

    def fit(self, values: list[Any]) -> bool:
        """Tell whether one of the alternatives matches one of the values."""
        return any(any_fits(match, values) for match in self.others) or any(map(self.fit_whole, values))

    def fit_one(self, value: Any) -> bool:
        """Tell whether one of the alternatives matches a value; presence is not tested."""
        return self.fit_whole(value) or any(
            fits_one(match, value) for match in self.others if not isinstance(match, Presence)
        )

    def fit_whole(self, value: Any) -> bool:
        """Tell whether one of the whole texts matches a value."""
        if isinstance(value, bool):
            return any(truth_of(word) is value for word in self.whole)
        return bool(self.whole) and fold_text(str(value)) in self.whole


@lru_cache(maxsize=64)
def group_matches(matches: tuple[Match, ...]) -> MatchGroup:
    """Return the alternatives of a condition, prepared for many records."""
    return MatchGroup(matches)


def any_fits(match: Span | Word | Presence, values: list[Any]) -> bool:
    """Tell whether a match fits one of the values."""
    if isinstance(match, Presence):
        return bool(values) == match.wanted
    return any(fits_one(match, value) for value in values)


def fits_one(match: Span | Word, value: Any) -> bool:
    """Tell whether a match fits a value."""
    if isinstance(value, bool):
        return isinstance(match, Word) and truth_of(fold_text(match.text)) is value
    return is_within(match, value) if isinstance(match, Span) else is_same_text(match, str(value))


def truth_of(word: str) -> bool | None:
    """Return the truth value of a word for yes or no; None for any other word."""
    return True if word in YES else False if word in NO else None


def is_within(span: Span, value: Any) -> bool:
    """Tell whether a number or a day lies in a range."""
    value = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(value, (Decimal, date)) or isinstance(value, date) != is_dated(span):
        return False
    above = span.low is None or (value > span.low if span.low_open else value >= span.low)
    below = span.high is None or (value < span.high if span.high_open else value <= span.high)
    return bool(above and below)


def is_dated(span: Span) -> bool:
    """Tell whether a range is one of days."""
    return isinstance(span.low if span.low is not None else span.high, date)


def is_same_text(word: Word, value: str) -> bool:
    """Tell whether a text matches; patterns apart, case and accents are ignored."""
    if word.how == "pattern":
        return word.search is not None and word.search(value) is not None
    if word.how == "part":
        return fold_text(word.text) in fold_text(value)
    return fold_text(word.text) == fold_text(value)


def all_text(subject: QueryRecord) -> str:
    """Return the folded text in which a bare word is searched."""
    return BETWEEN.join(searched_text(each) for each in (subject.deal, subject.contact) if each)


def sort_records(query: Query, found: list[QueryRecord]) -> list[QueryRecord]:
    """Return the records in the order of `sort:`; without it by priority, then newest first."""
    if not query.sort:
        found.sort(key=lambda s: s.deal.id or "")
        found.sort(key=lambda s: (s.deal.priority, s.deal.created or EPOCH), reverse=True)
        return found
    for key, descending in reversed(query.sort):
        have = [s for s in found if key.sorted_by(s) is not None]
        lack = [s for s in found if key.sorted_by(s) is None]
        have.sort(key=key.sorted_by, reverse=descending)
        found = have + lack
    return found
