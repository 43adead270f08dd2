"""Meeting the other clones: commit what is here, fetch, merge, push; again where another clone was faster."""

from typing import NamedTuple

from crmcli.checks.workspace_checks import of_received
from crmcli.domain.explain.commit_message import CommitMessage, write_message
from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records.manual_edits import adopt_manual_edits
from crmcli.domain.values.errors import CrmError, Exit, RefusedError, TryAgainError
from crmcli.operations.request import Request
from crmcli.operations.steps.apply_change import apply_change
from crmcli.store import records
from crmcli.store.git import auto_commit, merge_state, remote, uncommitted
from crmcli.store.git.merge_commits import Merge, merge_commits, names_private
from crmcli.store.git.merge_driver import read_driver
from crmcli.store.git.repository import Repository, find_hindrance, find_repository
from crmcli.store.git.repository_setup import is_set_up
from crmcli.store.git.trees import GitFile, ask_line, read_blobs, read_unmerged
from crmcli.store.transactions.journal import FileChange
from crmcli.store.unreadable import UnreadableError
from crmcli.store.writer import Writing

BY = "sync"
ATTEMPTS = 30
MOST_NAMED = 10  # findings in what was received


class SyncReport(NamedTuple):
    """What a meeting of clones brought."""

    committed: int  # files whose changes had not been committed
    received: list[str]  # paths of files that have changed here
    sent: int  # commits that the others can have now
    conflicts: dict[str, tuple[str, ...]]  # fields by path of the file
    remote: str  # empty without one


class ConflictError(CrmError):
    """Raised where a merge waits for a decision."""

    code = Exit.CONFLICT


def sync_workspace(request: Request) -> SyncReport:
    """Commit what is here, merge what the others have pushed, and push.

    Conflicts stay in the files, as after `git merge`, and are reported; nothing is pushed then. Raises
    RefusedError where git is not set up here, ConflictError where an earlier merge waits, TryAgainError for a
    remote that does not answer.
    """
    repository = open_repository(request)
    committed = commit_local(request, repository)
    shared = remote.find_shared(repository)
    if shared is None:
        return SyncReport(committed, [], 0, {}, "")
    received: list[str] = []
    for _ in range(ATTEMPTS):
        theirs = remote.fetch(repository, shared)
        merge = merge_theirs(request, repository, theirs) if theirs else Merge({}, {}, [])
        received += [path for path in merge.files if path not in received]
        if merge.conflicts:
            fields = {path: each.fields for path, each in merge.conflicts.items()}
            return SyncReport(committed, received, 0, fields, shared.name)
        sent = count_commits(repository, theirs)
        if not sent or request.dry_run or remote.push(repository, shared):
            check_received(request, repository, received)
            return SyncReport(committed, received, sent, {}, shared.name)
    raise TryAgainError(f"{ATTEMPTS} times another clone was faster", hint="crm sync")


def open_repository(request: Request) -> Repository:
    """Return the repository of the workspace, in which an open merge, all decided, is committed.

    Raises RefusedError where git is not set up here, ConflictError where the merge waits for decisions.
    """
    root = request.workspace.root
    repository = find_repository(root)
    if repository is None:
        raise RefusedError("this workspace is not in git", hint="crm init --git")
    if not is_set_up(root, repository) or not read_driver(repository):
        raise RefusedError("git is not set up for crm on this machine", hint="crm check --fix")
    waiting = list(read_unmerged(repository))
    if waiting:
        count = f"{len(waiting)} files wait" if len(waiting) > 1 else "one file waits"
        raise ConflictError(f"{count} for a decision: {waiting[0]}", hint="crm resolve")
    hindrance = find_hindrance(repository)
    if hindrance and (repository.git_dir / merge_state.MERGE_HEAD).exists():
        if not request.dry_run:
            merge_state.finish_merge(repository)
            remember_all(request)
    elif hindrance:
        raise RefusedError(hindrance.reason, hint=hindrance.hint)
    return repository


def commit_local(request: Request, repository: Repository) -> int:
    """Commit what was changed in the workspace and is not committed; return the number of files.

    A stage changed by hand in a file runs its rules first. A record that does not read is left out and named.
    """
    with request.storing(BY) as session:
        session.is_shared_now = False
        paths = list(list_readable(request, session, repository))
        for path in paths:
            adopt(session, path)
    if paths and not request.dry_run:
        message = CommitMessage(
            config=request.config,
            user=request.user,
            command=request.command,
            other_files=tuple(paths),
        )
        reason = auto_commit.commit_waiting(request.workspace, message, paths)
        if reason:
            raise RefusedError(f"the changes here cannot be committed: {reason}")
    if not request.dry_run:
        remember_all(request)
    return len(paths)


