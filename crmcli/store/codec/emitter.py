"""The canonical form of a tree in YAML, which never changes."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, TypeAlias

from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.scalars import is_ambiguous

DEEPEST = 50
LONGEST_KEY = 1000
"""UTF-8 bytes of a key; YAML parsers refuse a key of more than 1,024 characters (ryaml: bytes)."""

Slot: TypeAlias = tuple[str, Any, Any, str]
"""The text before a leaf, the collection and key that hold it, the indentation of the collection."""

_UNPRINTABLE = (
    r"[^ -~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    r"|[\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_NOT_CLEAN_IN_BLOCK = rf"(?![\n\t])(?:{_UNPRINTABLE})|^ *\t"
_NOT_PLAIN = re.compile(r"""\A[ \-?:,\[\]{}#&*!|>'"%@`]|\A\.\.\.|:(?: |\Z)| (?:#|\Z)""")
_NOT_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_ESCAPED = rf'["\\]|{_UNPRINTABLE}'
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Unwritable(ValueError):
    """Raised for a tree that YAML cannot hold: a lone surrogate, a giant key, over 50 levels."""


def emit_yaml(tree: dict[str, Value]) -> str:
    """Return the canonical text of a tree.

    >>> print(emit_yaml({"id": "k7", "tags": ["pag", "NO"], "due": Plain("2026-12-31")}), end="")
    id: k7
    tags:
      - pag
      - 'NO'
    due: 2026-12-31
    """
    if not tree:
        return "{}\n"
    parts: list[str] = []
    for lead, holder, key, pad in lay_out(tree):
        parts.append(lead)
        parts.append(emit_leaf(holder[key], pad))
    parts.append("\n")
    return "".join(parts)


def lay_out(tree: dict[str, Value]) -> list[Slot]:
    """Return every leaf of the tree in the order of its lines; the text is lead + leaf, all joined."""
    slots: list[Slot] = []
    _lay_mapping(tree, "", "", slots)
    return slots


def _lay_mapping(mapping: dict[str, Any], lead: str, pad: str, slots: list[Slot]) -> None:
    if len(pad) >= 2 * DEEPEST:
        raise Unwritable(f"nested deeper than {DEEPEST} levels")
    for key, value in mapping.items():
        head = f"{lead}{key_text(key)}:"
        if value and type(value) is dict:
            _lay_mapping(value, f"{head}\n  {pad}", "  " + pad, slots)
        elif value and type(value) is list:
            _lay_list(value, f"{head}\n  {pad}-", "  " + pad, slots)
        else:
            slots.append((head, mapping, key, pad))
        lead = "\n" + pad


def _lay_list(items: list[Any], lead: str, pad: str, slots: list[Slot]) -> None:
    if len(pad) >= 2 * DEEPEST:
        raise Unwritable(f"nested deeper than {DEEPEST} levels")
    for position, value in enumerate(items):
        if value and type(value) is dict:
            _lay_mapping(value, lead + " ", "  " + pad, slots)
        elif value and type(value) is list:
            _lay_list(value, lead + " -", "  " + pad, slots)
        else:
            slots.append((lead, items, position, pad))
        lead = f"\n{pad}-"


@lru_cache(maxsize=4096)
def key_text(key: object) -> str:
    """Return a key as written before its colon."""
    if type(key) is not str:
        raise Unwritable(f"{key!r} is not text and cannot be a key")
    text = one_line(key)[1:]
    if len(text) > LONGEST_KEY // 4 and len(text.encode()) > LONGEST_KEY:
        raise Unwritable(f"a key takes at most {LONGEST_KEY} bytes, not {len(text.encode())}")
    return text


def emit_leaf(value: Value, pad: str) -> str:
    """Return a scalar or empty collection with its separator from the colon or dash before it."""
    if type(value) is str:
        return text_leaf(value, pad)
    if type(value) is Plain:
        return plain_leaf(value.text)
    if type(value) is dict:
        return " {}"
    if type(value) is list:
        return " []"
    raise TypeError(f"{value!r} is not a YAML value")


def text_leaf(text: str, pad: str) -> str:
    """Return a text with the space before it; further lines are indented two columns more than `pad`."""
    if "\n" in text and _fits_block(text):
        return _block(text, pad + "  ")
    return one_line(text)


@lru_cache(maxsize=4096)
def plain_leaf(text: str) -> str:
    """Return a plain scalar with the space before it; empty for an empty one."""
    if not is_ambiguous(text):
        raise Unwritable(f"{text!r} is a text and must not be marked as plain")
    return " " + text if text else ""


def one_line(text: str) -> str:
    """Return a text on one line, with the space before it."""
    return _short_line(text) if len(text) <= 80 else _any_line(text)


def flow_text(text: str) -> str:
    """Return a text as written inside `[…]` and `{…}`, where commas and brackets need quotes."""
    line = one_line(text)[1:]
    if line[0] not in "'\"" and _NOT_PLAIN_IN_FLOW.search(line):
        return single_quoted(text)
    return line


def _any_line(text: str) -> str:
    if not is_clean(text):
        return " " + double_quoted(text)
    if _NOT_PLAIN.search(text) or is_ambiguous(text):
        return " " + single_quoted(text)
    return " " + text


_short_line = lru_cache(maxsize=4096)(_any_line)


def is_clean(text: str) -> bool:
    """Tell whether a text needs no escapes; a text that is printable in Python needs none."""
    return text.isprintable() or not _pattern(_UNPRINTABLE).search(text)


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Return a compiled pattern, compiled on first use: Unicode classes take ms and few texts need them."""
    return re.compile(source, re.MULTILINE)


def single_quoted(text: str) -> str:
    """Return a clean one-line text between single quotes."""
    return "'" + text.replace("'", "''") + "'"


def double_quoted(text: str) -> str:
    """Return a text between double quotes, with escapes for all that is not visible."""
    return '"' + _pattern(_ESCAPED).sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    number = ord(character)
    if 0xD800 <= number <= 0xDFFF:
        raise Unwritable(f"U+{number:04X} is half of a surrogate pair and no character")
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if number < 0x100:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"


def _fits_block(text: str) -> bool:
    """Tell whether every YAML parser returns these lines unchanged from a `|` block."""
    if not text.replace("\n", "").isprintable() and _pattern(_NOT_CLEAN_IN_BLOCK).search(text):
        return False
    first = text.lstrip("\n").partition("\n")[0]
    last = text.rstrip("\n").rpartition("\n")[2]
    return bool(first.strip(" ")) and bool(last.strip(" "))


def _block(text: str, pad: str) -> str:
    indicator = "2" if text[0] in " \n" else ""
    lines = [f"\n{pad}{line}" if line else "\n" for line in text.removesuffix("\n").split("\n")]
    return f" |{indicator}{_chomping(text)}{''.join(lines)}"


def _chomping(text: str) -> str:
    """Return the chomping indicator of a block, for the newlines at the end of its text."""
    if text.endswith("\n\n"):
        return "+"
    return "" if text.endswith("\n") else "-"
