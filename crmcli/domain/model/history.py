"""Queries on a record's history: its stage, visits and closings, and the rules that have fired."""

import re
from collections.abc import Iterator

import msgspec

from crmcli.domain.model.record_types import (
    Contact,
    Direction,
    Entry,
    HistoryEvent,
    Instant,
    Message,
    Opportunity,
    Percent,
)

CLOSINGS = (HistoryEvent.WON, HistoryEvent.LOST)
RETURNING = (HistoryEvent.HAND, HistoryEvent.UNDONE, HistoryEvent.REDONE, HistoryEvent.RESOLVED)
"""Events that may return a deal to a loss; they then have a closing."""


# Parts whose changes are news, but leave no time elsewhere in the file.
EDITED_PARTS = ("description", "project", "activities", "rewards", "files")
PROGRAMS = ("tick", "ingest", "run", "send")  # authors of changes that nobody made by hand
BY_PROGRAM = r"(^|<)(mailer-daemon|postmaster)@"  # senders of delivery reports


def own_entries(opportunity: Opportunity) -> Iterator[Entry]:
    """Yield the record's own entries, newest first, without those taken over by a merge of two records."""
    return (entry for entry in reversed(opportunity.history) if entry.of is None)


def last_move(opportunity: Opportunity) -> Entry | None:
    """Return the last entry that sets the stage or outcome, or None."""
    return next((entry for entry in own_entries(opportunity) if entry.to and is_move(entry)), None)


def is_move(entry: Entry) -> bool:
    """Tell whether an entry's `to` names a stage; in a `set` entry it holds a value."""
    return entry.event != HistoryEvent.SET


def recorded_stage(opportunity: Opportunity) -> str | None:
    """Return the stage according to the history; None if it has none yet."""
    move = last_move(opportunity)
    return move.to if move else None


def recorded_lost(opportunity: Opportunity, won: set[str]) -> bool:
    """Tell whether the deal is lost according to the history; `won` holds the ids of the won stages."""
    move = last_move(opportunity)
    if move is None or move.to in won:
        return False
    return move.event == HistoryEvent.LOST or (move.event in RETURNING and bool(move.closing))


def highest_visit(opportunity: Opportunity, stage: str) -> int:
    """Return the highest recorded visit number of a stage; 0 if it was never entered."""
    numbers = (e.visit or 0 for e in own_entries(opportunity) if e.to == stage and is_move(e))
    return max(numbers, default=0)


def highest_closing(opportunity: Opportunity) -> int:
    """Return the highest recorded closing number, or 0."""
    return max((entry.closing or 0 for entry in own_entries(opportunity)), default=0)


def merged_ids(record: Opportunity | Contact) -> list[str]:
    """Return the ids of the records that were merged into this one; they still refer to it."""
    return [id for entry in record.history if entry.event == HistoryEvent.MERGED for id in entry.ids]


def stage_since(opportunity: Opportunity) -> Instant | None:
    """Return the start of the current visit to the stage; reopening starts a visit, losing does not."""
    since = None
    here = None
    for entry in own_entries(opportunity):
        if not entry.to or not is_move(entry):
            continue
        if here is not None and (entry.to, entry.visit or 1) != here:
            break
        here, since = (entry.to, entry.visit or 1), entry.at
    return since


def last_open_stage(opportunity: Opportunity, won: set[str]) -> str | None:
    """Return the last stage of the history that is not a won stage, or None."""
    stages = (entry.to for entry in own_entries(opportunity) if entry.to and is_move(entry))
    return next((stage for stage in stages if stage not in won), None)


def kept_probability(opportunity: Opportunity) -> Percent | None:
    """Return the manual probability saved by the last closing, or None."""
    closing = next((e for e in own_entries(opportunity) if is_closing(e)), None)
    return closing.probability if closing else None


def is_closing(entry: Entry) -> bool:
    """Tell whether an entry closes the deal, by a command or by an edit of its file."""
    return entry.event in CLOSINGS or (entry.event == HistoryEvent.HAND and entry.closing is not None)


