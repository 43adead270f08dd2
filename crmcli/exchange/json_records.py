"""Records as JSON from which the same files can be made again, to the last character.

A number stands with the digits of the file (`8000.00`). Where a text of the file stands without quotes though
YAML may read it as something else (`2026-12-31`, `NO`), its path is listed under `plain`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from crmcli.domain.model.fields import fields_of
from crmcli.domain.model.record_types import Part
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.typed_values import encode_part

FORM = "crm.record/1"
NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"  # of JSON
LONGEST_NUMBER = 40  # digits that other programs read without harm
WORDS = ("true", "false")
Step = str | int


class FoundRecord(NamedTuple):
    """A record in a JSON file: its number there, the path of its file, and its tree."""

    number: int
    path: str
    tree: dict[str, Value]


def encode_record(record: Part, path: str) -> bytes:
    """Return a record as one line of JSON; `path` is that of its file below `pipeline_data`."""
    plain: list[list[Step]] = []
    tree = to_json(encode_part(record), (), plain)
    document: dict[str, Any] = {"schema": FORM, "path": path, "record": tree}
    untyped = [steps for steps in plain if is_untyped(type(record), steps)]
    return msgspec.json.encode({**document, **({"plain": untyped} if untyped else {})})


def is_untyped(part: type[Part], steps: Sequence[Step]) -> bool:
    """Tell whether no field gives a type to the value at a path: under free names, or an unknown key."""
    spec = next((each for each in fields_of(part) if each.key == steps[0]), None)
    if spec is None or spec.is_open:
        return True
    rest = steps[2:] if spec.is_list else steps[1:]
    return bool(spec.is_part and rest and is_untyped(spec.type, rest))


def to_json(value: Value, path: tuple[Step, ...], plain: list[list[Step]]) -> Any:
    """Return a tree in JSON types; the paths of plain texts are added to a list."""
    match value:
        case Plain(text=text):
            if text in WORDS or (len(text) <= LONGEST_NUMBER and re.fullmatch(NUMBER, text)):
                return msgspec.Raw(text.encode())
            plain.append(list(path))
            return text
        case list():
            return [to_json(item, (*path, index), plain) for index, item in enumerate(value)]
        case dict():
            return {key: to_json(item, (*path, key), plain) for key, item in value.items()}
    return value


def encode_array(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of a JSON array of these documents, one a line."""
    before = b"[\n"
    for line in lines:
        yield before + line
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def decode_documents(text: str) -> list[Any]:
    """Return the documents of a JSON array, of one object, or of lines with an object each.

    Numbers, `true` and `false` keep their characters. Raises UsageError, with the line as its place, for
    a text that is not JSON.
    """
    stripped = text.strip()
    if not stripped:
        return []
    if stripped.startswith("["):
        whole = decode_text(text, 1)
        return whole if isinstance(whole, list) else [whole]
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    found: list[Any] = []
    try:
        for number, line in lines:
            found.append(decode_text(line, number))
    except UsageError:
        if found or len(lines) == 1:  # the first line is an object, so each should be
            raise
        return [decode_text(text, 1)]
    return found


def decode_text(text: str, line: int) -> Any:
    """Return the value of a JSON text that begins on a line.

    Raises UsageError for any other text, and for one that is nested too deeply.
    """

    def refuse(word: str) -> Any:
        raise UsageError(f"{word} is not JSON", where=str(line))

    try:
        return read_scalars(json.loads(text, parse_int=Plain, parse_float=Plain, parse_constant=refuse))
    except UnicodeEncodeError:
        raise UsageError("has half a character, such as \\ud800", where=str(line)) from None
    except json.JSONDecodeError as error:
        raise UsageError(f"is not JSON: {error.msg}", where=str(line + error.lineno - 1)) from None
    except RecursionError:
        raise UsageError("is nested too deeply", where=str(line)) from None


def read_scalars(value: Any) -> Any:
    """Return a JSON value with its booleans and nulls as the plain scalars of a file."""
    match value:
        case bool():
            return Plain("true" if value else "false")
        case None:
            return Plain("null")
        case list():
            return [read_scalars(item) for item in value]
        case dict():
            return {read_scalars(key): read_scalars(item) for key, item in value.items()}
        case str() if not value.isascii():
            value.encode()  # fails for half a character, which no file can hold
    return value


def is_record(document: Any) -> bool:
    """Tell whether a document is a whole record, as `encode_record` writes it.

    Raises UsageError for one of another version.
    """
    if not isinstance(document, dict):
        return False
    schema = document.get("schema")
    if isinstance(schema, str) and schema != FORM and schema.startswith(FORM.partition("/")[0]):
        raise UsageError(f"{schema!r} is not a form that this crm reads", hint=f"it reads {FORM}")
    return schema == FORM


def read_document(document: Any, number: int) -> FoundRecord:
    """Return the record in a document.

    Raises UsageError for one without a record or a path.
    """
    if not isinstance(document, dict):
        raise UsageError("is not an object")
    tree, path, plain = document.get("record"), document.get("path"), document.get("plain", [])
    if not isinstance(tree, dict) or not isinstance(path, str) or not isinstance(plain, list):
        raise UsageError(f"is not {FORM}: path, record and plain", where=str(number))
    for steps in plain:
        make_plain(tree, [step.text if isinstance(step, Plain) else step for step in steps])
    return FoundRecord(number, path, tree)


def make_plain(tree: Any, steps: list[Any]) -> None:
    """Make the text at a path of a tree plain; nothing where there is none."""
    for step in steps[:-1]:
        tree = value_below(tree, step)
    last = steps[-1] if steps else None
    text = value_below(tree, last)
    if isinstance(text, str) and isinstance(last, str):
        tree[int(last) if isinstance(tree, list) else last] = Plain(text)


def value_below(tree: Any, step: Any) -> Any:
    """Return the value at a key or an index; None where there is none."""
    if isinstance(tree, dict) and isinstance(step, str):
        return tree.get(step)
    if isinstance(tree, list) and isinstance(step, str) and step.isdecimal() and int(step) < len(tree):
        return tree[int(step)]
    return None
