"""Events that two clones recorded independently: the same rule firing or the same move counts once."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from crmcli.domain.model.record_types import Activity, Entry, HistoryEvent, Instant, Opportunity, State

MOVES = (
    HistoryEvent.CREATED,
    HistoryEvent.STAGE,
    HistoryEvent.HAND,
    HistoryEvent.WON,
    HistoryEvent.LOST,
    HistoryEvent.REOPENED,
)
STANDS_BEFORE = (State.DONE, State.CANCELLED, State.PLANNED)
CLOSED_WITH = ("state", "closed", "outcome", "note", "reason")  # of an activity, taken together


def agree_on_twins(
    base: Opportunity, ours: Opportunity, theirs: Opportunity
) -> tuple[Opportunity, Opportunity]:
    """Return both versions, with equal values for activities and rewards that a rule created in both.

    Done takes precedence over cancelled, and cancelled over planned, along with the fields of CLOSED_WITH;
    other fields come from the earlier firing. A deal that both closed with the same outcome is closed at the
    later time, like its history entry.
    """
    for name in ("activities", "rewards"):
        known = {each.id for each in getattr(base, name)}
        left, right = ({each.id: each for each in getattr(side, name)} for side in (ours, theirs))
        same = {
            id: merge_twins(left[id], right[id], is_ours_earlier(id, ours, theirs))
            for id in left.keys() & right.keys() - known
            if left[id].rule is not None and left[id].rule == right[id].rule
        }
        ours, theirs = (with_same(side, name, same) for side in (ours, theirs))
    if base.closed is None and ours.closed and theirs.closed and outcome_of(ours) == outcome_of(theirs):
        later = max(ours.closed, theirs.closed)
        ours, theirs = replace(ours, closed=later), replace(theirs, closed=later)
    return ours, theirs


def outcome_of(deal: Opportunity) -> tuple[str | None, str | None]:
    """Return the stage and the lost reason of a deal."""
    return deal.stage, deal.lost


def with_same(deal: Opportunity, name: str, same: dict[str | None, Any]) -> Opportunity:
    """Return the deal with its activities or rewards replaced by these."""
    return replace(deal, **{name: tuple(same.get(each.id, each) for each in getattr(deal, name))})


def merge_twins(ours: Any, theirs: Any, is_ours_earlier: bool) -> Any:
    """Return the merge of two versions of one activity or reward."""
    earlier, later = (ours, theirs) if is_ours_earlier else (theirs, ours)
    if not isinstance(earlier, Activity):
        return earlier
    first = min((earlier, later), key=lambda each: STANDS_BEFORE.index(each.state))
    return replace(earlier, **{name: getattr(first, name) for name in CLOSED_WITH})


def is_ours_earlier(id: str | None, ours: Opportunity, theirs: Opportunity) -> bool:
    """Tell whether the rule that created this activity or reward fired on our side first."""
    mine, other = (fired_at(id, side.history) for side in (ours, theirs))
    return other is None or (mine is not None and mine <= other)


def fired_at(id: str | None, history: Sequence[Entry]) -> Instant | None:
    """Return when the rule fired that created this activity or reward, or None."""
    fired = (each for each in history if each.event == HistoryEvent.RULE)
    made = (each.at for each in fired if any(id in (effect.activity, effect.reward) for effect in each.did))
    return next(made, None) if id else None


def agree_on_notes(
    base: Sequence[Entry], ours: Sequence[Entry], theirs: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """Return both histories, in which a note that one side changed is as that side has it.

    Undoing a note takes its text out, and a note may be edited in its file; without this the merge would
    hold both versions.
    """
    known, left, right = (
        {each.id: each for each in side if each.event == HistoryEvent.NOTE and each.id}
        for side in (base, ours, theirs)
    )
    same = {
        id: right[id] if left[id] == known[id] else left[id]
        for id in known.keys() & left.keys() & right.keys()
        if known[id] in (left[id], right[id])
    }
    mine, other = (
        [same.get(each.id or "", each) if each.event == HistoryEvent.NOTE else each for each in side]
        for side in (ours, theirs)
    )
    return mine, other


def collapse_histories(ours: Sequence[Entry], theirs: Sequence[Entry]) -> list[Entry]:
    """Return all entries of two histories, the earlier of equal firings and the later of equal moves.

    Entries common to both are kept once. Entries of the same side are never collapsed: after an undo, a rule
    may fire again for the same occurrence.
    """
    left, right = ([each for each in one if each not in other] for one, other in both_ways(ours, theirs))
    alone = [*right]
    together = [each for each in ours if each not in left]
    for each in left:
        twin = next((other for other in alone if twin_key(other) == twin_key(each)), None)
        if twin is not None:
            alone.remove(twin)
        together.append(each if twin is None else choose_twin(each, twin))
    return [*together, *alone]


def both_ways(
    ours: Sequence[Entry], theirs: Sequence[Entry]
) -> list[tuple[Sequence[Entry], Sequence[Entry]]]:
    """Return each side paired with the other."""
    return [(ours, theirs), (theirs, ours)]


def choose_twin(ours: Entry, theirs: Entry) -> Entry:
    """Return the one of two equivalent entries that is kept."""
    choose = min if ours.event == HistoryEvent.RULE else max
    return choose((ours, theirs), key=lambda each: each.at)


def twin_key(entry: Entry) -> tuple[object, ...]:
    """Return the key of equivalent entries; for entries other than firings and moves, the entry itself."""
    if entry.of is None and entry.event == HistoryEvent.RULE:
        return entry.event, entry.rule, entry.occurrence
    if entry.of is None and entry.event in MOVES:
        return entry.event, entry.to, entry.visit, entry.closing
    return (entry,)
