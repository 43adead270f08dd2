"""A cache of the parsed configuration and questionnaires, keyed by the bytes of their files.

They contain many comments, so parsing them with ruamel takes 60 ms and more at every start; with the
cache it takes one. It is derived: where it is missing, damaged or unwritable, the file itself is parsed.
"""

import zlib
from typing import Any, NamedTuple, TypeVar

import msgspec

from crmcli import __version__
from crmcli.domain.localization.locale import STYLES, Style
from crmcli.domain.localization.workdays import CALENDARS, Calendar
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Part
from crmcli.store.local_state.constructor_calls import pack, unpack
from crmcli.store.local_state.derived import DerivedFiles

P = TypeVar("P", bound=Part)
NAME = "config"


class Memory(NamedTuple):
    """A configuration, with the program version and bytes that it was parsed from."""

    version: str
    content: bytes
    calls: Any  # of constructors
    style: Style | None  # number and date style; None for an unknown locale
    calendar: Calendar | None  # public holidays; None where not configured or unknown


class FileMemory(NamedTuple):
    """What a file says, with the program version and bytes that it was parsed from."""

    version: str
    content: bytes
    calls: Any  # of constructors


def recall_config(derived: DerivedFiles, content: bytes) -> Config | None:
    """Return the cached configuration in these bytes; None if it is not cached."""
    try:
        memory = msgspec.msgpack.decode(read_kept(derived, NAME), type=Memory)
    except msgspec.DecodeError:
        return None
    found = rebuild(memory, content, Config)
    if found is not None and memory.style is not None:
        STYLES[(memory.style.locale, memory.style.currency)] = memory.style
    if found is not None and memory.calendar is not None:
        CALENDARS[(memory.calendar.country, memory.calendar.region)] = memory.calendar
    return found


def remember_config(
    derived: DerivedFiles, content: bytes, config: Config, style: Style | None, calendar: Calendar | None
) -> None:
    """Cache the configuration in these bytes."""
    memory = Memory(__version__, content, pack(config), style, calendar)
    write_kept(derived, NAME, msgspec.msgpack.encode(memory))


def recall_file(derived: DerivedFiles, name: str, content: bytes, into: type[P]) -> P | None:
    """Return the cached value of a file with these bytes; None if it is not cached."""
    try:
        memory = msgspec.msgpack.decode(read_kept(derived, name), type=FileMemory)
    except msgspec.DecodeError:
        return None
    return rebuild(memory, content, into)


def remember_file(derived: DerivedFiles, name: str, content: bytes, found: Part) -> None:
    """Cache the value of a file with these bytes."""
    write_kept(derived, name, msgspec.msgpack.encode(FileMemory(__version__, content, pack(found))))


def rebuild(memory: Memory | FileMemory, content: bytes, into: type[P]) -> P | None:
    """Return what is remembered of these bytes; None if it is of others, or of another version."""
    if (memory.version, memory.content) != (__version__, content):
        return None
    try:
        found = unpack(memory.calls)
    except (KeyError, TypeError, ValueError):
        return None
    return found if isinstance(found, into) else None


def read_kept(derived: DerivedFiles, name: str) -> bytes:
    """Return the cached bytes with a name; empty where they are missing or damaged."""
    found = derived.read(name) or b""
    return found[4:] if found[:4] == zlib.crc32(found[4:]).to_bytes(4) else b""


def write_kept(derived: DerivedFiles, name: str, payload: bytes) -> None:
    """Cache bytes under a name, with a checksum; a read-only or full disk is ignored."""
    derived.keep(name, zlib.crc32(payload).to_bytes(4) + payload)
