"""Errors of reading and editing YAML, with the line of the cause."""

from __future__ import annotations

from crmcli.domain.values.places import Place, place_of

LARGEST = 8 * 1024 * 1024
"""Characters of a source; a longer one is refused."""


class BadYaml(ValueError):
    """Raised for a source that cannot be read; `line` and `column` count from 1."""

    def __init__(self, line: int | None, column: int | None, reason: str) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.line = line
        self.column = column
        self.place = place_of(line, column)
        self.reason = reason


class CannotEdit(ValueError):
    """Raised for a change that this text does not allow without changing other parts of it."""

    def __init__(self, place: Place | None, reason: str) -> None:
        super().__init__(reason if place is None else f"line {place.line}: {reason}")
        self.place = place
        self.reason = reason
