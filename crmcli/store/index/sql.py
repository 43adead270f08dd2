"""A person's own SQL on the index: it reads the views, changes nothing and ends in time."""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from crmcli.domain.documents import Viewing
from crmcli.domain.errors import CrmError, UsageError
from crmcli.store.index.answers import Index
from crmcli.store.index.select import Compiler
from crmcli.store.index.views import views

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
LARGEST = 8 * 1024 * 1024  # bytes of one value
MOST = 256 * 1024 * 1024  # characters of all values
STEPS = 1_000  # of SQLite's machine between two looks at the clock


class Answer(NamedTuple):
    """The columns and rows of a statement."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def equipped(index: Index, viewing: Viewing) -> dict[str, list[str]]:
    """Give the index its views; their columns by their names."""
    Compiler(viewing).equip(index.database)
    index.database.create_function("stands", 2, lambda stage, lost: str(viewing.stands(stage, lost)))
    columns = {}
    for name, select in views(viewing.config).items():
        index.database.execute(f"CREATE TEMP VIEW {name} AS {select}")
        columns[name] = [row[1] for row in index.database.execute(f"PRAGMA table_info({name})")]
    return columns


def answered(index: Index, viewing: Viewing, statement: str, seconds: float) -> Answer:
    """What a statement selects.

    Raises UsageError for one that is wrong or would change something, CrmError for one that takes
    longer than it may.
    """
    names = equipped(index, viewing)
    database = index.database
    deadline = time.monotonic() + seconds
    database.execute("PRAGMA query_only = ON")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
    database.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY
    )
    database.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        cursor = database.execute(statement)
        rows = list(within(cursor, deadline))
    except (sqlite3.Error, sqlite3.Warning) as error:
        if "interrupted" in str(error):
            raise CrmError(
                f"took longer than {seconds:g} s", hint="--timeout, or a narrower question"
            ) from None
        refused = "not authorized" in str(error) or "prohibited" in str(error)
        what = "only a SELECT from the views is allowed" if refused else str(error)
        raise UsageError(what, where="sql", hint=f"there is: {', '.join(names)}") from None
    except ValueError as error:  # a NUL in the statement, for one
        raise UsageError(str(error), where="sql") from None
    columns = [name for name, *_ in cursor.description or ()]
    for name in columns:
        if columns.count(name) > 1:
            raise UsageError(f"two columns are called {name!r}", where="sql", hint="name one with AS")
    return Answer(columns, rows)


def within(cursor: sqlite3.Cursor, deadline: float) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement, as long as there is time and room for them.

    Raises sqlite3.OperationalError `interrupted` at the deadline, CrmError for too much.
    """
    size = 0
    for row in cursor:
        size += sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if size > MOST:
            raise CrmError("the answer is too large", hint="LIMIT, or fewer columns")
        if time.monotonic() > deadline:
            raise sqlite3.OperationalError("interrupted")
        yield row
