"""The messages in calls such as `translate("…")`, also in those within f-strings, which Babel itself overlooks."""

import ast
from collections.abc import Iterator
from typing import IO, Any


def extract_calls(
    file: IO[bytes], keywords: dict[str, Any], tags: list[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """What a module says, in the form that Babel wants."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and name_of(node.func) in keywords:
            said = tuple(each.value if is_text(each) else None for each in node.args)
            if said and said[0]:
                yield node.lineno, name_of(node.func), said if len(said) > 1 else said[0], []


def name_of(function: ast.expr) -> str:
    """The last part of the name of a function."""
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def is_text(node: ast.expr) -> bool:
    """Tell whether an expression is a text as it stands."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
