"""Failed attempts to send a mail: why, and when the next one is due. They lie beside it, as a text file."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from crmcli.mail.headers import one_line
from crmcli.mail.outgoing.outbox import note_path
from crmcli.store.reader import Reading
from crmcli.store.transactions.files import LinkedError, Tree

WAITS = tuple(timedelta(minutes=each) for each in (5, 15, 30, 60, 120, 240, 480, 720))
LONGEST = timedelta(days=5)  # as long as mail servers try (RFC 5321, section 4.5.4.1)
LINE = re.compile(r"(\w+): (.*)")
LARGEST_NOTE = 4096  # bytes of the file
LONGEST_REASON = 300  # characters


class Attempts(NamedTuple):
    """The failed attempts to send one mail."""

    tries: int
    first: datetime
    next: datetime
    reason: str

    @property
    def is_given_up(self) -> bool:
        """True if the next attempt would be later than mail servers try."""
        return self.next - self.first > LONGEST


def add_attempt(before: Attempts | None, at: datetime, reason: str) -> Attempts:
    """Return the attempts with one more that failed; each wait is longer than the one before.

    >>> from datetime import UTC
    >>> first = add_attempt(None, datetime(2026, 11, 24, 8, tzinfo=UTC), "421 busy")
    >>> add_attempt(first, first.next, "421 busy").next.isoformat()
    '2026-11-24T08:20:00+00:00'
    """
    tries = before.tries if before else 0
    wait = WAITS[min(tries, len(WAITS) - 1)]
    return Attempts(tries + 1, before.first if before else at, at + wait, shorten_reason(reason))


def shorten_reason(reason: str) -> str:
    """Return the answer of a mail server on one line, cut to a readable length."""
    return one_line(reason)[:LONGEST_REASON]


def write_note(attempts: Attempts) -> bytes:
    """Return the text of the file."""
    first, after = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (attempts.first, attempts.next))
    lines = (f"attempts: {attempts.tries}", f"first: {first}", f"next: {after}", f"reason: {attempts.reason}")
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def read_note(session: Reading, id: str) -> Attempts | None:
    """Return the failed attempts to send a mail; None for none, or for a file that says something else."""
    try:
        with Tree(session.root) as tree:
            content = tree.read(note_path(id), LARGEST_NOTE)
    except (OSError, LinkedError):
        return None
    return parse_note((content or b"").decode("utf-8", "replace"))


def parse_note(text: str) -> Attempts | None:
    """Return the attempts that a text tells; None where it does not."""
    said = {found[1]: found[2] for line in text.splitlines() if (found := LINE.fullmatch(line))}
    try:
        first, after = (datetime.strptime(said[key], "%Y-%m-%dT%H:%M:%S%z") for key in ("first", "next"))
        return Attempts(int(said["attempts"]), first, after, shorten_reason(said["reason"]))
    except (KeyError, ValueError):
        return None
