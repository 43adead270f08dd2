"""Tables that fit a terminal: texts are wrapped, long ones first; else one block per record."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from wcwidth import wcswidth

from crmcli.report.board_figures import wrap_text

LEAST = 20  # characters that a long text keeps while other columns can be narrowed
NARROWEST = 8  # characters of any column that may be wrapped: the length of an id
GAP = 2
HEADER_PADDING = 2  # characters that tabulate adds to the width of a header
Cells = Sequence[Sequence[str]]


class Fitted(Protocol):
    """The properties of a column that decide its width."""

    @property
    def right(self) -> bool:
        """Tell whether it contains figures, which are never wrapped."""

    @property
    def wraps(self) -> bool:
        """Tell whether it contains a long text, which is narrowed first."""


class Room(NamedTuple):
    """The width of the terminal, and the width that the header of each column takes."""

    width: int
    headers: Sequence[int]


def beside_headers(labels: Sequence[str]) -> list[int]:
    """Return the widths of headers, with their padding."""
    return [text_width(label) + HEADER_PADDING for label in labels]


def text_width(text: str) -> int:
    """Return the width of the longest line of a text, in columns of a terminal."""
    return max((wcswidth(line) for line in text.split("\n")), default=0)


def fit_cells(cells: Cells, columns: Sequence[Fitted], room: Room) -> list[list[str]] | None:
    """Return the cells, wrapped so that the table fits; None if even narrow columns do not fit."""
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
    """Return the width of each column, long texts narrowed first, then all texts; None if they do not fit."""
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
    """Wrap a text to this width, at spaces, and within words that are wider."""
    return "\n".join(piece for line in text.split("\n") for piece in wrap_text(line, width))


def format_block(labels: Sequence[str], row: Sequence[str], width: int) -> str:
    """Return a record as a block, with a labelled line for each value that is not empty."""
    margin = max(map(text_width, labels)) + GAP
    lines = []
    for label, cell in zip(labels, row, strict=True):
        first, *others = break_text(cell, max(width - margin, 1)).split("\n")
        if cell:
            lines.append(label + " " * (margin - text_width(label)) + first)
            lines += [" " * margin + line for line in others]
    return "\n".join(lines)
