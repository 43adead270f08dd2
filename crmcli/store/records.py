"""Records as text: read into typed values, written canonically, edited in place where a person wrote."""

from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from crmcli.domain.model.record_types import Contact, Opportunity, Part
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.values import Value
from crmcli.store.codec import typed_values
from crmcli.store.codec.codec_errors import BadYaml, CannotEdit
from crmcli.store.codec.emitter import Unwritable, emit_yaml
from crmcli.store.codec.parser import line_of, parse_yaml
from crmcli.store.codec.splice import splice_tree
from crmcli.store.unreadable import UnreadableError

P = TypeVar("P", bound=Part)
NEWEST_SCHEMA = 1


class Source(NamedTuple, Generic[P]):
    """A file's text with the typed value read from it."""

    path: Path
    content: bytes
    value: P


def read_record(path: Path, content: bytes, into: type[P]) -> Source[P]:
    """The record that a file's bytes hold.

    Raises UnreadableError with the line and field that is wrong.
    """
    text = decode_utf8(path, content)
    try:
        return Source(path, content, typed_values.decode_part(parse_yaml(text), into))
    except BadYaml as error:
        raise UnreadableError(path, error.line, "", error.reason) from error
    except typed_values.InvalidError as error:
        field = ".".join(map(str, error.path))
        raise UnreadableError(path, line_of(text, error.path), field, error.reason) from error


def decode_utf8(path: Path, content: bytes) -> str:
    """The text of a file.

    Raises UnreadableError where it is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(path, line, "", "is not UTF-8") from error


def write_canonical(record: P, path: Path | str = "") -> bytes:
    """The one form in which a new record is written.

    Raises RefusedError where it could not be read again.
    """
    try:
        content = emit_yaml(typed_values.encode_part(record)).encode("utf-8")
    except Unwritable as error:
        raise RefusedError(str(error), where=str(path)) from error
    return refuse_unreadable(path, content, type(record))


def refuse_unreadable(path: Path | str, content: bytes, into: type[P]) -> bytes:
    """The bytes, if they read as a record.

    Raises UnreadableError where they do not: too large, or a value that its key cannot have.
    """
    read_record(Path(path), content, into)
    return content


def edit_record(source: Source[P], after: P) -> bytes:
    """The file's bytes with the new value; all that did not change stays byte for byte.

    Only a file that has exactly the bytes that `canonical` gives for its value is written anew; any
    other belongs to a person and is edited as text. Raises RefusedError where a change would touch an
    anchor, or a newer version's file; CrmError where the text cannot be edited.
    """
    if after == source.value:
        return source.content
    if getattr(source.value, "schema", 1) > NEWEST_SCHEMA:
        raise RefusedError("written by a newer crm, not changed", where=str(source.path))
    if is_canonical(source):
        return write_canonical(after, source.path)
    return edit_text(source, after)


def is_canonical(source: Source[P]) -> bool:
    """Has the file exactly the bytes that are written for its value?"""
    try:
        return emit_yaml(typed_values.encode_part(source.value)).encode("utf-8") == source.content
    except Unwritable:  # a person wrote what crm would not
        return False


def edit_text(source: Source[P], after: P) -> bytes:
    """Put the new value into a text that a person wrote.

    Raises RefusedError where a change would touch an anchor, CrmError where it cannot be edited.
    """
    text = decode_utf8(source.path, source.content)
    tree = overlay_tree(
        parse_yaml(text), typed_values.encode_part(source.value), typed_values.encode_part(after)
    )
    try:
        return refuse_unreadable(source.path, splice_tree(text, tree).encode("utf-8"), type(after))
    except Unwritable as error:
        raise RefusedError(str(error), where=str(source.path)) from error
    except CannotEdit as error:
        where = f"{source.path}:{error.line}" if error.line else str(source.path)
        raise RefusedError(error.reason, where=where, hint=f"crm check --fix {source.path}") from error


def overlay_tree(source: Any, before: Any, after: Any) -> Any:
    """The tree to write: what a person wrote where nothing changed, the new value elsewhere.

    `source` is the file's tree, `before` and `after` the encoded old and new value. They differ
    where a value can be spelled in several ways (`8000` and `8000.00`).
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
    """A mapping's new tree, in the order of the new value; what has no meaning (`owner: null`) stays."""
    tree = {
        key: overlay_tree(source[key], before[key], value) if key in source and key in before else value
        for key, value in after.items()
        if key in source or before.get(key) != value
    }
    spelled_out = {key: value for key, value in source.items() if key not in before and key not in tree}
    return {**tree, **spelled_out}


def is_list(source: Any, before: Any) -> bool:
    """Are these the same list, as a person wrote it and as it was read?"""
    return isinstance(source, list) and isinstance(before, list) and len(source) == len(before)


def overlay_list(source: list[Any], before: list[Any], after: list[Any]) -> list[Any]:
    """A list's new tree: each item keeps the spelling of the old one that it was."""
    spellings = {item_key(old): (spelling, old) for spelling, old in zip(source, before, strict=True)}
    tree = []
    for item in after:
        spelling, old = spellings.get(item_key(item), (None, None))
        tree.append(item if old is None else overlay_tree(spelling, old, item))
    return tree


def item_key(item: Any) -> str:
    """What makes an item of a list the same one: its id, else all of it."""
    return str(item["id"]) if isinstance(item, dict) and "id" in item else repr(item)


KINDS: dict[str, type[Opportunity] | type[Contact]] = {
    "opportunities": Opportunity,
    "contacts": Contact,
}


def kind_of(path: str) -> type[Opportunity] | type[Contact] | None:
    """What a file holds, by where it lies in the workspace; None for anything but a record."""
    parts = Path(path).parts
    if len(parts) > 2 and parts[0] == "pipeline_data" and path.endswith(".yaml"):
        return KINDS.get(parts[1])
    return None
