"""Typed values as calls of their constructors, in types of MessagePack.

What was understood once is built again by the calls that built it: nothing is parsed, and no type is asked
what its values look like. A struct is `[its name, {field: value}]`, without the fields that have their
default; any other value that MessagePack lacks is `[how it is made, text or items]`.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec

from crmcli.domain.model.record_types import Part
from crmcli.domain.values.values import Plain

MAKERS: dict[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "tuple": lambda items: tuple(map(unpack, items)),
    "list": lambda items: list(map(unpack, items)),
}


def pack(value: Any) -> Any:
    """Return a value as constructor calls.

    Raises TypeError for a value of another type than files of the configuration hold.
    """
    match value:
        case None | bool() | int():
            return value
        case StrEnum():
            return [spell_class(type(value)), value.value]
        case str():
            return value
        case Decimal():
            return ["decimal", str(value)]
        case Part() | Plain():
            return [spell_class(type(value)), {name: pack(each) for name, each in list_given(value)}]
        case tuple() | list():
            return [type(value).__name__, list(map(pack, value))]
        case dict():
            return {key: pack(each) for key, each in value.items()}
    raise TypeError(f"{type(value).__name__} is not remembered")


def list_given(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a struct that do not have their default, and their values."""
    for field in msgspec.structs.fields(type(value)):
        given = getattr(value, field.name)
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if given != default or type(given) is not type(default):
            yield field.name, given


def unpack(value: Any) -> Any:
    """Return the value that constructor calls make.

    Raises KeyError, TypeError or ValueError for anything that `pack` does not return.
    """
    if type(value) is list:
        name, given = value
        if name in MAKERS:
            return MAKERS[name](given)
        maker = find_class(name)
        if type(given) is dict:
            return maker(**{key: unpack(each) for key, each in given.items()})
        return maker(given)
    if type(value) is dict:
        return {key: unpack(each) for key, each in value.items()}
    return value


def find_class(name: str) -> Callable[..., Any]:
    """Return a class of values in files; one may have been loaded since the others were listed.

    Raises KeyError for any other name.
    """
    if name not in classes():
        classes.cache_clear()
    return classes()[name]


@cache
def classes() -> dict[str, Callable[..., Any]]:
    """Return the classes of values in files, by name: those that are loaded, and no others."""
    return {spell_class(each): each for kind in (Part, StrEnum, Plain) for each in list_classes(kind)}


def list_classes(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield a class, and all below it."""
    yield kind
    for each in kind.__subclasses__():
        yield from list_classes(each)


def spell_class(kind: type) -> str:
    """Return the name of a class, with its module."""
    return f"{kind.__module__}.{kind.__qualname__}"
