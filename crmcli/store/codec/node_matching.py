"""Matching of the items of an old list with those of a new one."""

from __future__ import annotations

from collections.abc import Hashable
from difflib import SequenceMatcher

from crmcli.domain.values.values import Value

NEW = None
"""The match of a new item that continues no old one."""


def match_items(old: list[Value], new: list[Value]) -> list[int | None]:
    """Return, for each new item, the index of the old item that it continues, in rising order.

    Items match by their `id`, or by equality, or, without an id, by position.

    >>> match_items(["a", "b", "c"], ["a", "c", "d"])
    [0, 2, None]
    """
    result: list[int | None] = [NEW] * len(new)
    matcher = SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    for kind, old_at, old_end, new_at, new_end in matcher.get_opcodes():
        pairs = zip(range(old_at, old_end), range(new_at, new_end), strict=False)
        for old_position, new_position in pairs:
            if kind == "equal" or _may_continue(old[old_position], new[new_position]):
                result[new_position] = old_position
    return result


def _keys(items: list[Value]) -> list[Hashable]:
    return [_key(item) for item in items]


def _key(item: Value) -> Hashable:
    own_id = _id(item)
    return _frozen(item) if own_id is None else ("id", own_id)


def _id(item: Value) -> Hashable | None:
    own_id = item.get("id") if isinstance(item, dict) else None
    return own_id if isinstance(own_id, Hashable) else None


def _may_continue(old: Value, new: Value) -> bool:
    return _id(old) is None and _id(new) is None


def _frozen(value: Value) -> Hashable:
    if isinstance(value, dict):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value
