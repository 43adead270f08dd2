"""`crm sql` reads the views of the index: nothing is written, attached, loaded or read elsewhere, and nothing is endless."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.harness.crm import Crm

STATEMENTS = {
    "attach": "ATTACH DATABASE '{place}' AS other",
    "attach, then read": "SELECT 1; ATTACH DATABASE '{place}' AS other",
    "write a copy": "VACUUM INTO '{place}'",
    "insert": "INSERT INTO deal VALUES (1)",
    "update": "UPDATE opportunities SET title = 'x'",
    "delete": "DELETE FROM deal",
    "drop": "DROP VIEW opportunities",
    "create": "CREATE TABLE planted (x)",
    "a temporary trigger": "CREATE TEMP TRIGGER t AFTER INSERT ON deal BEGIN SELECT 1; END",
    "pragma": "PRAGMA query_only = OFF",
    "pragma as a function": "SELECT * FROM pragma_database_list",
    "journal": "PRAGMA journal_mode = DELETE",
    "two statements": "SELECT 1; DELETE FROM deal",
    "a comment before": "/* SELECT */ DELETE FROM deal",
    "with before": "WITH x AS (SELECT 1) DELETE FROM deal",
    "explain": "EXPLAIN DELETE FROM deal",
    "begin": "BEGIN EXCLUSIVE",
    "load": "SELECT load_extension('{place}')",
    "a file": "SELECT readfile('/etc/passwd')",
    "a file to write": "SELECT writefile('{place}', 'x')",
    "the tables": "SELECT * FROM sqlite_master",
    "the tables of this session": "SELECT * FROM sqlite_temp_master",
    "a table behind": "SELECT * FROM main.file",
    "a virtual table": "CREATE VIRTUAL TABLE x USING fts5(y)",
    "reindex": "REINDEX",
    "analyze": "ANALYZE",
    "a giant blob": "SELECT zeroblob(2000000000)",
    "deep brackets": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "a giant pattern": "SELECT 'x' LIKE '" + "%x" * 60_000 + "'",
    "escapes": "SELECT \x1b[31m\u202e",
}


def crm_sql(crm: Crm, statement: str) -> tuple[int, str]:
    ended = crm.run("sql", statement)
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err
    return ended.code, ended.err


def test_a_text_of_more_than_a_value_may_have_comes_to_nothing(shared: Crm) -> None:
    """SQLite itself answers with nothing where a text would be longer than it may be."""
    ended = shared("sql", "SELECT printf('%.*c', 20000000, 'x') AS text", "-o", "json")
    assert json.loads(ended.out)[0]["text"] is None


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_that_does_more_than_read_is_refused(shared: Crm, tmp_path: Path, statement: str) -> None:
    place = tmp_path / "planted"
    index = shared.derived / "index.sqlite3"
    before = (
        sqlite3.connect(f"file:{index}?mode=ro", uri=True)
        .execute("SELECT name, sql FROM sqlite_master")
        .fetchall()
    )
    code, said = crm_sql(shared, statement.replace("{place}", str(place)))
    assert code in (1, 2)
    assert len(said) < 2000
    assert not place.exists()
    after = (
        sqlite3.connect(f"file:{index}?mode=ro", uri=True)
        .execute("SELECT name, sql FROM sqlite_master")
        .fetchall()
    )
    assert after == before
    assert shared("sql", "SELECT count(*) AS n FROM opportunities", "-o", "csv").out.split()[1] != "0"


ENDLESS = {
    "recursion": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x",
    "rows": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x",
    "a product": "SELECT count(*) FROM opportunities a, opportunities b, opportunities c, opportunities d, opportunities e, opportunities f",
}


@pytest.mark.parametrize("statement", ENDLESS.values(), ids=ENDLESS)
def test_a_statement_without_end_is_ended(shared: Crm, statement: str) -> None:
    assert "took longer than 1 s" in shared.refused("sql", statement, "--timeout", "1", code=1)
