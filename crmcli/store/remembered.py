"""The configuration as it was last understood, remembered with the file's bytes.

A configuration is full of comments, so reading it takes ruamel 60 ms, at every start; what is
remembered takes one. It is derived: missing, damaged or unwritable, the file itself is read.
"""

import contextlib
import os
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crmcli import __version__
from crmcli.domain.locale import STYLES, Style
from crmcli.domain.values import Plain, Value
from crmcli.domain.workdays import CALENDARS, Calendar
from crmcli.store import files

NAME = "config"


class Memory(NamedTuple):
    """Which program understood which bytes as what."""

    version: str
    content: bytes
    tree: dict[str, Any]
    style: Style | None  # how it writes money and days; None for a locale that there is none such
    calendar: Calendar | None  # its public holidays, likewise


def recall(private: Path, content: bytes) -> dict[str, Value] | None:
    """The tree that these bytes were understood as, if that is what is remembered here."""
    try:
        kept = files.read(private / NAME) or b""
        if kept[:4] != zlib.crc32(kept[4:]).to_bytes(4):
            return None
        memory = msgspec.msgpack.decode(kept[4:], type=Memory)
    except (OSError, msgspec.DecodeError):  # another user's, or damaged
        return None
    if (memory.version, memory.content) != (__version__, content):
        return None
    if memory.style is not None:
        STYLES[(memory.style.locale, memory.style.currency)] = memory.style
    if memory.calendar is not None:
        CALENDARS[(memory.calendar.country, memory.calendar.region)] = memory.calendar
    tree: dict[str, Value] = restored(memory.tree)
    return tree


def remember(
    private: Path, content: bytes, tree: dict[str, Value], style: Style | None, calendar: Calendar | None
) -> None:
    """Keep what these bytes were understood as, in a workspace that has been written to."""
    draft = private / f"{NAME}.{os.getpid()}"
    payload = msgspec.msgpack.encode(Memory(__version__, content, flattened(tree), style, calendar))
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(zlib.crc32(payload).to_bytes(4) + payload)
        os.replace(draft, private / NAME)
    except OSError:  # a read-only or full disk does without
        with contextlib.suppress(OSError):
            files.remove(draft)


def flattened(value: Any) -> Any:
    """A tree without our own types: an unquoted scalar is bytes."""
    match value:
        case Plain(text=text):
            return text.encode("utf-8")
        case dict():
            return {key: flattened(item) for key, item in value.items()}
        case list():
            return [flattened(item) for item in value]
    return value


def restored(value: Any) -> Any:
    """The tree again."""
    match value:
        case bytes():
            return Plain(value.decode("utf-8"))
        case dict():
            return {key: restored(item) for key, item in value.items()}
        case list():
            return [restored(item) for item in value]
    return value
