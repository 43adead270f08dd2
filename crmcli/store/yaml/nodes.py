"""The nodes of a text and where each stands in it, and the tree read from them."""

from __future__ import annotations

import re
from typing import Any, TypeAlias, cast

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crmcli.domain.values import Plain, Value, is_ambiguous, is_no_text
from crmcli.store.yaml.emitter import DEEPEST, LONGEST_KEY, Unwritable, key_text
from crmcli.store.yaml.refusal import LARGEST, BadYaml

LARGEST_EXPANSION = 100_000
"""Aliases may repeat at most so many nodes."""

Pairs: TypeAlias = "list[tuple[Node, Node]]"

_FORBIDDEN = re.compile(
    r"[^\t\n\r -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_DIRECTIVE = re.compile(r"\A\ufeff?(?>[ \t]*(?:#[^\n\r]*)?(?:\r\n?|\n))*(?=%)")
_CONFLICT = re.compile(r"^<<<<<<< ", re.MULTILINE)
_TOO_DEEP = f"nested deeper than {DEEPEST} levels"
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TAG = re.compile(r"(?:&[^\s,\[\]{}]+\s+)?(![^\s,\[\]{}]*)")
_SCALAR_TAGS = {"str", "int", "float", "bool", "null"}
_CORE_TAGS = _SCALAR_TAGS | {"seq", "map"}
_LONG_PREFIX = "tag:yaml.org,2002:"


class Alias(Node):
    """A `*name`, with its own marks; its value is the node that it stands for."""

    __slots__ = ()


class _Composer(Composer):
    """Keeps aliases apart, for ruamel's own answers each with the node it stands for."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        if not self.parser.check_event(AliasEvent):
            return super().compose_node(parent, index)
        event = self.parser.peek_event()
        target = super().compose_node(parent, index)
        return Alias(target.ctag, target, event.start_mark, event.end_mark)


def read(source: str) -> dict[str, Value]:
    """The tree of a text; raises `BadYaml`."""
    root = compose(source)
    return read_node(source, root) if root is not None else {}


def read_node(source: str, root: Node) -> dict[str, Value]:
    """The tree of a text whose root is composed already; raises `BadYaml`."""
    return _Reader(source).document(root)


def compose(source: str) -> Node | None:
    """The root node, with marks into this very text; None for a document without content."""
    _refuse_marks_of_trouble(source)
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST + 2
    yaml.Composer = _Composer
    try:
        root = yaml.compose(source)
    except MarkedYAMLError as error:
        raise _as_bad_yaml(error, source) from error
    except (YAMLError, ValueError, OverflowError) as error:
        raise BadYaml(None, None, str(error)) from error
    return None if _is_nothing(root) else root


def line_of(source: str, path: tuple[str | int, ...]) -> int | None:
    """The line, from 1, on which the key or list item at this path stands."""
    try:
        value = compose(source)
    except BadYaml:
        return None
    place = value
    for step in path:
        place, value = _child(value, step)
    return None if place is None else int(place.start_mark.line) + 1


def target(node: Node) -> Node:
    """The node itself, or the one an alias stands for."""
    return cast(Node, node.value) if isinstance(node, Alias) else node


def explicit_tag(source: str, node: Node) -> str | None:
    """The tag that stands before a node, short (`!!str` is `str`); None if there is none."""
    match = _TAG.match(source, node.start_mark.index, node.end_mark.index)
    if match is None or _stands_before_first_key(node):
        return None
    tag = match[1]
    for core in _CORE_TAGS:
        if tag in (f"!!{core}", f"!<{_LONG_PREFIX}{core}>"):
            return core
    return tag


def _refuse_marks_of_trouble(source: str) -> None:
    if len(source) > LARGEST:
        raise BadYaml(None, None, f"larger than {LARGEST // 1024 // 1024} MiB")
    if conflict := _CONFLICT.search(source):
        raise _bad_at(source, conflict.start(), "git conflict markers")
    if forbidden := _FORBIDDEN.search(source, 1 if source.startswith("\ufeff") else 0):
        reason = f"the character U+{ord(forbidden[0]):04X} must be written as an escape"
        raise _bad_at(source, forbidden.start(), reason)
    if directive := _DIRECTIVE.match(source):
        raise _bad_at(source, directive.end(), "directives (`%`) are not supported")


def _bad_at(source: str, index: int, reason: str) -> BadYaml:
    lines = re.split(r"\r\n?|\n", source[:index])
    return BadYaml(len(lines), len(lines[-1]) + 1, reason)


def _as_bad_yaml(error: MarkedYAMLError, source: str) -> BadYaml:
    mark = error.problem_mark or error.context_mark
    if mark is not None and mark.index >= len(source) and error.context_mark is not None:
        mark = error.context_mark  # where the quote or bracket that nobody closed stands
    reason = ", ".join(part for part in (error.problem, error.context) if part)
    if isinstance(error, MaxDepthExceededError):
        reason = _TOO_DEEP
    elif "another document" in reason:
        reason = "a second document begins here"
    elif mark is not None and mark.column > LONGEST_KEY and "mapping values" in reason:
        reason = f"a key takes at most {LONGEST_KEY} bytes"
    if mark is None:
        return BadYaml(None, None, reason)
    return BadYaml(mark.line + 1, mark.column + 1, reason)


def _is_nothing(root: Any) -> bool:
    return root is None or (isinstance(root, ScalarNode) and root.value == "" and root.style is None)


def _child(node: Node | None, step: str | int) -> tuple[Node | None, Node | None]:
    """Where a step leads to: the node that names the place, and its value."""
    node = target(node) if node is not None else None
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if target(key).value == step:
                return key, value
    elif isinstance(node, SequenceNode) and step in range(len(node.value)):
        return node.value[step], node.value[step]
    return None, None


def _stands_before_first_key(node: Node) -> bool:
    """Whether what stands at the start of a mapping belongs to its first key."""
    if not isinstance(node, MappingNode) or not node.value:
        return False
    return bool(node.value[0][0].start_mark.index == node.start_mark.index)


class _Reader:
    """Makes the tree of one text, counting what aliases repeat."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._repeating = False
        self._repeated = 0

    def document(self, root: Node) -> dict[str, Value]:
        value = self._value(root, 1)
        if not isinstance(value, dict):
            raise _bad(root, "the top level is not a mapping")
        return value

    def _value(self, node: Node, depth: int) -> Value:
        if isinstance(node, Alias):
            return self._repeat(node, depth)
        self._repeated += self._repeating
        if self._repeated > LARGEST_EXPANSION:
            raise _bad(node, f"aliases repeat more than {LARGEST_EXPANSION} values")
        tag = self._tag(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node, tag)
        if depth > DEEPEST:
            raise _bad(node, _TOO_DEEP)
        if isinstance(node, SequenceNode):
            return [self._value(item, depth + 1) for item in node.value]
        return self._mapping(node.value, depth)

    def _repeat(self, alias: Alias, depth: int) -> Value:
        outermost = not self._repeating
        self._repeating = True
        value = self._value(alias.value, depth)
        self._repeating = not outermost
        return value

    def _mapping(self, pairs: Pairs, depth: int) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        for key_node, value_node in pairs:
            key = self._key(key_node)
            if key in mapping:
                raise _bad(key_node, f"duplicate key {key!r}")
            mapping[key] = self._value(value_node, depth + 1)
        return mapping

    def _key(self, node: Node) -> str:
        key = self._key_as_it_stands(node)
        try:
            key_text(key)
        except Unwritable as error:
            raise _bad(node, str(error)) from error
        return key

    def _key_as_it_stands(self, node: Node) -> str:
        scalar = target(node)
        if not isinstance(scalar, ScalarNode):
            raise _bad(node, "keys must be text")
        tag = self._tag(scalar)
        key = self._scalar(scalar, tag)
        if isinstance(key, str):
            return key
        if key.text == "<<":
            raise _bad(node, "merge keys (`<<`) are not supported")
        if tag is not None or is_no_text(key.text):
            raise _bad(node, f"keys must be text: quote {key.text!r}")
        return key.text

    def _scalar(self, node: ScalarNode, tag: str | None) -> str | Plain:
        text: str = node.value
        if _SURROGATE.search(text):
            raise _bad(node, "half of a surrogate pair is no character")
        if tag == "str" or (tag is None and (node.style is not None or not is_ambiguous(text))):
            return text
        if not is_ambiguous(text):
            raise _bad(node, f"{text!r} is not of the type that its tag says")
        return Plain(text)

    def _tag(self, node: Node) -> str | None:
        tag = explicit_tag(self._source, node)
        if tag is None and not str(node.tag).startswith(_LONG_PREFIX):
            tag = str(node.tag)
        if tag is not None and tag not in _CORE_TAGS:
            raise _bad(node, f"the tag {tag} is not supported")
        if tag is not None and tag not in _tags_for(node):
            raise _bad(node, f"the tag !!{tag} does not fit here")
        return tag


def _tags_for(node: Node) -> set[str]:
    if isinstance(node, ScalarNode):
        return _SCALAR_TAGS
    return {"seq"} if isinstance(node, SequenceNode) else {"map"}


def _bad(node: Node, reason: str) -> BadYaml:
    return BadYaml(node.start_mark.line + 1, node.start_mark.column + 1, reason)
