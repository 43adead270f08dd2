"""What git lacks in this clone to merge and commit a workspace as it is meant to, and the reminder of it."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from crmcli.store.git import merge_driver, uncommitted
from crmcli.store.git.merge_driver import ATTRIBUTES
from crmcli.store.git.repository import Repository, find_hindrance, find_repository
from crmcli.store.git.repository_setup import is_set_up
from crmcli.store.transactions import files
from crmcli.store.workspace import CONFIG, Workspace

NAME = "git-reminded"
REPAIR = "crm check --fix"


class GitFault(NamedTuple):
    """Something that git lacks: the file concerned, what, and what to type."""

    path: str
    what: str
    hint: str


def is_on(workspace: Workspace) -> bool:
    """Tell whether the configuration asks for auto-commit."""
    return workspace.is_configured and workspace.config.git.is_on


def wants_git(workspace: Workspace) -> bool:
    """Tell whether a workspace is meant for git: by `git` in crm.yaml, or by its attributes."""
    if is_on(workspace):
        return True
    try:
        return b"merge=crm" in (files.read_file(workspace.root / ATTRIBUTES) or b"")
    except OSError:
        return False


def list_git_faults(workspace: Workspace) -> Iterator[GitFault]:
    """Yield what git lacks in this clone of a workspace that is meant for git, and what waits for it."""
    repository = find_repository(workspace.root)
    yield from list_setup_faults(workspace, repository)
    if repository and is_on(workspace) and is_set_up(workspace.root, repository):
        yield from list_waiting_faults(workspace, repository)


def list_setup_faults(workspace: Workspace, repository: Repository | None) -> Iterator[GitFault]:
    """Yield what is not set up in this clone; nothing for a workspace that is not meant for git."""
    if not wants_git(workspace):
        return
    if repository is None:
        if is_on(workspace):
            what = "git: {commit: command}, but this is not a git repository"
            yield GitFault(str(CONFIG), what, "crm init --git")
        return
    yield from list_merge_faults(repository)
    if is_on(workspace) and not is_set_up(workspace.root, repository):
        what = "auto-commit is not set up on this machine: nothing is committed"
        yield GitFault(".git/config", what, REPAIR)


def list_merge_faults(repository: Repository) -> Iterator[GitFault]:
    """Yield what keeps git from merging with crm in this clone."""
    missing = merge_driver.list_missing_attributes(repository)
    if missing:
        what = f"lacks {len(missing)} of the lines by which git merges with crm, such as {missing[-1]!r}"
        yield GitFault(ATTRIBUTES, what, REPAIR)
    driver = merge_driver.read_driver(repository)
    if not driver:
        what = "the merge driver of crm is not installed in this clone: git would leave conflict markers"
        yield GitFault(".git/config", what, REPAIR)
    elif program := merge_driver.find_missing_program(driver):
        yield GitFault(".git/config", f"the merge driver calls {program}, which is not there", REPAIR)


def list_waiting_faults(workspace: Workspace, repository: Repository) -> Iterator[GitFault]:
    """Yield that changes wait to be committed, and what is in the way."""
    waiting = uncommitted.list_waiting(workspace.root, workspace.shelf).paths
    if not waiting:
        return
    hindrance = find_hindrance(repository)
    why = f": {hindrance.reason}" if hindrance else ""
    hint = f"{hindrance.hint}; then {REPAIR}" if hindrance else REPAIR
    more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    yield GitFault(waiting[0], f"changed by crm{more}, not committed to git{why}", hint)


def remind_once_a_day(workspace: Workspace, repository: Repository | None, day: date) -> None:
    """Say on stderr what is not set up in this clone, once a day at most."""
    mark = day.isoformat().encode()
    if not wants_git(workspace) or workspace.derived.read(NAME) == mark:
        return
    workspace.derived.keep(NAME, mark)
    for fault in list_setup_faults(workspace, repository):
        workspace.advise(f"{fault.path}: {fault.what} ({fault.hint})")
