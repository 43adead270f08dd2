"""What a user can cause to go wrong: one family, each with its exit code, caught once at the top."""

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


LONGEST_LINE = 500  # characters of an error, which may quote a megabyte that somebody typed
LONG_WORD = re.compile(r"(\S{40})\S{41,}(\S{20})")


def shorten_text(text: str, most: int = LONGEST_LINE) -> str:
    """Return a text without the middle of its long words, then its own, where it is too long to be read.

    >>> shorten("a text of many words", 14)
    'a text  … ords'
    """
    if len(text) <= most:
        return text
    text = LONG_WORD.sub(r"\1…\2", text)
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-(most // 3) :]}"


class CrmError(Exception):
    """One clear line: what is wrong, where, and how to fix it."""

    code = Exit.FAILURE

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(shorten_lines(what))
        self.what = shorten_lines(what)
        self.where = where
        self.hint = shorten_lines(hint)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line} ({self.hint})" if self.hint else line


def shorten_lines(text: str) -> str:
    """Return a text with each of its lines short enough to be read."""
    if len(text) <= LONGEST_LINE:
        return text
    return "\n".join(map(shorten_text, text.split("\n")))


class UsageError(CrmError):
    """The command line, or a query in it, cannot mean anything."""

    code = Exit.USAGE


class NotFoundError(CrmError):
    """What was named is not there."""

    code = Exit.NOT_FOUND


class AmbiguousError(CrmError):
    """What was named is there more than once; `candidates` lists them, one a line."""

    code = Exit.AMBIGUOUS

    def __init__(self, what: str, candidates: list[str], *, hint: str = "") -> None:
        super().__init__("\n".join([what, *(f"  {line}" for line in candidates)]), hint=hint)
        self.candidates = candidates


class RefusedError(CrmError):
    """A stage rule or a validation says no; nothing was changed."""

    code = Exit.REFUSED


class PartlyError(CrmError):
    """Some of it was done, some not; each that was not has been named."""

    code = Exit.PARTLY


class StoppedError(CrmError):
    """Whoever gave the command interrupted it."""

    code = Exit.INTERRUPTED


class TryAgainError(CrmError):
    """Not now: the lock is held, the disk is full, a file changed meanwhile. Nothing was changed."""

    code = Exit.TRY_AGAIN
