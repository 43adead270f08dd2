"""What the index was made from: the stats of all record files, and of the database itself.

One file, put in place by a rename after the database has changed. A database that is not the one it
describes was changed by somebody else, or its change was interrupted; it is not trusted.
"""

import os
import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from crmcli import __version__
from crmcli.store import files
from crmcli.store.index.schema import VERSION

NAME = "index.seen"
MAGIC = f"crm-index {VERSION} {__version__}\n".encode()
MARGIN = 20_000_000  # ns; no file system's clock ticks more slowly


class Seal(NamedTuple):
    """The database's stat, when looking at the files began by their file system's clock, what was seen."""

    database: tuple[int, int, int, int]
    looked: int  # ns
    blob: bytes


def read(private: Path) -> Seal | None:
    """The seal of the index, if there is one that is whole and of this version."""
    try:
        content = files.read(private / NAME) or b""
        magic, check, body = (
            content[: len(MAGIC)],
            content[len(MAGIC) : len(MAGIC) + 4],
            content[len(MAGIC) + 4 :],
        )
        if magic != MAGIC or check != zlib.crc32(body).to_bytes(4):
            return None
        return msgspec.msgpack.decode(body, type=Seal)
    except (OSError, msgspec.DecodeError):
        return None


def write(private: Path, seal: Seal) -> None:
    """Put the seal in place."""
    body = msgspec.msgpack.encode(seal)
    draft = draft_of(private)
    draft.write_bytes(MAGIC + zlib.crc32(body).to_bytes(4) + body)
    os.replace(draft, private / NAME)


def clock(private: Path, elapsed: int) -> int:
    """What this file system's clock said so many ns ago, to be on the safe side."""
    draft = draft_of(private)
    draft.write_bytes(b"")
    return draft.stat().st_mtime_ns - elapsed - MARGIN


def draft_of(private: Path) -> Path:
    """Where the next seal is written; only the holder of the index's lock does."""
    return private / f"{NAME}.new"


def stat_of(database: Path) -> tuple[int, int, int, int] | None:
    """The stat of a file; None where there is none."""
    try:
        s = database.stat()
    except OSError:
        return None
    return s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino
