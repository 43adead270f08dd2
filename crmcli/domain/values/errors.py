"""The errors that a command reports to its user, each with its exit code."""

import re
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes that scripts rely on."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    AMBIGUOUS = 4
    REFUSED = 5
    CONFLICT = 6
    PARTLY = 7
    TRY_AGAIN = 75
    INTERRUPTED = 130  # 128 + SIGINT, as shells count


LONGEST_LINE = 500  # characters of one line of an error, which may quote a very long argument
LONG_WORD = re.compile(r"(\S{40})\S{41,}(\S{20})")


def shorten_text(text: str, most: int = LONGEST_LINE) -> str:
    """Return a text cut to about `most` characters.

    The middle of long words is cut first, then, where that is not enough, the middle of the text.

    >>> shorten_text("a text of many words", 14)
    'a text  … ords'
    """
    if len(text) <= most:
        return text
    text = LONG_WORD.sub(r"\1…\2", text)
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-(most // 3) :]}"


class CrmError(Exception):
    """An error reported to the user: what is wrong, where, and a hint on how to fix it."""

    code = Exit.FAILURE

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(shorten_lines(what))
        self.what = shorten_lines(what)
        self.where = shorten_lines(where)
        self.hint = shorten_lines(hint)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line} ({self.hint})" if self.hint else line


def shorten_lines(text: str) -> str:
    """Return a text with each of its lines shortened to at most about LONGEST_LINE characters."""
    if len(text) <= LONGEST_LINE:
        return text
    return "\n".join(map(shorten_text, text.split("\n")))


class UsageError(CrmError):
    """The command line, or a query in it, is not valid."""

    code = Exit.USAGE


class NotFoundError(CrmError):
    """The object named does not exist."""

    code = Exit.NOT_FOUND


class AmbiguousError(CrmError):
    """The name matches several objects; `candidates` lists them, one per line."""

    code = Exit.AMBIGUOUS

    def __init__(self, what: str, candidates: list[str], *, hint: str = "") -> None:
        super().__init__("\n".join([what, *(f"  {line}" for line in candidates)]), hint=hint)
        self.candidates = candidates


class RefusedError(CrmError):
    """A stage rule or a validation does not allow the change; nothing was changed."""

    code = Exit.REFUSED


class PartlyError(CrmError):
    """Only a part of the command succeeded; each failed item has been reported."""

    code = Exit.PARTLY


class StoppedError(CrmError):
    """The user interrupted the command."""

    code = Exit.INTERRUPTED


class TryAgainError(CrmError):
    """A temporary failure (lock held, disk full, file changed meanwhile); nothing was changed."""

    code = Exit.TRY_AGAIN
