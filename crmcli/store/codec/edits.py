"""Changes to a text by place, made all at once."""

from __future__ import annotations

import re

import msgspec

_NEWLINE = re.compile(r"(\r\n|\r|\n)")
_LAST_NEWLINE = re.compile(r"(\r\n|\r|\n)[^\r\n]*\Z")


class Edit(msgspec.Struct, frozen=True):
    """Replace what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def apply_edits(source: str, edits: list[Edit]) -> str:
    """The source after these edits; where two overlap, what the later one removes is removed once."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start = max(edit.start, done)
        parts.append(source[done:start])
        parts.append(in_newlines_of(source, edit.text, edit.start))
        done = max(edit.end, start)
    return "".join([*parts, source[done:]])


def in_newlines_of(source: str, text: str, at: int) -> str:
    """A new text with the line ends that the source has at this place."""
    return text if "\n" not in text else text.replace("\n", newline_at(source, at))


def newline_at(source: str, at: int) -> str:
    """How the line that holds this place ends; where it is the last one, how the line before does."""
    found = _NEWLINE.search(source, at) or _LAST_NEWLINE.search(source[:at])
    return found[1] if found else "\n"


def with_final_newline(source: str) -> str:
    """The source with its last line ended."""
    if not source.strip("\ufeff") or source.endswith(("\n", "\r")):
        return source
    return source + newline_at(source, len(source))
