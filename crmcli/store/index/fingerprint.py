"""What the index was made from: the stats of all record files, and of the database itself.

One file, put in place by a rename after the database has changed. A database that is not the one it
describes was changed by somebody else, or its change was interrupted; it is not trusted.
"""

import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from crmcli import __version__
from crmcli.store.index.schema import KNOWN_KEYS, VERSION
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory
from crmcli.store.transactions.journal import EPOCH

NAME = "index.seen"
MAGIC = f"crm-index {VERSION} {KNOWN_KEYS} {__version__}\n".encode()
MARGIN = 20_000_000  # ns; no file system's clock ticks more slowly


class IndexSeal(NamedTuple):
    """The database's stat, when looking at the files began by their file system's clock, what was seen."""

    database: tuple[int, int, int, int]
    looked: int  # ns
    blob: bytes
    names: int  # the checksum of the names of all record files
    epoch: bytes  # what the workspace says of the last time that somebody was erased


def read_seal(derived: DerivedFiles) -> IndexSeal | None:
    """The seal of the index, if there is one that is whole and of this version."""
    content = derived.read(NAME) or b""
    magic, check, body = (
        content[: len(MAGIC)],
        content[len(MAGIC) : len(MAGIC) + 4],
        content[len(MAGIC) + 4 :],
    )
    if magic != MAGIC or check != zlib.crc32(body).to_bytes(4):
        return None
    try:
        return msgspec.msgpack.decode(body, type=IndexSeal)
    except msgspec.DecodeError:
        return None


def write_seal(folder: Directory, seal: IndexSeal) -> None:
    """Put the seal in place."""
    body = msgspec.msgpack.encode(seal)
    folder.put(NAME, MAGIC + zlib.crc32(body).to_bytes(4) + body, is_synced=False)


def clock_before(folder: Directory, elapsed: int) -> int:
    """What this file system's clock said so many ns ago, to be on the safe side."""
    draft = folder.create(b"", is_synced=False)
    found = folder.stat(draft)
    folder.remove(draft)
    if found is None:
        raise FileNotFoundError(draft)
    return found.st_mtime_ns - elapsed - MARGIN


def epoch_of(root: Path) -> bytes:
    """What changes where somebody is erased: an index made before holds what it must not."""
    try:
        return files.read_file(root / EPOCH) or b""
    except OSError:
        return b"unreadable"


def stat_of(database: Path) -> tuple[int, int, int, int] | None:
    """The stat of a file; None where there is none."""
    try:
        s = database.stat()
    except OSError:
        return None
    return s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino
