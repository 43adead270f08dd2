"""Pictures of figures in the terminal: bars, bars with a part that stands out, a funnel; drawn by rich."""

import io
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from rich.bar import Bar
from rich.console import Console

from crmcli.cli.output.colours import Tone, paint
from crmcli.cli.output.text_width import cut_text, text_width

USUAL_WIDTH = 80  # characters, without a terminal
GAP = 2
LEAST = 12  # characters of a bar; below that, other columns give way
SHORTEST = 4  # characters of a bar in the narrowest terminal
LABEL = 8  # characters that a label keeps
LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")  # the first one that is set counts


class Glyphs(NamedTuple):
    """The characters of bars: of a part that stands out, and of the rest."""

    full: str
    rest: str
    shown: Mapping[int, int]  # how the characters that rich draws are shown


BLOCKS = Glyphs("█", "░", {})
ASCII = Glyphs("#", "-", str.maketrans("█▉▊▋▌▐▍▎▏▕", "######||||"))


class PlotRow(NamedTuple):
    """A bar with its label, the part of it that stands out, and what is told of both."""

    label: str
    value: float | None
    part: float | None
    texts: Sequence[str]
    has_bar: bool = True  # a total has none


class Plot(NamedTuple):
    """A picture: the heading of its labels, those of its figures, and its rows; all texts are safe."""

    heading: str
    figures: Sequence[str]  # the headings of the value and of the part, if there is one
    rows: Sequence[PlotRow]
    is_funnel: bool = False
    is_bad: bool = False  # whether the part that stands out is what should not be


class Look(NamedTuple):
    """How pictures are drawn."""

    width: int
    glyphs: Glyphs = BLOCKS
    is_coloured: bool = False
    headers: bool = True


class Scale(NamedTuple):
    """From which value to which a bar reaches, and over how many characters."""

    least: float
    most: float
    width: int

    @property
    def size(self) -> float:
        """Return the length of the longest bar that there can be."""
        return self.most - self.least


def look_of_terminal(*, is_coloured: bool, headers: bool) -> Look:
    """Return how pictures are drawn here: as wide as the terminal, in characters that it has."""
    width = shutil.get_terminal_size((USUAL_WIDTH, 24)).columns
    has_blocks = shows_blocks(os.environ, sys.stdout.encoding)
    return Look(width, BLOCKS if has_blocks else ASCII, is_coloured, headers)


def shows_blocks(environment: Mapping[str, str], encoding: str) -> bool:
    """Tell whether a terminal shows more than ASCII: its locale is of UTF-8, and so is the output.

    >>> shows_blocks({"LANG": "fr_FR.UTF-8"}, "utf-8"), shows_blocks({"LC_ALL": "C"}, "utf-8")
    (True, False)
    """
    chosen = next(filter(None, map(environment.get, LOCALE)), "UTF-8")
    return all("utf8" in each.lower().replace("-", "") for each in (chosen, encoding))


def is_empty(plot: Plot) -> bool:
    """Tell whether a picture has no bar to show."""
    return not any(row.value for row in plot.rows if row.has_bar)


def draw_plot(plot: Plot, look: Look) -> str:
    """Return a picture as lines: a label, a bar and its figures; no wider than the terminal if it can be."""
    marks = (look.glyphs.full + look.glyphs.rest, look.glyphs.full) if len(plot.figures) > 1 else ("",)
    headings = [f"{mark} {text}".strip() for mark, text in zip(marks, plot.figures, strict=True)]
    labels, bar, figures = measure_columns(plot, headings, look.width)
    drawn = list(draw_headings(plot.heading, headings, (labels, bar, *figures), look)) if look.headers else []
    scale = measure_scale(plot.rows, bar)
    for row in plot.rows:
        label = pad(cut_text(row.label, labels), labels)
        shown = draw_bar(row, scale, look, plot) if row.has_bar else " " * bar
        texts = [pad_left(text, width) for text, width in zip(row.texts, figures, strict=False)]
        drawn.append((" " * GAP).join([label, shown, *texts]).rstrip())
    return "\n".join(drawn)


