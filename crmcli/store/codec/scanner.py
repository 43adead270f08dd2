"""A faster version of ruamel's scanner, in linear time and with a limit on depth.

ruamel goes through a text character by character, several µs each, and checks the depth only after
reading everything that is open. Here one expression matches a stretch of text. The result is the same:
the tests compare it with ryaml and PyYAML.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import ScalarToken

from crmcli.store.codec.codec_errors import BadYaml
from crmcli.store.codec.emitter import DEEPEST

TOO_DEEP = f"nested deeper than {DEEPEST} levels"
LONGEST_NAME = 1_000
"""Characters of a tag, an anchor or an alias."""

_END = r"\n\0\r\x85\u2028\u2029"  # line ends in ruamel
_STOP = rf"{_END} \t"
_SPECIAL = re.compile("[\r\n\ufeff]")
_LONG_NAME = re.compile(rf"[^\s\0,\[\]{{}}]{{{LONGEST_NAME + 1}}}")
_BLANKS = re.compile(rf" *(?:#[^{_END}]*)?")
_BLANKS_IN_FLOW = re.compile(rf"[ \t]*(?:#[^{_END}]*)?")
_LINE = re.compile(rf"[^{_END}]*")


def _words(more: str) -> re.Pattern[str]:
    """Return an expression for part of a plain scalar on one line; a long one takes several matches."""
    word = rf"[^{_STOP}:{more}]+|:(?![{_STOP}])"
    return re.compile(rf"(?:{word}| +(?![{_STOP}#{more}]|:[{_STOP}])){{0,500}}")


_PLAIN, _PLAIN_IN_FLOW = _words(""), _words(r",\[\]{}")
_QUOTED = re.compile(rf"(?:[^{_STOP}'\"\\]+| +(?![{_STOP}])){{0,500}}")


class FastReader(Reader):
    """Moves over text without line ends in one step."""

    def forward(self, length: int = 1) -> None:
        """Advance by so many characters."""
        end = self.pointer + length
        if end < len(self.buffer) and _SPECIAL.search(self.buffer, self.pointer, end) is None:
            self.pointer = end
            self.index += length
            self.column += length
        else:
            super().forward(length)


class BoundedScanner(Scanner):
    """Refuses collections that are too deep before it reads their content."""

    def need_more_tokens(self) -> bool:
        """Tell whether the next token is not known yet."""
        if self.tokens and not self.possible_simple_keys:
            return False
        return bool(super().need_more_tokens())

    def fetch_flow_collection_start(self, *token: Any, **pushed: Any) -> None:
        """Read `[` or `{`."""
        self._check_depth()
        super().fetch_flow_collection_start(*token, **pushed)

    def add_indent(self, column: int) -> bool:
        """Enter a deeper level where a line is indented more."""
        self._check_depth()
        return bool(super().add_indent(column))

    def _check_depth(self) -> None:
        if len(self.flow_context) + len(self.indents) > DEEPEST + 2:
            self._refuse(TOO_DEEP)

    def save_possible_simple_key(self) -> None:
        """Record a possible key: a scalar or a collection, or its tag, anchor or alias."""
        name = self.reader.peek() in "!&*" and _LONG_NAME.match(self.reader.buffer, self.reader.pointer)
        if name:
            self._refuse(f"a tag or an anchor takes at most {LONGEST_NAME} characters")
        super().save_possible_simple_key()

    def _refuse(self, reason: str) -> None:
        raise BadYaml(self.reader.line + 1, self.reader.column + 1, reason)

    def scan_to_next_token(self) -> None:
        """Skip blanks, comments and line ends."""
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        while True:
            self._take(_BLANKS_IN_FLOW if self.flow_level else _BLANKS)
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def _take(self, stretch: re.Pattern[str]) -> str:
        """Consume and return the text from here on that matches an expression, repeatedly."""
        reader = self.reader
        start = end = reader.pointer
        while (found := stretch.match(reader.buffer, end)) and found.end() > end:
            end = found.end()
        text: str = reader.buffer[start:end]
        reader.forward(end - start)
        return text

    def scan_plain(self) -> ScalarToken:
        """Read a scalar without quotes."""
        reader = self.reader
        start = end = reader.get_mark()
        chunks: list[str] = []
        spaces: list[str] = []
        while reader.peek() not in "# " and (words := self._take(self._plain())):
            self.allow_simple_key = False
            chunks += [*spaces, words]
            end = reader.get_mark()
            spaces = self.scan_plain_spaces(self.indent + 1, start)
            if not spaces or (not self.flow_level and reader.column <= self.indent):
                break
        return ScalarToken("".join(chunks), True, start, end)

    def _plain(self) -> re.Pattern[str]:
        return _PLAIN_IN_FLOW if self.flow_level else _PLAIN

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        """Read a part of a scalar in quotes."""
        return [self._take(_QUOTED), *super().scan_flow_scalar_non_spaces(double, start_mark)]

    def scan_block_scalar(self, style: str, rt: bool | None = False) -> ScalarToken:
        """Read a block scalar, `|` or `>`."""
        start = self.reader.get_mark()
        self.reader.forward()
        keep, increment = self.scan_block_scalar_indicators(start)
        self.scan_block_scalar_ignored_line(start)
        least = max(self.indent + 1, 0 if increment is None else 1)
        if increment is None:
            breaks, most, end = self.scan_block_scalar_indentation()
            indent = max(least, most)
        else:
            indent = least + increment - 1
            breaks, end = self.scan_block_scalar_breaks(indent)
        chunks, newline, breaks, end = self._block_lines(style, indent, least, breaks, end)
        chunks += [] if keep is False else [newline]
        chunks += breaks if keep else []
        if breaks and not keep:
            self.scan_to_next_token()
        return ScalarToken("".join(chunks), False, start, end, style)

    def _block_lines(
        self, style: str, indent: int, least: int, breaks: list[str], end: Any
    ) -> tuple[list[str], str, list[str], Any]:
        """Return the text of a block's lines, the last line end, the blank lines after it, and their end."""
        reader = self.reader
        chunks: list[str] = []
        newline = ""
        while reader.column == indent and reader.peek() != "\0":
            is_flush = reader.peek() not in " \t"
            chunks += [*breaks, self._take(_LINE)]
            newline = self.scan_line_break()
            breaks, end = self.scan_block_scalar_breaks(indent)
            if least == 0 and (self.check_document_start() or self.check_document_end()):
                break
            if reader.column != indent or reader.peek() == "\0":
                break
            is_folded = style == ">" and newline == "\n" and is_flush and reader.peek() not in " \t"
            chunks += ([] if breaks else [" "]) if is_folded else [newline]
        return chunks, newline, breaks, end
