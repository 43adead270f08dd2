"""SQL stands in the index alone: whoever changes a table finds every statement in one folder."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import crmcli

PACKAGE = Path(crmcli.__file__).parent
SQL = re.compile(r"\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bjson_extract\(|\bCREATE (TABLE|INDEX|VIEW)\b", re.S)


def list_texts(path: Path) -> Iterator[str]:
    """The texts of a module that are not docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented)]
    docstrings = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_statement_stands_outside_the_index() -> None:
    outside = [path for path in PACKAGE.rglob("*.py") if "store/index" not in path.as_posix()]
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in outside
        for text in list_texts(path)
        if SQL.search(text)
    }
    assert found == set()


def test_statements_are_recognized_where_they_stand() -> None:
    inside = list((PACKAGE / "store" / "index").glob("*.py"))
    assert sum(bool(SQL.search(text)) for path in inside for text in list_texts(path)) > 20
