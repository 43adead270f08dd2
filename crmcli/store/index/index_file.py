"""Opening of the index: up to date on disk, updated, or built in memory where the disk cannot be used."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from crmcli.store.index import file_stats, fingerprint
from crmcli.store.index.file_stats import SeenFiles
from crmcli.store.index.fingerprint import IndexSeal
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory

NAME = "index.sqlite3"
PATIENCE = 0.3  # seconds to wait for the commit of another process, which takes ms
Progress = Callable[[int, int], None]  # (files read, files to read)


class Opened(msgspec.Struct, frozen=True):
    """The index, and the files that it was made from."""

    database: sqlite3.Connection
    seen: SeenFiles


class UnusableError(Exception):
    """Raised where the index on disk cannot be used or written now."""


def open_index(root: Path, derived: DerivedFiles, progress: Progress) -> Opened:
    """Return the index for the current files; in memory, if the one on disk cannot be used."""
    began = time.monotonic_ns()
    now = file_stats.look_at_files(str(root))
    try:
        database = open_trusted(root, derived, now) or refresh_index(root, derived, now, began, progress)
    except (UnusableError, OSError, sqlite3.Error, UnicodeDecodeError):
        database = in_memory(root, derived, now, progress)
    return Opened(database, now)


def opened_again(
    root: Path, derived: DerivedFiles, progress: Progress, error: Exception
) -> sqlite3.Connection:
    """Return an index in memory, after the one on disk has failed.

    A locked index may be good and is kept; the seal of a damaged one is removed, so that it is rebuilt.
    """
    if not isinstance(error, sqlite3.OperationalError) and derived.folder:
        with Directory.at(derived.folder) as folder:
            folder.remove(fingerprint.NAME)
    database = connect("")
    from crmcli.store.index.building import build_rows

    build_rows(database, str(root), sorted(file_stats.look_at_files(str(root)).stats()), progress)
    return database


def sealed_by(root: Path, derived: DerivedFiles) -> IndexSeal | None:
    """Return the seal of the database on disk; None unless it matches the database and the epoch."""
    sealed = fingerprint.read_seal(derived)
    if sealed is None or derived.folder is None or sealed.epoch != fingerprint.epoch_of(root):
        return None
    return sealed if sealed.database == fingerprint.stat_of(derived.folder / NAME) else None


def open_trusted(root: Path, derived: DerivedFiles, now: SeenFiles) -> sqlite3.Connection | None:
    """Return the database on disk if it is up to date; None if something has changed."""
    sealed = sealed_by(root, derived)
    if sealed is None or sealed.packed != now.packed or now.youngest >= sealed.looked:
        return None
    return open_readable(derived.made() / NAME)


def open_recent(root: Path, derived: DerivedFiles) -> Opened | None:
    """Return the index on disk if no record was added or removed since; None otherwise.

    A file that was edited where it stands goes unseen. This is for completion, which must not look at every
    file at each <TAB>, and for finding records by their ids.
    """
    sealed = sealed_by(root, derived)
    if sealed is None or not file_stats.has_same_names(str(root), sealed.directories, sealed.looked):
        return None
    try:
        return Opened(open_readable(derived.made() / NAME), file_stats.SeenFiles([], {}))
    except (OSError, sqlite3.Error):
        return None


def connect(database: Path | str) -> sqlite3.Connection:
    """Return a connection in autocommit mode."""
    return sqlite3.connect(
        database, timeout=PATIENCE, isolation_level=None, uri=str(database).startswith("file:")
    )


def in_uri(path: Path) -> str:
    """Return a path escaped for an SQLite URI."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def open_readable(database: Path) -> sqlite3.Connection:
    """Return a read-only connection to a database, after a test query.

    Raises sqlite3.Error where the database is damaged or locked.
    """
    connection = connect(f"file:{in_uri(database)}?mode=ro")
    try:
        connection.execute("SELECT COUNT(*) FROM broken").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    except UnicodeDecodeError as error:  # of the message about what is damaged, which quotes it
        connection.close()
        raise sqlite3.DatabaseError("malformed") from error
    return connection


