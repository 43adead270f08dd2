"""The index at hand: opened, brought up to date, or built in memory where the disk's is of no use."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from crmcli.store import files
from crmcli.store.index import seal, seen
from crmcli.store.index.seal import Seal
from crmcli.store.index.seen import Seen

NAME = "index.sqlite3"
PATIENCE = 0.3  # seconds that one waits for the few ms of another's commit
Progress = Callable[[int, int], None]  # (files read, files to read)


class Opened(NamedTuple):
    """The index, and the files that it was made from."""

    database: sqlite3.Connection
    seen: Seen


class UnusableError(Exception):
    """The index on the disk cannot be used, or not be written, now."""


def opened(root: Path, private: Path, progress: Progress) -> Opened:
    """The index as the files are now; whatever others do to it costs time only."""
    began = time.monotonic_ns()
    now = seen.look(str(root))
    try:
        database = trusted(private, now) or refreshed(root, private, now, began, progress)
    except (UnusableError, OSError, sqlite3.Error):
        database = in_memory(root, private, now, progress)
    return Opened(database, now)


def opened_again(root: Path, private: Path, progress: Progress, error: sqlite3.Error) -> sqlite3.Connection:
    """The index for this process alone, after the one on the disk failed to answer.

    One that somebody keeps to themselves may be good; a damaged one is made anew by whoever comes next.
    """
    if not isinstance(error, sqlite3.OperationalError):
        with suppress(OSError):
            files.remove(private / seal.NAME)
    database = connected("")
    from crmcli.store.index.building import built

    built(database, str(root), sorted(seen.look(str(root)).stats()), progress)
    return database


def trusted(private: Path, now: Seen) -> sqlite3.Connection | None:
    """The database on the disk, if it says what the files say; None if something has changed."""
    sealed = seal.read(private)
    if sealed is None or sealed.database != seal.stat_of(private / NAME):
        return None
    if sealed.blob != now.blob or now.youngest >= sealed.looked:
        return None
    return readable(private / NAME)


def connected(database: Path | str) -> sqlite3.Connection:
    """A connection that this process has for itself; one statement is one transaction unless we say so."""
    return sqlite3.connect(
        database, timeout=PATIENCE, isolation_level=None, uri=str(database).startswith("file:")
    )


def in_uri(path: Path) -> str:
    """A path as SQLite reads it in a URI."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def readable(database: Path) -> sqlite3.Connection:
    """A connection to a database that answers, and that cannot be changed through it.

    Raises sqlite3.Error where it is damaged, or somebody keeps it.
    """
    connection = connected(f"file:{in_uri(database)}?mode=ro")
    try:
        connection.execute("SELECT COUNT(*) FROM broken").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def refreshed(root: Path, private: Path, now: Seen, began: int, progress: Progress) -> sqlite3.Connection:
    """The database on the disk with what has changed read again, or built anew.

    Raises UnusableError where another process is at it, OSError or sqlite3.Error where the disk or
    the database does not let us.
    """
    os.umask(0o077)  # what is private to this machine is to its user, too
    files.sync_directories(files.make_directories(private))  # a writer's journal will rely on it
    path = private / NAME
    with alone(private):
        try:
            looked = seal.clock(private, time.monotonic_ns() - began)
            sealed = seal.read(private)
            if sealed is None or sealed.database != seal.stat_of(path):
                build(root, path, now, progress)
            else:
                update(root, path, now, sealed, progress)
            stat = seal.stat_of(path)
            if stat is None:
                raise UnusableError
            seal.write(private, Seal(stat, looked, now.blob))
        except BaseException:  # Ctrl-C too: no half-made file stays; what happened goes on
            for draft in (seal.draft_of(private), draft_of(path)):
                draft.unlink(missing_ok=True)
            raise
    return readable(path)


@contextmanager
def alone(private: Path) -> Iterator[None]:
    """Be the only one who changes the index; raises UnusableError where somebody else does."""
    descriptor = os.open(private, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UnusableError from None
    finally:
        os.close(descriptor)


def draft_of(database: Path) -> Path:
    """Where a new database is made."""
    return database.with_name(f"{NAME}.new")


def build(root: Path, path: Path, now: Seen, progress: Progress) -> None:
    """Make the database anew, beside the old one, and put it in its place."""
    from crmcli.store.index.building import built

    draft = draft_of(path)
    for leftover in (draft, path.with_name(f"{NAME}-journal")):
        files.remove(leftover)
    database = connected(draft)
    try:
        built(database, str(root), sorted(now.stats()), progress)
    finally:
        database.close()
    draft.chmod(0o600)
    with open(draft, "rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)


def update(root: Path, path: Path, now: Seen, sealed: Seal, progress: Progress) -> None:
    """Bring the database up to date."""
    from crmcli.store.index.building import changed

    gone, fresh = difference(now, sealed)
    if not gone and not fresh:
        return
    database = connected(path)
    try:
        database.execute("BEGIN IMMEDIATE")
        changed(database, str(root), gone, fresh, progress)
        database.execute("COMMIT")
    finally:
        database.close()


def difference(now: Seen, sealed: Seal) -> tuple[list[str], list[str]]:
    """The files that are gone, and those that are new, changed, or as young as the index itself."""
    old, new = seen.unpacked(sealed.blob).stats(), now.stats()
    gone = [path for path in old if path not in new]
    fresh = [path for path, stat in new.items() if old.get(path) != stat or max(stat[1:3]) >= sealed.looked]
    return gone, sorted(fresh)


def in_memory(root: Path, private: Path, now: Seen, progress: Progress) -> sqlite3.Connection:
    """The index for this process alone: a copy of the disk's brought up to date, else built anew."""
    from crmcli.store.index.building import built, changed

    sealed = seal.read(private)
    if sealed is not None and sealed.database == seal.stat_of(private / NAME):
        database = connected("")
        try:
            with closing(readable(private / NAME)) as source:
                source.backup(database)
            changed(database, str(root), *difference(now, sealed), progress)
        except (sqlite3.Error, msgspec.DecodeError):
            database.close()
        else:
            return database
    database = connected("")
    built(database, str(root), sorted(now.stats()), progress)
    return database
