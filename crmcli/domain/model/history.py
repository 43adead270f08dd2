"""What the history of a record says: its stage, its visits and closings, which rules have fired."""

from collections.abc import Iterator

import msgspec

from crmcli.domain.model.record_types import Contact, Entry, HistoryEvent, Instant, Opportunity, Percent

CLOSINGS = (HistoryEvent.WON, HistoryEvent.LOST)
RETURNING = (HistoryEvent.HAND, HistoryEvent.UNDONE)  # to a loss, where they carry a closing


def own_entries(opportunity: Opportunity) -> Iterator[Entry]:
    """The entries that count, newest first: those taken over by a merge of two records are only shown."""
    return (entry for entry in reversed(opportunity.history) if entry.of is None)


def last_move(opportunity: Opportunity) -> Entry | None:
    """The last entry that says where the deal stands."""
    return next((entry for entry in own_entries(opportunity) if entry.to and is_move(entry)), None)


def is_move(entry: Entry) -> bool:
    """Does this entry's `to` name a stage? That of `set` names a value."""
    return entry.event != HistoryEvent.SET


def recorded_stage(opportunity: Opportunity) -> str | None:
    """The stage of the history; None where it has none yet."""
    move = last_move(opportunity)
    return move.to if move else None


def recorded_lost(opportunity: Opportunity, won: set[str]) -> bool:
    """Does the history say that this deal is lost? `won` holds the stages that win."""
    move = last_move(opportunity)
    if move is None or move.to in won:
        return False
    return move.event == HistoryEvent.LOST or (move.event in RETURNING and bool(move.closing))


def highest_visit(opportunity: Opportunity, stage: str) -> int:
    """The highest visit number recorded for a stage; 0 for one never entered."""
    numbers = (e.visit or 0 for e in own_entries(opportunity) if e.to == stage and is_move(e))
    return max(numbers, default=0)


def highest_closing(opportunity: Opportunity) -> int:
    """The highest closing number recorded."""
    return max((entry.closing or 0 for entry in own_entries(opportunity)), default=0)


def merged_ids(record: Opportunity | Contact) -> list[str]:
    """The ids of the records that this one was made of besides; they still mean it."""
    return [id for entry in record.history if entry.event == HistoryEvent.MERGED for id in entry.ids]


def stage_since(opportunity: Opportunity) -> Instant | None:
    """When the present visit of its stage began; losing it there begins none, reopening does."""
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
    """The last stage of the history that is not one of the won ones."""
    stages = (entry.to for entry in own_entries(opportunity) if entry.to and is_move(entry))
    return next((stage for stage in stages if stage not in won), None)


def kept_probability(opportunity: Opportunity) -> Percent | None:
    """The manual probability that the last closing put aside."""
    closing = next((e for e in own_entries(opportunity) if is_closing(e)), None)
    return closing.probability if closing else None


def is_closing(entry: Entry) -> bool:
    """Does an entry say that the deal was won or lost, by a command or in its file?"""
    return entry.event in CLOSINGS or (entry.event == HistoryEvent.HAND and entry.closing is not None)


def fired_rules(opportunity: Opportunity) -> list[str]:
    """The rules that have fired, with their occurrences, as an `undone` entry names them."""
    return [
        f"{e.rule} {e.occurrence}"
        for e in opportunity.history
        if e.event == HistoryEvent.RULE and e.of is None
    ]


def has_fired(opportunity: Opportunity, rule: str, occurrence: str) -> bool:
    """Has this rule fired for this occurrence? Undoing it lets a person's next event fire it again."""
    for entry in own_entries(opportunity):
        if entry.event == HistoryEvent.UNDONE and f"{rule} {occurrence}" in entry.rules:
            return False
        if entry.event == HistoryEvent.RULE and (entry.rule, entry.occurrence) == (rule, occurrence):
            return True
    return False


def ever_fired(opportunity: Opportunity, rule: str, occurrence: str) -> bool:
    """Has this rule ever fired for this occurrence, whether that was taken back or not?"""
    return any(
        entry.event == HistoryEvent.RULE and (entry.rule, entry.occurrence) == (rule, occurrence)
        for entry in own_entries(opportunity)
    )


def append_entry(opportunity: Opportunity, entry: Entry) -> Opportunity:
    """The record with one more entry; its time is never earlier than the last one's."""
    last = opportunity.history[-1].at if opportunity.history else entry.at
    entry = msgspec.structs.replace(entry, at=max(entry.at, last))
    return msgspec.structs.replace(opportunity, history=(*opportunity.history, entry))


def last_touched(opportunity: Opportunity) -> Instant | None:
    """The newest instant that a person or a customer put into the record."""
    instants = [entry.at for entry in opportunity.history if entry.by != "tick"]
    instants += [m.at for m in opportunity.messages if m.at]
    instants += [a.closed for a in opportunity.activities if a.closed]
    instants += [opportunity.created] if opportunity.created else []
    return max(instants, default=None)
