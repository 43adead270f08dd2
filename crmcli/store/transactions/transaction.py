"""Atomic changes to several files, safe against a crash at any point.

The order of steps ensures this: the journal is on disk before the first directory is created and the
first file changes; every file is replaced by renaming a synced file in the same directory; the journal
is moved away last. The next holder of the lock who finds a journal completes it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crmcli.domain.values.errors import CrmError, RefusedError, StoppedError, TryAgainError
from crmcli.store.transactions import files
from crmcli.store.transactions.files import LinkedError, Tree
from crmcli.store.transactions.journal import FileChange, Journal, JournalStore

LATER = "the next command finishes this change, do not repeat it"
SYNCED_TOGETHER = 64  # new files that are open at once
Drafts = dict[str, str]  # name of each file's new version before the rename, by the file's path


def commit_change(root: Path, shelf: JournalStore, journal: Journal) -> int:
    """Apply a change and return its number. The caller holds the lock.

    Raises TryAgainError, with nothing changed, where a file is no longer as it was read, or the disk
    cannot hold the new state; PartlyError where the disk fails after the journal is in place;
    StoppedError, with the outcome of the change, where the user interrupts the command.
    """
    with Tree(root) as tree, telling_of_interruption(tree, shelf, journal.changes):
        with files.told_as_storage_error():
            refuse_changed(tree, journal.changes)
        drafts: Drafts = {}
        try:
            with files.told_as_storage_error():
                shelf.put(journal)
                prepare_directories(tree, journal.changes)
                lay_out(tree, journal.changes, drafts)
                refuse_changed(tree, journal.changes)
        except (OSError, CrmError):
            with files.told_as_unfinished(LATER):
                tidy_drafts(tree, drafts)
                tree.sync()  # new directories: the next command would not sync them
                shelf.withdraw()
            raise
        with files.told_as_unfinished(LATER):
            put_in_place(tree, journal.changes, drafts)
            tree.sync(directories_of(journal.changes))
            tree.refuse_moved()
            return shelf.finish(journal)


@contextmanager
def telling_of_interruption(tree: Tree, shelf: JournalStore, changes: Sequence[FileChange]) -> Iterator[None]:
    """Report the outcome of a change whose command is interrupted; Ctrl-C may come at any moment.

    Raises StoppedError.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("interrupted", hint=describe_outcome(tree, shelf, changes)) from None


def describe_outcome(tree: Tree, shelf: JournalStore, changes: Sequence[FileChange]) -> str:
    """Return the outcome of an interrupted change, in words."""
    if shelf.is_pending():
        return LATER
    try:
        is_made = all(tree.read(change.path) == change.after for change in changes)
    except (OSError, LinkedError):
        return "crm undo --list says whether the change was made"
    return "the change was made" if is_made else "nothing was changed"


def refuse_changed(tree: Tree, changes: Sequence[FileChange]) -> None:
    """Check that every file still has the content from which the change was computed.

    Raises TryAgainError where it does not, RefusedError where a symbolic link would redirect the change to
    another file.
    """
    for change in changes:
        try:
            found = tree.read(change.path)
        except LinkedError as error:
            raise RefusedError("a symbolic link is not followed for writing", where=change.path) from error
        if found != change.before:
            raise TryAgainError(
                "changed on disk meanwhile",
                where=change.path,
                hint="nothing was changed, run it again",
            )


def prepare_directories(tree: Tree, changes: Sequence[FileChange]) -> None:
    """Create the directories that new files need."""
    for change in changes:
        if change.after is not None:
            tree.make(files.split_path(change.path)[0])


def lay_out(tree: Tree, changes: Sequence[FileChange], drafts: Drafts) -> None:
    """Write every new file, synced, into the directory of its target; add its name to `drafts`."""
    new = [(change.path, change.after) for change in changes if change.after is not None]
    for start in range(0, len(new), SYNCED_TOGETHER):
        with ExitStack() as opened:
            descriptors = []
            for path, content in new[start : start + SYNCED_TOGETHER]:
                directory, name = tree.parent_of(path)
                there = directory.stat(name)
                mode = None if there is None else there.st_mode & 0o7777
                drafts[path], descriptor = directory.create_open(content, mode)
                opened.callback(os.close, descriptor)
                descriptors.append(descriptor)
            with tree.directory("").naming():
                files.sync_descriptors(descriptors)


def put_in_place(tree: Tree, changes: Sequence[FileChange], drafts: Drafts) -> None:
    """Rename every new file over its target, and remove deleted files."""
    for change in changes:
        directory, name = tree.parent_of(change.path)
        if change.after is None:
            directory.remove(name)
        else:
            directory.move(drafts[change.path], name)


def directories_of(changes: Sequence[FileChange]) -> set[str]:
    """Return the directories in which files are changed."""
    return {files.split_path(change.path)[0] for change in changes}


def tidy_drafts(tree: Tree, drafts: Drafts) -> None:
    """Remove the new files that were not renamed."""
    for path, draft in drafts.items():
        directory, _ = tree.parent_of(path)
        directory.remove(draft)
