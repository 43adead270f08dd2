"""The pipeline as a board: stages as columns, records as cards, within the width of a terminal."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crmcli.cli.output.colours import Tone, paint
from crmcli.cli.output.text_width import pad_text, text_width, wrap_text

NARROWEST = 18  # characters of a column
WIDEST = 34
GAP = 2


class CardLine(NamedTuple):
    """A line of a card, and its colour."""

    text: str
    tone: Tone | None = None


class Column(NamedTuple):
    """A stage: its id and name, its totals, and its cards, each a list of lines."""

    stage: str
    title: str
    totals: str
    cards: Sequence[Sequence[CardLine]]


class Board(NamedTuple):
    """The stages that are drawn, and those of which only the totals are told."""

    drawn: Sequence[Column]
    folded: Sequence[Column]


def count_columns(width: int) -> int:
    """Return how many columns have room beside each other."""
    return max(1, (width + GAP) // (NARROWEST + GAP))


def fold_stages(columns: Sequence[Column], most: int | None, asked: Sequence[str] = ()) -> Board:
    """Choose the stages to draw: those asked for, else those with cards, the first `most` of them."""
    wanted = [each for each in columns if (each.stage in asked if asked else each.cards)]
    drawn = wanted[:most]
    return Board(drawn, [each for each in columns if each not in drawn])


def draw_board(board: Board, width: int, *, is_coloured: bool = False) -> str:
    """Return the board as text; long lines are wrapped in their column, not cut.

    Stages that have no room beside each other continue below. Each folded stage is a line.
    """
    columns = board.drawn
    bands = -(-len(columns) // count_columns(width))
    each = -(-len(columns) // bands) if bands else 1
    wide = max(1, min(WIDEST, (width + GAP) // each - GAP))
    parts = [columns[start : start + each] for start in range(0, len(columns), each)]
    drawn = ["\n".join(draw_band(part, wide, is_coloured)) for part in parts]
    folded = "\n".join(draw_folded(board.folded, is_coloured))
    return "\n\n".join([*drawn, folded] if folded else drawn)


def draw_folded(columns: Sequence[Column], is_coloured: bool) -> Iterator[str]:
    """Yield a line for each stage that is not drawn: its name and its totals."""
    wide = max((text_width(each.title) for each in columns), default=0)
    for each in columns:
        title = pad_text(each.title, wide)
        yield f"{paint(title, Tone.BOLD) if is_coloured else title}  {each.totals}"


def draw_band(columns: Sequence[Column], width: int, is_coloured: bool) -> Iterator[str]:
    """Yield the lines of columns side by side."""
    stacks = [list(draw_column(column, width)) for column in columns]
    for row in range(max(len(stack) for stack in stacks)):
        cells = [stack[row] if row < len(stack) else CardLine("") for stack in stacks]
        yield "".join(draw_cells(cells, width, is_coloured)).rstrip()


def draw_cells(cells: Sequence[CardLine], width: int, is_coloured: bool) -> Iterator[str]:
    """Yield the cells of a line, with the spaces between them."""
    for cell in cells:
        yield paint(cell.text, cell.tone) if is_coloured else cell.text
        yield " " * (max(0, width - text_width(cell.text)) + GAP)


def draw_column(column: Column, width: int) -> Iterator[CardLine]:
    """Yield the lines of a column."""
    yield from (CardLine(text, Tone.BOLD) for text in wrap_text(column.title, width))
    yield from (CardLine(text) for text in wrap_text(column.totals, width))
    yield CardLine("─" * width)
    for index, card in enumerate(column.cards):
        if index:
            yield CardLine("")
        for line in card:
            yield from (CardLine(text, line.tone) for text in wrap_text(line.text, width))
