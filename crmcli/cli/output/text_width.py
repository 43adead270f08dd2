"""Texts in columns of a terminal, where some characters take two: measured, wrapped, cut, padded."""

import re
from collections.abc import Iterator

from wcwidth import wcswidth, wcwidth

CUT = "…"
NARROW = re.compile("[ -~\u00c0-\u017f\u202f\u00a0\u2019\u20ac\u2026]*")  # takes a column for each character


BREAK = re.compile(  # where a line may end: not after «, before » and :, nor within a phone number
    r"(?<!«)(?:(?<!\d)[ \t\n]++|[ \t\n]++(?!\d\d\b))(?![»:;?!%€](?:\W|$))"
)


def text_width(text: str) -> int:
    """Return the width of the longest line of a text."""
    if NARROW.fullmatch(text):
        return len(text)
    return max((wcswidth(line) for line in text.split("\n")), default=0)


def wrap_text(text: str, width: int) -> list[str]:
    """Wrap a text at spaces, and within words that are wider.

    >>> wrap_text("Poêle à granulés", 9)
    ['Poêle à', 'granulés']
    >>> wrap_text("dit « oui » au 06 12 34 56 78 : demain", 16)
    ['dit « oui » au', '06 12 34 56 78 :', 'demain']
    """
    lines = [""]
    for word in filter(None, BREAK.split(text)):  # no-break spaces hold an amount together
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if text_width(longer) <= width:
            lines[-1] = longer
        else:
            *whole, rest = split_wide(word, width)
            lines += [*whole, rest]
    return lines[1:] if len(lines) > 1 and not lines[0] else lines


def split_wide(line: str, width: int) -> Iterator[str]:
    """Split a line where it is too wide."""
    piece, taken = "", 0
    for char in line:
        size = max(wcwidth(char), 0)
        if taken + size > width:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + char, taken + size
    yield piece


def cut_text(text: str, width: int) -> str:
    """Return the beginning of a text that is too wide, with an ellipsis.

    >>> cut_text("Poêle à granulés", 9), cut_text("ポエル", 4), cut_text("Poêle", 5)
    ('Poêle à…', 'ポ…', 'Poêle')
    """
    if text_width(text) <= width:
        return text
    end = len(text)
    while end and text_width(text[:end]) > width - len(CUT):
        end -= 1
    return text[:end].rstrip() + CUT


def pad_text(text: str, width: int) -> str:
    """Pad a text with spaces."""
    return text + " " * max(0, width - wcswidth(text))
