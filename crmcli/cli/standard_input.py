"""Text that is piped in; bytes that are no text are refused in one line."""

import sys

from crmcli.domain.errors import UsageError


def text() -> str:
    """All of standard input.

    Raises UsageError where it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError("is not UTF-8", where=f"standard input:{line}") from error
