"""How a new value is written into a file that a person made: at that file's own indentation."""

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
    """A leaf that stays the same whatever blank lines follow it in the file."""
    if isinstance(value, str) and value.endswith("\n\n"):
        return leaf_on_one_line(value, column)
    return emit_leaf(value, " " * column)


def leaf_on_one_line(value: Value, column: int) -> str:
    """A leaf that stays the same whatever follows it in the file."""
    if isinstance(value, str) and "\n" in value:
        return " " + double_quoted(value)
    return emit_leaf(value, " " * column)


class Style(msgspec.Struct, frozen=True):
    """By how many columns a file indents a mapping, and a list's dashes, and how it writes leaves."""

    mapping: int
    dashes: int
    leaf: Leaf

    def after_key(self, value: Value, column: int) -> str:
        """What follows the colon of a key that stands in this column."""
        if value and isinstance(value, dict):
            column += self.mapping
            return f"\n{' ' * column}{self.entries(value, column)}"
        if value and isinstance(value, list):
            column += self.dashes
            return f"\n{' ' * column}{self.items(value, column)}"
        return self.leaf(value, column)

    def after_dash(self, value: Value, column: int) -> str:
        """What follows a dash that stands in this column."""
        if value and isinstance(value, dict):
            return " " + self.entries(value, column + 2)
        if value and isinstance(value, list):
            return " " + self.items(value, column + 2)
        return self.leaf(value, column)

    def entry(self, key: str, value: Value, column: int) -> str:
        """A key with its value; it begins where it is put and has no newline at its end."""
        return f"{key_text(key)}:{self.after_key(value, column)}"

    def item(self, value: Value, column: int) -> str:
        """A list's item with its dash."""
        return "-" + self.after_dash(value, column)

    def entries(self, mapping: dict[str, Value], column: int) -> str:
        """The keys of a mapping, one below the other."""
        lines = [self.entry(key, value, column) for key, value in mapping.items()]
        return f"\n{' ' * column}".join(lines)

    def items(self, values: list[Value], column: int) -> str:
        """The items of a list, one below the other."""
        return f"\n{' ' * column}".join(self.item(value, column) for value in values)


def in_quotes_of(node: Node, value: Value) -> str | None:
    """A text in the quotes that stand around what it replaces; None where there are none, or none fit."""
    if not isinstance(node, ScalarNode) or not isinstance(value, str) or "\n" in value:
        return None
    if node.style == '"':
        return double_quoted(value)
    return single_quoted(value) if node.style == "'" and is_clean(value) else None


def flow_style(value: Value) -> str:
    """A value on one line, as it stands inside `[…]` and `{…}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(flow_entry(key, item) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_style(item) for item in value) + "]"
    if isinstance(value, Plain):
        return plain_leaf(value.text)[1:]
    return flow_text(value)


def flow_entry(key: str, value: Value) -> str:
    """A key and its value inside `{…}`."""
    return f"{flow_text(key)}: {flow_style(value)}"


def style_of(root: Node, leaf: Leaf) -> Style:
    """How a file indents, by its first mapping and its first list under a key."""
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
    """Every value below a key of a block mapping, with the column of that key."""
    if isinstance(node, MappingNode) and not is_flow(node):
        for key, value in node.value:
            yield int(key.start_mark.column), value
            yield from _under_keys(value)
    elif isinstance(node, SequenceNode) and not is_flow(node):
        for item in node.value:
            yield from _under_keys(item)
