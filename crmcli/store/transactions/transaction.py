"""A change to several files that happens whole or not at all, whatever dies on the way.

The order is what keeps the promise: the journal is on the disk before the first directory is made
and the first file changes; every file is replaced by a rename of a synced neighbour; the journal is
moved away last. Whoever holds the lock next and finds a journal carries it to its end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crmcli.domain.values.errors import CrmError, RefusedError, StoppedError, TryAgainError
from crmcli.store.transactions import files
from crmcli.store.transactions.files import LinkedError, Tree
from crmcli.store.transactions.journal import FileChange, Journal, JournalStore

LATER = "the next command finishes this change, do not repeat it"
Drafts = dict[str, str]  # the name under which the new version of a file waits, by the file's path


def commit_change(root: Path, shelf: JournalStore, journal: Journal) -> int:
    """Make the change; its number among the finished ones. The caller holds the lock.

    Raises TryAgainError, with nothing changed, where a file is no longer what was read, or the
    disk cannot hold the new state; PartlyError where the disk fails after the journal is in place;
    StoppedError, which says what becomes of the change, where whoever gave the command interrupts it.
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
                tree.sync()  # the next command finds the new directories and does not sync them
                shelf.withdraw()
            raise
        with files.told_as_unfinished(LATER):
            put_in_place(tree, journal.changes, drafts)
            tree.sync(directories_of(journal.changes))
            return shelf.finish(journal)


@contextmanager
def telling_of_interruption(tree: Tree, shelf: JournalStore, changes: Sequence[FileChange]) -> Iterator[None]:
    """Say what becomes of a change whose command is interrupted: Ctrl-C may come at any moment of it.

    Raises StoppedError.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("interrupted", hint=describe_outcome(tree, shelf, changes)) from None


def describe_outcome(tree: Tree, shelf: JournalStore, changes: Sequence[FileChange]) -> str:
    """Say what became of a change that was interrupted."""
    if shelf.is_pending():
        return LATER
    try:
        is_made = all(tree.read(change.path) == change.after for change in changes)
    except (OSError, LinkedError):
        return "crm undo --list says whether the change was made"
    return "the change was made" if is_made else "nothing was changed"


def refuse_changed(tree: Tree, changes: Sequence[FileChange]) -> None:
    """Make sure that every file still is what the change was worked out from.

    Raises TryAgainError for one that is not, RefusedError where a symbolic link would have another
    file changed or removed.
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
    """Make the directories that new files need."""
    for change in changes:
        if change.after is not None:
            tree.make(files.split_path(change.path)[0])


def lay_out(tree: Tree, changes: Sequence[FileChange], drafts: Drafts) -> None:
    """Write every new file into the directory of its target, synced; `drafts` says under which names."""
    for change in changes:
        if change.after is not None:
            directory, name = tree.parent_of(change.path)
            there = directory.stat(name)
            mode = None if there is None else there.st_mode & 0o7777
            drafts[change.path] = directory.create(change.after, mode)


def put_in_place(tree: Tree, changes: Sequence[FileChange], drafts: Drafts) -> None:
    """Rename every new file over its target, and remove what goes."""
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
    """Remove what was laid out beside the targets."""
    for path, draft in drafts.items():
        directory, _ = tree.parent_of(path)
        directory.remove(draft)
