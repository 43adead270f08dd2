"""Carry a change that somebody died in to its end, never over what was edited since."""

from pathlib import Path
from typing import NamedTuple

from crmcli.domain.merge import merge
from crmcli.store import files, records, transaction
from crmcli.store.journal import DamagedJournalError, FileChange, Journal, Shelf, unpack
from crmcli.store.records import UnreadableError


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
    with files.storing(hint="the next command finishes this change"):
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
        shelf.finish()
        return Recovery(journal)


def remaining(root: Path, change: FileChange) -> FileChange:
    """What is still to do to one file of the change, from how it is found.

    Raises CannotMergeError where it was edited since and the two do not go together.
    """
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
    except UnreadableError as error:
        raise CannotMergeError(change.path) from error
    if conflicts:
        raise CannotMergeError(change.path)
    return records.edited(current, value)


def taken_back(root: Path, journal: Journal) -> list[FileChange]:
    """What brings the files that hold the journal's new bytes back to those before."""
    found = {change.path: files.read(root / change.path) for change in journal.changes}
    return [
        FileChange(path=change.path, before=change.after, after=change.before)
        for change in journal.changes
        if found[change.path] == change.after != change.before
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