def measure_columns(plot: Plot, headings: Sequence[str], width: int) -> tuple[int, int, list[int]]:
    """Return the widths of labels, of bars, and of the figures for which there is room."""
    natural = max(map(text_width, (plot.heading, *(row.label for row in plot.rows))))
    figures = [
        max(text_width(heading), *(text_width(row.texts[place]) for row in plot.rows))
        for place, heading in enumerate(headings)
    ]
    while True:
        free = width - GAP - sum(each + GAP for each in figures)
        labels = min(natural, max(LABEL, width // 3, free - width // 2), max(LABEL, free - LEAST))
        if free - labels >= LEAST or len(figures) == 1:
            return labels, max(SHORTEST, free - labels), figures
        figures.pop()


def draw_headings(heading: str, headings: Sequence[str], widths: Sequence[int], look: Look) -> Iterator[str]:
    """Yield the headings of the columns, and a line below."""
    tone = Tone.BOLD if look.is_coloured else None
    labels, bar, *figures = widths
    texts = [
        pad_left(paint_text(text, tone), width, text) for text, width in zip(headings, figures, strict=False)
    ]
    shown = cut_text(heading, labels)
    yield (" " * GAP).join([pad(paint_text(shown, tone), labels, shown), " " * bar, *texts]).rstrip()
    yield (" " * GAP).join("-" * width for width in widths)


def measure_scale(rows: Sequence[PlotRow], width: int) -> Scale:
    """Return the scale of all bars; it holds 0."""
    values = [row.value or 0 for row in rows if row.has_bar]
    least, most = min((0, *values)), max((0, *values))
    return Scale(least, most if most > least else least + 1, width)


def draw_bar(row: PlotRow, scale: Scale, look: Look, plot: Plot) -> str:
    """Return a bar, padded; those of a funnel stand in the middle, and what is below 0 left of the others."""
    value = row.value or 0
    begin = (scale.size - value) / 2 if plot.is_funnel else -scale.least + min(0, value)
    whole = draw_span(scale, begin, abs(value))
    if row.part is None:
        return paint_text(
            whole.translate(look.glyphs.shown), Tone.RED if look.is_coloured and value < 0 else None
        )
    inner = draw_span(scale, begin, max(0, min(row.part, value)))
    start = len(whole) - len(whole.lstrip()) if whole.strip() else 0
    inside = inner.strip().translate(look.glyphs.shown)
    rest = look.glyphs.rest * (len(whole.rstrip()) - start - len(inside))
    tones = (Tone.RED if plot.is_bad else Tone.GREEN, Tone.DIM) if look.is_coloured else (None, None)
    padding = " " * (scale.width - len(whole.rstrip()))
    return " " * start + paint_text(inside, tones[0]) + paint_text(rest, tones[1]) + padding


def draw_span(scale: Scale, begin: float, length: float) -> str:
    """Return a span of this length as rich draws it; one that is too short for a character is a thin line."""
    least = scale.size / (8 * scale.width)
    span = Bar(scale.size, begin, begin + (max(length, least) if length else 0), width=scale.width)
    return "".join(segment.text for segment in open_console(scale.width).render(span)).rstrip("\n")


@cache
def open_console(width: int) -> Console:
    """Return what rich draws on; nothing is printed there."""
    return Console(file=io.StringIO(), width=width, color_system=None)


def pad(text: str, width: int, plain: str = "") -> str:
    """Pad a text on the right; `plain` is the same text without colours."""
    return text + " " * max(0, width - text_width(plain or text))


def pad_left(text: str, width: int, plain: str = "") -> str:
    """Pad a text on the left; `plain` is the same text without colours."""
    return " " * max(0, width - text_width(plain or text)) + text


def paint_text(text: str, tone: Tone | None) -> str:
    """Return a text in a tone, without the spaces around it."""
    inside = text.strip()
    return text.replace(inside, paint(inside, tone), 1) if inside else text
