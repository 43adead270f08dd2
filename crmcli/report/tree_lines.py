"""Things under things, drawn with lines as a shell's `tree` does."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Branch(NamedTuple):
    """A line, and what hangs below it."""

    text: str
    below: "tuple[Branch, ...]" = ()


def draw_trees(roots: Iterable[Branch]) -> Iterator[str]:
    """The lines of trees, one after the other."""
    for root in roots:
        yield root.text
        yield from draw_branches(root.below, "")


def draw_branches(branches: tuple[Branch, ...], lead: str) -> Iterator[str]:
    """The lines of what hangs below one, behind what leads there."""
    for place, branch in enumerate(branches, start=1):
        is_last = place == len(branches)
        yield f"{lead}{'└─' if is_last else '├─'} {branch.text}"
        yield from draw_branches(branch.below, f"{lead}{'   ' if is_last else '│  '}")
