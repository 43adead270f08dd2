"""Carry a change that somebody died in to its end, never over what was edited since."""

import os
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.errors import CrmError
from crmcli.domain.merge import merge
from crmcli.store import files, records, transaction
from crmcli.store.journal import DamagedJournalError, FileChange, Journal, Shelf, unpack


class Recovery(NamedTuple):
    """What was found and done: nothing to report, or the journal that could not be finished."""

    journal: Journal | None
    abandoned: Path | None = None


class CannotMergeError(ValueError):
    """A file that was edited since in a way that the journal's change does not fit into."""


def recover(root: Path, shelf: Shelf, quarantine: Path) -> Recovery:
    """Finish the change whose journal lies here, if there is one. The caller holds the lock.

    A file edited since is merged field by field; where that is impossible, all files of the change
    go back to what they were and the journal is put into quarantine.
    """
    content = files.read(shelf.pending)
    if content is None:
        return Recovery(None)
    os.umask(0o077)  # a reader may be who finishes it; new files are as private as by a writer
    with files.storing(hint=transaction.LATER):
        try:
            journal = unpack(content)
        except DamagedJournalError:
            return Recovery(None, put_aside(shelf, quarantine))
        transaction.tidy(root, journal.changes)
        try:
            changes = [remaining(root, change) for change in journal.changes]
        except CannotMergeError:
            carry_out(root, taken_back(root, journal))
            return Recovery(journal, put_aside(shelf, quarantine))
        carry_out(root, changes)
        shelf.finish(journal)
        return Recovery(journal)


def remaining(root: Path, change: FileChange) -> FileChange:
    """What is still to do to one file of the change, from how it is found.

    Raises CannotMergeError where it was edited since and the two do not go together, or where it
    lies behind a symbolic link now.
    """
    if transaction.leads_elsewhere(root, change.path):
        raise CannotMergeError(change.path)
    found = files.read(root / change.path)
    untouched = found in (change.before, change.after)
    after = change.after if untouched else merged(change, found)
    return FileChange(path=change.path, before=found, after=after)


def merged(change: FileChange, found: bytes | None) -> bytes:
    """A record's file with the change of the journal and what was edited since."""
    kind = records.kind_of(change.path)
    if kind is None or change.before is None or change.after is None or found is None:
        raise CannotMergeError(change.path)
    path = Path(change.path)
    try:
        before, after, current = (
            records.read(path, content, kind) for content in (change.before, change.after, found)
        )
        value, conflicts = merge(before.value, after.value, current.value)
        together = records.edited(current, value)
    except CrmError as error:
        raise CannotMergeError(change.path) from error
    if conflicts:
        raise CannotMergeError(change.path)
    return together


def taken_back(root: Path, journal: Journal) -> list[FileChange]:
    """What brings the files that hold the journal's new bytes back to those before."""
    ours = (each for each in journal.changes if not transaction.leads_elsewhere(root, each.path))
    return [
        FileChange(path=change.path, before=change.after, after=change.before)
        for change in ours
        if files.read(root / change.path) == change.after != change.before
    ]


def carry_out(root: Path, changes: list[FileChange]) -> None:
    """Put these files into their new state."""
    todo = [change for change in changes if change.before != change.after]
    parents = transaction.prepare(root, todo)
    transaction.lay_out(root, todo)
    transaction.put_in_place(root, todo, parents)


def put_aside(shelf: Shelf, quarantine: Path) -> Path:
    """Move the journal to where a person can look at it."""
    files.make_directories(quarantine)
    number = 1
    while (place := quarantine / f"journal-{number}").exists():
        number += 1
    shelf.pending.rename(place)
    files.sync_directories([quarantine, shelf.journals])
    return place
