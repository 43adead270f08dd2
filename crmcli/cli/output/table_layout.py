"""Tables that fit a terminal: a line for each row, texts wrapped in it, or a block for each row."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple, Protocol

from crmcli.cli.output.colours import Tone, paint
from crmcli.cli.output.text_width import cut_text, text_width, wrap_text

COMFORTABLE = (14, 22)  # characters that a text, and a long one, keep while others can be cut
LEAST = 18  # characters that a long text keeps while other columns can be narrowed
NARROWEST = 8  # characters of any column that may be wrapped: the length of an id
READABLE = 10  # characters of any column whose texts may be cut
GAP = 2
HEADER_PADDING = 2  # characters by which a column is wider than its header
Cells = Sequence[Sequence[str]]


class Fitted(Protocol):
    """The properties of a column that decide its width."""

    @property
    def right(self) -> bool:
        """Tell whether it contains figures, which are never wrapped."""

    @property
    def whole(self) -> bool:
        """Tell whether its values are never cut."""

    @property
    def wraps(self) -> bool:
        """Tell whether it contains a long text, which is narrowed first."""

    @property
    def spare(self) -> int | None:
        """Tell its turn to be left out; None for the most important ones."""


class Room(NamedTuple):
    """The width of the terminal, and the width that the header of each column takes."""

    width: int
    headers: Sequence[int]


def beside_headers(labels: Sequence[str]) -> list[int]:
    """Return the widths of headers, with their padding."""
    return [text_width(label) + HEADER_PADDING for label in labels]


def choose_places(
    cells: Cells, columns: Sequence[Fitted], room: Room, *, are_named: bool = False
) -> list[int]:
    """Return the places of the columns that fit one line; at least the first one, and a long text.

    Columns without any value are left out first, unless all columns are those that somebody named. A small
    one comes back where a wide one that was left out after it makes room without narrowing the others.
    """
    natural = natural_widths(cells, room)
    least = least_widths(natural, columns, room.headers)
    easy = easy_widths(natural, columns, room.headers)
    kept = list(range(len(columns)))
    empty = [] if are_named else list_empty(cells, columns)
    left_out: list[int] = []

    def has_room(places: Sequence[int], widths: Sequence[int]) -> bool:
        return sum(widths[each] for each in places) + GAP * (len(places) - 1) <= room.width

    for place in [*empty, *(each for each in list_spare(columns) if each not in empty)]:
        if has_room(kept, least):
            break
        kept.remove(place)
        left_out.append(place)
    for place in (each for each in reversed(left_out) if each not in empty):
        if has_room([*kept, place], easy):
            kept.append(place)
    return sorted(kept)


def list_empty(cells: Cells, columns: Sequence[Fitted]) -> list[int]:
    """Return the places of columns that are empty in all rows, the most important ones left aside."""
    places = (place for place, column in enumerate(columns) if column.spare is not None)
    return [place for place in places if not any(row[place] for row in cells)]


def list_spare(columns: Sequence[Fitted]) -> list[int]:
    """Return the places of columns in the order in which they are left out: spare ones, then others."""
    spare = sorted((column.spare, place) for place, column in enumerate(columns) if column.spare is not None)
    most_needed = {0, next((place for place, column in enumerate(columns) if column.wraps), 0)}
    others = [place for place, column in enumerate(columns) if column.spare is None]
    return [*(place for _, place in spare), *(each for each in reversed(others) if each not in most_needed)]


def cut_cells(cells: Cells, columns: Sequence[Fitted], room: Room) -> list[list[str]] | None:
    """Return the cells on one line each, those that are too long cut; the columns must have been chosen.

    None where not even the headers fit.
    """
    flat = [[" ".join(cell.split("\n")) for cell in row] for row in cells]
    free = room.width - GAP * (len(columns) - 1)
    natural = natural_widths(flat, room)
    widths = cut_columns(natural, columns, room.headers, free)
    if sum(map(max, widths, room.headers)) > free:
        return None
    return [[cut_text(cell, width) for cell, width in zip(row, widths, strict=True)] for row in flat]


def cut_columns(
    natural: Sequence[int], columns: Sequence[Fitted], headers: Sequence[int], free: int
) -> list[int]:
    """Return the width of each column: the widest text is cut first, a long one to no less than `LEAST`."""
    widths = list(natural)
    least = least_widths(natural, columns, headers)
    easy = easy_widths(natural, columns, headers)
    last = [width if column.right else 1 for width, column in zip(natural, columns, strict=True)]
    for limits in (easy, least, last):
        while sum(widths) > free:
            room = [width - limit for width, limit in zip(widths, limits, strict=True)]
            places = [place for place, over in enumerate(room) if over > 0]
            if not places:
                break
            widths[max(places, key=lambda place: widths[place])] -= 1
    return widths


def least_widths(natural: Sequence[int], columns: Sequence[Fitted], headers: Sequence[int]) -> list[int]:
    """Return the width to which each column may be cut while it can still be read."""
    return [
        width if column.whole else max(header, min(width, LEAST if column.wraps else READABLE))
        for width, column, header in zip(natural, columns, headers, strict=True)
    ]


def easy_widths(natural: Sequence[int], columns: Sequence[Fitted], headers: Sequence[int]) -> list[int]:
    """Return the width of each column at which its texts are read with ease."""
    least = least_widths(natural, columns, headers)
    return [
        max(limit, min(width, COMFORTABLE[column.wraps]))
        for limit, width, column in zip(least, natural, columns, strict=True)
    ]


def natural_widths(cells: Cells, room: Room) -> list[int]:
    """Return the width that each column takes without being narrowed."""
    return [max([least, *(text_width(row[i]) for row in cells)]) for i, least in enumerate(room.headers)]


def fit_cells(cells: Cells, columns: Sequence[Fitted], room: Room) -> list[list[str]] | None:
    """Return the cells, wrapped so that the table fits; None if even narrow columns do not fit."""
    natural = natural_widths(cells, room)
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


def draw_table(
    labels: Sequence[str], cells: Cells, right: Sequence[bool], tones: Sequence[Sequence[Tone | None]] | None
) -> str:
    """Return a table: the headers, underlined, and the rows; cells may have several lines.

    Without labels there are only the rows. `right` tells which columns are aligned to the right. It draws
    what tabulate draws as `simple`, in a third of the time.
    """
    rows = [[cell.strip().split("\n") for cell in row] for row in cells]
    widths = [width + HEADER_PADDING for width in map(text_width, labels)] or [0] * len(right)
    for row in rows:
        widths = [max(width, *map(text_width, lines)) for width, lines in zip(widths, row, strict=True)]
    drawn = []
    if labels:
        bold = [Tone.BOLD] * len(labels) if tones else None
        drawn = [draw_line(labels, widths, right, bold), (" " * GAP).join("-" * width for width in widths)]
    for place, row in enumerate(rows):
        tone = tones[place] if tones else None
        for lines in zip_longest(*row, fillvalue=""):
            drawn.append(draw_line(lines, widths, right, tone))
    return "\n".join(drawn)


def draw_line(
    cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], tones: Sequence[Tone | None] | None
) -> str:
    """Return a line of cells, padded and in their tones."""
    drawn = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - text_width(cell))
        shown = paint(cell, tones[place]) if tones else cell
        drawn.append(space + shown if right[place] else shown + space)
    return (" " * GAP).join(drawn).rstrip()
