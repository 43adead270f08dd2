"""Replacing of parts of scalars and keys, in place: nothing else in the text changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from crmcli.domain.renaming.renamed_id import References, RenamedId, rename_at
from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.codec_errors import BadYaml
from crmcli.store.codec.emitter import Unwritable, emit_yaml
from crmcli.store.codec.parser import parse_canonical


class FindsReferences(Protocol):
    """Finds the references in the keys and values of a file, by their place."""

    def in_key(self, place: str, key: str) -> References:
        """Return those in a key of the mapping at a place."""
        ...

    def in_value(self, place: str, text: str, holder: Mapping[str, str]) -> References:
        """Return those in a value, with the other texts of its mapping."""
        ...


class Edited(NamedTuple):
    """The new text, and the lines with places that only a person can judge, counted from 1."""

    text: str
    doubtful: tuple[int, ...] = ()


def rename_in_yaml(source: str, finds: FindsReferences, renamed: RenamedId) -> Edited:
    """Return a text with an id renamed.

    Raises BadYaml for a text that cannot be read, or a place that cannot be edited.
    """
    tree = parse_canonical(source)
    if tree is not None:
        try:
            if emit_yaml(tree) == source:
                return Edited(emit_yaml(rename_in_tree(tree, "", finds, renamed)))
        except Unwritable:
            pass
    return rename_in_nodes(source, finds, renamed)


def rename_in_tree(
    tree: dict[str, Value], place: str, finds: FindsReferences, renamed: RenamedId
) -> dict[str, Value]:
    """Return the tree of a canonical text with an id renamed; such texts have no doubtful places."""
    holder = {key: text for key, value in tree.items() if (text := text_of(value)) is not None}
    return {
        rename_at(key, finds.in_key(place, key).sure, renamed): rename_in_value(
            value, join_place(place, key), finds, renamed, holder
        )
        for key, value in tree.items()
    }


def rename_in_value(
    value: Value, place: str, finds: FindsReferences, renamed: RenamedId, holder: Mapping[str, str]
) -> Value:
    """Return a value of a tree with an id renamed."""
    match value:
        case dict():
            return rename_in_tree(value, place, finds, renamed)
        case list():
            return [rename_in_value(each, f"{place}.*", finds, renamed, holder) for each in value]
        case str():
            return rename_at(value, finds.in_value(place, value, holder).sure, renamed)
    return value


def text_of(value: Value) -> str | None:
    """Return the characters of a scalar; None for a list or a mapping."""
    return value.text if isinstance(value, Plain) else value if isinstance(value, str) else None


def join_place(place: str, key: str) -> str:
    """Return the place of the value of a key."""
    return f"{place}.{key}" if place else key


def rename_in_nodes(source: str, finds: FindsReferences, renamed: RenamedId) -> Edited:
    """Return a text that a person wrote with an id renamed: only these words of it change."""
    from crmcli.store.codec.nodes import compose_nodes

    root = compose_nodes(source)
    spans: list[tuple[int, int, str]] = []
    doubtful: list[int] = []
    for node, found in walk_scalars(root, "", finds, {}):
        begin, end = node.start_mark.index, node.end_mark.index
        raw = source[begin:end]
        ordinals = [node.value[:at].count(renamed.old) for at in found.sure]
        if ordinals:
            spans.append((begin, end, replace_occurrences(raw, node, ordinals, renamed)))
        doubtful += [line_of(source, begin, end, node, at, renamed) for at in found.doubtful]
    for begin, end, raw in sorted(spans, reverse=True):
        source = source[:begin] + raw + source[end:]
    return Edited(source, tuple(doubtful))


def walk_scalars(
    node: Any, place: str, finds: FindsReferences, holder: Mapping[str, str]
) -> Iterator[tuple[Any, References]]:
    """Yield the keys and scalars below a node that have references; aliases are left to their anchors."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    if isinstance(node, ScalarNode):
        yield node, finds.in_value(place, node.value, holder)
    elif isinstance(node, SequenceNode):
        for each in node.value:
            yield from walk_scalars(each, f"{place}.*", finds, holder)
    elif isinstance(node, MappingNode):
        held = {str(key.value): value.value for key, value in node.value if isinstance(value, ScalarNode)}
        for key, value in node.value:
            yield key, finds.in_key(place, str(key.value))
            yield from walk_scalars(value, join_place(place, str(key.value)), finds, held)


def replace_occurrences(raw: str, node: Any, ordinals: list[int], renamed: RenamedId) -> str:
    """Return the source of a scalar with the new name in place of some occurrences of the old one.

    Raises BadYaml where the source spells the text in another way than its value, as by escapes.
    """
    positions = find_all(raw, renamed.old)
    if len(positions) != node.value.count(renamed.old):
        mark = node.start_mark
        raise BadYaml(
            mark.line + 1, mark.column + 1, f"{renamed.old!r} cannot be replaced here, write it plainly"
        )
    return rename_at(raw, tuple(positions[each] for each in ordinals), renamed)


def find_all(text: str, word: str) -> list[int]:
    """Return the positions of a word in a text, one after the other."""
    found, at = [], text.find(word)
    while at >= 0:
        found.append(at)
        at = text.find(word, at + len(word))
    return found


def line_of(source: str, begin: int, end: int, node: Any, at: int, renamed: RenamedId) -> int:
    """Return the line of a place in a scalar, counted from 1."""
    positions = find_all(source[begin:end], renamed.old)
    ordinal = node.value[:at].count(renamed.old)
    index = begin + (positions[ordinal] if ordinal < len(positions) else 0)
    return source.count("\n", 0, index) + 1