def fired_rules(opportunity: Opportunity) -> list[str]:
    """Return the rules that have ever fired as `RULE OCCURRENCE`, the form used in `undone` entries."""
    return [
        f"{e.rule} {e.occurrence}"
        for e in opportunity.history
        if e.event == HistoryEvent.RULE and e.of is None
    ]


def standing_firings(opportunity: Opportunity) -> list[str]:
    """Return the firings that count, each once: those that were not undone, or were redone since."""
    fired = dict.fromkeys(fired_rules(opportunity))
    return [each for each in fired if has_fired(opportunity, *each.rsplit(" ", 1))]


def has_fired(opportunity: Opportunity, rule: str, occurrence: str) -> bool:
    """Tell whether a rule has fired for an occurrence.

    If that was undone since, it does not count: the next event of a person fires the rule again.
    """
    return last_firing(opportunity, rule, occurrence) is not None


def last_firing(opportunity: Opportunity, rule: str, occurrence: str) -> Entry | None:
    """Return the last firing of a rule for an occurrence; None if there is none, or if it was undone.

    A firing that was undone and redone since counts again.
    """
    redone = 0
    for entry in own_entries(opportunity):
        if f"{rule} {occurrence}" in entry.rules and entry.event == HistoryEvent.REDONE:
            redone += 1
        elif f"{rule} {occurrence}" in entry.rules and entry.event == HistoryEvent.UNDONE:
            if not redone:
                return None
            redone -= 1
        elif entry.event == HistoryEvent.RULE and (entry.rule, entry.occurrence) == (rule, occurrence):
            return entry
    return None


def ever_fired(opportunity: Opportunity, rule: str, occurrence: str) -> bool:
    """Tell whether a rule has ever fired for an occurrence, even if that was undone."""
    return any(
        entry.event == HistoryEvent.RULE and (entry.rule, entry.occurrence) == (rule, occurrence)
        for entry in own_entries(opportunity)
    )


def append_entry(opportunity: Opportunity, entry: Entry) -> Opportunity:
    """Return the record with one more entry, whose time is never earlier than the last entry's."""
    entry = msgspec.structs.replace(entry, at=no_earlier(opportunity, entry.at))
    return msgspec.structs.replace(opportunity, history=(*opportunity.history, entry))


def no_earlier(opportunity: Opportunity, at: Instant) -> Instant:
    """Return an instant, or the time of the last entry if another machine's clock made that later."""
    return max(at, last_entry(opportunity) or at)


def last_entry(record: Opportunity | Contact) -> Instant | None:
    """Return the latest time in a record's history, or its creation."""
    instants = [entry.at for entry in record.history]
    return max([*instants, record.created] if record.created else instants, default=None)


def last_touched(opportunity: Opportunity) -> Instant | None:
    """Return the latest time at which a person or the customer did something on the record.

    Messages that we sent, delivery reports, automatic answers and timed rules are not news.
    """
    instants = [entry.at for entry in opportunity.history if entry.by != "tick"]
    instants += [m.at for m in opportunity.messages if m.at and is_news(m)]
    instants += [a.closed for a in opportunity.activities if a.closed]
    instants += [opportunity.created] if opportunity.created else []
    return max(instants, default=None)


def is_news(message: Message) -> bool:
    """Tell whether a message was written by somebody else than us."""
    if message.direction is not Direction.IN or message.automatic:
        return False
    return re.search(BY_PROGRAM, message.from_ or "", re.IGNORECASE) is None


def record_edits(before: Opportunity | None, after: Opportunity, at: Instant, by: str) -> Opportunity:
    """Return the record with an entry for each part that a person changed, if nothing else dates that.

    Without it, planning or answers would leave no time in the file, and the record would seem untouched.
    """
    touched = last_touched(after)
    if before is None or by in PROGRAMS or touched is None or touched >= at:
        return after
    for name in EDITED_PARTS:
        if getattr(before, name) != getattr(after, name):
            after = append_entry(after, Entry(at=at, event=HistoryEvent.EDITED, field=name, by=by))
    return after
