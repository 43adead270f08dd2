"""Random trees, and random ways in which a person may have written them down."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from hypothesis import strategies as st

from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.emitter import LONGEST_KEY, double_quoted, emit_leaf, flow_text, one_line

TRICKY = [
    *("", " ", "-", "- a", "-a", "#", " #", "a #b", "a#b", ":", "a: b", "a:", ":a", "?", "? a"),
    *("'", '"', "it's", 'say "x"', "NO", "yes", "y", "1e5", "1_000", "0o17", "017", "0x1F", "~"),
    *("null", "12:30", "08:30", "2026-12-31", "2026-11-23T09:12:00Z", "=", "<<", "...", "---"),
    *("... a", "--- a", "[a", "{a", "a]", "a, b", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a"),
    *("\n", "a\n", "a\n\n", "\na", " a\nb", "a \nb ", "a\n  \nb", "a\n b\n", "a\n\tb", "a\tb\nc"),
    *("\n\n", "a\n ", "# a\nb", "a\n# b\n", "a\r\nb", "a\rb", "\t", "a\tb", "\x85", "a\u2028b"),
    *("\u2029", "\ufeff", "a\ufeff", "\x00", "\x7f", "\x9f", "\ufffe", "\uffff", "\u200b", "\u202e"),
    *("8 000 €", "8\u00a0000\u202f€", "e\u0301te\u0301", "🎉", "👨‍👩‍👧", "\U0001fffe", "\ue000", "é" * 300),
    *("x" * 2000, "a: " * 200, "\\", "a\\nb", "+33612345678", "06 12 34 56 78", "1.5.3", ".", "+"),
]
PLAINS = ["", "120", "true", "NO", "~", "1e5", "2026-12-31", "2026-11-23T09:12:00Z", "8000.00"]

texts = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(exclude_categories=["Cs"])))
keys = st.one_of(
    st.sampled_from(["id", "type", "tags", "on", "titre", "due"]),
    texts.filter(lambda text: len(double_quoted(text).encode()) <= LONGEST_KEY),
)
plains = st.sampled_from(PLAINS).map(Plain)


def trees(leaves: st.SearchStrategy[Any], *, most: int = 12) -> st.SearchStrategy[dict[str, Value]]:
    """Mappings of mappings and lists of these leaves."""
    values = st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
        max_leaves=most,
    )
    return st.dictionaries(keys, values, max_size=5)


class Line(msgspec.Struct, frozen=True):
    """A line of a file, and the top-level key under which it stands, if any."""

    text: str
    owner: str | None


def _ends_in_block(value: Value) -> bool:
    """Whether the last text of all may stand in a `|` block, where a last newline counts."""
    if isinstance(value, (dict, list)) and value:
        return _ends_in_block(list(value.values() if isinstance(value, dict) else value)[-1])
    return isinstance(value, str) and "\n" in value


class Hand:
    """One person's way of writing: everything YAML leaves open is drawn at random."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._step = self._one_of(2, 2, 3, 4)
        self._dashes = self._one_of(0, 2, self._step)
        self.newline = self._one_of("\n", "\n", "\r\n")
        self._start = self._one_of("", "", "\ufeff", "---\n", "# head\n\n")
        self._final = self._one_of("\n", "\n", "", "\n\n# end\n", "\n...\n")

    def writes(self, tree: dict[str, Value]) -> tuple[str, list[Line]]:
        """A file and its lines."""
        final = self._final if tree and not _ends_in_block(tree) else "\n"
        lines = [Line(text, None) for text in self._start.strip("\ufeff").splitlines()]
        for key, value in tree.items():
            lines += [Line(text, None) for text in self._remarks(0)]
            written = f"{self._key(key)}:{self._after_key(value, 0)}"
            lines += [Line(text, key) for text in written.split("\n")]
        lines += [Line(text, None) for text in final[1:].splitlines()]
        source = "\n".join(line.text for line in lines) + ("\n" if final else "")
        bom = "\ufeff" if self._start == "\ufeff" else ""
        return bom + source.replace("\n", self.newline), lines

    def _one_of(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def _sometimes(self, share: float = 0.2) -> bool:
        return self._random.random() < share

    def _remarks(self, column: int) -> list[str]:
        remarks = [f"{' ' * column}# remark {self._random.randrange(10**6)}"]
        return [*([""] if self._sometimes() else []), *(remarks if self._sometimes() else [])]

    def _remark_behind(self) -> str:
        return f"{self._one_of(' ', '   ')}# note" if self._sometimes() else ""

    def _key(self, key: str) -> str:
        return one_line(key)[1:] if self._sometimes(0.7) else double_quoted(key)

    def _after_key(self, value: Value, column: int) -> str:
        if not value or not isinstance(value, (dict, list)) or self._sometimes():
            return self._leaf(value, column)
        column += self._step if isinstance(value, dict) else self._dashes
        lead = f"{self._remark_behind()}\n"
        remarks = "".join(line + "\n" for line in self._remarks(column))
        return f"{lead}{remarks}{' ' * column}{self._block(value, column)}"

    def _block(self, value: dict[str, Value] | list[Value], column: int) -> str:
        if isinstance(value, dict):
            parts = [f"{self._key(k)}:{self._after_key(v, column)}" for k, v in value.items()]
        else:
            parts = [self._item(item, column) for item in value]
        between = ("\n".join(["", *self._remarks(column), " " * column]) for _ in parts[1:])
        return parts[0] + "".join(lead + part for lead, part in zip(between, parts[1:], strict=True))

    def _item(self, value: Value, column: int) -> str:
        if not value or not isinstance(value, (dict, list)) or self._sometimes():
            return "-" + self._leaf(value, column)
        spaces = self._one_of(1, 1, 3)
        return f"-{' ' * spaces}{self._block(value, column + 1 + spaces)}"

    def _leaf(self, value: Value, column: int) -> str:
        if isinstance(value, str) and "\n" in value and not value.endswith("\n\n"):
            block = emit_leaf(value, " " * column)
            if block.startswith(" |"):
                header, _, rest = block.partition("\n")
                return f"{header}{self._remark_behind()}\n{rest}"
        return f"{self._one_of(' ', ' ', '   ')}{self.flow(value)}{self._remark_behind()}"

    def flow(self, value: Value) -> str:
        """A value on one line."""
        if isinstance(value, dict):
            inner = self._commas(f"{self._flow_key(k)}: {self.flow(v)}" for k, v in value.items())
            return "{" + inner + "}"
        if isinstance(value, list):
            return "[" + self._commas(self.flow(item) for item in value) + "]"
        if isinstance(value, Plain):
            return value.text
        return self._one_of(flow_text, flow_text, double_quoted)(value)

    def _flow_key(self, key: str) -> str:
        return flow_text(key) if self._sometimes(0.7) else double_quoted(key)

    def _commas(self, parts: Any) -> str:
        space = self._one_of("", " ")
        listed = list(parts)
        return space + self._one_of(", ", ",  ").join(listed) + (space if listed else "")
