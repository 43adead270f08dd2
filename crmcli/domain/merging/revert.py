"""Undo of a change: the record as it was before, with later changes preserved."""

from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.history import append_entry, fired_rules, last_move
from crmcli.domain.model.record_types import Contact, Entry, HistoryEvent, Opportunity, RecordedEffect

R = TypeVar("R", bound=Opportunity | Contact)
LONGEST = 120  # characters of a command line that the history quotes


class TakenBack(NamedTuple, Generic[R]):
    """The record with a change undone, and the fields that were changed again since."""

    record: R
    conflicts: tuple[str, ...] = ()


class Undone(NamedTuple):
    """The command that is undone, and the time and user of the undo."""

    command: str
    moment: Moment


def revert_change(before: R, after: R, now: R, *, insist: bool) -> TakenBack[R]:
    """Return the record `now` without the changes from `before` to `after`.

    A field that was changed again since is a conflict: it keeps its present value or, with `insist`, gets
    its value from before. The history is kept whole.
    """
    if insist:
        value, _ = merge_versions(after, before, now)
        return TakenBack(replace(value, history=now.history))
    value, conflicts = merge_versions(after, now, before)
    return TakenBack(replace(value, history=now.history), conflicts)


def note_revert(
    deal: Opportunity, before: Opportunity | None, after: Opportunity, cause: Undone
) -> Opportunity:
    """Return the record with an `undone` entry: the stage it returns to, and the rule firings undone."""
    returned = last_move(before) if before else None
    moved = before is not None and (before.stage, before.lost) != (after.stage, after.lost)
    fired_before = fired_rules(before) if before else []
    entry = Entry(
        at=cause.moment.at,
        event=HistoryEvent.UNDONE,
        from_=after.stage if moved else None,
        to=before.stage if moved and before else None,
        visit=returned.visit if moved and returned else None,
        closing=returned.closing if moved and before and before.lost and returned else None,
        did=(RecordedEffect(command=shorten_command(cause.command)),),
        rules=tuple(fired for fired in fired_rules(after) if fired not in fired_before),
        by=cause.moment.by,
    )
    return append_entry(deal, entry)


def shorten_command(command: str) -> str:
    """Return a command line shortened for the history."""
    return command if len(command) <= LONGEST else f"{command[: LONGEST - 1]}…"
