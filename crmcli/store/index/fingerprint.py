"""The seal of the index: the stats of all record files, and of the database itself.

It is one file, renamed into place after the database has changed. A database that does not match its seal
was changed by something else, or its update was interrupted; it is not trusted.
"""

import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from crmcli import __version__
from crmcli.store.index.file_stats import Directory as FolderStat
from crmcli.store.index.schema import KNOWN_KEYS, VERSION
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory
from crmcli.store.transactions.journal import EPOCH

NAME = "index.seen"
MAGIC = f"crm-index {VERSION} {KNOWN_KEYS} {__version__}\n".encode()
MARGIN = 20_000_000  # ns; the coarsest clock resolution of any file system


class IndexSeal(NamedTuple):
    """The database's stat, the file system's time when the scan of files began, the scan's result."""

    database: tuple[int, int, int, int]
    looked: int  # ns
    packed: dict[str, bytes]
    directories: list[FolderStat]  # by which a file that comes or goes is noticed without listing them
    epoch: bytes  # content of the epoch file, which changes with each erasure


def read_seal(derived: DerivedFiles) -> IndexSeal | None:
    """Return the seal of the index; None if it is missing, damaged or of another version.

    It is large, so a session reads it again only where another one has replaced it.
    """
    found = stat_of(derived.folder / NAME) if derived.folder else None
    if found is None:
        return None
    if derived.understood.get(NAME, (None,))[0] != found:
        derived.understood[NAME] = found, decode_seal(derived.read(NAME) or b"")
    seal: IndexSeal | None = derived.understood[NAME][1]
    return seal


def decode_seal(content: bytes) -> IndexSeal | None:
    """Return the seal in bytes; None if they are damaged or of another version."""
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


def replace_seal(derived: DerivedFiles, folder: Directory, seal: IndexSeal) -> None:
    """Write the seal, and remember it for this session."""
    write_seal(folder, seal)
    derived.understood[NAME] = stat_of(folder.path / NAME), seal


def write_seal(folder: Directory, seal: IndexSeal) -> None:
    """Write the seal."""
    body = msgspec.msgpack.encode(seal)
    folder.put(NAME, MAGIC + zlib.crc32(body).to_bytes(4) + body, is_synced=False)


def clock_before(folder: Directory, elapsed: int) -> int:
    """Return the file system's time so many ns ago, less a safety margin."""
    draft = folder.create(b"", is_synced=False)
    found = folder.stat(draft)
    folder.remove(draft)
    if found is None:
        raise FileNotFoundError(draft)
    return found.st_mtime_ns - elapsed - MARGIN


def epoch_of(root: Path) -> bytes:
    """Return the epoch of a workspace, which changes when a person is erased; older indexes are invalid."""
    try:
        return files.read_file(root / EPOCH) or b""
    except OSError:
        return b"unreadable"


def stat_of(database: Path) -> tuple[int, int, int, int] | None:
    """Return the stat of a file; None where there is none."""
    try:
        s = database.stat()
    except OSError:
        return None
    return s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino
