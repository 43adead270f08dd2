"""Edits of a text by position, applied together."""

from __future__ import annotations

import re

import msgspec

_NEWLINE = re.compile(r"(\r\n|\r|\n)")
_LAST_NEWLINE = re.compile(r"(\r\n|\r|\n)[^\r\n]*\Z")


class Edit(msgspec.Struct, frozen=True):
    """Replaces the text from `start` to `end`."""

    start: int
    end: int
    text: str


def apply_edits(source: str, edits: list[Edit]) -> str:
    """Return the source with these edits applied; text in two overlapping edits is removed once."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start = max(edit.start, done)
        parts.append(source[done:start])
        parts.append(in_newlines_of(source, edit.text, edit.start))
        done = max(edit.end, start)
    return "".join([*parts, source[done:]])


def in_newlines_of(source: str, text: str, at: int) -> str:
    """Return a new text with the line ends that the source has at this position."""
    return text if "\n" not in text else text.replace("\n", newline_at(source, at))


def newline_at(source: str, at: int) -> str:
    """Return the line end of the line at this position; of the line before for the last line."""
    found = _NEWLINE.search(source, at) or _LAST_NEWLINE.search(source[:at])
    return found[1] if found else "\n"


def with_final_newline(source: str) -> str:
    """Return the source with a line end after its last line."""
    if not source.strip("\ufeff") or source.endswith(("\n", "\r")):
        return source
    return source + newline_at(source, len(source))
