"""Conversion between the tree of a YAML file and typed values; types come from the schema, never from YAML.

Every type that an attribute of a `Part` may have is one row of a table here: how its scalar is
read, and how it is written. The rest (lists, mappings, unknown keys) follows from the structure.
"""

import re
import types
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from crmcli.domain.model.fields import annotations_of
from crmcli.domain.model.record_types import Money, Open, Part, Percent, Priority
from crmcli.domain.values.values import Plain, Value

P = TypeVar("P", bound=Part)
Path = tuple[str | int, ...]
ALWAYS_WRITTEN = {"schema", "state", "direction"}  # written even if they have the default value
NULLS = {"", "~", "null", "Null", "NULL"}
TRUE = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}
FALSE = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}
FIRST_YEAR, LAST_YEAR = 1000, 9000  # of an instant; its day exists in every time zone
MONEY = r"-?[0-9]{1,13}(\.[0-9]{1,2})?"
PERCENT = r"[0-9]{1,3}(\.[0-9]{1,6})?"


class InvalidError(ValueError):
    """Raised for a value that its key cannot have: the path in the file's tree, and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {reason}")
        self.path = path
        self.reason = reason


class Converter(msgspec.Struct, frozen=True):
    """The functions that read and write one type."""

    read: Callable[[Value, Path], Any]
    write: Callable[[Any], Value]


class Attribute(msgspec.Struct, frozen=True):
    """A key of a mapping: its attribute, converter, default, and whether it is required."""

    name: str
    converter: Converter
    default: Any
    required: bool


def decode_part(tree: dict[str, Value], into: type[P], path: Path = ()) -> P:
    """Return the typed value of a mapping; unknown keys go to `extra`, null means absent.

    Raises InvalidError naming the first value that its key cannot have.
    """
    known = attributes_of(into)
    values: dict[str, Any] = {}
    extra: Open = {}
    for key, value in tree.items():
        attribute = known.get(key)
        if attribute is None:
            extra[key] = value
        elif not is_null(value):
            values[attribute.name] = attribute.converter.read(value, (*path, key))
    for key, attribute in known.items():
        if attribute.required and attribute.name not in values:
            raise InvalidError((*path, key) if path else (key,), "is missing")
    return into(extra=extra, **values)


def encode_part(part: Part) -> dict[str, Value]:
    """Return the tree of a typed value: known keys in order, then unknown ones; most defaults left out."""
    tree: dict[str, Value] = {}
    for key, attribute in attributes_of(type(part)).items():
        value = getattr(part, attribute.name)
        spelled_out = attribute.required or (key in ALWAYS_WRITTEN and value is not None)
        if spelled_out or value != attribute.default:
            tree[key] = attribute.converter.write(value)
    tree.update(part.extra)
    return tree


def unknown_keys(part: Part, path: Path = ()) -> Iterator[tuple[Path, list[str]]]:
    """Yield the path of each key that the schema does not know, with the keys that it knows there."""
    known = attributes_of(type(part))
    for key in part.extra:
        yield (*path, key), list(known)
    for key, attribute in known.items():
        value = getattr(part, attribute.name)
        if isinstance(value, Part):
            yield from unknown_keys(value, (*path, key))
        elif isinstance(value, tuple | dict):
            held = value.items() if isinstance(value, dict) else enumerate(value)
            for place, item in held:
                if isinstance(item, Part):
                    yield from unknown_keys(item, (*path, key, place))


@cache
def attributes_of(of: type[Part]) -> dict[str, Attribute]:
    """Return the keys of a mapping in order, with their converters."""
    hints = annotations_of(of)
    return {
        spec.encode_name: Attribute(
            spec.name, converter_for(hints[spec.name]), default_value(spec), spec.required
        )
        for spec in msgspec.structs.fields(of)
        if spec.name != "extra"
    }


def default_value(spec: msgspec.structs.FieldInfo) -> Any:
    """Return the value of an absent key."""
    if spec.default_factory is not msgspec.NODEFAULT:
        return spec.default_factory()
    return spec.default


def is_null(value: Value) -> bool:
    """Tell whether a value is a null."""
    return isinstance(value, Plain) and value.text in NULLS


def scalar_text(value: Value, path: Path, wanted: str) -> str:
    """Return the characters of a scalar.

    Raises InvalidError for a list or a mapping.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Plain):
        return value.text
    found = "a list" if isinstance(value, list) else "a mapping"
    raise InvalidError(path, f"is {wanted}, not {found}")


CENT = Decimal("0.01")


def convert_text(value: Value, path: Path) -> str:
    return scalar_text(value, path, "a text")


def convert_money(value: Value, path: Path) -> Money:
    text = scalar_text(value, path, "an amount")
    if not re.fullmatch(MONEY, text):
        raise InvalidError(path, f"{text!r} is not an amount like 8000.00")
    return Money(Decimal(text).quantize(CENT))  # 100 and 100.00 are the same amount


def read_percent(value: Value, path: Path) -> Percent:
    text = scalar_text(value, path, "a percentage")
    if not re.fullmatch(PERCENT, text) or Decimal(text) > 100:
        raise InvalidError(path, f"{text!r} is not a percentage from 0 to 100")
    return Percent(Decimal(text))


