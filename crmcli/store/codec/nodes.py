"""The nodes of a text, with their positions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crmcli.domain.values.places import Place
from crmcli.store.codec.codec_errors import LARGEST, BadYaml
from crmcli.store.codec.emitter import DEEPEST, LONGEST_KEY
from crmcli.store.codec.scanner import TOO_DEEP, BoundedScanner, FastReader

MOST_NODES = 20_000
"""Keys and values of a text that is not canonical; ruamel takes 40 µs for each."""

MOST_LINES = 200_000
"""Lines of a text that is not canonical; ruamel takes some µs for each."""

SCALAR_TAGS = {"str", "int", "float", "bool", "null"}
CORE_TAGS = SCALAR_TAGS | {"seq", "map"}
LONG_PREFIX = "tag:yaml.org,2002:"

_FORBIDDEN = re.compile(
    r"[^\t\n\r -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_FIRST_WORD = re.compile(r"(?:\A\ufeff?|(?<=[\r\n]))[ \t]*([^ \t\r\n#])")
_CONFLICT = re.compile(r"^<<<<<<< ", re.MULTILINE)
_TAG = re.compile(r"(?:&[^\s,\[\]{}]+\s+)?(![^\s,\[\]{}]*)")
_LONG_KEY = f"a key takes at most {LONGEST_KEY} bytes"
_CLEARER = {
    "maximum depth": TOO_DEEP,
    "another document": "a second document begins here",
    "simple key": f"a `:` is missing here, or {_LONG_KEY}",
    "character '\\t' that cannot start": "a tab stands where YAML allows spaces only",
}
"""Parts of ruamel's error messages, and the messages that replace them."""


class Alias(Node):
    """A `*name`, with its own marks; its value is the node that it refers to."""

    __slots__ = ()


class _Composer(Composer):
    """Returns aliases as nodes of their own, where ruamel returns their target; counts nodes."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False
        self._count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        self._count += 1
        if self._count > MOST_NODES:
            raise BadYaml(event.start_mark.line + 1, None, f"holds more than {MOST_NODES:,} values")
        if not self.parser.check_event(AliasEvent):
            return super().compose_node(parent, index)
        target = super().compose_node(parent, index)
        return Alias(target.ctag, target, event.start_mark, event.end_mark)


@lru_cache(maxsize=1)
def compose_nodes(source: str) -> Node | None:
    """Return the root node, with marks into this text; None for a document without content.

    The last result is cached, since a text is read, read again for editing, and searched for lines.
    """
    _refuse_marks_of_trouble(source)
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST + 2
    yaml.Reader, yaml.Scanner, yaml.Composer = FastReader, BoundedScanner, _Composer
    try:
        root = yaml.compose(source)
    except BadYaml:
        raise
    except MarkedYAMLError as error:
        raise _as_bad_yaml(error, source) from error
    except (YAMLError, ValueError, OverflowError) as error:
        raise BadYaml(None, None, str(error)) from error
    return None if _is_nothing(root) else root


def locate(source: str, path: tuple[str | int, ...]) -> Place | None:
    """Return the place of the key or list item at this path, or of the nearest above it that is there."""
    try:
        node = compose_nodes(source)
    except BadYaml:
        return None
    found = node
    for step in path:
        place, node = _child(node, step)
        found = place or found
    if found is None:
        return None
    return Place(int(found.start_mark.line) + 1, int(found.start_mark.column) + 1)


def node_at(root: Node | None, path: tuple[str | int, ...]) -> tuple[Node | None, Node | None]:
    """Return the node at a path, as the node that names it (a key, or the item itself) and its value."""
    place = value = root
    for step in path:
        place, value = _child(value, step)
    return place, value


def resolve_alias(node: Node) -> Node:
    """Return the node that an alias refers to; any other node itself."""
    return cast(Node, node.value) if isinstance(node, Alias) else node


def explicit_tag(source: str, node: Node) -> str | None:
    """Return the tag before a node, in short form (`str` for `!!str`); None if there is none."""
    match = _TAG.match(source, node.start_mark.index, node.end_mark.index)
    if match is None or _stands_before_first_key(node):
        return None
    tag = match[1]
    for core in CORE_TAGS:
        if tag in (f"!!{core}", f"!<{LONG_PREFIX}{core}>"):
            return core
    return tag


def _refuse_marks_of_trouble(source: str) -> None:
    if len(source) > LARGEST:
        raise BadYaml(None, None, f"larger than {LARGEST // 1024 // 1024} MiB")
    if source.count("\n") + source.count("\r") > MOST_LINES:
        raise BadYaml(MOST_LINES, None, f"has more than {MOST_LINES:,} lines")
    if conflict := _CONFLICT.search(source):
        raise _bad_at(source, conflict.start(), "git conflict markers")
    if forbidden := _FORBIDDEN.search(source, 1 if source.startswith("\ufeff") else 0):
        reason = f"the character U+{ord(forbidden[0]):04X} must be written as an escape"
        raise _bad_at(source, forbidden.start(), reason)
    if (word := _FIRST_WORD.search(source)) and word[0].removeprefix("\ufeff") == "%":
        raise _bad_at(source, word.start(1), "directives (`%`) are not supported")


def _bad_at(source: str, index: int, reason: str) -> BadYaml:
    lines = re.split(r"\r\n?|\n", source[:index])
    return BadYaml(len(lines), len(lines[-1]) + 1, reason)


def _as_bad_yaml(error: MarkedYAMLError, source: str) -> BadYaml:
    reason = ", ".join(part for part in (error.problem, error.context) if part)
    mark = error.problem_mark or error.context_mark
    if mark is not None and error.context_mark is not None and _begins_at_context(reason, mark, source):
        mark = error.context_mark
    if mark is None:
        return BadYaml(None, None, reason)
    if mark.column > LONGEST_KEY and "mapping values" in reason:
        reason = _LONG_KEY
    clearer = (clear for said, clear in _CLEARER.items() if said in reason)
    return BadYaml(mark.line + 1, mark.column + 1, next(clearer, reason))


def _begins_at_context(reason: str, mark: Any, source: str) -> bool:
    """Tell whether the error is at its context: a quote, bracket or key without an end."""
    return mark.index >= len(source) or "simple key" in reason


def _is_nothing(root: Any) -> bool:
    return root is None or (isinstance(root, ScalarNode) and root.value == "" and root.style is None)


def _child(node: Node | None, step: str | int) -> tuple[Node | None, Node | None]:
    """Return the node that a step leads to, as the node that names it and its value."""
    node = resolve_alias(node) if node is not None else None
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if resolve_alias(key).value == step:
                return key, value
    elif isinstance(node, SequenceNode) and step in range(len(node.value)):
        return node.value[step], node.value[step]
    return None, None


def _stands_before_first_key(node: Node) -> bool:
    """Tell whether a mapping starts with its first key, so that a tag there is the key's."""
    if not isinstance(node, MappingNode) or not node.value:
        return False
    return bool(node.value[0][0].start_mark.index == node.start_mark.index)
