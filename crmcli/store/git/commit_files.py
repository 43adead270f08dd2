"""One commit of exactly the given files; what else the user has changed or staged stays as it is.

`git commit --only` builds a commit from the last one and these files, so the user's index keeps what is
staged of other files, and git itself asks the user's hooks and signs as the user has set it up.
"""

import os
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crmcli.store.git.git_command import LITERAL, Ran, run_git
from crmcli.store.git.repository import Hindrance, Repository, find_hindrance

AT_ONCE = 500  # paths per git command
BUSY = 1.0  # seconds to wait for another git
UNMERGED, UNTRACKED = "M", "?"


class Known(NamedTuple):
    """What git knows of some paths: those in its index, the new ones that it does not ignore."""

    tracked: list[str]
    new: list[str]
    unmerged: list[str]


def commit_files(repository: Repository, paths: Iterable[str], message: str) -> Hindrance | None:
    """Commit these files of a workspace, deleted ones too; ignored ones never.

    Returns why nothing was committed, or None: committed, or nothing to commit.
    """
    hindrance = find_hindrance(repository) or wait_for_index(repository)
    if hindrance:
        return hindrance
    known = list_known([repository.prefix + path for path in paths], repository)
    if isinstance(known, Hindrance):
        return known
    if known.unmerged:
        return Hindrance(f"{known.unmerged[0]} has a merge conflict", "crm resolve REF")
    if known.new:
        added = run_git(["update-index", "--add", "-z", "--stdin"], repository.top, join_paths(known.new))
        if added.code != 0:
            return explain(added, repository)
    return commit_known([*known.tracked, *known.new], message, repository)


def commit_known(paths: Sequence[str], message: str, repository: Repository) -> Hindrance | None:
    """Commit files that are in the index; return why not, or None."""
    if not paths:
        return None
    only = ["commit", "--quiet", "--only", "--no-status", "--cleanup=whitespace", "-m", message]
    given = join_paths([LITERAL + path for path in paths])
    ran = run_git([*only, "--pathspec-from-file=-", "--pathspec-file-nul"], repository.top, given)
    if ran.code == 0 or (ran.code == 1 and is_committed(paths, repository)):
        return None
    return explain(ran, repository)


def wait_for_index(repository: Repository) -> Hindrance | None:
    """Wait a moment while another git holds the index; return that it still does, or None."""
    lock = repository.git_dir / "index.lock"
    end = time.monotonic() + BUSY
    while os.path.lexists(lock):
        if time.monotonic() > end:
            return Hindrance(f"another git is at work ({lock})", "remove that file if none is")
        time.sleep(0.02)
    return None


def list_known(paths: Sequence[str], repository: Repository) -> Known | Hindrance:
    """Return what git knows of paths; paths that exist neither in git nor on disk are left out."""
    known = Known([], [], [])
    kinds = {UNTRACKED: known.new, UNMERGED: known.unmerged}
    words = ["ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--"]
    for start in range(0, len(paths), AT_ONCE):
        some = [LITERAL + path for path in paths[start : start + AT_ONCE]]
        ran = run_git([*words, *some], repository.top)
        if ran.code != 0:
            return explain(ran, repository)
        for line in filter(None, os.fsdecode(ran.out).split("\0")):
            kinds.get(line[0], known.tracked).append(line[2:])
    return known


def is_committed(paths: Sequence[str], repository: Repository) -> bool:
    """Tell whether the last commit has these files as they are."""
    for start in range(0, len(paths), AT_ONCE):
        some = [LITERAL + path for path in paths[start : start + AT_ONCE]]
        ran = run_git(["status", "--porcelain", "-z", "--untracked-files=no", "--", *some], repository.top)
        if ran.code != 0 or ran.out:
            return False
    return True


def explain(ran: Ran, repository: Repository) -> Hindrance:
    """Return why git did not commit, and what to do."""
    if ran.code is None:
        return Hindrance(ran.reason, "")
    if run_git(["var", "GIT_COMMITTER_IDENT"], repository.top).code != 0:
        return Hindrance("git does not know who commits", "git config --global user.email you@example.org")
    return Hindrance(f"git says: {ran.reason or f'exit code {ran.code}'}", "")


def join_paths(paths: Iterable[str]) -> bytes:
    """Return paths for the standard input of git."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
