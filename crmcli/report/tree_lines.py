"""Trees drawn with lines, as the shell command `tree` does."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Branch(NamedTuple):
    """A line, and the branches below it."""

    text: str
    below: "tuple[Branch, ...]" = ()


def draw_trees(roots: Iterable[Branch]) -> Iterator[str]:
    """Yield the lines of trees, one after the other."""
    for root in roots:
        yield root.text
        yield from draw_branches(root.below, "")


def draw_branches(branches: tuple[Branch, ...], lead: str) -> Iterator[str]:
    """Yield the lines of branches, each preceded by `lead`."""
    for place, branch in enumerate(branches, start=1):
        is_last = place == len(branches)
        yield f"{lead}{'└─' if is_last else '├─'} {branch.text}"
        yield from draw_branches(branch.below, f"{lead}{'   ' if is_last else '│  '}")
