"""Setting a workspace up for git on this machine: repository, attributes, merge driver, auto-commit."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from crmcli.domain.explain.commit_message import CommitMessage
from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.config import AutoCommit
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.operations.request import Request
from crmcli.store.git import auto_commit, merge_driver, repository_setup
from crmcli.store.git.git_command import LITERAL, ask_git, run_git
from crmcli.store.git.ignored_files import IGNORE_FILE
from crmcli.store.git.merge_reminder import is_on
from crmcli.store.git.repository import Repository, find_repository
from crmcli.store.transactions import lock
from crmcli.store.transactions.files import Directory
from crmcli.store.workspace import CONFIG, FOLDERS, Workspace
from crmcli.store.writer import lock_timeout

PRIVATE = 0o077  # the user's files are nobody else's, and git keeps copies of them
FIRST = deferred("workspace set up for git")
MADE = deferred("git repository created")
ATTRIBUTES = deferred("{file}: git merges the files of the workspace with crm")
IGNORED = deferred("{file}: what is private to this machine is ignored")
DRIVER = deferred("merge driver installed: {driver}")
ALLOWED = deferred("auto-commit set up on this machine: each command commits what it changed")
TURNED_ON = deferred("{file}: git: {{commit: command}}")
COMMITTED = deferred("committed to git")

Accept = Callable[[Sequence[str]], bool]


class GitStep(msgspec.Struct, frozen=True):
    """One thing that was set up: a sentence to translate, and its values."""

    said: str
    values: dict[str, str] = {}


def refuse_programs(programs: Sequence[str]) -> bool:
    """Decline to run what a repository names; the default of `accept`."""
    return False


def set_up_git(request: Request, *, accept: Accept = refuse_programs) -> list[GitStep]:
    """Make a repository where there is none, and set the workspace up in it: as `crm init --git`.

    The first commit has the whole workspace if git does not know it yet, else what this has changed. `accept`
    is asked about hooks and programs that the repository itself names. Raises RefusedError where it declines.
    """
    workspace = request.workspace
    steps = make_repository(workspace)
    steps += turn_on(request)
    return [*steps, *repair_git(request, accept=accept)]


def make_repository(workspace: Workspace) -> list[GitStep]:
    """Make a git repository in a workspace, unless it lies in one that does not ignore it."""
    found = find_repository(workspace.root)
    inside = f"{found.prefix}{CONFIG}" if found else ""
    is_ignored = found and ask_git(["check-ignore", "-q", "--", inside], found.top) is not None
    if found and not is_ignored:
        return []
    with Directory.at(workspace.root) as root:
        is_shared = root.is_of_the_group
    shared = ["--shared=group"] if is_shared else []
    ran = run_git(["init", "--quiet", *shared], workspace.root, umask=-1 if is_shared else PRIVATE)
    if ran.code != 0:
        hint = "install git" if ran.code is None else ""
        raise CrmError(f"git made no repository: {ran.reason}", where=str(workspace.root), hint=hint)
    return [GitStep(MADE)]


def turn_on(request: Request) -> list[GitStep]:
    """Write `git: {commit: command}` into crm.yaml, unless it is there."""
    if is_on(request.workspace):
        return []
    with request.changing() as session:
        session.is_shared_now = False  # the first commit has it
        git = msgspec.structs.replace(session.config.git, commit=AutoCommit.COMMAND)
        session.configure(msgspec.structs.replace(session.config, git=git))
    return [GitStep(TURNED_ON, {"file": str(CONFIG)})]


def repair_git(request: Request, *, accept: Accept = refuse_programs) -> list[GitStep]:
    """Set up on this machine what a workspace in git needs: as `crm check --fix`, in a fresh clone.

    Return what was done. Raises RefusedError where `accept` declines the programs of the repository.
    """
    workspace = request.workspace
    repository = find_repository(workspace.root)
    if repository is None:
        raise RefusedError("not in a git repository", where=str(workspace.root), hint="crm init --git")
    may_commit = is_on(workspace)
    if may_commit and not repository_setup.is_set_up(workspace.root, repository):
        ask_about_programs(repository, accept)
    with lock.hold_lock(workspace.data, lock_timeout()):
        workspace.recover()
        return [*install(workspace, repository), *(commit_first(request, repository) if may_commit else [])]


def ask_about_programs(repository: Repository, accept: Accept) -> None:
    """Ask about hooks and programs of a repository that git will run from now on.

    Raises RefusedError where they are declined.
    """
    programs = repository_setup.list_git_programs(repository)
    if programs and not accept(programs):
        what = f"git would run what this repository names: {', '.join(programs)}"
        raise RefusedError(what, where=str(repository.common), hint="look at it, then crm check --fix --yes")


def install(workspace: Workspace, repository: Repository) -> list[GitStep]:
    """Install attributes and merge driver, and have git ignore what is private; return what was missing."""
    steps = []
    if merge_driver.add_attributes(workspace.root, repository):
        steps.append(GitStep(ATTRIBUTES, {"file": merge_driver.ATTRIBUTES}))
    if merge_driver.ignore_private(workspace.root, repository):
        steps.append(GitStep(IGNORED, {"file": IGNORE_FILE}))
    if merge_driver.install_driver(repository):
        steps.append(GitStep(DRIVER, {"driver": merge_driver.read_driver(repository)}))
    return steps


def commit_first(request: Request, repository: Repository) -> list[GitStep]:
    """Allow auto-commit on this machine, and commit what waits; return what was done."""
    workspace = request.workspace
    steps = []
    if not repository_setup.is_set_up(workspace.root, repository):
        repository_setup.remember_setup(workspace.root, repository)
        steps.append(GitStep(ALLOWED))
    message = CommitMessage(
        config=workspace.config,
        user=name_user(request),
        command=request.command,
        subject=workspace.config.language.translate(FIRST),
    )
    before = read_head(repository)
    auto_commit.commit_waiting(workspace, message, list_first_files(workspace.root, repository))
    return [*steps, *([GitStep(COMMITTED)] if read_head(repository) != before else [])]


def name_user(request: Request) -> str:
    """Return the acting user; nobody where crm.yaml does not know who that is."""
    try:
        return request.user
    except CrmError:
        return ""


def read_head(repository: Repository) -> str | None:
    """Return the last commit; None without one."""
    return ask_git(["rev-parse", "-q", "--verify", "HEAD"], repository.top)


def list_first_files(root: Path, repository: Repository) -> list[str]:
    """Return the files of the workspace for its first commit; those of crm's setup if git has it already."""
    own = [merge_driver.ATTRIBUTES, IGNORE_FILE, str(CONFIG)]
    if ask_git(["cat-file", "-e", f"HEAD:{repository.prefix}{CONFIG}"], repository.top) is not None:
        return [path for path in own if os.path.lexists(root / path)]
    places = [f"{LITERAL}{repository.prefix}{each}" for each in FOLDERS]
    words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *places]
    said = run_git(words, repository.top).out
    inside = [os.fsdecode(each).removeprefix(repository.prefix) for each in said.split(b"\0") if each]
    return list(dict.fromkeys([*own, *inside]))
