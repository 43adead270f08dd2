"""A change to several files that happens whole or not at all, whatever dies on the way.

The order is what keeps the promise: the journal is on the disk before the first file changes;
every file is replaced by a rename of a synced neighbour; the journal is moved away last. Whoever
holds the lock next and finds a journal carries it to its end.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from crmcli.domain.errors import CrmError, PartlyError, RefusedError, TryAgainError
from crmcli.store import files
from crmcli.store.journal import FileChange, Journal, Shelf

LATER = "the next command finishes this change, do not repeat it"
LONGEST_NAME = 240  # bytes of a file's name that leave room for what marks the new version


def commit(root: Path, shelf: Shelf, journal: Journal) -> int:
    """Make the change; its number among the finished ones. The caller holds the lock.

    Raises TryAgainError, with nothing changed, where a file is no longer what was read, or the
    disk cannot hold the new state; PartlyError where the disk fails after the journal is in place.
    """
    with files.storing():
        unchanged(root, journal.changes)
        parents = prepare(root, journal.changes)
    try:
        with files.storing():
            shelf.put(journal)
            lay_out(root, journal.changes)
            unchanged(root, journal.changes)
    except (OSError, CrmError):
        with files.storing(hint=LATER, failure=PartlyError):
            tidy(root, journal.changes)
            shelf.withdraw()
        raise
    with files.storing(hint=LATER, failure=PartlyError):
        put_in_place(root, journal.changes, parents)
        return shelf.finish(journal)


def unchanged(root: Path, changes: Sequence[FileChange]) -> None:
    """Make sure that every file still is what the change was worked out from."""
    for change in changes:
        if files.read(root / change.path) != change.before:
            raise TryAgainError(
                "changed on disk meanwhile",
                where=change.path,
                hint="nothing was changed, run it again",
            )


def prepare(root: Path, changes: Sequence[FileChange]) -> list[Path]:
    """Make the directories that new files need; the parents of those made.

    Raises RefusedError where a symbolic link would have another file changed or removed.
    """
    for change in changes:
        if leads_elsewhere(root, change.path):
            raise RefusedError("a symbolic link is not followed for writing", where=change.path)
    return [
        parent
        for change in changes
        if change.after is not None
        for parent in files.make_directories((root / change.path).parent)
    ]


def leads_elsewhere(root: Path, path: str) -> bool:
    """Is a symbolic link on the way to this file, or the file itself one?"""
    return Path(os.path.realpath(root / path)) != Path(os.path.realpath(root)) / path


def lay_out(root: Path, changes: Sequence[FileChange]) -> None:
    """Write every new file beside its target, synced."""
    for change in changes:
        if change.after is not None:
            target = root / change.path
            files.write_synced(beside(target), change.after, files.mode_of(target))


def put_in_place(root: Path, changes: Sequence[FileChange], parents: Sequence[Path]) -> None:
    """Rename every new file over its target, remove what goes, and make both last."""
    for change in changes:
        target = root / change.path
        if change.after is None:
            files.remove(target)
        else:
            os.replace(beside(target), target)
    files.sync_directories([*((root / change.path).parent for change in changes), *parents])


def tidy(root: Path, changes: Sequence[FileChange]) -> None:
    """Remove what was laid out beside the targets."""
    for change in changes:
        files.remove(beside(root / change.path))


def beside(target: Path) -> Path:
    """Where the new version of a file waits; no listing takes it for a record."""
    raw = os.fsencode(target.name)
    name = target.name if len(raw) <= LONGEST_NAME else hashlib.sha256(raw).hexdigest()
    return target.with_name(f".{name}.crm-new")
