"""The edits that put a new value into a text, found by walking its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import msgspec
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from crmcli.domain.values import Value
from crmcli.store.yaml.emitter import emit
from crmcli.store.yaml.fragments import Leaf, Style, flow, flow_entry
from crmcli.store.yaml.matching import matched
from crmcli.store.yaml.nodes import Alias, compose, read_node, target
from crmcli.store.yaml.refusal import CannotEdit
from crmcli.store.yaml.spans import Span, Spans, is_block_text, is_flow, is_tied

Plan: TypeAlias = "list[int | str]"
"""The parts of a collection as they shall follow each other: an old one's number, or new text."""


class Edit(msgspec.Struct, frozen=True):
    """Replace what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def edited(source: str, new: dict[str, Value], leaf: Leaf) -> str:
    """The source with the new tree in it, not yet read back; raises `BadYaml`, `CannotEdit`."""
    root = compose(source)
    if root is None:
        return _with_final_newline(source) + _in_newlines_of(source, emit(new) if new else "")
    editor = _Editor(source, root, style_of(root, leaf))
    editor.value(root, read_node(source, root), new, editor.document)
    return _apply(source, editor.edits)


def with_last_line_ended(source: str) -> str:
    """The same value with a newline at the end of the file.

    A block of text at the end would gain that newline: it is stripped by a `-` in its header.
    """
    root = compose(source)
    last = None if root is None else _last_leaf(root)
    if last is None or source.endswith(("\n", "\r")):
        return source
    if is_block_text(last):
        header = Spans(source).header(last)
        at = source.index(header, last.start_mark.index)
        stripped = header.replace("+", "").replace("-", "") + "-"
        source = source[:at] + stripped + source[at + len(header) :]
    return _with_final_newline(source)


def _last_leaf(node: Node) -> Node:
    while isinstance(node, (MappingNode, SequenceNode)) and node.value:
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    return node


def _apply(source: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start = max(edit.start, done)
        parts.append(source[done:start])
        parts.append(_in_newlines_of(source, edit.text))
        done = max(edit.end, start)
    return "".join([*parts, source[done:]])


def _in_newlines_of(source: str, text: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in source else text


def _with_final_newline(source: str) -> str:
    if not source.strip("\ufeff") or source.endswith(("\n", "\r")):
        return source
    return source + _in_newlines_of(source, "\n")


Replace: TypeAlias = Callable[[Node, Value], None]


class _Editor:
    """Walks nodes, old and new value side by side and collects the edits."""

    def __init__(self, source: str, root: Node, style: Style) -> None:
        self.edits: list[Edit] = []
        self._spans = Spans(source)
        self._style = style

    def value(self, node: Node, old: Value, new: Value, replace: Replace) -> None:
        """Edit one value; `replace` is how a value that stands there is written anew."""
        if old == new:
            return
        if isinstance(node, Alias) or node.anchor is not None:
            raise CannotEdit(node.start_mark.line + 1, "the value is shared by an anchor or alias")
        if isinstance(old, dict) and isinstance(new, dict) and old and new:
            self._mapping(node, old, new, replace)
        elif isinstance(old, list) and isinstance(new, list) and old and new:
            self._list(node, old, new, replace)
        else:
            self._replace(node, new, replace)

    def document(self, root: Node, new: Value) -> None:
        """Write the whole document anew."""
        assert isinstance(new, dict)
        text = self._style.entries(new, 0) if new else "{}"
        end = self._spans.end(root)
        self._edit(root.start_mark.index, end + len(self._spans.comment_at(end)), text)

    def _mapping(self, node: Node, old: dict[str, Value], new: dict[str, Value], replace: Replace) -> None:
        keys = [str(target(key).value) for key, _ in node.value]
        column = self._column(node)
        plan = [
            place if isinstance(place, int) else self._new_entry(node, place, new[place], column)
            for place in _in_order_of(keys, new)
        ]
        if not any(isinstance(place, int) for place in plan):
            self._replace(node, new, replace)
            return
        for (key, value), name in zip(node.value, keys, strict=True):
            if name in new:
                self.value(value, old[name], new[name], self._replacing_at(node, key, column))
        self._arrange(node, self._spans.entries(node), plan, column)

    def _list(self, node: Node, old: list[Value], new: list[Value], replace: Replace) -> None:
        places = matched(old, new)
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
        return flow(value) if is_flow(node) else self._style.item(value, column)

    def _column(self, node: Node) -> int:
        """The column in which the keys or dashes of a block stand."""
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
                raise CannotEdit(node.start_mark.line + 1, "the key is written with a `?`")
            self._rewrite(node, place, written(new, column))

        return replace

    def _replacing_in_flow(self, key: Node | None) -> Replace:
        def replace(node: Node, new: Value) -> None:
            if key is None or not self._spans.is_absent(node):
                self._edit(node.start_mark.index, self._spans.end(node), flow(new))
                return
            place = self._spans.after_colon(key, in_flow=True)
            at = key.end_mark.index if place is None else place
            end = self._spans.without_spaces_after(at)
            self._edit(at, end, f"{':' if place is None else ''} {flow(new)}")

        return replace

    def _replace(self, node: Node, new: Value, replace: Replace) -> None:
        self._refuse_if_tied(node)
        replace(node, new)

    def _refuse_if_tied(self, node: Node) -> None:
        if is_tied(node):
            raise CannotEdit(node.start_mark.line + 1, "an anchor or alias stands in what changes")

    def _rewrite(self, node: Node, place: int, text: str) -> None:
        """Write a value anew after its colon or dash; the comments on its lines stay."""
        first, newline, rest = text.partition("\n")
        start, end = self._extent(node, place)
        between = self._spans.source[place:start]
        if between.strip(" ") and first and not self._is_block(node):
            self._edit(start, end, first[1:] + self._comment_in(node) + newline + rest)
            return
        after = self._spans.comment_at(end)
        if self._is_block(node) or is_block_text(node) or between.strip(" "):
            first += self._spans.comments_between(place, start) + self._comment_in(node)
            after, end = ("", end + len(after)) if self._is_block(node) else (after, end)
        elif between and first and not rest:
            first = between + first.removeprefix(" ")
        end = self._spans.without_spaces_after(end + len(after))
        self._edit(place, end, first + after + newline + rest)

    def _extent(self, node: Node, place: int) -> Span:
        if self._spans.is_absent(node):
            return place, place
        return int(node.start_mark.index), self._spans.end(node)

    def _is_block(self, node: Node) -> bool:
        return isinstance(node, (MappingNode, SequenceNode)) and not is_flow(node)

    def _comment_in(self, node: Node) -> str:
        return self._spans.comment_in_header(node) if is_block_text(node) else ""

    def _arrange(self, node: Node, spans: list[Span], plan: Plan, column: int) -> None:
        kept = {place for place in plan if isinstance(place, int)}
        self._refuse_to_remove_ties(node, kept)
        if is_flow(node):
            self._insert(spans, plan, lambda index: index, ", ")
            self._remove_from_flow(spans, kept)
        else:
            end_of = partial(self._spans.end_of_comments_below, column=column)
            self._insert(spans, plan, end_of, f"\n{' ' * column}")
            self._remove_from_block(spans, kept)

    def _refuse_to_remove_ties(self, node: Node, kept: set[int]) -> None:
        for position, part in enumerate(node.value):
            if position not in kept:
                for child in part if isinstance(part, tuple) else (part,):
                    self._refuse_if_tied(child)

    def _insert(self, spans: list[Span], plan: Plan, end_of: Callable[[int], int], between: str) -> None:
        for after, texts in _insertions(plan):
            if after is None:
                start = spans[min(place for place in plan if isinstance(place, int))][0]
                self._edit(start, start, "".join(text + between for text in texts))
            else:
                end = end_of(spans[after][1])
                self._edit(end, end, "".join(between + text for text in texts))

    def _remove_from_flow(self, spans: list[Span], kept: set[int]) -> None:
        last = max(kept)
        for position in range(last):
            if position not in kept:
                start, end = spans[position]
                self._edit(start, self._spans.next_in_flow(end, spans[position + 1][0]), "")
        for position in range(last + 1, len(spans)):
            start, end = self._spans.last_in_flow(spans[position - 1][1], *spans[position])
            self._edit(start, end, "")

    def _remove_from_block(self, spans: list[Span], kept: set[int]) -> None:
        removed = [position for position in range(len(spans)) if position not in kept]
        if 0 in removed and not self._has_line_before(spans[0][0]):
            removed = self._remove_first(spans, removed, min(kept))
        for position in removed:
            self._remove_lines(spans[position])

    def _has_line_before(self, start: int) -> bool:
        return self._spans.first_on_line(start) and self._spans.line_start(start) > 0

    def _remove_first(self, spans: list[Span], removed: list[int], first_kept: int) -> list[int]:
        """Remove the first part where a dash stands before it, or nothing; what is left to do."""
        start, end = spans[0]
        if self._follow_closely(spans[: first_kept + 1]):
            self._edit(start, spans[first_kept][0], "")
            return [position for position in removed if position > first_kept]
        if self._spans.source[:start].strip("\ufeff"):
            dash_end = len(self._spans.source[:start].rstrip(" "))
            self._edit(dash_end, self._spans.line_end(end), "")
        else:
            self._edit(start, self._spans.next_line(end), "")
        return removed[1:]

    def _follow_closely(self, spans: list[Span]) -> bool:
        """Whether no comment or blank line stands between these parts."""
        return all(
            self._spans.line_start(after[0]) == self._spans.next_line(before[1])
            for before, after in pairwise(spans)
        )

    def _remove_lines(self, span: Span) -> None:
        line_start = self._spans.line_start(span[0])
        self._edit(self._spans.newline_before(line_start), self._spans.line_end(span[1]), "")

    def _edit(self, start: int, end: int, text: str) -> None:
        self.edits.append(Edit(start, end, text))


def _in_order_of(keys: list[str], new: dict[str, Value]) -> Iterator[int | str]:
    """The old keys that stay, by number, each followed by the new keys that belong after it."""
    followers: dict[str | None, list[str]] = {None: []}
    before: str | None = None
    for key in new:
        if key in keys:
            before = key
            followers[before] = []
        else:
            followers[before].append(key)
    yield from followers[None]
    for position, key in enumerate(keys):
        if key in new:
            yield position
            yield from followers[key]


def _insertions(plan: Plan) -> Iterator[tuple[int | None, list[str]]]:
    """The runs of new text in a plan, each with the old part that it follows, if any."""
    after: int | None = None
    texts: list[str] = []
    for place in [*plan, -1]:
        if isinstance(place, str):
            texts.append(place)
            continue
        if texts:
            yield after, texts
        after, texts = place, []


def style_of(root: Node, leaf: Leaf) -> Style:
    """How a file indents, by its first mapping and its first list under a key."""
    mapping = _first_indent(root, MappingNode)
    dashes = _first_indent(root, SequenceNode)
    step = mapping or 2
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
