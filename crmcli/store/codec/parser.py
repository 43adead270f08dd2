"""Parsing of a text into its exact tree: canonical texts with ryaml, others by their nodes.

A tree is right if emitting it gives the text back. ryaml is not relied on for types: its values give
the structure, and the text itself shows which scalars are plain. Where the two do not match to the last
byte, `tree_reading` reads the text by its nodes (a hundred times slower).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from crmcli.domain.values.places import Place
from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.codec_errors import LARGEST, BadYaml
from crmcli.store.codec.emitter import DEEPEST, Slot, Unwritable, emit_leaf, emit_yaml, lay_out
from crmcli.store.codec.scalars import is_ambiguous

try:
    import ryaml
except ImportError:  # no wheel for this machine
    ryaml = None  # type: ignore[assignment]

__all__ = ["BadYaml", "locate", "parse_canonical", "parse_nodes", "parse_yaml"]

LONGEST_PLAIN = 100
MOST_PARTS = 500_000
"""Lines and list items of a text that is passed to ryaml, which takes 200 bytes of memory for each."""

_MASKS = {"[": "\uf8f0", "{": "\uf8f1", "*": "\uf8f2"}
_UNMASKED = {ord(mask): character for character, mask in _MASKS.items()}
_COMMENT_OR_BLANK_LINE = re.compile(r"^[ ]*(?:#.*)?\n", re.MULTILINE)


def parse_yaml(source: str) -> dict[str, Value]:
    """Return the tree of a text; raises `BadYaml`.

    >>> parse_yaml("due: 2026-12-31\\nnumber: '12'")
    {'due': Plain(text='2026-12-31'), 'number': '12'}
    """
    tree = parse_canonical(source)
    return parse_nodes(source) if tree is None else tree


def parse_canonical(source: str) -> dict[str, Value] | None:
    """Return the tree of a canonical text, with or without comment lines; None for any other text."""
    if source == emit_yaml({}):
        return {}
    text = _with_newlines_only(source)
    if ryaml is None or not _is_light(text):
        return None
    try:
        tree = _load_without_flow(text)
        slots = lay_out(tree) if type(tree) is dict else []
    except (ValueError, Unwritable):
        return None
    if slots and any(_resolve(slots, variant) for variant in _variants(text)):
        return tree  # type: ignore[no-any-return]
    return None


def _is_light(text: str) -> bool:
    """Tell whether ryaml reads a text in little memory; it always reads the whole text first.

    A canonical text is no deeper than `DEEPEST`, and has no keys that begin with `?`.
    """
    if len(text) > LARGEST or "- " * (DEEPEST + 1) in text:
        return False
    return text.count("\n") + text.count("- ") + text.count("? ") <= MOST_PARTS


def _load_without_flow(text: str) -> Any:
    """Load a text with ryaml, with brackets and stars treated as ordinary characters.

    A canonical text has no flow collections other than `[]` and `{}`, and no aliases. ryaml goes through
    all open brackets for each bracket, and would repeat aliases a million times.
    """
    if not ("[" in text or "{" in text or "*" in text):
        return ryaml.loads(text)  # type: ignore[attr-defined]
    if any(mask in text for mask in _MASKS.values()):
        raise Unwritable("private characters of Unicode stand in it")
    for character, mask in _MASKS.items():
        text = text.replace(character, mask)
    for character, close in (("[", "]"), ("{", "}")):
        text = text.replace(_MASKS[character] + close, character + close)
    return _unmask(ryaml.loads(text))  # type: ignore[attr-defined]


def _unmask(value: Any) -> Any:
    """Return a value with the characters of `_MASKS` replaced by the brackets and stars."""
    if type(value) is str:
        return value if value.isascii() else value.translate(_UNMASKED)
    if type(value) is list:
        return [_unmask(item) for item in value]
    if type(value) is dict:
        return {_unmask(key): _unmask(item) for key, item in value.items()}
    return value


def parse_nodes(source: str) -> dict[str, Value]:
    """Return the tree of any text, by its nodes; raises `BadYaml`."""
    from crmcli.store.codec import tree_reading

    return tree_reading.read_tree(source)


def locate(source: str, path: tuple[str | int, ...]) -> Place | None:
    """Return the place of the key or list item at this path, or of the nearest above it that is there."""
    from crmcli.store.codec import nodes

    return nodes.locate(source, path)


def _with_newlines_only(source: str) -> str:
    text = source.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _variants(text: str) -> Iterator[str]:
    """Yield the text with its last line ended, and the same without comment and blank lines.

    A line in a block scalar that looks like a comment is also in the value, so that the text without it
    cannot match.
    """
    text = text if text.endswith("\n") else text + "\n"
    yield text
    bare = _COMMENT_OR_BLANK_LINE.sub("", text)
    if len(bare) != len(text):
        yield bare


def _resolve(slots: list[Slot], text: str) -> bool:
    """Replace values that are plain in the text with `Plain`; tell whether the slots emit this text."""
    at = 0
    for lead, holder, key, pad in slots:
        if not text.startswith(lead, at):
            return False
        at += len(lead)
        value = holder[key]
        form = emit_leaf(value, pad) if type(value) in _WRITTEN_AS_THEY_ARE else None
        if form is None or not text.startswith(form, at):
            form = text[at : text.find("\n", at)]
            if not _is_plain_leaf(form):
                return False
            holder[key] = Plain(form[1:])
        at += len(form)
    return text[at:] == "\n"


_WRITTEN_AS_THEY_ARE: frozenset[type[Any]] = frozenset({str, dict, list})


def _is_plain_leaf(form: str) -> bool:
    return len(form) <= LONGEST_PLAIN and _is_short_plain_leaf(form)


@lru_cache(maxsize=4096)
def _is_short_plain_leaf(form: str) -> bool:
    return form == "" or (form[0] == " " and len(form) > 1 and is_ambiguous(form[1:]))
