"""The style in which new values are written into a hand-written file, such as its indentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.emitter import (
    double_quoted,
    emit_leaf,
    flow_text,
    is_clean,
    key_text,
    plain_leaf,
    single_quoted,
)
from crmcli.store.codec.spans import is_flow

Leaf: TypeAlias = Callable[[Value, int], str]
"""Writes a leaf, with the space before it, under a parent in this column."""


def leaf_on_lines(value: Value, column: int) -> str:
    """Return a leaf that blank lines after it in the file do not change."""
    if isinstance(value, str) and value.endswith("\n\n"):
        return leaf_on_one_line(value, column)
    return emit_leaf(value, " " * column)


def leaf_on_one_line(value: Value, column: int) -> str:
    """Return a leaf that nothing after it in the file changes."""
    if isinstance(value, str) and "\n" in value:
        return " " + double_quoted(value)
    return emit_leaf(value, " " * column)


class Style(msgspec.Struct, frozen=True):
    """The columns by which a file indents mappings and the dashes of lists, and the writer of its leaves."""

    mapping: int
    dashes: int
    leaf: Leaf

    def after_key(self, value: Value, column: int) -> str:
        """Return the text after the colon of a key in this column."""
        if value and isinstance(value, dict):
            column += self.mapping
            return f"\n{' ' * column}{self.entries(value, column)}"
        if value and isinstance(value, list):
            column += self.dashes
            return f"\n{' ' * column}{self.items(value, column)}"
        return self.leaf(value, column)

    def after_dash(self, value: Value, column: int) -> str:
        """Return the text after a dash in this column."""
        if value and isinstance(value, dict):
            return " " + self.entries(value, column + 2)
        if value and isinstance(value, list):
            return " " + self.items(value, column + 2)
        return self.leaf(value, column)

    def entry(self, key: str, value: Value, column: int) -> str:
        """Return a key with its value, without indentation before it and newline after it."""
        return f"{key_text(key)}:{self.after_key(value, column)}"

    def item(self, value: Value, column: int) -> str:
        """Return a list item with its dash."""
        return "-" + self.after_dash(value, column)

    def entries(self, mapping: dict[str, Value], column: int) -> str:
        """Return the entries of a mapping, one below the other."""
        lines = [self.entry(key, value, column) for key, value in mapping.items()]
        return f"\n{' ' * column}".join(lines)

    def items(self, values: list[Value], column: int) -> str:
        """Return the items of a list, one below the other."""
        return f"\n{' ' * column}".join(self.item(value, column) for value in values)


def in_quotes_of(node: Node, value: Value) -> str | None:
    """Return a text in the quotes of the node that it replaces; None without quotes, or if unsuitable."""
    if not isinstance(node, ScalarNode) or not isinstance(value, str) or "\n" in value:
        return None
    if node.style == '"':
        return double_quoted(value)
    return single_quoted(value) if node.style == "'" and is_clean(value) else None


def flow_style(value: Value) -> str:
    """Return a value on one line, as written inside `[…]` and `{…}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(flow_entry(key, item) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_style(item) for item in value) + "]"
    if isinstance(value, Plain):
        return plain_leaf(value.text)[1:]
    return flow_text(value)


def flow_entry(key: str, value: Value) -> str:
    """Return a key and its value as written inside `{…}`."""
    return f"{flow_text(key)}: {flow_style(value)}"


def style_of(root: Node, leaf: Leaf) -> Style:
    """Return the style of a file, from its first mapping and its first list under a key."""
    mapping = _first_indent(root, MappingNode)
    dashes = _first_indent(root, SequenceNode)
    step = mapping or dashes or 2
    return Style(mapping=step, dashes=step if dashes is None else dashes, leaf=leaf)


def _first_indent(node: Node, kind: type[Node]) -> int | None:
    for column, value in _under_keys(node):
        if isinstance(value, kind) and not is_flow(value) and value.anchor is None:
            return int(value.start_mark.column) - column
    return None


def _under_keys(node: Node) -> Iterator[tuple[int, Node]]:
    """Yield every value below a key of a block mapping, with the column of that key."""
    if isinstance(node, MappingNode) and not is_flow(node):
        for key, value in node.value:
            yield int(key.start_mark.column), value
            yield from _under_keys(value)
    elif isinstance(node, SequenceNode) and not is_flow(node):
        for item in node.value:
            yield from _under_keys(item)
