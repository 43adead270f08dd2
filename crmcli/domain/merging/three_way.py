"""Two later states of one record made into one, field by field, from what both started with."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from crmcli.domain.merging import concurrent_events
from crmcli.domain.model.fields import Merge, fields_of
from crmcli.domain.model.record_types import Contact, Entry, Opportunity, Part

R = TypeVar("R", bound=Part)
SETS = {  # the lists of words that both sides add to and take from
    spec.name
    for record in (Opportunity, Contact)
    for spec in fields_of(record)
    if spec.declared.merge is Merge.UNITED and not spec.is_part
}
HISTORY = "history"


class Merged(NamedTuple):
    """The merged value, and the fields that both sides set to different values (ours stands)."""

    value: Any
    conflicts: tuple[str, ...] = ()


def merge_versions(base: R, ours: R, theirs: R) -> tuple[R, tuple[str, ...]]:
    """One record from two later states of it.

    Tags are merged as a set, activities, messages and rewards by id and then field by field, the
    history as a set in order of time, and what a rule did on both sides is one thing; any other field
    conflicts only where both sides set it to different values. The conflicts name such fields; the value
    has ours there.
    """
    if isinstance(ours, Opportunity) and isinstance(theirs, Opportunity) and isinstance(base, Opportunity):
        left, right = concurrent_events.agree_on_twins(base, ours, theirs)
        merged = merge_part(base, left, right, "")
    else:
        merged = merge_part(base, ours, theirs, "")
    return merged.value, merged.conflicts


def merge_value(base: Any, ours: Any, theirs: Any, name: str) -> Merged:
    """One value from two: whichever side changed it, or both made one."""
    if ours == theirs or theirs == base:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    if name in SETS:
        return Merged(merge_words(base, ours, theirs))
    if name == HISTORY:
        return Merged(merge_histories(ours, theirs))
    if all(isinstance(side, dict) for side in (base, ours, theirs)):
        return merge_mappings(base, ours, theirs, name)
    if all(isinstance(side, Part) for side in (base, ours, theirs)):
        return merge_part(base, ours, theirs, name)
    if is_listed(ours) and is_listed(theirs):
        return merge_lists(base, ours, theirs, name)
    return Merged(ours, (name,))


def merge_part(base: Part, ours: Part, theirs: Part, name: str) -> Merged:
    """One mapping with known keys from two."""
    values: dict[str, Any] = {}
    conflicts: tuple[str, ...] = ()
    for key in ours.__struct_fields__:
        inner = f"{name}.{key}" if name else key
        merged = merge_value(getattr(base, key), getattr(ours, key), getattr(theirs, key), inner)
        values[key] = merged.value
        conflicts += merged.conflicts
    return Merged(replace(ours, **values), conflicts)


def merge_mappings(base: Any, ours: Any, theirs: Any, name: str) -> Merged:
    """One mapping with free keys from two; a key removed on one side and kept on the other goes."""
    merged: dict[str, Any] = {}
    conflicts: tuple[str, ...] = ()
    for key in dict.fromkeys([*ours, *theirs]):
        each = merge_value(base.get(key), ours.get(key), theirs.get(key), f"{name}.{key}")
        conflicts += each.conflicts
        if each.value is not None:
            merged[key] = each.value
    return Merged(merged, conflicts)


def merge_words(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    """What one of the two added, without what one of the two removed; in order where both sides are."""
    removed = {word for word in base if word not in ours or word not in theirs}
    together = [word for word in dict.fromkeys([*ours, *theirs]) if word not in removed]
    is_in_order = all(list(side) == sorted(side) for side in (ours, theirs))
    return tuple(sorted(together) if is_in_order else together)


def merge_histories(ours: Sequence[Entry], theirs: Sequence[Entry]) -> tuple[Entry, ...]:
    """All entries of both in order of time, what both did once; of equal times in the order of the files."""
    return tuple(sorted(concurrent_events.collapse_histories(ours, theirs), key=lambda entry: entry.at))


def is_listed(values: Any) -> bool:
    """Is this a list of things with ids?"""
    return isinstance(values, tuple) and all(getattr(each, "id", None) for each in values)


def merge_lists(base: Any, ours: Any, theirs: Any, name: str) -> Merged:
    """One list of things with ids from two; what one side removed stays away unless changed."""
    before, left, right = ({each.id: each for each in side} for side in (base or (), ours, theirs))
    merged: list[Any] = []
    conflicts: tuple[str, ...] = ()
    for each in unite_by_key(ours, theirs, key=lambda thing: thing.id):
        id = each.id
        one = merge_value(before.get(id), left.get(id), right.get(id), f"{name}.{id}")
        conflicts += one.conflicts
        merged += [one.value] if one.value is not None else []
    return Merged(tuple(merged), conflicts)


def unite_by_key(ours: Sequence[Any], theirs: Sequence[Any], key: Callable[[Any], Hashable]) -> list[Any]:
    """All of ours, then what only theirs has."""
    seen = {key(each) for each in ours}
    return [*ours, *(each for each in theirs if key(each) not in seen)]