def list_readable(request: Request, session: Writing, repository: Repository) -> list[str]:
    """Return the files of the workspace that are not committed, without records that do not read."""
    found = []
    for path in merge_state.list_inner_paths(repository, merge_state.list_dirty(repository)):
        kind = records.kind_of(path)
        if not uncommitted.is_shared(path):
            continue
        try:
            if kind is not None and session.content(path) is not None:
                session.read_file(path, kind)
        except UnreadableError as error:
            request.advise(f"{error} (not committed)")
        else:
            found.append(path)
    return found


def adopt(session: Writing, path: str) -> None:
    """Take over a stage that was changed by hand in a file, with the rules that it fires."""
    if records.kind_of(path) is not Opportunity or session.content(path) is None:
        return
    deal = session.opportunity(path)
    if deal.id:
        adopted = adopt_manual_edits(session.facts(deal), session.moment)
        if adopted.after != deal:
            apply_change(session, Change(before=deal, after=deal).then(adopted))


def merge_theirs(request: Request, repository: Repository, theirs: str) -> Merge:
    """Merge their commit into the workspace, under the lock; return what has changed here.

    Raises RefusedError where files that are not committed are in the way, or theirs bring what is private.
    """
    with request.storing(BY) as session:
        ours = ask_line(repository, ["rev-parse", "HEAD"])
        if theirs == ask_line(repository, ["merge-base", ours, theirs]):
            return Merge({}, {}, [])
        merge = merge_commits(repository, ours, theirs)
        refuse_obstacles(repository, merge)
        for path in merge.kept:
            request.advise(f"{path}: one clone removed it, the other changed it: it stays")
        if request.dry_run:
            return merge
        message = describe_merge(request, session, repository, merge)
        merge_state.put_in_place(session, repository, merge)
        if merge.conflicts:
            merge_state.leave_merge_open(repository, merge, theirs, message)
        else:
            merge_state.commit_merge(repository, merge, ours, theirs, message)
        remember_all(request)
    return merge


def describe_merge(request: Request, session: Writing, repository: Repository, merge: Merge) -> str:
    """Return the message of a merge: which records it changes here, and how."""
    paths = [*merge_state.list_inner_paths(repository, [*merge.files])]
    told = [path for path in paths if records.kind_of(path)]
    after = {path: take_theirs(merge, repository.prefix + path) for path in told[: auto_commit.TOLD]}
    blobs = read_blobs(repository, (file.blob for file in after.values() if file))
    changes = (
        FileChange(path=path, before=session.content(path), after=blobs[file.blob] if file else None)
        for path, file in after.items()
    )
    message = CommitMessage(
        config=request.config,
        user=request.user,
        command=request.command,
        changes=tuple(map(auto_commit.read_change, changes)),
        number_of_records=len(told),
        other_files=tuple(path for path in paths if path not in told),
        is_merge=True,
    )
    return write_message(message)


def take_theirs(merge: Merge, path: str) -> GitFile | None:
    """Return a merged file; of one in conflict, which does not read before it is decided, their version."""
    conflict = merge.conflicts.get(path)
    return conflict.stages.theirs if conflict else merge.files[path]


def remember_all(request: Request) -> None:
    """Remember that git has everything that crm has changed so far."""
    workspace = request.workspace
    uncommitted.remember(workspace.root, max(workspace.shelf.numbers(), default=0))


def refuse_obstacles(repository: Repository, merge: Merge) -> None:
    """Check that nothing of the user is in the way of a merge.

    Raises RefusedError.
    """
    private = names_private(repository.prefix, merge.files)
    if private:
        raise RefusedError("the other clone has put into git what is private to a machine", where=private)
    dirty = [path for path in merge_state.list_dirty(repository) if path in merge.files]
    if dirty:
        hint = "commit or repair it, then crm sync"
        raise ConflictError(
            "changed here and not committed, and changed by the others", where=dirty[0], hint=hint
        )


def check_received(request: Request, repository: Repository, received: list[str]) -> None:
    """Name what is wrong in the records that came from another clone, or between them and the others here."""
    paths = [*merge_state.list_inner_paths(repository, received)]
    if not any(records.kind_of(path) for path in paths):
        return
    found = of_received(request.reading(), paths)
    for each in found[:MOST_NAMED]:
        request.advise(str(each))
    if len(found) > MOST_NAMED:
        request.advise(f"{len(found) - MOST_NAMED} more findings (crm check)")


def count_commits(repository: Repository, theirs: str) -> int:
    """Return the number of our commits that the others do not have."""
    words = ["rev-list", "--count", "HEAD", *([f"^{theirs}"] if theirs else [])]
    return int(ask_line(repository, words) or 0)
