"""Three-way merge of YAML trees whose keys are not known here, such as the configuration."""

from typing import Any

from crmcli.domain.merging.merge_order import merge_order
from crmcli.domain.merging.three_way import Merged
from crmcli.domain.values.values import Plain

NAMES = ("id", "name")  # the keys that name an item of a list


def merge_trees(base: Any, ours: Any, theirs: Any, name: str = "") -> Merged:
    """Return the merge of two trees key by key, and the paths at which they conflict, which have our value.

    Items of lists that have an `id` or a `name` are merged by it, other lists as sets. What one removed and
    the other changed is a conflict.
    """
    if ours == theirs or theirs == base:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return merge_keys(base if isinstance(base, dict) else {}, ours, theirs, name)
    if isinstance(ours, list) and isinstance(theirs, list):
        return merge_items(base if isinstance(base, list) else [], ours, theirs, name)
    return Merged(ours, (name,))


def merge_keys(base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], name: str) -> Merged:
    """Return the merge of two mappings."""
    merged: dict[str, Any] = {}
    conflicts: tuple[str, ...] = ()
    for key in merge_order([*ours], [*theirs], key=str, rank=str):
        inner = f"{name}.{key}" if name else key
        each = merge_trees(base.get(key), ours.get(key), theirs.get(key), inner)
        conflicts += each.conflicts
        if each.value is not None:
            merged[key] = each.value
    return Merged(merged, conflicts)


def merge_items(base: list[Any], ours: list[Any], theirs: list[Any], name: str) -> Merged:
    """Return the merge of two lists; a conflict where the same item stands in one of them twice."""
    before, left, right = ({name_item(each): each for each in side} for side in (base, ours, theirs))
    if (len(left), len(right)) != (len(ours), len(theirs)):
        return Merged(ours, (name,))
    merged = merge_keys(before, left, right, name)
    return Merged([*merged.value.values()], merged.conflicts)


def name_item(item: Any) -> str:
    """Return what tells an item of a list from the others: its id or name, else all of it."""
    if isinstance(item, dict):
        found = next((item[key] for key in NAMES if key in item), None)
        if isinstance(found, str | Plain):
            return found if isinstance(found, str) else found.text
    return repr(item)
