"""Values of a file before a schema gives them types: texts, plain scalars, lists, mappings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec


class Plain(msgspec.Struct, frozen=True, gc=False):
    """An unquoted scalar that YAML may read as something other than a text.

    It holds the exact characters (`120`, `1e5`, `NO`, `2026-12-31`, `~`, or none at all for
    `key:`), which the schema interprets. It never equals a text:

    >>> Plain("NO") == "NO"
    False
    """

    text: str


class NumberText(str):
    """A number as programs write it: its point is the decimal sign, whatever a country or a mapping says."""

    __slots__ = ()


Value: TypeAlias = str | Plain | list[Any] | dict[str, Any]  # items are values themselves


def change_texts(value: Value, change: Callable[[str], str]) -> Value:
    """Return the value with `change` applied to every text, keys included; unchanged scalars stay plain.

    >>> change_texts({"sms": ["k7", Plain("7")]}, lambda text: text.replace("k7", "m2"))
    {'sms': ['m2', Plain(text='7')]}
    """
    match value:
        case Plain(text=text):
            changed = change(text)
            return value if changed == text else changed
        case list():
            return [change_texts(each, change) for each in value]
        case dict():
            return {change(key): change_texts(each, change) for key, each in value.items()}
    return change(value)
