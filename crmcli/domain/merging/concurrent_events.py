"""What two clones did alike: the same rule fired, the same move made on both, is one thing."""

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
CLOSED_WITH = ("state", "closed", "outcome", "note", "reason")  # what goes together in an activity


def agree_on_twins(
    base: Opportunity, ours: Opportunity, theirs: Opportunity
) -> tuple[Opportunity, Opportunity]:
    """Both sides, with the same value for each activity and reward that a rule made on both of them.

    Done stands before cancelled before planned, with what belongs to it; any other field is as the
    earlier firing made it. A deal that both closed in the same way is closed at the later time, as the
    history has it.
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
    """How a deal ended."""
    return deal.stage, deal.lost


def with_same(deal: Opportunity, name: str, same: dict[str | None, Any]) -> Opportunity:
    """The deal with these activities or rewards in the place of its own."""
    return replace(deal, **{name: tuple(same.get(each.id, each) for each in getattr(deal, name))})


def merge_twins(ours: Any, theirs: Any, is_ours_earlier: bool) -> Any:
    """One activity or reward of two that are the same."""
    earlier, later = (ours, theirs) if is_ours_earlier else (theirs, ours)
    if not isinstance(earlier, Activity):
        return earlier
    first = min((earlier, later), key=lambda each: STANDS_BEFORE.index(each.state))
    return replace(earlier, **{name: getattr(first, name) for name in CLOSED_WITH})


def is_ours_earlier(id: str | None, ours: Opportunity, theirs: Opportunity) -> bool:
    """Did the rule that made this fire on our side first?"""
    mine, other = (fired_at(id, side.history) for side in (ours, theirs))
    return other is None or (mine is not None and mine <= other)


def fired_at(id: str | None, history: Sequence[Entry]) -> Instant | None:
    """When the rule fired that made an activity or a reward."""
    fired = (each for each in history if each.event == HistoryEvent.RULE)
    made = (each.at for each in fired if any(id in (effect.activity, effect.reward) for effect in each.did))
    return next(made, None) if id else None


def collapse_histories(ours: Sequence[Entry], theirs: Sequence[Entry]) -> list[Entry]:
    """All entries of two histories: common ones once, of equal firings the earlier, of equal moves the later.

    Entries of one side are never taken for each other: a rule fires again for the same after an undo.
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
    """Each side before the other."""
    return [(ours, theirs), (theirs, ours)]


def choose_twin(ours: Entry, theirs: Entry) -> Entry:
    """Of two entries that tell the same the one that stays."""
    choose = min if ours.event == HistoryEvent.RULE else max
    return choose((ours, theirs), key=lambda each: each.at)


def twin_key(entry: Entry) -> tuple[object, ...]:
    """What makes two entries tell the same thing; of other than firings and moves it is the whole entry."""
    if entry.of is None and entry.event == HistoryEvent.RULE:
        return entry.event, entry.rule, entry.occurrence
    if entry.of is None and entry.event in MOVES:
        return entry.event, entry.to, entry.visit, entry.closing
    return (entry,)
