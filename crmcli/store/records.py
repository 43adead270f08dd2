"""Records as text: decoding into typed values, canonical writing, in-place editing of hand-written files."""

from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from crmcli.domain.model.record_types import Contact, Opportunity, Part
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.places import Place, format_place
from crmcli.domain.values.values import Value
from crmcli.store.codec import typed_values
from crmcli.store.codec.codec_errors import BadYaml, CannotEdit
from crmcli.store.codec.emitter import Unwritable, emit_yaml
from crmcli.store.codec.parser import locate, parse_yaml
from crmcli.store.codec.splice import splice_tree
from crmcli.store.unreadable import UnreadableError

P = TypeVar("P", bound=Part)
NEWEST_SCHEMA = 1


class Source(msgspec.Struct, Generic[P], frozen=True):
    """A file's bytes with the typed value read from them."""

    path: Path
    content: bytes
    value: P


def read_record(path: Path, content: bytes, into: type[P]) -> Source[P]:
    """Parse the record in a file's bytes.

    Raises UnreadableError with the place and field that is wrong.
    """
    text = decode_utf8(path, content)
    try:
        return Source(path, content, typed_values.decode_part(parse_yaml(text), into))
    except BadYaml as error:
        raise UnreadableError(path, error.place, "", error.reason) from error
    except typed_values.InvalidError as error:
        field = ".".join(map(str, error.path))
        raise UnreadableError(path, locate(text, error.path), field, error.reason) from error


def decode_utf8(path: Path, content: bytes) -> str:
    """Return the text of a file.

    Raises UnreadableError where it is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        begin = content.rfind(b"\n", 0, error.start) + 1
        column = len(content[begin : error.start].decode("utf-8")) + 1
        place = Place(content.count(b"\n", 0, error.start) + 1, column)
        raise UnreadableError(path, place, "", "is not UTF-8") from error


def write_canonical(record: P, path: Path | str = "") -> bytes:
    """Return the canonical bytes of a record.

    Raises RefusedError where they could not be read again.
    """
    try:
        content = emit_yaml(typed_values.encode_part(record)).encode("utf-8")
    except Unwritable as error:
        raise RefusedError(str(error), where=str(path)) from error
    return refuse_unreadable(path, content, type(record))


def refuse_unreadable(path: Path | str, content: bytes, into: type[P]) -> bytes:
    """Return the bytes after checking that they read as a record.

    Raises UnreadableError where they do not: too large, or a value that its key cannot have.
    """
    read_record(Path(path), content, into)
    return content


def edit_record(source: Source[P], after: P) -> bytes:
    """Return the file's bytes with the new value; everything unchanged stays byte for byte.

    A file with exactly the bytes of `write_canonical` for its value is written anew; any other was written
    by hand and is edited as text. Raises RefusedError where the file has a newer schema, a change would
    touch an anchor, or the text cannot be edited.
    """
    if after == source.value:
        return source.content
    if getattr(source.value, "schema", 1) > NEWEST_SCHEMA:
        raise RefusedError("written by a newer crm, not changed", where=str(source.path))
    if is_canonical(source):
        return write_canonical(after, source.path)
    return edit_text(source, after)


def is_canonical(source: Source[P]) -> bool:
    """Tell whether the file has exactly the bytes of `write_canonical` for its value."""
    try:
        return emit_yaml(typed_values.encode_part(source.value)).encode("utf-8") == source.content
    except Unwritable:  # a hand-written value that crm cannot write
        return False


def edit_text(source: Source[P], after: P) -> bytes:
    """Put the new value into a hand-written text.

    Raises RefusedError where a change would touch an anchor, or the text cannot be edited.
    """
    text = decode_utf8(source.path, source.content)
    held = parse_yaml(text)
    tree = overlay_tree(held, typed_values.encode_part(source.value), typed_values.encode_part(after))
    kept = keep_commented(text, held, tree)
    if kept != tree and typed_values.decode_part(kept, type(after)) == after:
        tree = kept
    try:
        return refuse_unreadable(source.path, splice_tree(text, tree).encode("utf-8"), type(after))
    except Unwritable as error:
        raise RefusedError(str(error), where=str(source.path)) from error
    except CannotEdit as error:
        where = format_place(source.path, error.place)
        raise RefusedError(error.reason, where=where, hint=f"crm check --fix {source.path}") from error


def overlay_tree(source: Any, before: Any, after: Any) -> Any:
    """Return the tree to write: the file's own spelling where nothing changed, else the new value.

    `source` is the file's tree, `before` and `after` are the encoded old and new value. `source` and
    `before` differ where a value can be spelled in several ways (`8000` and `8000.00`).
    """
    if before == after:
        return source
    if isinstance(source, dict) and isinstance(before, dict) and isinstance(after, dict):
        return overlay_mapping(source, before, after)
    if is_list(source, before) and isinstance(after, list):
        return overlay_list(source, before, after)
    return after


def overlay_mapping(
    source: dict[str, Value], before: dict[str, Value], after: dict[str, Value]
) -> dict[str, Value]:
    """Return the new tree of a mapping, in the new order; keys without a value (`owner: null`) stay."""
    tree = {
        key: overlay_tree(source[key], before[key], value) if key in source and key in before else value
        for key, value in after.items()
        if key in source or before.get(key) != value
    }
    spelled_out = {key: value for key, value in source.items() if key not in before and key not in tree}
    return {**tree, **spelled_out}


def keep_commented(
    text: str, source: dict[str, Value], tree: dict[str, Value], path: tuple[str, ...] = ()
) -> dict[str, Value]:
    """Return the tree to write; a list or mapping without items stays, empty, if comments stand in it."""
    from crmcli.store.codec.comments import has_comments  # loads the YAML parser

    kept = dict(tree)
    for key, old in source.items():
        new = tree.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            kept[key] = keep_commented(text, old, new, (*path, key))
        elif new is None and isinstance(old, dict | list) and old and has_comments(text, (*path, key)):
            kept[key] = type(old)()
    return kept


def is_list(source: Any, before: Any) -> bool:
    """Tell whether both are lists of the same length: as written in the file, and as encoded."""
    return isinstance(source, list) and isinstance(before, list) and len(source) == len(before)


def overlay_list(source: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    """Return the new tree of a list; an item with the key of an old one keeps its spelling."""
    spellings = {item_key(old): (spelling, old) for spelling, old in zip(source, before, strict=True)}
    tree = []
    for item in after:
        spelling, old = spellings.get(item_key(item), (None, None))
        tree.append(item if old is None else overlay_tree(spelling, old, item))
    return tree


def item_key(item: Any) -> str:
    """Return the key that identifies a list item: its id, else all of it."""
    return str(item["id"]) if isinstance(item, dict) and "id" in item else repr(item)


KINDS: dict[str, type[Opportunity] | type[Contact]] = {
    "opportunities": Opportunity,
    "contacts": Contact,
}


def kind_of(path: str) -> type[Opportunity] | type[Contact] | None:
    """Return the type of the record at a path of the workspace; None for other files."""
    parts = Path(path).parts
    if len(parts) > 2 and parts[0] == "pipeline_data" and path.endswith(".yaml"):
        return KINDS.get(parts[1])
    return None
