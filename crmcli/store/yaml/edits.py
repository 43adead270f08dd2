"""Changes to a text by place, made all at once."""

from __future__ import annotations

import msgspec


class Edit(msgspec.Struct, frozen=True):
    """Replace what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def applied(source: str, edits: list[Edit]) -> str:
    """The source after these edits; where two overlap, what the later one removes is removed once."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start = max(edit.start, done)
        parts.append(source[done:start])
        parts.append(in_newlines_of(source, edit.text))
        done = max(edit.end, start)
    return "".join([*parts, source[done:]])


def in_newlines_of(source: str, text: str) -> str:
    """A new text with the line ends that the source has."""
    return text.replace("\n", "\r\n") if "\r\n" in source else text


def with_final_newline(source: str) -> str:
    """The source with its last line ended."""
    if not source.strip("\ufeff") or source.endswith(("\n", "\r")):
        return source
    return source + in_newlines_of(source, "\n")
