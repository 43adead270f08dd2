"""Carry a change that somebody died in to its end, never over what was edited since."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.values.errors import CrmError
from crmcli.store import records
from crmcli.store.transactions import files, transaction
from crmcli.store.transactions.files import Directory, LinkedError, Tree
from crmcli.store.transactions.journal import (
    DamagedJournalError,
    FileChange,
    Journal,
    JournalStore,
    unpack_journal,
)

QUARANTINE = "pipeline_data/quarantine"


class Abandoned(NamedTuple):
    """A change that could not be finished: why, where its journal is now, and what became of its files."""

    reason: str
    kept: Path
    command: str = ""
    put_back: tuple[str, ...] = ()
    as_found: tuple[str, ...] = ()  # edited since, by whomever


class Recovery(NamedTuple):
    """What was found and done."""

    journal: Journal | None  # the change that was finished, if one was
    abandoned: Abandoned | None = None


class CannotMergeError(ValueError):
    """A file that was edited since in a way that the journal's change does not fit into."""


def recover_change(root: Path, shelf: JournalStore) -> Recovery:
    """Finish the change whose journal lies here, if there is one. The caller holds the lock.

    A file edited since is merged field by field; where that is impossible, all files of the change
    go back to what they were and the journal is put into quarantine.
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
    """Remove what dead writers laid out; only the holder of the lock lays anything out here."""
    for path in sorted(transaction.directories_of(changes)):
        try:
            tree.directory(path).sweep()
        except (FileNotFoundError, NotADirectoryError, LinkedError):
            continue  # what it holds now does not belong to the change


def remaining_work(tree: Tree, change: FileChange) -> FileChange:
    """Return what is still to do to one file of the change, from how it is found.

    Raises CannotMergeError where it was edited since and the two do not go together, or where it
    lies behind a symbolic link now, or is not a file.
    """
    try:
        found = tree.read(change.path)
    except (OSError, LinkedError) as error:
        raise CannotMergeError(change.path) from error
    untouched = found in (change.before, change.after)
    after = change.after if untouched else merge_found(change, found)
    return FileChange(path=change.path, before=found, after=after)


def merge_found(change: FileChange, found: bytes | None) -> bytes:
    """Return a record's file with the change of the journal and what was edited since."""
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
    """Put the files that hold the journal's new bytes back to those before; what was edited since stays."""
    found = {change.path: content_of(tree, change.path) for change in journal.changes}
    ours = [each for each in journal.changes if found[each.path] == each.after != each.before]
    back = [FileChange(path=each.path, before=each.after, after=each.before) for each in ours]
    edited = [each.path for each in journal.changes if found[each.path] not in (each.before, each.after)]
    carry_out(tree, back)
    kept = shelf.put_aside(make_quarantine(tree))
    reason = "it did not fit what was edited since"
    return Abandoned(reason, kept, journal.command, tuple(each.path for each in back), tuple(edited))


def make_quarantine(tree: Tree) -> Directory:
    """Return the directory for journals that are not used, made and synced where it is not there."""
    tree.make(QUARANTINE)
    tree.sync_up([QUARANTINE])
    return tree.directory(QUARANTINE)


def content_of(tree: Tree, path: str) -> bytes | str | None:
    """Return the bytes of a file, or why it has none that can be read."""
    try:
        return tree.read(path)
    except (OSError, LinkedError) as error:
        return str(error)


def carry_out(tree: Tree, changes: list[FileChange]) -> None:
    """Put these files into their new state, and make sure that what was put already lasts, too."""
    todo = [change for change in changes if change.before != change.after]
    drafts: transaction.Drafts = {}
    transaction.prepare_directories(tree, todo)
    transaction.lay_out(tree, todo, drafts)
    transaction.put_in_place(tree, todo, drafts)
    tree.sync_up(transaction.directories_of(changes))
