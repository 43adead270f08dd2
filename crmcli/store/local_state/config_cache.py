"""The configuration and the questionnaires as they were last understood, with the files' bytes.

They are full of comments, so reading them takes ruamel 60 ms and more, at every start; what is
remembered takes one. It is derived: missing, damaged or unwritable, the file itself is read.
"""

import zlib
from typing import Any, NamedTuple

import msgspec

from crmcli import __version__
from crmcli.domain.localization.locale import STYLES, Style
from crmcli.domain.localization.workdays import CALENDARS, Calendar
from crmcli.domain.values.values import Plain, Value
from crmcli.store.local_state.derived import DerivedFiles

NAME = "config"


class Memory(NamedTuple):
    """Which program understood which bytes as what."""

    version: str
    content: bytes
    tree: dict[str, Any]
    style: Style | None  # how it writes money and days; None for a locale that does not exist
    calendar: Calendar | None  # its public holidays, likewise


class FileMemory(NamedTuple):
    """Which program understood which bytes of another file as what."""

    version: str
    content: bytes
    tree: dict[str, Any]


def recall_config(derived: DerivedFiles, content: bytes) -> dict[str, Value] | None:
    """The tree that these bytes were understood as, if that is what is remembered here."""
    try:
        memory = msgspec.msgpack.decode(read_kept(derived, NAME), type=Memory)
    except msgspec.DecodeError:
        return None
    if (memory.version, memory.content) != (__version__, content):
        return None
    if memory.style is not None:
        STYLES[(memory.style.locale, memory.style.currency)] = memory.style
    if memory.calendar is not None:
        CALENDARS[(memory.calendar.country, memory.calendar.region)] = memory.calendar
    tree: dict[str, Value] = restore_tree(memory.tree)
    return tree


def remember_config(
    derived: DerivedFiles,
    content: bytes,
    tree: dict[str, Value],
    style: Style | None,
    calendar: Calendar | None,
) -> None:
    """Keep what these bytes were understood as."""
    write_kept(
        derived,
        NAME,
        msgspec.msgpack.encode(Memory(__version__, content, flatten_tree(tree), style, calendar)),
    )


def recall_file(derived: DerivedFiles, name: str, content: bytes) -> dict[str, Value] | None:
    """The tree that a file with these bytes was understood as, if that is what is remembered here."""
    try:
        memory = msgspec.msgpack.decode(read_kept(derived, name), type=FileMemory)
    except msgspec.DecodeError:
        return None
    if (memory.version, memory.content) != (__version__, content):
        return None
    tree: dict[str, Value] = restore_tree(memory.tree)
    return tree


def remember_file(derived: DerivedFiles, name: str, content: bytes, tree: dict[str, Value]) -> None:
    """Keep what these bytes were understood as."""
    write_kept(derived, name, msgspec.msgpack.encode(FileMemory(__version__, content, flatten_tree(tree))))


def read_kept(derived: DerivedFiles, name: str) -> bytes:
    """What is remembered under a name; nothing where it is damaged."""
    found = derived.read(name) or b""
    return found[4:] if found[:4] == zlib.crc32(found[4:]).to_bytes(4) else b""


def write_kept(derived: DerivedFiles, name: str, payload: bytes) -> None:
    """Remember something under a name; a read-only or full disk does without."""
    derived.keep(name, zlib.crc32(payload).to_bytes(4) + payload)


def flatten_tree(value: Any) -> Any:
    """A tree without our own types: an unquoted scalar is bytes."""
    match value:
        case Plain(text=text):
            return text.encode("utf-8")
        case dict():
            return {key: flatten_tree(item) for key, item in value.items()}
        case list():
            return [flatten_tree(item) for item in value]
    return value


def restore_tree(value: Any) -> Any:
    """The tree again."""
    match value:
        case bytes():
            return Plain(value.decode("utf-8"))
        case dict():
            return {key: restore_tree(item) for key, item in value.items()}
        case list():
            return [restore_tree(item) for item in value]
    return value
