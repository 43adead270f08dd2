"""The git repository around a workspace, found as git finds it, without starting git."""

import os
from pathlib import Path
from typing import NamedTuple

REBASE = "git add the changed files, then git rebase --continue: --abort would throw them away"
UNFINISHED = {
    "MERGE_HEAD": ("a merge is in progress", "git merge --continue"),
    "rebase-merge": ("a rebase is in progress", REBASE),
    "rebase-apply": ("a rebase is in progress", REBASE),
    "CHERRY_PICK_HEAD": ("a cherry-pick is in progress", "git cherry-pick --continue"),
    "REVERT_HEAD": ("a revert is in progress", "git revert --continue"),
    "BISECT_LOG": ("a bisection is in progress", "git bisect reset"),
}
"""What git has begun, by the file that says so in its directory, and how to end it."""


class Repository(NamedTuple):
    """The repository of a workspace: real paths of its top directory and of git's own directories."""

    top: Path
    git_dir: Path
    common: Path  # where the configuration is; of a worktree, the directory of the main one
    prefix: str  # the workspace, from the top: empty, or `sales/`


class Hindrance(NamedTuple):
    """Why nothing can be committed now, and what to do."""

    reason: str
    hint: str


def find_repository(root: Path) -> Repository | None:
    """Return the repository around a workspace; None where there is none."""
    real = Path(os.path.realpath(root))
    for top in (real, *real.parents):
        git_dir = find_git_dir(top)
        if git_dir is not None:
            inside = os.path.relpath(real, top)
            prefix = "" if inside == "." else f"{inside}/"
            return Repository(top, git_dir, find_common(git_dir), prefix)
    return None


def find_git_dir(top: Path) -> Path | None:
    """Return git's own directory for a top directory: `.git`, or what a file of that name says."""
    place = top / ".git"
    said = read_line(place)
    if said.startswith("gitdir: "):
        place = top / said.removeprefix("gitdir: ")
    is_git = os.path.lexists(place / "HEAD")
    return Path(os.path.realpath(place)) if is_git else None


def find_common(git_dir: Path) -> Path:
    """Return the directory that all worktrees of a repository share."""
    said = read_line(git_dir / "commondir")
    return Path(os.path.realpath(git_dir / said)) if said else git_dir


def read_line(path: Path) -> str:
    """Return the first line of a small file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return os.fsdecode(file.readline(4096)).rstrip("\n")
    except OSError:
        return ""


def find_hindrance(repository: Repository) -> Hindrance | None:
    """Return why nothing can be committed now; None if nothing is in the way."""
    for name, (reason, hint) in UNFINISHED.items():
        if os.path.lexists(repository.git_dir / name):
            return Hindrance(reason, hint)
    if not read_line(repository.git_dir / "HEAD").startswith("ref: "):
        return Hindrance("no branch is checked out (detached HEAD)", "git switch BRANCH")
    return None
