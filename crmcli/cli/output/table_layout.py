"""Tables that fit a terminal: columns broken into lines, the longest first; else a block a record."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from wcwidth import wcswidth

from crmcli.report.board_figures import wrap_text

LEAST = 20  # characters that the one long column keeps as long as others can give some
NARROWEST = 8  # characters of any column that may be broken: what an id takes
GAP = 2
HEADER_PADDING = 2  # characters that tabulate adds to the width of a header
Cells = Sequence[Sequence[str]]


class Fitted(Protocol):
    """What is asked of a column."""

    @property
    def right(self) -> bool:
        """Does it hold figures, which are never broken?"""

    @property
    def wraps(self) -> bool:
        """Is it the one long text?"""


class Room(NamedTuple):
    """How wide the terminal is, and what the header of each column takes of that."""

    width: int
    headers: Sequence[int]


def beside_headers(labels: Sequence[str]) -> list[int]:
    """What headers take."""
    return [text_width(label) + HEADER_PADDING for label in labels]


def text_width(text: str) -> int:
    """How many columns of a terminal the longest line of a text takes."""
    return max((wcswidth(line) for line in text.split("\n")), default=0)


def fit_cells(cells: Cells, columns: Sequence[Fitted], room: Room) -> list[list[str]] | None:
    """The cells in lines that together fit; None where even narrow columns do not."""
    natural = [max([least, *(text_width(row[i]) for row in cells)]) for i, least in enumerate(room.headers)]
    free = room.width - GAP * (len(columns) - 1)
    widths = narrow_columns(natural, columns, room.headers, free)
    if widths is None:
        return None
    return [
        [
            break_text(cell, width) if width < full else cell
            for cell, width, full in zip(row, widths, natural, strict=True)
        ]
        for row in cells
    ]


def narrow_columns(
    natural: Sequence[int], columns: Sequence[Fitted], headers: Sequence[int], free: int
) -> list[int] | None:
    """The width of each column: the one long text gives first, then all texts down to one width."""
    if sum(natural) <= free:
        return list(natural)
    widths = list(natural)
    for place, column in enumerate(columns):
        if column.wraps:
            over = sum(widths) - free
            widths[place] = max(widths[place] - over, min(widths[place], max(LEAST, headers[place])))
    for most in range(max(widths), NARROWEST - 1, -1):
        if sum(widths) <= free:
            return widths
        widths = [
            width if column.right else max(min(width, most), least)
            for width, column, least in zip(widths, columns, headers, strict=True)
        ]
    return widths if sum(widths) <= free else None


def break_text(text: str, width: int) -> str:
    """A text in lines of at most so many columns: at blanks, and within words that are wider."""
    return "\n".join(piece for line in text.split("\n") for piece in wrap_text(line, width))


def format_block(labels: Sequence[str], row: Sequence[str], width: int) -> str:
    """A record on its own, a line a value that it has."""
    margin = max(map(text_width, labels)) + GAP
    lines = []
    for label, cell in zip(labels, row, strict=True):
        first, *others = break_text(cell, max(width - margin, 1)).split("\n")
        if cell:
            lines.append(label + " " * (margin - text_width(label)) + first)
            lines += [" " * margin + line for line in others]
    return "\n".join(lines)
