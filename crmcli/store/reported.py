"""What a report by name has told already, so that `--since-last` tells each thing once. Of this machine."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import msgspec

from crmcli.domain.errors import TryAgainError, UsageError
from crmcli.store import files
from crmcli.store.session import Writing

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
KEPT = timedelta(days=800)  # after which nobody asks about a deadline again
Told = dict[str, date]  # the day on which each thing was told


def place(name: str) -> str:
    """The file of a report's memory.

    Raises UsageError for what is no name.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"--since-last {name!r} is no name", hint="letters, digits, - and _, like morning")
    return f"pipeline_data/.crm/reported/{name}"


@contextmanager
def remembered(root: Path, name: str) -> Iterator[Told]:
    """What was told, for who tells more of it, alone; nothing where the memory is damaged or not there.

    Raises TryAgainError where another process is telling it now.
    """
    path = root / place(name)
    files.make_directories(path.parent)
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            told = msgspec.json.decode(files.read(path) or b"{}", type=Told)
        except msgspec.DecodeError:
            told = {}
        yield told
    except BlockingIOError:
        raise TryAgainError(f"another crm is telling the report {name} now") from None
    finally:
        os.close(descriptor)


def remember(session: Writing, name: str, told: Told, today: date) -> None:
    """Put what has been told by now; what is long past is forgotten."""
    path = place(name)
    kept = {key: day for key, day in told.items() if day > today - KEPT}
    session.put(path, msgspec.json.encode(kept, order="sorted"), before=session.content(path))
