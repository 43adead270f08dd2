"""The commits in which git still keeps changed or removed files; reads only."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.store.git.git_command import ask_git

AT_ONCE = 200  # paths per git command


class Held(NamedTuple):
    """The number of commits of all branches that touch some files, and their first and last day."""

    commits: int
    first: str
    last: str


def commits_of(root: Path, paths: Sequence[str]) -> Held | None:
    """Return the commits that touch these files of a workspace; None where git has none."""
    found: set[str] = set()
    for start in range(0, len(paths), AT_ONCE):
        words = ["log", "--all", "--no-ext-diff", "--format=%cs %H", "--", *paths[start : start + AT_ONCE]]
        answer = ask_git(words, root)
        if answer is None:
            return None
        found.update(answer.split("\n"))
    found.discard("")
    days = sorted(line.partition(" ")[0] for line in found)
    return Held(len(found), days[0], days[-1]) if days else None
