"""A cache of the parsed configuration and questionnaires, keyed by the bytes of their files.

They contain many comments, so parsing them with ruamel takes 60 ms and more at every start; with the
cache it takes one. It is derived: where it is missing, damaged or unwritable, the file itself is parsed.
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
    """A parsed configuration, with the program version and bytes that it was parsed from."""

    version: str
    content: bytes
    tree: dict[str, Any]
    style: Style | None  # number and date style; None for an unknown locale
    calendar: Calendar | None  # public holidays; None where not configured or unknown


class FileMemory(NamedTuple):
    """A parsed file, with the program version and bytes that it was parsed from."""

    version: str
    content: bytes
    tree: dict[str, Any]


def recall_config(derived: DerivedFiles, content: bytes) -> dict[str, Value] | None:
    """Return the cached tree of a configuration with these bytes; None if it is not cached."""
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
    """Cache the tree of a configuration with these bytes."""
    write_kept(
        derived,
        NAME,
        msgspec.msgpack.encode(Memory(__version__, content, flatten_tree(tree), style, calendar)),
    )


def recall_file(derived: DerivedFiles, name: str, content: bytes) -> dict[str, Value] | None:
    """Return the cached tree of a file with these bytes; None if it is not cached."""
    try:
        memory = msgspec.msgpack.decode(read_kept(derived, name), type=FileMemory)
    except msgspec.DecodeError:
        return None
    if (memory.version, memory.content) != (__version__, content):
        return None
    tree: dict[str, Value] = restore_tree(memory.tree)
    return tree


def remember_file(derived: DerivedFiles, name: str, content: bytes, tree: dict[str, Value]) -> None:
    """Cache the tree of a file with these bytes."""
    write_kept(derived, name, msgspec.msgpack.encode(FileMemory(__version__, content, flatten_tree(tree))))


def read_kept(derived: DerivedFiles, name: str) -> bytes:
    """Return the cached bytes with a name; empty where they are missing or damaged."""
    found = derived.read(name) or b""
    return found[4:] if found[:4] == zlib.crc32(found[4:]).to_bytes(4) else b""


def write_kept(derived: DerivedFiles, name: str, payload: bytes) -> None:
    """Cache bytes under a name, with a checksum; a read-only or full disk is ignored."""
    derived.keep(name, zlib.crc32(payload).to_bytes(4) + payload)


def flatten_tree(value: Any) -> Any:
    """Return a tree of built-in types only: `Plain` becomes bytes."""
    match value:
        case Plain(text=text):
            return text.encode("utf-8")
        case dict():
            return {key: flatten_tree(item) for key, item in value.items()}
        case list():
            return [flatten_tree(item) for item in value]
    return value


def restore_tree(value: Any) -> Any:
    """Return the original tree of a flattened one."""
    match value:
        case bytes():
            return Plain(value.decode("utf-8"))
        case dict():
            return {key: restore_tree(item) for key, item in value.items()}
        case list():
            return [restore_tree(item) for item in value]
    return value
