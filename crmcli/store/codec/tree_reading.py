"""Conversion of the nodes of a text into its exact tree; what the format does not allow is refused."""

from __future__ import annotations

import re
from typing import TypeAlias

from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode

from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.codec_errors import BadYaml
from crmcli.store.codec.emitter import DEEPEST, Unwritable, key_text
from crmcli.store.codec.nodes import (
    CORE_TAGS,
    LONG_PREFIX,
    SCALAR_TAGS,
    Alias,
    compose_nodes,
    explicit_tag,
    resolve_alias,
)
from crmcli.store.codec.scalars import is_ambiguous, is_no_text
from crmcli.store.codec.scanner import TOO_DEEP

LARGEST_EXPANSION = 100_000
"""Nodes that aliases may repeat."""

Pairs: TypeAlias = "list[tuple[Node, Node]]"

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_tree(source: str) -> dict[str, Value]:
    """Return the tree of a text; raises `BadYaml`."""
    root = compose_nodes(source)
    return read_node(source, root) if root is not None else {}


def read_node(source: str, root: Node) -> dict[str, Value]:
    """Return the tree of a text whose root is already composed; raises `BadYaml`."""
    return _Reader(source).document(root)


class _Reader:
    """Builds the tree of one text, and counts the nodes that aliases repeat."""

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
            raise _bad(node, TOO_DEEP)
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
        scalar = resolve_alias(node)
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
            raise _bad(node, "half of a surrogate pair is not a character")
        if tag == "str" or (tag is None and (node.style is not None or not is_ambiguous(text))):
            return text
        if not is_ambiguous(text):
            raise _bad(node, f"{text!r} is not of the type that its tag says")
        return Plain(text)

    def _tag(self, node: Node) -> str | None:
        tag = explicit_tag(self._source, node)
        if tag is None and not str(node.tag).startswith(LONG_PREFIX):
            tag = str(node.tag)
        if tag is not None and tag not in CORE_TAGS:
            raise _bad(node, f"the tag {tag} is not supported")
        if tag is not None and tag not in _tags_for(node):
            raise _bad(node, f"the tag !!{tag} does not fit here")
        return tag


def _tags_for(node: Node) -> set[str]:
    if isinstance(node, ScalarNode):
        return SCALAR_TAGS
    return {"seq"} if isinstance(node, SequenceNode) else {"map"}


def _bad(node: Node, reason: str) -> BadYaml:
    return BadYaml(node.start_mark.line + 1, node.start_mark.column + 1, reason)
