"""The items that a named report has sent from this machine, so that `--since-last` sends each one once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import msgspec

from crmcli.domain.values.errors import TryAgainError, UsageError
from crmcli.store.transactions.files import Directory, LinkedError, Tree
from crmcli.store.transactions.journal import PRIVATE
from crmcli.store.transactions.lock import try_lock
from crmcli.store.writer import Writing

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
TOLD = "told"
KEPT = timedelta(days=800)  # older items are forgotten
Told = dict[str, date]  # the day on which each item was sent


def memory_place(name: str) -> str:
    """Return the directory of a report's memory.

    Raises UsageError for a name that is not valid.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"--since-last {name!r} is not a valid name", hint="letters, digits, - and _, like morning"
        )
    return f"{PRIVATE}/reported/{name}"


@contextmanager
def read_memory(root: Path, name: str) -> Iterator[Told]:
    """Yield the items already sent, with the memory locked; empty where it is damaged or missing.

    The lock is on the directory itself, so that no lock file can be planted or removed. Raises
    TryAgainError where another process is sending the report now, CrmError without locks.
    """
    with Tree(root) as tree:
        folder = tree.make(memory_place(name))
        tree.sync()
        if not try_lock(folder.descriptor, folder.path):
            raise TryAgainError(f"another crm is sending the report {name} now")
        yield read_told(folder)


def read_told(folder: Directory) -> Told:
    """Return the items in a report's memory; empty where it is damaged."""
    try:
        return msgspec.json.decode(folder.read(TOLD) or b"{}", type=Told)
    except (OSError, LinkedError, msgspec.DecodeError):
        return {}


def write_memory(session: Writing, name: str, told: Told, today: date) -> None:
    """Save the items sent so far; those older than 800 days are dropped."""
    path = f"{memory_place(name)}/{TOLD}"
    kept = {key: day for key, day in told.items() if day > today - KEPT}
    session.put(path, msgspec.json.encode(kept, order="sorted"), before=session.content(path))
