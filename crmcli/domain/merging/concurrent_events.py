"""Events that two clones recorded independently: the same rule firing or the same move counts once."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from crmcli.domain.model.record_types import (
    Activity,
    Direction,
    Entry,
    HistoryEvent,
    Instant,
    Message,
    Opportunity,
    Reward,
    State,
)

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
    """Return both versions, with equal values for activities, rewards and mails that a rule made in both.

    Done takes precedence over cancelled, and cancelled over planned, along with the fields of CLOSED_WITH;
    other fields come from the earlier firing. An activity that both closed, or a reward that both paid, was
    closed or paid when it first was. A deal that both closed with the same outcome is closed at the later
    time, like its history entry.
    """
    ours, theirs = agree_on_ends(base, ours, theirs)
    for name in ("activities", "rewards", "messages"):
        known = {each.id for each in getattr(base, name)}
        left, right = ({each.id: each for each in getattr(side, name)} for side in (ours, theirs))
        same = {
            id: merge_twins(left[id], right[id], is_ours_earlier(id, ours, theirs))
            for id in left.keys() & right.keys() - known
            if is_of_one_rule(left[id], right[id])
        }
        ours, theirs = (with_same(side, name, same) for side in (ours, theirs))
    if base.closed is None and ours.closed and theirs.closed and outcome_of(ours) == outcome_of(theirs):
        later = max(ours.closed, theirs.closed)
        ours, theirs = replace(ours, closed=later), replace(theirs, closed=later)
    return ours, theirs


def agree_on_ends(
    base: Opportunity, ours: Opportunity, theirs: Opportunity
) -> tuple[Opportunity, Opportunity]:
    """Return both versions, with the same end for known activities and rewards that both ended."""
    for name, agree in (("activities", agree_on_closing), ("rewards", agree_on_payment)):
        known, left, right = (
            {each.id: each for each in getattr(side, name)} for side in (base, ours, theirs)
        )
        ends = {
            id: agree(left[id], right[id])
            for id in known.keys() & left.keys() & right.keys()
            if known[id].state not in (left[id].state, right[id].state)
        }
        ours = with_same(ours, name, {id: mine for id, (mine, _) in ends.items()})
        theirs = with_same(theirs, name, {id: other for id, (_, other) in ends.items()})
    return ours, theirs


def agree_on_closing(ours: Activity, theirs: Activity) -> tuple[Activity, Activity]:
    """Return an activity that both closed: done takes precedence over cancelled; closed when it first was."""
    if ours.state == theirs.state:
        closed = min((each.closed for each in (ours, theirs) if each.closed), default=None)
        return replace(ours, closed=closed), replace(theirs, closed=closed)
    first = min((ours, theirs), key=lambda each: STANDS_BEFORE.index(each.state))
    same = {name: getattr(first, name) for name in CLOSED_WITH}
    return replace(ours, **same), replace(theirs, **same)


def agree_on_payment(ours: Reward, theirs: Reward) -> tuple[Reward, Reward]:
    """Return a reward whose state both changed; to the same one when it was first."""
    if ours.state != theirs.state:
        return ours, theirs
    at = min((each.at for each in (ours, theirs) if each.at), default=None)
    return replace(ours, at=at), replace(theirs, at=at)


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


def is_of_one_rule(ours: Any, theirs: Any) -> bool:
    """Tell whether one rule made two parts with the same id; the id of a mail already says so."""
    if isinstance(ours, Message):
        return ours.direction is Direction.OUT
    return ours.rule is not None and ours.rule == theirs.rule


def is_ours_earlier(id: str | None, ours: Opportunity, theirs: Opportunity) -> bool:
    """Tell whether the rule that created this activity or reward fired on our side first.

    Firings of the same second are ordered by what their entries hold, so that both sides agree.
    """
    mine, other = (firing_of(id, side.history) for side in (ours, theirs))
    return other is None or (mine is not None and rank_entry(mine) <= rank_entry(other))


def firing_of(id: str | None, history: Sequence[Entry]) -> Entry | None:
    """Return the entry of the rule that created this activity or reward, or None."""
    fired = (each for each in history if each.event == HistoryEvent.RULE)
    made = (
        each
        for each in fired
        if any(id in (effect.activity, effect.reward, effect.mail) for effect in each.did)
    )
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


def agree_on_events(ours: Sequence[Entry], theirs: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return both histories, with the earlier of equal firings and the later of equal moves in both.

    Entries of the same side are never taken for one: after an undo, a rule may fire again for the same
    occurrence.
    """
    common = set(map(spell, ours)) & set(map(spell, theirs))
    alone = [each for each in theirs if spell(each) not in common]
    agreed: dict[str, Entry] = {}
    for each in ours:
        twin = next((other for other in alone if twin_key(other) == twin_key(each)), None)
        if spell(each) not in common and twin is not None:
            alone.remove(twin)
            agreed[spell(each)] = agreed[spell(twin)] = choose_twin(each, twin)
    left, right = ([agreed.get(spell(each), each) for each in side] for side in (ours, theirs))
    return left, right


def spell(entry: Entry) -> str:
    """Return an entry as a text that tells it from any other."""
    return msgspec.json.encode(entry).decode()


def rank_entry(entry: Entry) -> tuple[Instant, str, str]:
    """Return what orders the entries of two histories: their time, their author, then what they hold."""
    return entry.at, entry.by or "", spell(entry)


def choose_twin(ours: Entry, theirs: Entry) -> Entry:
    """Return the one of two equivalent entries that is kept."""
    choose = min if ours.event == HistoryEvent.RULE else max
    return choose((ours, theirs), key=rank_entry)


def twin_key(entry: Entry) -> tuple[object, ...]:
    """Return the key of equivalent entries; for entries other than firings and moves, the entry itself."""
    if entry.of is None and entry.event == HistoryEvent.RULE:
        return entry.event, entry.rule, entry.occurrence
    if entry.of is None and entry.event in MOVES:
        return entry.event, entry.to, entry.visit, entry.closing
    return (entry,)
