"""Insertion of files into the index: read and converted to rows on all cores, then inserted."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from crmcli.store.index import rows
from crmcli.store.index.rows import Rows
from crmcli.store.index.schema import INDEXES, PARTS, TABLES
from crmcli.store.index.workers import count_cores, share_tasks
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError

CHUNK = 250  # files per task of a process
WORTH_PROCESSES = 200  # files; for fewer, starting processes is not worth it
Progress = Callable[[int, int], None]
T = TypeVar("T")


def build_rows(database: sqlite3.Connection, root: str, paths: Sequence[str], progress: Progress) -> None:
    """Fill an empty database with the rows of these files."""
    fill_database(database, read_all(root, paths), len(paths), progress)


def build_rows_of(
    database: sqlite3.Connection, contents: Sequence[tuple[str, bytes]], progress: Progress
) -> None:
    """Fill an empty database with the rows of files that are not on disk, given by path and content."""
    found = share_chunks(convert_chunk, split_into_chunks(contents), len(contents))
    fill_database(database, found, len(contents), progress)


def fill_database(
    database: sqlite3.Connection, found: Iterable[list[Rows]], total: int, progress: Progress
) -> None:
    """Fill an empty database with rows, chunk by chunk."""
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.executescript(TABLES)
    database.execute("BEGIN")
    insert_files(database, found, total, progress)
    database.execute("COMMIT")
    database.executescript(INDEXES)


def change_rows(
    database: sqlite3.Connection, root: str, gone: Sequence[str], paths: Sequence[str], progress: Progress
) -> None:
    """Remove the rows of the files in `gone` and `paths`, and insert those of `paths`."""
    for path in (*gone, *paths):
        remove_rows(database, path)
    insert_files(database, read_all(root, paths), len(paths), progress)


def remove_rows(database: sqlite3.Connection, path: str) -> None:
    """Remove the rows of a file."""
    for owner, parts in PARTS.items():
        for (number,) in database.execute(f"SELECT rowid FROM {owner} WHERE path = ?", [path]).fetchall():
            for table in parts:
                database.execute(f"DELETE FROM {table} WHERE {owner} = ?", [number])
    for table in (*PARTS, "broken"):
        database.execute(f"DELETE FROM {table} WHERE path = ?", [path])


def insert_files(
    database: sqlite3.Connection, found: Iterable[list[Rows]], total: int, progress: Progress
) -> None:
    """Insert rows, chunk by chunk."""
    numbers = {
        table: database.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0]
        for table in (*PARTS, "broken")
    }
    done = 0
    progress(done, total)
    for chunk in found:
        inserts: dict[str, list[rows.Row]] = {}
        for table, row, parts in chunk:
            numbers[table] += 1
            inserts.setdefault(table, []).append((numbers[table], *row))
            for part, values in parts:
                inserts.setdefault(part, []).append((numbers[table], *values))
        for table, lines in inserts.items():
            insert_rows(database, table, lines)
        done += len(chunk)
        progress(done, total)


def insert_rows(database: sqlite3.Connection, table: str, lines: list[rows.Row]) -> None:
    """Insert rows into a table; in those of `PARTS` and `broken` the first value is the rowid."""
    own = "rowid, " if table in (*PARTS, "broken") else ""
    names = [column for _, column, *_ in database.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(lines[0]))
    database.executemany(f"INSERT INTO {table} ({own}{', '.join(names)}) VALUES ({marks})", lines)


def read_all(root: str, paths: Sequence[str]) -> Iterator[list[Rows]]:
    """Yield the rows of all these files, in chunks; files removed in the meantime are left out."""
    chunks = [(root, each) for each in split_into_chunks(paths)]
    return share_chunks(read_chunk, chunks, len(paths))


def split_into_chunks(items: Sequence[T]) -> list[Sequence[T]]:
    """Return files in parts of a size that keeps all cores busy."""
    size = min(CHUNK, len(items) // count_cores() + 1)
    return [items[start : start + size] for start in range(0, len(items), size)]


def share_chunks(read: Callable[[T], list[Rows]], chunks: Sequence[T], total: int) -> Iterator[list[Rows]]:
    """Yield the rows of all chunks, in their order; read on all cores where that is worth it."""
    cores = count_cores()
    if total < WORTH_PROCESSES or cores < 2:
        yield from map(read, chunks)
        return
    done = 0
    for found in share_tasks(read, chunks, min(cores, len(chunks))):
        yield found
        done += 1
    yield from map(read, chunks[done:])  # the rest, if a process died, for example for lack of memory


def convert_chunk(chunk: Sequence[tuple[str, bytes]]) -> list[Rows]:
    """Return the rows of some files with these contents."""
    return [rows.file_rows(path, content) for path, content in chunk]


def read_chunk(chunk: tuple[str, Sequence[str]]) -> list[Rows]:
    """Return the rows of some files."""
    root, paths = chunk
    found = (read_one(root, path) for path in paths)
    return [each for each in found if each is not None]


def read_one(root: str, path: str) -> Rows | None:
    """Return the rows of one file; None where it is gone."""
    try:
        content = files.read_text_file(Path(root) / path)
    except OSError as error:
        return rows.unreadable_rows(
            path, UnreadableError(path, None, "", f"cannot be read: {error.strerror}"), b""
        )
    return None if content is None else rows.file_rows(path, content)
