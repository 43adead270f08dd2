"""Standard input, output and error: open and in UTF-8, however the caller has set them up."""

import io
import os
import sys

from crmcli.domain.values.errors import UsageError


def open_all() -> None:
    """Open closed standard streams on the null device, and set output and errors to UTF-8."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def silence_output() -> None:
    """Redirect standard output to the null device, because it can no longer be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read_stdin() -> str:
    """Read all of standard input.

    Raises UsageError if it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError("is not UTF-8", where=f"standard input:{line}") from error


def read_ids() -> list[str]:
    """Read the ids on standard input: one per line, or one JSON object with an `id` per line."""
    return [id_of(line.strip()) for line in read_stdin().splitlines() if line.strip()]


def id_of(line: str) -> str:
    """Return the id in a line of standard input.

    Raises UsageError for a JSON line without an `id`.
    """
    if not line.startswith("{"):
        return line.split()[0]
    import json  # standard streams are opened by every command

    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"no id in {line[:60]!r}", where="standard input") from None