def read_whole(value: Value, path: Path) -> int:
    text = scalar_text(value, path, "a whole number")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise InvalidError(path, f"{text!r} is not a whole number")
    return int(text)


def read_priority(value: Value, path: Path) -> Priority:
    number = read_whole(value, path)
    if number > 3:
        raise InvalidError(path, f"is 0 to 3, not {number}")
    return Priority(number)


def read_bool(value: Value, path: Path) -> bool:
    text = scalar_text(value, path, "true or false")
    if text not in TRUE | FALSE:
        raise InvalidError(path, f"is true or false, not {text!r}")
    return text in TRUE


def read_date(value: Value, path: Path) -> date:
    text = scalar_text(value, path, "a date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidError(path, f"{text!r} is not a date like 2026-12-31") from None


def read_instant(value: Value, path: Path) -> datetime:
    text = scalar_text(value, path, "an instant")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = datetime.min
    if instant.tzinfo is None or not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise InvalidError(path, f"{text!r} is not an instant like 2026-11-23T09:12:00Z")
    return instant.astimezone(UTC).replace(microsecond=0)


def write_money(amount: Decimal) -> Plain:
    return Plain(f"{amount:.2f}")


def write_percent(percent: Decimal) -> Plain:
    return Plain(f"{percent.normalize():f}")


def write_instant(instant: datetime) -> Plain:
    return Plain(instant.strftime("%Y-%m-%dT%H:%M:%SZ"))


def read_open(value: Value, path: Path) -> Open:
    if not isinstance(value, dict):
        raise InvalidError(path, "is a mapping of names to values")
    return {key: item for key, item in value.items() if not is_null(item)}


def write_as_is(value: Any) -> Any:
    return value


def write_plain(value: Any) -> Plain:
    return Plain(str(value))


def write_bool(value: bool) -> Plain:
    return Plain("true" if value else "false")


SCALARS: dict[Any, Converter] = {
    str: Converter(convert_text, write_as_is),
    int: Converter(read_whole, write_plain),
    bool: Converter(read_bool, write_bool),
    date: Converter(read_date, write_plain),
    datetime: Converter(read_instant, write_instant),
    Money: Converter(convert_money, write_money),
    Percent: Converter(read_percent, write_percent),
    Priority: Converter(read_priority, write_plain),
}
OPEN = Converter(read_open, write_as_is)


def converter_for(hint: Any) -> Converter:
    """Return the converter for this annotation."""
    if hint in SCALARS:
        return SCALARS[hint]
    arguments = get_args(hint)
    if get_origin(hint) is Annotated:
        return converter_for(arguments[0])
    if get_origin(hint) in (Union, types.UnionType):
        return word_of(arguments[0]) if str in arguments[1:] else converter_for(arguments[0])
    if get_origin(hint) is tuple:
        return list_of(converter_for(arguments[0]))
    if get_origin(hint) is dict:
        return OPEN if arguments[1] is Value else mapping_of(converter_for(arguments[1]))
    if issubclass(hint, StrEnum):
        return choice_of(hint)
    return part_of(hint)


def list_of(item: Converter) -> Converter:
    """Return a converter for lists; a single scalar is read as a list of one."""

    def read(value: Value, path: Path) -> tuple[Any, ...]:
        if isinstance(value, dict):
            raise InvalidError(path, "is a list, not a mapping")
        if not isinstance(value, list):
            return (item.read(value, path),)
        return tuple(item.read(each, (*path, index)) for index, each in enumerate(value))

    return Converter(read, lambda values: [item.write(each) for each in values])


def mapping_of(item: Converter) -> Converter:
    """Return a converter for mappings with arbitrary names."""

    def read(value: Value, path: Path) -> dict[str, Any]:
        return {key: item.read(each, (*path, key)) for key, each in read_open(value, path).items()}

    return Converter(read, lambda values: {key: item.write(each) for key, each in values.items()})


def explain_choices(choices: type[StrEnum], text: str) -> str:
    """Return a message that names the words allowed instead of a text."""
    words = [repr(str(each)) for each in choices]
    if len(words) > 1:
        return f"{text!r} is not possible, use one of {', '.join(words)}"
    note = getattr(choices, "NOTE", "")
    return f"only {words[0]} is possible" + (f"; {note}" if note else f", not {text!r}")


def choice_of(choices: type[StrEnum]) -> Converter:
    """Return a converter for one of a few words."""

    def read(value: Value, path: Path) -> StrEnum:
        text = scalar_text(value, path, "one word")
        try:
            return choices(text)
        except ValueError:
            raise InvalidError(path, explain_choices(choices, text)) from None

    return Converter(read, str)


def word_of(known: type[StrEnum]) -> Converter:
    """Return a converter for words; one that this version does not know is kept as it is."""

    def read(value: Value, path: Path) -> str:
        text = scalar_text(value, path, "one word")
        return words.get(text, text)

    words = {str(word): word for word in known}
    return Converter(read, str)


def part_of(part: type[Part]) -> Converter:
    """Return a converter for a nested mapping."""

    def read(value: Value, path: Path) -> Part:
        if part.shorthand and isinstance(value, str | Plain):
            return decode_part({part.shorthand: value}, part, path)
        if not isinstance(value, dict):
            raise InvalidError(path, "is a mapping")
        return decode_part(value, part, path)

    return Converter(read, encode_part)
