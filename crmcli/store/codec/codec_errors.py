"""Why a text was not read, or not edited: with the line a person should look at."""

from __future__ import annotations

LARGEST = 8 * 1024 * 1024
"""Characters of a source; a longer one is refused."""


class BadYaml(ValueError):
    """A source that is not read; `line` and `column` count from 1."""

    def __init__(self, line: int | None, column: int | None, reason: str) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


class CannotEdit(ValueError):
    """A change that cannot be made to this text without touching more than what changed."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.line = line
        self.reason = reason
