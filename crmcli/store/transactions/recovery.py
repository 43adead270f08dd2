"""Completion of an interrupted change, without overwriting later edits."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.values.errors import CrmError
from crmcli.store import records
from crmcli.store.quarantine import QUARANTINE
from crmcli.store.transactions import files, transaction
from crmcli.store.transactions.files import Directory, LinkedError, Tree
from crmcli.store.transactions.journal import (
    DamagedJournalError,
    FileChange,
    Journal,
    JournalStore,
    unpack_journal,
)


class Abandoned(NamedTuple):
    """A change that could not be finished: the reason, the journal's new place, the state of its files."""

    reason: str
    kept: Path
    command: str = ""
    put_back: tuple[str, ...] = ()
    as_found: tuple[str, ...] = ()  # edited since then


class Recovery(NamedTuple):
    """The result of a recovery."""

    journal: Journal | None  # the change that was finished, if one was
    abandoned: Abandoned | None = None


class CannotMergeError(ValueError):
    """Raised for a file whose later edits conflict with the journal's change."""


def recover_change(root: Path, shelf: JournalStore) -> Recovery:
    """Finish the change of the pending journal, if there is one. The caller holds the lock.

    A file edited since is merged field by field; where that is impossible, the files already changed are
    restored, and the journal is moved to the quarantine.
    """
    with files.told_as_unfinished(transaction.LATER), Tree(root) as tree:
        try:
            content = shelf.read_pending()
            if content is None:
                return Recovery(None)
            journal = unpack_journal(content)
        except DamagedJournalError as error:
            kept = shelf.put_aside(make_quarantine(tree))
            return Recovery(None, Abandoned(f"its journal is not used: {error}", kept))
        sweep_leftovers(tree, journal.changes)
        try:
            changes = [remaining_work(tree, change) for change in journal.changes]
        except CannotMergeError:
            return Recovery(None, take_back(tree, shelf, journal))
        carry_out(tree, changes)
        shelf.finish(journal)
        return Recovery(journal)


def sweep_leftovers(tree: Tree, changes: Sequence[FileChange]) -> None:
    """Remove temporary files of interrupted writers; only the holder of the lock creates any."""
    for path in sorted(transaction.directories_of(changes)):
        try:
            tree.directory(path).sweep()
        except (FileNotFoundError, NotADirectoryError, LinkedError):
            continue  # not a directory of the change any more


def remaining_work(tree: Tree, change: FileChange) -> FileChange:
    """Return the remaining change to one file, from its current content.

    Raises CannotMergeError where it was edited since and the two conflict, or where it is now behind
    a symbolic link, or not a file.
    """
    try:
        found = tree.read(change.path)
    except (OSError, LinkedError) as error:
        raise CannotMergeError(change.path) from error
    untouched = found in (change.before, change.after)
    after = change.after if untouched else merge_found(change, found)
    return FileChange(path=change.path, before=found, after=after)


def merge_found(change: FileChange, found: bytes | None) -> bytes:
    """Return a record's file with both the journal's change and later edits.

    Raises CannotMergeError where they conflict.
    """
    kind = records.kind_of(change.path)
    if kind is None or change.before is None or change.after is None or found is None:
        raise CannotMergeError(change.path)
    path = Path(change.path)
    try:
        before, after, current = (
            records.read_record(path, content, kind) for content in (change.before, change.after, found)
        )
        value, conflicts = merge_versions(before.value, after.value, current.value)
        together = records.edit_record(current, value)
    except CrmError as error:
        raise CannotMergeError(change.path) from error
    if conflicts:
        raise CannotMergeError(change.path)
    return together


def take_back(tree: Tree, shelf: JournalStore, journal: Journal) -> Abandoned:
    """Restore the files that have the journal's new content; files edited since stay as they are."""
    found = {change.path: content_of(tree, change.path) for change in journal.changes}
    ours = [each for each in journal.changes if found[each.path] == each.after != each.before]
    back = [FileChange(path=each.path, before=each.after, after=each.before) for each in ours]
    edited = [each.path for each in journal.changes if found[each.path] not in (each.before, each.after)]
    carry_out(tree, back)
    kept = shelf.put_aside(make_quarantine(tree))
    reason = "it did not fit what was edited since"
    return Abandoned(reason, kept, journal.command, tuple(each.path for each in back), tuple(edited))


def make_quarantine(tree: Tree) -> Directory:
    """Return the directory for rejected journals, created and synced where missing."""
    tree.make(QUARANTINE)
    tree.sync_up([QUARANTINE])
    return tree.directory(QUARANTINE)


def content_of(tree: Tree, path: str) -> bytes | str | None:
    """Return the bytes of a file, or the reason why it cannot be read."""
    try:
        return tree.read(path)
    except (OSError, LinkedError) as error:
        return str(error)


def carry_out(tree: Tree, changes: list[FileChange]) -> None:
    """Write these files in their new state, and sync also what was written before."""
    todo = [change for change in changes if change.before != change.after]
    drafts: transaction.Drafts = {}
    transaction.prepare_directories(tree, todo)
    transaction.lay_out(tree, todo, drafts)
    transaction.put_in_place(tree, todo, drafts)
    tree.sync_up(transaction.directories_of(changes))
