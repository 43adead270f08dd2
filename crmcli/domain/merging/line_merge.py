"""Three-way merge of texts by lines, and the marks around what two versions have differently."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_LINES = 20_000
OURS, BETWEEN, THEIRS = "<<<<<<<", "=======", ">>>>>>>"  # as git writes them


class Chunk(NamedTuple):
    """Lines between two places at which all three texts agree."""

    base: Sequence[str]
    ours: Sequence[str]
    theirs: Sequence[str]


def merge_lines(base: str, ours: str, theirs: str, *, joins_insertions: bool = False) -> str | None:
    r"""Return a text with the changed lines of both versions; None where both changed the same lines.

    None also for a text of more than `MOST_LINES`, whose comparison could take hours.

    With `joins_insertions`, lines that both added at the same place do not conflict: both stay, in
    alphabetical order, so that the result does not depend on which version is ours.

    >>> merge_lines("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n")
    'A\nb\nC\n'
    >>> merge_lines("a\nb", "a\nx", "a\ny")
    >>> merge_lines("a\n", "a\nx\n", "a\ny\n", joins_insertions=True)
    'a\nx\ny\n'
    """
    merged: list[str] = []
    texts = [text.splitlines(keepends=True) for text in (base, ours, theirs)]
    if any(len(lines) > MOST_LINES for lines in texts):
        return None
    for chunk in cut_chunks(*texts):
        if chunk.ours == chunk.theirs or chunk.theirs == chunk.base:
            merged += chunk.ours
        elif chunk.ours == chunk.base:
            merged += chunk.theirs
        elif joins_insertions and not chunk.base:
            merged += join_insertions(chunk)
        else:
            return None
    return "".join(merged)


def join_insertions(chunk: Chunk) -> list[str]:
    """Return the lines that both versions added, each version's lines together and ended by a newline."""
    first, second = sorted(([*chunk.ours], [*chunk.theirs]))
    ended = [line if line.endswith("\n") else f"{line}\n" for line in first]
    return [*ended, *second]


def cut_chunks(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[Chunk]:
    """Yield the parts of three texts: alternately lines that all have, and lines that differ."""
    at, left, right = 0, 0, 0
    for start, mine, other, length in find_agreements(base, ours, theirs):
        yield Chunk(base[at:start], ours[left:mine], theirs[right:other])
        same = base[start : start + length]
        yield Chunk(same, same, same)
        at, left, right = start + length, mine + length, other + length
    yield Chunk(base[at:], ours[left:], theirs[right:])


def find_agreements(
    base: list[str], ours: list[str], theirs: list[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the lines that all three texts have: their places in each, and their number."""
    left, right = (
        [
            block
            for block in SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks()
            if block.size
        ]
        for side in (ours, theirs)
    )
    mine, other = 0, 0
    while mine < len(left) and other < len(right):
        one, two = left[mine], right[other]
        start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
        if start < end:
            yield start, one.b + start - one.a, two.b + start - two.a, end - start
        if one.a + one.size < two.a + two.size:
            mine += 1
        else:
            other += 1


def mark_differences(ours: str, theirs: str) -> str:
    r"""Return a text with both versions of the lines that differ, between git's conflict marks.

    >>> mark_differences("a\nb\n", "a\nc\n").splitlines()
    ['a', '<<<<<<< ours', 'b', '=======', 'c', '>>>>>>> theirs']
    """
    left, right = (text.splitlines(keepends=True) for text in (ours, theirs))
    if max(len(left), len(right)) > MOST_LINES:
        return mark_lines(left, right)
    marked: list[str] = []
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for what, mine, mine_end, other, other_end in matcher.get_opcodes():
        if what == "equal":
            marked += left[mine:mine_end]
        else:
            marked.append(mark_lines(left[mine:mine_end], right[other:other_end]))
    return "".join(marked)


def mark_lines(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """Return lines of both versions between git's conflict marks."""
    one, two = (
        "".join(line if line.endswith("\n") else f"{line}\n" for line in side) for side in (ours, theirs)
    )
    return f"{OURS} ours\n{one}{BETWEEN}\n{two}{THEIRS} theirs\n"


def has_marks(text: str) -> bool:
    """Tell whether a text has conflict marks, of crm or of git."""
    lines = text.splitlines()
    return all(any(line.startswith(mark) for line in lines) for mark in (OURS, BETWEEN, THEIRS))
