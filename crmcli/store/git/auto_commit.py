"""Auto-commit: each command commits what it changed, under crm's lock, right after the change is stored.

The change itself always stays. What could not be committed is told, remembered, and part of the next commit.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from crmcli.domain.explain.commit_message import CommitMessage, RecordChange, write_message
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import CrmError, StoppedError
from crmcli.store import records
from crmcli.store.git import uncommitted
from crmcli.store.git.commit_files import commit_files
from crmcli.store.git.merge_reminder import is_on, remind_once_a_day
from crmcli.store.git.repository import Repository, find_repository
from crmcli.store.git.repository_setup import is_set_up
from crmcli.store.git.uncommitted import Waiting
from crmcli.store.transactions.journal import FileChange, Journal
from crmcli.store.workspace import Workspace

NOT_COMMITTED = "the change is stored, but not committed to git"
TOLD = 60  # records that a message describes


def commit_change(workspace: Workspace, journal: Journal, number: int) -> None:
    """Commit a change that was just stored, with what earlier commands left; the caller holds crm's lock.

    Nothing is committed unless the user has set up this repository on this machine.
    """
    with warning_of_failure(workspace):
        repository = find_ready(workspace, journal.at.date())
        if repository is None:
            return
        start_memory(workspace, number - 1)  # a command killed from here on is not forgotten
        waiting = uncommitted.list_waiting(workspace.root, workspace.shelf, before=number)
        commit_journal(workspace, repository, journal, waiting, number)


def commit_changes(workspace: Workspace, command: str, day: date) -> None:
    """Commit all changes that one command has stored, in one commit; the caller holds crm's lock."""
    with warning_of_failure(workspace):
        waiting = uncommitted.list_waiting(workspace.root, workspace.shelf)
        own = [each for each in waiting.changes if each.command == command]
        repository = find_ready(workspace, day) if own else None
        if repository is None:
            return
        others = tuple(each for each in waiting.changes if each not in own)
        number = max(workspace.shelf.numbers(), default=0)
        commit_journal(workspace, repository, join_changes(own), replace(waiting, changes=others), number)


@contextmanager
def warning_of_failure(workspace: Workspace) -> Iterator[None]:
    """Turn a failure into a warning: the change is stored, and its command has succeeded."""
    try:
        yield
    except StoppedError:
        raise
    except Exception as error:  # of any type: a message that cannot be written, a file that is not ours
        workspace.advise(f"{NOT_COMMITTED}: {error or type(error).__name__} (crm check)")


def find_ready(workspace: Workspace, day: date) -> Repository | None:
    """Return the repository in which crm commits; None where the user has not set up one."""
    repository = find_repository(workspace.root)
    remind_once_a_day(workspace, repository, day)
    is_ready = repository and is_on(workspace) and is_set_up(workspace.root, repository)
    return repository if is_ready else None


def start_memory(workspace: Workspace, number: int | None = None) -> None:
    """Remember the last change so far as one that git has, where nothing is remembered yet."""
    if uncommitted.read_remembered(workspace.root) is None:
        last = max(workspace.shelf.numbers(), default=0) if number is None else number
        uncommitted.remember(workspace.root, last)


def join_changes(journals: Sequence[Journal]) -> Journal:
    """Return the changes of several transactions as one: each file as it was first, and as it is last."""
    joined: dict[str, FileChange] = {}
    for change in (change for each in journals for change in each.changes):
        first = joined.get(change.path, change)
        joined[change.path] = FileChange(path=change.path, before=first.before, after=change.after)
    changes = tuple(each for each in joined.values() if each.before != each.after)
    return replace(journals[-1], changes=changes)


def commit_journal(
    workspace: Workspace, repository: Repository, journal: Journal, waiting: Waiting, number: int
) -> None:
    """Commit the files of a change, and those that wait."""
    own = filter(uncommitted.is_shared, (change.path for change in journal.changes))
    paths = tuple(dict.fromkeys([*waiting.paths, *own]))
    message = describe_journal(workspace, journal, waiting.changes)
    commit_paths(workspace, repository, paths, message, number)


def commit_waiting(workspace: Workspace, message: CommitMessage, paths: Sequence[str] = ()) -> str:
    """Commit what waits, and these files, in one commit; return why not, or nothing."""
    repository = find_repository(workspace.root)
    if repository is None:
        return ""
    waiting = uncommitted.list_waiting(workspace.root, workspace.shelf)
    is_lost = uncommitted.read_remembered(workspace.root) is None
    changed = uncommitted.list_changed(workspace.shelf) if is_lost else ()
    together = tuple(dict.fromkeys([*waiting.paths, *changed, *paths]))
    number = max(workspace.shelf.numbers(), default=0)
    text = write_message(replace(message, earlier=list_commands(waiting.changes)))
    return commit_paths(workspace, repository, together, text, number)


def list_commands(changes: Sequence[Journal]) -> tuple[tuple[str, str], ...]:
    """Return the command lines of changes that are committed only now, each with its user."""
    return tuple((each.command, each.user) for each in changes if each.leaves_record)


def commit_paths(
    workspace: Workspace, repository: Repository, paths: tuple[str, ...], message: str, number: int
) -> str:
    """Commit files, and remember whether that worked; return why not, or nothing.

    Raises StoppedError where the user interrupts git.
    """
    if not paths:
        return ""
    try:
        hindrance = commit_files(repository, paths, message)
    except KeyboardInterrupt:
        hint = "the change was made; the next command commits it to git"
        raise StoppedError("interrupted", hint=hint) from None
    remember_outcome(workspace, number, paths if hindrance else ())
    if hindrance is None:
        return ""
    said = f"{NOT_COMMITTED}: {hindrance.reason}"
    hint = f"{hindrance.hint}; " if hindrance.hint else ""
    workspace.advise(f"{said} ({hint}the next change is committed with it)")
    return hindrance.reason


def remember_outcome(workspace: Workspace, number: int, left: tuple[str, ...]) -> None:
    """Remember the number of the last change that git has, and the paths that it could not take.

    Where it took nothing, the number stays: the undo records after it say which commands wait.
    """
    known = uncommitted.read_remembered(workspace.root)
    last = known.number if left and known else number
    uncommitted.remember(workspace.root, last, left)


def describe_journal(workspace: Workspace, journal: Journal, earlier: Sequence[Journal]) -> str:
    """Return the message of the commit of a change."""
    changes = [each for each in journal.changes if uncommitted.is_shared(each.path)]
    told = [each for each in changes if records.kind_of(each.path)]
    message = CommitMessage(
        config=workspace.config,
        user=journal.user,
        command=journal.command,
        changes=tuple(map(read_change, told[:TOLD])),
        number_of_records=len(told),
        other_files=tuple(each.path for each in changes if each not in told),
        earlier=list_commands(earlier),
        is_erasure=not journal.leaves_record,
    )
    return write_message(message)


def read_change(change: FileChange) -> RecordChange:
    """Return a record before and after a change; None for a version that cannot be read."""
    return RecordChange(
        change.path, *(read_version(change.path, each) for each in (change.before, change.after))
    )


def read_version(path: str, content: bytes | None) -> Opportunity | Contact | None:
    """Return the record in a file's bytes; None without a file, or where it cannot be read."""
    kind = records.kind_of(path)
    if content is None or kind is None:
        return None
    try:
        return records.read_record(Path(path), content, kind).value
    except CrmError:
        return None
