"""Undo of a change: the record as it was before, with later changes preserved."""

from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from crmcli.domain.merging.redacted_command import redact_command
from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.history import append_entry, last_move, standing_firings
from crmcli.domain.model.record_types import Contact, Entry, HistoryEvent, Opportunity, RecordedEffect

R = TypeVar("R", bound=Opportunity | Contact)


class TakenBack(NamedTuple, Generic[R]):
    """The record with a change undone, and the fields that were changed again since."""

    record: R
    conflicts: tuple[str, ...] = ()


class Undone(NamedTuple):
    """The command that is undone or, where an undo is taken back, redone; by whom, and when."""

    command: str
    moment: Moment
    event: HistoryEvent = HistoryEvent.UNDONE


def revert_change(before: R, after: R, now: R, *, insist: bool) -> TakenBack[R]:
    """Return the record `now` without the changes from `before` to `after`.

    A field that was changed again since is a conflict: it keeps its present value or, with `insist`, gets
    its value from before. The entries of the history are kept; a note that is undone loses its text.
    """
    history, edited = revert_notes(before, after, now, insist=insist)
    if insist:
        value, _ = merge_versions(after, before, now)
        return TakenBack(replace(value, history=history))
    value, conflicts = merge_versions(after, now, before)
    return TakenBack(replace(value, history=history), (*conflicts, *edited))


def revert_notes(before: R, after: R, now: R, *, insist: bool) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Return the history with the texts of notes as before the change, and the notes edited since."""
    old, new, here = map(notes_of, (before, after, now))
    changed = {id for id in new.keys() & here.keys() if old.get(id) != new[id]}
    edited = {id for id in changed if not insist and here[id] not in (old.get(id), new[id])}
    back = {id: replace(here[id], text=old[id].text if id in old else None) for id in changed - edited}
    history = tuple(back.get(each.id or "", each) if each in here.values() else each for each in now.history)
    return history, tuple(f"history.{id}.text" for id in sorted(edited))


def notes_of(record: Opportunity | Contact) -> dict[str, Entry]:
    """Return a record's own notes by id; those taken over by a merge of two records are left out."""
    notes = (each for each in record.history if each.event == HistoryEvent.NOTE and not each.of)
    return {each.id: each for each in notes if each.id}


def note_revert(
    deal: Opportunity,
    before: Opportunity | None,
    after: Opportunity,
    cause: Undone,
    found: Opportunity | None = None,
) -> Opportunity:
    """Return the record with an entry: the stage it returns to, and the rule firings undone or redone.

    Where the record was `found` in that stage already, since somebody else has moved it back, it does not
    return there: the visit that it is on goes on.
    """
    returned = last_move(before) if before else None
    stayed = found is not None and (found.stage, found.lost) == (deal.stage, deal.lost)
    moved = before is not None and (before.stage, before.lost) != (after.stage, after.lost) and not stayed
    old, new = (standing_firings(each) if each else [] for each in (before, after))
    fired, others = (old, new) if cause.event == HistoryEvent.REDONE else (new, old)
    entry = Entry(
        at=cause.moment.at,
        event=cause.event,
        from_=after.stage if moved else None,
        to=before.stage if moved and before else None,
        visit=returned.visit if moved and returned else None,
        closing=returned.closing if moved and before and before.lost and returned else None,
        did=(RecordedEffect(command=redact_command(cause.command)),),
        rules=tuple(each for each in fired if each not in others),
        by=cause.moment.by,
    )
    return append_entry(deal, entry)
