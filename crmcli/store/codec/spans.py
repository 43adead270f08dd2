"""Exact positions of the parts of a composed text."""

from __future__ import annotations

import re
from typing import TypeAlias

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from crmcli.store.codec.nodes import Alias, explicit_tag

Span: TypeAlias = tuple[int, int]

_COLON = re.compile(r"[ \t]*:")
_FLOW_COLON = re.compile(r"\s*:")
_SPACES = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:\r\n?|\n)[ \t\r\n]*\Z")
_LINE_ENDS = r"(?:\r\n|\r(?!\n)|\n)"  # matches in one way only, which avoids backtracking
_COMMENT_BELOW = re.compile(rf"{_LINE_ENDS}(?:[ \t]*{_LINE_ENDS})*( *)#[^\r\n]*")
_COMMA = re.compile(r"[ \t]*,")
_REST_OF_LINE = re.compile(r"(?:[ \t]+#[^\r\n]*|[ \t]*)(?=[\r\n]|\Z)")
_LAST_NEWLINE = re.compile(r"(?:\r\n?|\n)\Z")
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]+|(?<![^ \t\r\n])#[^\r\n]*)*")
_PROPERTIES = re.compile(r"(?:[!&][^\s,\[\]{}]*\s+)*")
_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
_OWN_LINES = re.compile(rf"{_LINE_ENDS}([ \t]*#[^\r\n]*)")
_COMMENT_ON_ANY_LINE = re.compile(r"(?:^|(?<=\s))#[^\r\n]*")
_LINE_OF_COMMENT = re.compile(r"[\r\n][ \t]*(?=#)")
_SPACES_AT_END = re.compile(r"[ \t]+(?=[,\r\n]|\Z)")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_NEWLINE = re.compile(r"\r\n?|\n|\Z")
_LINE = re.compile(r"[^\r\n]*")


