"""The edits that put a new value into a text, found by walking its nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from crmcli.domain.values.places import Place
from crmcli.domain.values.values import Value
from crmcli.store.codec.codec_errors import CannotEdit
from crmcli.store.codec.collection_edits import (
    Plan,
    arranged_in_block,
    arranged_in_flow,
    in_order_of,
    kept_in,
)
from crmcli.store.codec.edits import Edit, apply_edits, in_newlines_of, with_final_newline
from crmcli.store.codec.emitter import emit_yaml
from crmcli.store.codec.node_matching import match_items
from crmcli.store.codec.nodes import Alias, compose_nodes, resolve_alias
from crmcli.store.codec.spans import Span, Spans, is_block_text, is_flow, is_tied
from crmcli.store.codec.style import Leaf, Style, flow_entry, flow_style, in_quotes_of, style_of
from crmcli.store.codec.tree_reading import read_node

Replace: TypeAlias = Callable[[Node, Value], None]
"""Replaces a node with a new value."""


def edit_source(source: str, new: dict[str, Value], leaf: Leaf) -> str:
    """Return the source edited to hold the new tree, not yet verified; raises `BadYaml`, `CannotEdit`."""
    root = compose_nodes(source)
    if root is None:
        ended = with_final_newline(source)
        return ended + in_newlines_of(ended, emit_yaml(new) if new else "", len(ended))
    editor = _Editor(source, root, style_of(root, leaf))
    editor.value(root, read_node(source, root), new, editor.document)
    return apply_edits(source, editor.edits)


def with_last_line_ended(source: str) -> str:
    """Return the source with a newline at its end, and the same value.

    A block scalar at the end would gain that newline, so its header gets a `-`, which strips it.
    """
    root = compose_nodes(source)
    last = None if root is None else _last_leaf(root)
    if last is None or source.endswith(("\n", "\r")):
        return source
    if is_block_text(last):
        header = Spans(source).header(last)
        at = source.index(header, last.start_mark.index)
        stripped = header.replace("+", "").replace("-", "") + "-"
        source = source[:at] + stripped + source[at + len(header) :]
    return with_final_newline(source)


def _last_leaf(node: Node) -> Node:
    while isinstance(node, (MappingNode, SequenceNode)) and node.value:
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    return node


def find_start(node: Node) -> Place:
    """Return the line and column of a node, both from 1."""
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


class _Editor:
    """Walks nodes, old value and new value in parallel, and collects the edits."""

    def __init__(self, source: str, root: Node, style: Style) -> None:
        self.edits: list[Edit] = []
        self._spans = Spans(source)
        self._style = style

    def value(self, node: Node, old: Value, new: Value, replace: Replace) -> None:
        """Edit one value; `replace` is called where the value is replaced as a whole."""
        if old == new:
            return
        if isinstance(node, Alias) or node.anchor is not None:
            raise CannotEdit(find_start(node), "the value is shared by an anchor or alias")
        if isinstance(old, dict) and isinstance(new, dict) and old and new:
            self._mapping(node, old, new, replace)
        elif isinstance(old, list) and isinstance(new, list) and old and new:
            self._list(node, old, new, replace)
        else:
            self._replace(node, new, replace)

    def document(self, root: Node, new: Value) -> None:
        """Replace the whole document."""
        assert isinstance(new, dict)
        text = self._style.entries(new, 0) if new else "{}"
        end = self._spans.end(root)
        own_comment = self._spans.comment_at(end) if self._is_block(root) else ""
        self._edit(root.start_mark.index, end + len(own_comment), text)

    def _mapping(self, node: Node, old: dict[str, Value], new: dict[str, Value], replace: Replace) -> None:
        keys = [str(resolve_alias(key).value) for key, _ in node.value]
        column = self._column(node)
        plan = [
            place if isinstance(place, int) else self._new_entry(node, place, new[place], column)
            for place in in_order_of(keys, new)
        ]
        if not any(isinstance(place, int) for place in plan):
            self._replace(node, new, replace)
            return
        for (key, value), name in zip(node.value, keys, strict=True):
            if name in new:
                self.value(value, old[name], new[name], self._replacing_at(node, key, column))
        self._arrange(node, self._spans.entries(node), plan, column)

    def _list(self, node: Node, old: list[Value], new: list[Value], replace: Replace) -> None:
        places = match_items(old, new)
        spans = self._spans.items(node)
        column = self._column(node)
        plan = [
            self._new_item(node, item, column) if place is None else place
            for place, item in zip(places, new, strict=True)
        ]
        if not any(isinstance(place, int) for place in plan):
            self._replace(node, new, replace)
            return
        for place, item in zip(places, new, strict=True):
            if place is not None:
                by = self._replacing_after(node, spans[place][0], column)
                self.value(node.value[place], old[place], item, by)
        self._arrange(node, spans, plan, column)

    def _new_entry(self, node: Node, key: str, value: Value, column: int) -> str:
        return flow_entry(key, value) if is_flow(node) else self._style.entry(key, value, column)

    def _new_item(self, node: Node, value: Value, column: int) -> str:
        return flow_style(value) if is_flow(node) else self._style.item(value, column)

    def _column(self, node: Node) -> int:
        """Return the column of the keys or dashes of a block."""
        if isinstance(node, MappingNode):
            return int(node.value[0][0].start_mark.column)
        dash = self._spans.items(node)[0][0]
        return dash - self._spans.line_start(dash)

    def _replacing_at(self, node: Node, key: Node, column: int) -> Replace:
        if is_flow(node):
            return self._replacing_in_flow(key)
        place = self._spans.after_colon(key)
        return self._replacing_in_block(place, column, self._style.after_key)

    def _replacing_after(self, node: Node, dash: int, column: int) -> Replace:
        if is_flow(node):
            return self._replacing_in_flow(None)
        return self._replacing_in_block(dash + 1, column, self._style.after_dash)

    def _replacing_in_block(
        self, place: int | None, column: int, written: Callable[[Value, int], str]
    ) -> Replace:
        def replace(node: Node, new: Value) -> None:
            if place is None:
                raise CannotEdit(find_start(node), "the key is written with a `?`")
            if new in ([], {}) and self._is_block(node):
                self._empty(node, place, written(new, column))
                return
            quoted = in_quotes_of(node, new)
            self._rewrite(node, place, written(new, column) if quoted is None else f" {quoted}")

        return replace

    def _replacing_in_flow(self, key: Node | None) -> Replace:
        def replace(node: Node, new: Value) -> None:
            if key is None or not self._spans.is_absent(node):
                text = in_quotes_of(node, new) or flow_style(new)
                self._edit(node.start_mark.index, self._spans.end(node), text)
                return
            place = self._spans.after_colon(key, in_flow=True)
            at = key.end_mark.index if place is None else place
            end = self._spans.without_spaces_after(at)
            self._edit(at, end, f"{':' if place is None else ''} {flow_style(new)}")

        return replace

    def _replace(self, node: Node, new: Value, replace: Replace) -> None:
        self._refuse_if_tied(node)
        replace(node, new)

    def _refuse_if_tied(self, node: Node) -> None:
        if is_tied(node):
            raise CannotEdit(find_start(node), "an anchor or alias stands in what changes")

    def _rewrite(self, node: Node, place: int, text: str) -> None:
        """Replace a value after its colon or dash; the comments around it stay."""
        first, newline, rest = text.partition("\n")
        start, end = self._extent(node, place)
        between = self._spans.source[place:start]
        above = self._spans.comments_between(place, start) + self._comment_in(node)
        behind = self._spans.comment_at(end)
        line_end = self._spans.without_spaces_after(end + len(behind))
        if self._is_block(node):
            self._edit(place, line_end, first + above + newline + rest)
        elif first and between.strip(" "):
            self._edit(start, end, first[1:] + self._comment_in(node) + newline + rest)
        else:
            aligned = between + first[1:] if between and first and not rest else first
            self._edit(place, line_end, aligned + above + behind + newline + rest)

    def _empty(self, node: Node, place: int, text: str) -> None:
        """Replace the block after a colon or dash by `[]` or `{}`; comments on lines of their own stay."""
        parts = self._spans.parts(node)
        gaps = zip([place, *(end for _, end in parts)], [start for start, _ in parts], strict=False)
        lines = [line for start, end in gaps for line in self._spans.comment_lines(start, end)]
        head = self._spans.comment_at(place) + "".join(f"\n{line}" for line in lines)
        end = self._spans.end(node)
        line_end = self._spans.without_spaces_after(end + len(self._spans.comment_at(end)))
        self._edit(place, line_end, text + head)

    def _extent(self, node: Node, place: int) -> Span:
        if self._spans.is_absent(node):
            return place, place
        return int(node.start_mark.index), self._spans.end(node)

    def _is_block(self, node: Node) -> bool:
        return isinstance(node, (MappingNode, SequenceNode)) and not is_flow(node)

    def _comment_in(self, node: Node) -> str:
        return self._spans.comment_in_header(node) if is_block_text(node) else ""

    def _arrange(self, node: Node, parts: list[Span], plan: Plan, column: int) -> None:
        self._refuse_to_remove_ties(node, kept_in(plan))
        if is_flow(node):
            self.edits += arranged_in_flow(self._spans, parts, plan)
        else:
            self.edits += arranged_in_block(self._spans, parts, plan, column)

    def _refuse_to_remove_ties(self, node: Node, kept: set[int]) -> None:
        for position, part in enumerate(node.value):
            if position not in kept:
                for child in part if isinstance(part, tuple) else (part,):
                    self._refuse_if_tied(child)

    def _edit(self, start: int, end: int, text: str) -> None:
        self.edits.append(Edit(start, end, text))
