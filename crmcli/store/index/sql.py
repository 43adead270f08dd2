"""SQL of the user on the index: it can only read the views, and has a time limit."""

import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.suggest import suggest_name
from crmcli.store.index.queries import Index
from crmcli.store.index.sql_compiler import Compiler
from crmcli.store.index.views import build_views

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
OF_ONES_OWN = {"json_each", "json_tree"}  # table functions over a statement's own values
MISSING = re.compile(r"no such (column|table): (?:\w+\.)?(\w+)")
INNER = "SELECT name FROM sqlite_master UNION SELECT name FROM pragma_module_list"
OWN_TABLES = {"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema", "sqlite_sequence"}
LARGEST = 8 * 1024 * 1024  # bytes of one value
MOST = 256 * 1024 * 1024  # characters of all values
STEPS = 1_000  # of SQLite's virtual machine between checks of the time


class Answer(NamedTuple):
    """The columns and rows of a statement."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


class Gate:
    """The authorizer of a statement: it may read the views, and tables only through them.

    SQLite reports the view through which a table is read by a name that a statement could also give to a
    subquery of its own. So each view reads another one, whose name cannot be guessed.
    """

    def __init__(self) -> None:
        self.secret = f"behind_{secrets.token_hex(16)}_"
        self.views: dict[str, list[str]] = {}  # name: columns
        self.opened: set[str] = set()  # tables that were read through a view
        self.inner: set[str] = set()  # names of tables, and of SQLite's modules

    def lets_by(self, action: int, what: str | None, column: str | None, _: Any, through: str | None) -> int:
        """Tell SQLite whether an action of a statement is allowed; an authorizer callback."""
        if action == sqlite3.SQLITE_READ:
            return (
                sqlite3.SQLITE_OK if self.may_read(what or "", column, through or "") else sqlite3.SQLITE_DENY
            )
        return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY

    def may_read(self, table: str, column: str | None, through: str) -> bool:
        """Tell whether a table may be read, through this view. Counted rows have no column, and come last.

        A name that does not exist in the database was defined by the statement, with WITH.
        """
        if through.startswith(self.secret):
            self.opened.add(table)
            return True
        known = table in self.views or table in OF_ONES_OWN or table.startswith(self.secret)
        return known or (not column and (table in self.opened or table not in self.inner))


def open_views(index: Index, viewing: DocumentBuilder) -> Gate:
    """Create the views in the index, and return the gate that allows reading them."""
    Compiler(viewing).equip(index.database)
    index.database.create_function("stands", 2, lambda stage, lost: viewing.standing(stage, lost).outcome)
    index.database.create_function("mail_state", 2, viewing.state_of_mail)
    gate = Gate()
    gate.inner = {name for (name,) in index.database.execute(INNER)} | OWN_TABLES
    for name, select in build_views(viewing.config).items():
        index.database.execute(f"CREATE TEMP VIEW {gate.secret}{name} AS {select}")
        index.database.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {gate.secret}{name}")
        gate.views[name] = [row[1] for row in index.database.execute(f"PRAGMA table_info({name})")]
    return gate


def run_select(index: Index, viewing: DocumentBuilder, statement: str, seconds: float) -> Answer:
    """Return the result of a statement.

    Raises UsageError for a statement that is wrong or would change something, CrmError for one that takes
    longer than allowed.
    """
    gate = open_views(index, viewing)
    database = index.database
    deadline = time.monotonic() + seconds
    database.execute("PRAGMA query_only = ON")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
    database.set_authorizer(gate.lets_by)
    database.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        cursor = database.execute(statement)
        rows = list(fetch_within(cursor, deadline))
    except (sqlite3.Error, sqlite3.Warning) as error:
        if "interrupted" in str(error):
            raise CrmError(
                f"took longer than {seconds:g} s", hint="--timeout, or a narrower question"
            ) from None
        refused = "not authorized" in str(error) or "prohibited" in str(error)
        what = "only a SELECT from the views is allowed" if refused else str(error)
        raise UsageError(what, where="sql", hint=suggest_table(str(error), gate.views)) from None
    except ValueError as error:  # for example a NUL in the statement
        raise UsageError(str(error), where="sql") from None
    columns = [name for name, *_ in cursor.description or ()]
    for name in columns:
        if columns.count(name) > 1:
            raise UsageError(f"two columns are called {name!r}", where="sql", hint="name one with AS")
    return Answer(columns, rows)


def suggest_table(error: str, known: dict[str, list[str]]) -> str:
    """Return the nearest view or column for an unknown name, else the list of views."""
    missing = MISSING.search(error)
    columns = [column for held in known.values() for column in held]
    names = {"column": columns, "table": list(known)}[missing[1]] if missing else []
    near = suggest_name(missing[2], names) if missing else ""
    return near or f"there is: {', '.join(known)}"


def fetch_within(cursor: sqlite3.Cursor, deadline: float) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement within the limits of time and size.

    Raises sqlite3.OperationalError `interrupted` at the deadline, CrmError for too large an answer.
    """
    size = 0
    for row in cursor:
        size += sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if size > MOST:
            raise CrmError("the answer is too large", hint="LIMIT, or fewer columns")
        if time.monotonic() > deadline:
            raise sqlite3.OperationalError("interrupted")
        yield row