class Spans:
    """Positions in one text; every index refers to this text."""

    def __init__(self, source: str) -> None:
        self.source = source

    def line_start(self, index: int) -> int:
        """Return the start of the line at this index."""
        return 1 + max(self.source.rfind(newline, 0, index) for newline in "\r\n")

    def line_end(self, index: int) -> int:
        """Return the end of the line, before its newline."""
        match = _LINE.match(self.source, index)
        return match.end() if match else index

    def newline_before(self, line_start: int) -> int:
        """Return the index of the newline that ends the previous line."""
        if self.source[max(line_start - 2, 0) : line_start] == "\r\n":
            return line_start - 2
        return max(line_start - 1, 0)

    def next_line(self, index: int) -> int:
        """Return the start of the next line."""
        match = _NEWLINE.match(self.source, self.line_end(index))
        return match.end() if match else len(self.source)

    def first_on_line(self, index: int) -> bool:
        """Tell whether there are only spaces before this index on its line."""
        return not self.source[self.line_start(index) : index].strip(" ")

    def line_break_before(self, index: int) -> str:
        """Return a line break and the indentation, if this is the first thing on its line; else a space."""
        start = self.line_start(index)
        return f"\n{self.source[start:index]}" if start and self.first_on_line(index) else " "

    def without_spaces_before(self, index: int) -> int:
        """Return the index without the spaces before it."""
        return len(self.source[:index].rstrip(" "))

    def comma_after(self, index: int) -> int | None:
        """Return the index after the comma that follows on this line; None where there is none."""
        match = _COMMA.match(self.source, index)
        return match.end() if match else None

    def end_of_line_behind(self, index: int) -> int | None:
        """Return the end of the line, if only a comment or blanks follow; else None."""
        match = _REST_OF_LINE.match(self.source, index)
        return match.end() if match else None

    def end(self, node: Node) -> int:
        """Return the end of a node's own text, without newline, comment or blank lines after it."""
        if isinstance(node, CollectionNode) and not is_flow(node):
            return self._end_of_block(node)
        if is_block_text(node):
            return self._end_of_block_text(node)
        return int(node.end_mark.index)

    def _end_of_block(self, node: Node) -> int:
        return self.parts(node)[-1][1]

    def _end_of_block_text(self, node: Node) -> int:
        start, end = int(node.start_mark.index), int(node.end_mark.index)
        keeps = "+" in self.header(node)
        pattern = _LAST_NEWLINE if keeps else _BLANK_LINES
        return start + len(pattern.sub("", self.source[start:end], count=1))

    def header(self, node: Node) -> str:
        """Return the header of a block scalar, such as `|2-`."""
        match = _BLOCK_HEADER.search(self.source, node.start_mark.index)
        return match[0] if match else ""

    def comment_in_header(self, node: Node) -> str:
        """Return the comment on the header line of a block scalar."""
        match = _BLOCK_HEADER.search(self.source, node.start_mark.index)
        return self.comment_at(match.end()) if match else ""

    def comment_at(self, index: int) -> str:
        """Return the comment that follows on this line, with the spaces before it."""
        match = _COMMENT.match(self.source, index)
        return match[0] if match else ""

    def comments_between(self, start: int, end: int) -> str:
        """Return all comments between two indices, joined as on one line."""
        return "".join(f" {comment}" for comment in _COMMENT_ON_ANY_LINE.findall(self.source, start, end))

    def comment_lines(self, start: int, end: int) -> list[str]:
        """Return the comments on lines of their own between two indices, with the spaces before them."""
        return _OWN_LINES.findall(self.source, start, end)

    def end_of_comments_below(self, index: int, column: int) -> int:
        """Return the end of this line, or of the comment lines below it deeper than the column."""
        end = self.line_end(index)
        while (below := _COMMENT_BELOW.match(self.source, end)) and len(below[1]) > column:
            end = below.end()
        return end

    def without_spaces_after(self, index: int) -> int:
        """Return the end of the spaces, if a comma or the line end follows; else the index itself."""
        match = _SPACES_AT_END.match(self.source, index)
        return match.end() if match else index

    def after_colon(self, key: Node, *, in_flow: bool = False) -> int | None:
        """Return the index after the colon of a key; None where there is none, as in `? key`."""
        pattern = _FLOW_COLON if in_flow else _COLON
        match = pattern.match(self.source, key.end_mark.index)
        return match.end() if match else None

    def entries(self, node: Node) -> list[Span]:
        """Return the spans of a mapping, each from its key to the end of its value."""
        in_flow = is_flow(node)
        return [
            (key.start_mark.index, self._end_of_value(key, value, in_flow=in_flow))
            for key, value in node.value
        ]

    def _end_of_value(self, key: Node, value: Node, *, in_flow: bool) -> int:
        if not self.is_absent(value):
            return self.end(value)
        end = self.after_colon(key, in_flow=in_flow) or int(key.end_mark.index)
        spaces = _SPACES.match(self.source, end) if in_flow else None
        return spaces.end() if spaces else end

    def parts(self, node: Node) -> list[Span]:
        """Return the spans of the items of a list, or of the entries of a mapping."""
        return self.items(node) if isinstance(node, SequenceNode) else self.entries(node)

    def items(self, node: Node) -> list[Span]:
        """Return the spans of a list, each from its dash to the end of its item; without dashes in flow."""
        if is_flow(node):
            return [(item.start_mark.index, self.end(item)) for item in node.value]
        spans: list[Span] = []
        place = self._after_properties(node)
        for item in node.value:
            dash = self._skip(place)
            place = dash + 1 if self.is_absent(item) else self.end(item)
            spans.append((dash, place))
        return spans

    def next_in_flow(self, end: int, following: int) -> int:
        """Return where a removed part of `[…]` or `{…}` ends: the next part, or a comment line above it."""
        comment = _LINE_OF_COMMENT.search(self.source, self.line_end(end), following)
        return comment.end() if comment else following

    def last_in_flow(self, before: int, start: int, end: int) -> Span:
        """Return the span to remove for the last part of `[…]` or `{…}`.

        It includes the comma before the part or, where a comment is between them, the comma after it.
        """
        if not _COMMENT_ON_ANY_LINE.search(self.source, before, start):
            return before, end
        comma = self._skip(end)
        return start, comma + 1 if self.source[comma] == "," else end

    def is_absent(self, node: Node) -> bool:
        """Tell whether a node has no text at all."""
        return bool(node.start_mark.index >= node.end_mark.index)

    def _after_properties(self, node: Node) -> int:
        start = int(node.start_mark.index)
        if node.anchor is None and explicit_tag(self.source, node) is None:
            return start
        match = _PROPERTIES.match(self.source, start)
        return match.end() if match else start

    def _skip(self, index: int) -> int:
        match = _SPACE_AND_COMMENTS.match(self.source, index)
        return match.end() if match else index


def is_flow(node: Node) -> bool:
    """Tell whether a node is written as `[…]` or `{…}`."""
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def is_block_text(node: Node) -> bool:
    """Tell whether a node is a block scalar, `|` or `>`."""
    return isinstance(node, ScalarNode) and node.style in ("|", ">")


def is_tied(node: Node) -> bool:
    """Tell whether a node contains an anchor or alias, so that it is shared with another place."""
    if isinstance(node, Alias) or node.anchor is not None:
        return True
    if isinstance(node, MappingNode):
        return any(is_tied(key) or is_tied(value) for key, value in node.value)
    return isinstance(node, SequenceNode) and any(is_tied(item) for item in node.value)
