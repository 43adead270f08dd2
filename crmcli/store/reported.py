"""What a report by name has told already, so that `--since-last` tells each thing once. Of this machine."""

import re
from collections.abc import Iterable

import msgspec

from crmcli.domain.errors import UsageError
from crmcli.store.reading import Reading
from crmcli.store.session import Writing

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


def place(name: str) -> str:
    """The file of a report's memory.

    Raises UsageError for what is no name.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"--since-last {name!r} is no name", hint="letters, digits, - and _, like morning")
    return f"pipeline_data/.crm/reported/{name}"


def told(reading: Reading, name: str) -> set[str]:
    """The keys of what was told; nothing where its memory is damaged or not there."""
    try:
        return set(msgspec.json.decode(reading.content(place(name)) or b"[]", type=list[str]))
    except msgspec.DecodeError:
        return set()


def remember(session: Writing, name: str, keys: Iterable[str]) -> None:
    """Put what has been told by now; what is no longer asked about is forgotten."""
    path = place(name)
    session.put(path, msgspec.json.encode(sorted(keys)), before=session.content(path))