def refresh_index(
    root: Path, derived: DerivedFiles, now: SeenFiles, began: int, progress: Progress
) -> sqlite3.Connection:
    """Update or rebuild the database on disk, and return a connection to it.

    Raises UnusableError where another process is updating it, OSError or sqlite3.Error where the disk or
    the database fails.
    """
    place = derived.made()
    with Directory.at(place) as folder, lock_index(folder):
        folder.sweep()
        forget_erased(root, derived)
        looked = fingerprint.clock_before(folder, time.monotonic_ns() - began)
        sealed = sealed_by(root, derived)
        epoch = fingerprint.epoch_of(root)
        if sealed is None:
            rebuild_index(root, folder, now, progress)
        else:
            update_index(root, place / NAME, now, sealed, progress)
        stat = fingerprint.stat_of(place / NAME)
        if stat is None:
            raise UnusableError
        seal = IndexSeal(stat, looked, now.packed, list(now.directories), epoch)
        fingerprint.replace_seal(derived, folder, seal)
    return open_readable(place / NAME)


def forget_erased(root: Path, derived: DerivedFiles) -> None:
    """Remove all derived files from before an erasure: they may hold erased data, even in unused pages."""
    sealed = fingerprint.read_seal(derived)
    if sealed is not None and sealed.epoch != fingerprint.epoch_of(root):
        derived.wipe()


@contextmanager
def lock_index(folder: Directory) -> Iterator[None]:
    """Hold the lock for changes to the index; raises UnusableError where another process holds it."""
    descriptor = os.open(".", files.LISTING, dir_fd=folder.descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UnusableError from None
    finally:
        os.close(descriptor)


def rebuild_index(root: Path, folder: Directory, now: SeenFiles, progress: Progress) -> None:
    """Build a new database in a temporary file, and replace the old one with it."""
    from crmcli.store.index.building import build_rows

    draft = folder.create(b"", is_synced=False)
    try:
        database = connect(folder.path / draft)
        try:
            build_rows(database, str(root), sorted(now.stats()), progress)
        finally:
            database.close()
        with open(folder.path / draft, "rb") as file:
            os.fsync(file.fileno())
        folder.remove(f"{NAME}-journal")
        folder.move(draft, NAME)
    except BaseException:  # also on Ctrl-C: no partial file stays
        folder.remove(draft)
        raise


def update_index(root: Path, path: Path, now: SeenFiles, sealed: IndexSeal, progress: Progress) -> None:
    """Bring the database up to date."""
    from crmcli.store.index.building import change_rows

    gone, fresh = list_changed_files(now, sealed)
    if not gone and not fresh:
        return
    database = connect(path)
    try:
        database.execute("BEGIN IMMEDIATE")
        change_rows(database, str(root), gone, fresh, progress)
        database.execute("COMMIT")
    finally:
        database.close()


def list_changed_files(now: SeenFiles, sealed: IndexSeal) -> tuple[list[str], list[str]]:
    """Return the files that are gone, and those that are new, changed, or too young to tell."""
    gone: list[str] = []
    fresh: list[str] = []
    for folder, found in now.folders:
        is_young = file_stats.youngest_of(found) >= sealed.looked
        packed = sealed.packed.get(folder)
        if packed == now.packed[folder] and not is_young:
            continue
        after, before = file_stats.drop_common_ends(found, file_stats.unpack_files(packed))
        young = [each for each in found if is_young and max(each[2:4]) >= sealed.looked]
        names = {name for name, *_ in after}
        gone += [f"{folder}/{name}" for name, *_ in before if name not in names]
        fresh += [f"{folder}/{name}" for name, *_ in {*after}.difference(before).union(young)]
    for folder in sealed.packed.keys() - now.packed.keys():
        gone += [f"{folder}/{name}" for name, *_ in file_stats.unpack_files(sealed.packed[folder])]
    return gone, sorted(fresh)


def in_memory(root: Path, derived: DerivedFiles, now: SeenFiles, progress: Progress) -> sqlite3.Connection:
    """Return an index in memory: an updated copy of the one on disk, else built from the files."""
    from crmcli.store.index.building import build_rows, change_rows

    sealed = sealed_by(root, derived)
    if sealed is not None:
        database = connect("")
        try:
            with closing(open_readable(derived.made() / NAME)) as source:
                source.backup(database)
            change_rows(database, str(root), *list_changed_files(now, sealed), progress)
        except (sqlite3.Error, UnicodeDecodeError, msgspec.DecodeError):
            database.close()
        else:
            return database
    database = connect("")
    build_rows(database, str(root), sorted(now.stats()), progress)
    return database
