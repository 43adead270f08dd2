"""Three-way merge of two versions of a record, field by field, with their common base."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from crmcli.domain.merging import concurrent_events
from crmcli.domain.merging.line_merge import merge_lines
from crmcli.domain.merging.merge_order import merge_order
from crmcli.domain.model.fields import Merge, fields_of
from crmcli.domain.model.record_types import Contact, Entry, Opportunity, Part

R = TypeVar("R", bound=Part)
SETS = {  # lists of words that are merged as sets
    spec.name
    for record in (Opportunity, Contact)
    for spec in fields_of(record)
    if spec.declared.merge is Merge.UNITED and not spec.is_part
}
HISTORY = "history"


class Merged(NamedTuple):
    """The merged value, and the fields that both sides changed differently (our value is kept)."""

    value: Any
    conflicts: tuple[str, ...] = ()


def merge_versions(base: R, ours: R, theirs: R) -> tuple[R, tuple[str, ...]]:
    """Return one record merged from two versions, and the paths of conflicting fields.

    Tags are merged as a set; activities, messages and rewards by id and then field by field; the history as
    a set ordered by time, in which an event that both sides recorded counts once; texts of several lines line
    by line. Any other field conflicts only if both sides set it to different values; the result then has our
    value. Without conflicts the result is the same whichever version is ours.
    """
    if isinstance(ours, Opportunity) and isinstance(theirs, Opportunity) and isinstance(base, Opportunity):
        left, right = concurrent_events.agree_on_twins(base, ours, theirs)
        merged = merge_part(base, left, right, "")
    else:
        merged = merge_part(base, ours, theirs, "")
    return merged.value, merged.conflicts


def merge_value(base: Any, ours: Any, theirs: Any, name: str) -> Merged:
    """Return the merge of two values: the changed one, or both combined."""
    if ours == theirs or theirs == base:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    if name in SETS:
        return Merged(merge_words(base, ours, theirs))
    if name == HISTORY:
        return Merged(merge_histories(*concurrent_events.agree_on_notes(base, ours, theirs)))
    if is_text_of_lines(base, ours, theirs):
        ended = (f"{each}\n" if each else "" for each in (base, ours, theirs))
        text = merge_lines(*ended, joins_insertions=True)
        return Merged(ours, (name,)) if text is None else Merged(text.removesuffix("\n"))
    if all(isinstance(side, dict) for side in (base or {}, ours, theirs)):
        return merge_mappings(base or {}, ours, theirs, name)
    if all(isinstance(side, Part) for side in (base, ours, theirs)):
        return merge_part(base, ours, theirs, name)
    if is_listed(ours) and is_listed(theirs):
        return merge_lists(base, ours, theirs, name)
    return Merged(ours, (name,))


def merge_part(base: Part, ours: Part, theirs: Part, name: str) -> Merged:
    """Return the merge of two mappings with known keys."""
    values: dict[str, Any] = {}
    conflicts: tuple[str, ...] = ()
    for key in ours.__struct_fields__:
        inner = f"{name}.{key}" if name else key
        merged = merge_value(getattr(base, key), getattr(ours, key), getattr(theirs, key), inner)
        values[key] = merged.value
        conflicts += merged.conflicts
    return Merged(replace(ours, **values), conflicts)


def merge_mappings(base: Any, ours: Any, theirs: Any, name: str) -> Merged:
    """Return the merge of two mappings with free keys.

    A key removed on one side is removed, unless the other side changed it: that is a conflict.
    """
    merged: dict[str, Any] = {}
    conflicts: tuple[str, ...] = ()
    for key in merge_order([*ours], [*theirs], key=str, rank=str):
        each = merge_value(base.get(key), ours.get(key), theirs.get(key), f"{name}.{key}")
        conflicts += each.conflicts
        if each.value is not None:
            merged[key] = each.value
    return Merged(merged, conflicts)


def is_text_of_lines(base: Any, ours: Any, theirs: Any) -> bool:
    """Tell whether both versions are texts, and one of them, or their base, has several lines."""
    texts = [base or "", ours, theirs]
    return all(isinstance(each, str) for each in texts) and any("\n" in each for each in texts)


def merge_words(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    """Return the words with additions and removals of both sides; sorted if both sides are."""
    removed = {word for word in base if word not in ours or word not in theirs}
    together = merge_order(ours, theirs, key=str, rank=str)
    return tuple(word for word in together if word not in removed)


def merge_histories(ours: Sequence[Entry], theirs: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries of both histories by time, common events once; equal times keep file order."""
    left, right = concurrent_events.agree_on_events(ours, theirs)
    together = merge_order(left, right, key=concurrent_events.spell, rank=concurrent_events.rank_entry)
    return tuple(sorted(together, key=lambda entry: entry.at))


def is_listed(values: Any) -> bool:
    """Tell whether a value is a list of items with ids."""
    return isinstance(values, tuple) and all(getattr(each, "id", None) for each in values)


def merge_lists(base: Any, ours: Any, theirs: Any, name: str) -> Merged:
    """Return the merge of two lists of items with ids.

    An item removed on one side is removed, unless the other side changed it: that is a conflict.
    """
    before, left, right = ({each.id: each for each in side} for side in (base or (), ours, theirs))
    merged: list[Any] = []
    conflicts: tuple[str, ...] = ()
    for id in merge_order([*left], [*right], key=str, rank=str):
        one = merge_value(before.get(id), left.get(id), right.get(id), f"{name}.{id}")
        conflicts += one.conflicts
        merged += [one.value] if one.value is not None else []
    return Merged(tuple(merged), conflicts)
