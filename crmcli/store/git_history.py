"""What git still holds of files that were changed or removed: asked of git itself, nothing is changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.store.git_command import ask_git

AT_ONCE = 200  # paths in one question


class Held(NamedTuple):
    """How many commits of all branches touch some files, and the first and last day of them."""

    commits: int
    first: str
    last: str


def commits_of(root: Path, paths: Sequence[str]) -> Held | None:
    """The commits that touch these files of a workspace; None where git keeps none of it."""
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
