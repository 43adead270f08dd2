"""Charts as SVG, for pages without scripts; each has a title and a description for screen readers.

Colours and fonts come from the classes of the page's style sheet.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

WIDTH = 360  # units; a page shows them as about as many pixels
ROW = 34
BAR = 12
LABEL = 14  # from the top of a row to the baseline of its label


class Bar(NamedTuple):
    """A bar: what it is about, its length, what is told of it, and a part of it that stands out."""

    label: str
    value: float
    text: str
    part: float = 0


def draw_bars(title: str, description: str, bars: Sequence[Bar], *, is_funnel: bool = False) -> str:
    """Return horizontal bars, one below the other; those of a funnel stand in the middle.

    Values below 0 are drawn as 0.
    """
    height = ROW * len(bars) + 4
    most = max((bar.value for bar in bars), default=0) or 1
    rows = "".join(
        line
        for place, bar in enumerate(bars)
        for line in draw_row(bar, place * ROW, most, is_funnel=is_funnel)
    )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{rows}</svg>"
    )


def draw_row(bar: Bar, top: int, most: float, *, is_funnel: bool) -> Iterator[str]:
    """Yield the elements of one bar."""
    length, part = (WIDTH * max(0, value) / most for value in (bar.value, min(bar.part, bar.value)))
    left = (WIDTH - length) / 2 if is_funnel else 0
    yield f'<text x="0" y="{top + LABEL}">{escape(bar.label)}</text>'
    yield f'<text x="{WIDTH}" y="{top + LABEL}" class="value">{escape(bar.text)}</text>'
    yield f'<rect x="{left:.1f}" y="{top + LABEL + 5}" width="{length:.1f}" height="{BAR}" class="bar"/>'
    if part > 0:
        yield f'<rect x="{left:.1f}" y="{top + LABEL + 5}" width="{part:.1f}" height="{BAR}" class="part"/>'
