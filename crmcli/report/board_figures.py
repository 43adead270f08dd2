"""The pipeline as a board: stages as columns, records as cards, within the width of the terminal."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wcwidth import wcswidth, wcwidth

NARROWEST = 18  # characters of a column; stages that do not fit continue below
WIDEST = 34
GAP = 2


class Column(NamedTuple):
    """A stage: its name, the line below the name, and its cards, each a list of lines."""

    title: str
    subtitle: str
    cards: Sequence[Sequence[str]]


def draw_board(columns: Sequence[Column], width: int) -> str:
    """Return the board as text; long lines are wrapped in their column, not cut."""
    if not columns:
        return ""
    most = max(1, (width + GAP) // (NARROWEST + GAP))
    bands = -(-len(columns) // most)
    each = -(-len(columns) // bands)
    wide = min(WIDEST, (width + GAP) // each - GAP)
    parts = [columns[start : start + each] for start in range(0, len(columns), each)]
    return "\n\n".join("\n".join(draw_band(part, max(wide, 1))) for part in parts)


def draw_band(columns: Sequence[Column], width: int) -> Iterator[str]:
    """Yield the lines of columns side by side."""
    stacks = [list(draw_column(column, width)) for column in columns]
    for row in range(max(len(stack) for stack in stacks)):
        cells = [stack[row] if row < len(stack) else "" for stack in stacks]
        yield (" " * GAP).join(pad_text(cell, width) for cell in cells).rstrip()


def draw_column(column: Column, width: int) -> Iterator[str]:
    """Yield the lines of a column."""
    yield from wrap_text(column.title, width)
    yield from wrap_text(column.subtitle, width)
    yield "─" * width
    for index, card in enumerate(column.cards):
        if index:
            yield ""
        for line in card:
            yield from wrap_text(line, width)


def wrap_text(text: str, width: int) -> list[str]:
    """Wrap a text to the width of a column."""
    lines = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    return [piece for line in lines for piece in split_wide(line, width)]


def split_wide(line: str, width: int) -> Iterator[str]:
    """Split a line where it is too wide, with double-width characters counted as two."""
    piece, taken = "", 0
    for char in line:
        size = max(wcwidth(char), 0)
        if taken + size > width:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + char, taken + size
    yield piece


def pad_text(text: str, width: int) -> str:
    """Pad a text to the width of a column."""
    return text + " " * max(0, width - wcswidth(text))
