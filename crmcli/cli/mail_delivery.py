"""`crm ingest` as programs call it: any failure means "try again", and success says nothing on stderr.

Postfix returns a message to its sender for most exit codes, 2 among them; for 75 (EX_TEMPFAIL of sysexits.h)
it keeps the message and delivers it later. getmail takes any text on stderr for a failure; that of a CGI
script goes into the error log of the web server.
"""

import os
import select
import sys
from collections.abc import Sequence
from contextlib import suppress

from crmcli.cli.output import messages
from crmcli.domain.values.errors import Exit

MOST_DRAINED, PIECE = 256 * 1024 * 1024, 64 * 1024
DRAIN_PATIENCE = 1.0  # seconds without anything to read
WITH_VALUE = (
    "-C",
    "--color",
    "--errors",
    "--as",
    "--now",
    "-o",
    "--output",
    "--columns",
    "--fields",
    "--template",
    "--format",
    "--form",
)


def is_delivery(arguments: Sequence[str]) -> bool:
    """Tell whether a program hands over a message: `crm ingest` with standard input, and no file is named.

    The arguments may be wrong: this decides what a wrong option means.

    >>> list_words(["-C", "/srv/crm", "ingest", "-o", "json", "--verbose"])
    ['ingest']
    """
    words = list_words(arguments)
    is_help = "--help" in arguments or "-h" in arguments
    return words in (["ingest"], ["ingest", "-"]) and not is_help and not is_terminal()


def is_terminal() -> bool:
    """Tell whether somebody types the message."""
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError, OSError):  # closed
        return False


def list_words(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that are neither options nor their values."""
    words: list[str] = []
    is_value = False
    for each in arguments:
        if not is_value and (each == "-" or not each.startswith("-")):
            words.append(each)
        is_value = not is_value and each in WITH_VALUE
    return words


def begin_delivery(arguments: Sequence[str]) -> None:
    """Hold warnings back until the exit code is known, unless somebody reads them."""
    if is_delivery(arguments) and "--verbose" not in arguments and not sys.stderr.isatty():
        messages.hold_warnings()


def end_delivery(arguments: Sequence[str], code: int) -> int:
    """Return the exit code for the mail program; print what was held back if the delivery failed."""
    if not is_delivery(arguments):
        return code
    if code != Exit.OK:
        messages.print_held()
        drain_input()
        return Exit.TRY_AGAIN
    return code


def drain_input() -> None:
    """Read what was not read, so that whoever hands it over is not told of a broken connection instead.

    Apache hands a form to a CGI script by a socket. If some of it is unread at the end, the connection is
    reset, and what the script printed for the visitor is lost. Who keeps it open and sends nothing is not
    waited for.
    """
    with suppress(OSError, ValueError):
        for _ in range(MOST_DRAINED // PIECE):
            is_ready = bool(select.select([0], [], [], DRAIN_PATIENCE)[0])
            if not is_ready or not os.read(0, PIECE):
                return
