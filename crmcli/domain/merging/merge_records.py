"""Merge of several records: which one stays, values taken from the others, and values discarded.

The merge of two versions of the same record is in `three_way`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from heapq import merge as in_turn
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from crmcli.domain.model.changes import Moment
from crmcli.domain.model.fields import FieldSpec, Merge, fields_of
from crmcli.domain.model.record_names import name_record, title_of
from crmcli.domain.model.record_types import Contact, Entry, HistoryEvent, Opportunity, Part, RecordedEffect
from crmcli.domain.values.errors import RefusedError, UsageError

R = TypeVar("R", bound=Opportunity | Contact)
Unite = Callable[[FieldSpec, list[tuple[Any, ...]]], tuple[Any, ...]]
EMPTY: tuple[Any, ...] = (None, (), {}, "")


class Discarded(msgspec.Struct, frozen=True):
    """A value that is not in the merged record, and the record that had it."""

    value: Any
    of: str


class MergedField(msgspec.Struct, frozen=True):
    """One field of the merged record: its value, the record it comes from, and the discarded values."""

    field: str
    value: Any
    of: str | None = None  # the record that it comes from; None if it comes from several
    left: tuple[Discarded, ...] = ()


class MergeResult(msgspec.Struct, Generic[R], frozen=True):
    """The merged record, the records that were merged into it, and the merged fields."""

    record: R
    gone: tuple[R, ...]
    fields: tuple[MergedField, ...]


class RecordMerger(Generic[R]):
    """A merge of records in progress; the first record stays."""

    def __init__(self, records: Sequence[R]) -> None:
        self.records = records
        self.values: dict[str, Any] = {}
        self.fields: list[MergedField] = []

    @property
    def master(self) -> R:
        """The record that stays."""
        return self.records[0]

    def set(self, taken: MergedField | None) -> None:
        """Set a field of the merged record, and report it if it has a value or discarded ones."""
        if taken is not None and (taken.left or taken.value not in EMPTY):
            self.values[taken.field] = taken.value
            self.fields.append(taken)

    def merge_fields(self, by_hand: Mapping[str, Callable[[], None]], unite: Unite) -> None:
        """Merge all fields, each by its declared method.

        `by_hand` merges fields with code of their own, `unite` merges lists.
        """
        kind: type[Part] = type(self.master)
        for spec in fields_of(kind):
            match spec.declared.merge:
                case Merge.FIRST:
                    self.first(spec.name)
                case Merge.MASTER:
                    self.set(chosen_value(spec.name, self.master, self.records))
                case Merge.HIGHEST:
                    self.highest(spec.name)
                case Merge.JOINED:
                    self.together(spec.name, join_texts)
                case Merge.UNITED:
                    self.together(spec.name, partial(unite, spec))
                case Merge.BY_KEY:
                    self.merge_mapping(spec)
                case Merge.ITSELF:
                    by_hand[spec.name]()
        self.by_key("extra", lambda record: record.extra, shown="own key")

    def first(self, name: str) -> None:
        """Merge a field to its first non-empty value."""
        self.set(first_value(name, [(each.id or "", getattr(each, name)) for each in self.records]))

    def highest(self, name: str) -> None:
        """Merge a numeric field to its highest value; 0 counts as empty."""
        chosen = max(self.records, key=attrgetter(name))
        if getattr(chosen, name):
            self.set(chosen_value(name, chosen, self.records))

    def merge_mapping(self, spec: FieldSpec) -> None:
        """Merge a mapping field, each key to its first non-empty value."""
        if spec.is_open:
            self.by_key(spec.name, attrgetter(spec.name))
            return
        found = self.by_key(spec.name, lambda record: values_in(getattr(record, spec.name)))
        self.values[spec.name] = spec.type(**found) if found else None

    def together(self, name: str, join: Callable[[list[Any]], Any]) -> None:
        """Merge a field by combining the values of all records."""
        held = [(each.id or "", getattr(each, name)) for each in self.records]
        said = [(id, value) for id, value in held if value not in EMPTY]
        if said:
            self.set(
                MergedField(name, join([value for _, value in said]), said[0][0] if len(said) == 1 else None)
            )

    def by_key(self, name: str, of: Callable[[R], dict[str, Any]], shown: str = "") -> dict[str, Any]:
        """Merge and return a mapping with the first non-empty value of each key."""
        held = [(each.id or "", of(each)) for each in self.records]
        keys = dict.fromkeys(chain.from_iterable(mapping for _, mapping in held))
        found = {}
        for key in keys:
            taken = first_value(f"{shown or name}.{key}", [(id, mapping.get(key)) for id, mapping in held])
            if taken is not None:
                self.fields.append(taken)
                found[key] = taken.value
        if found:
            self.values[name] = found
        return found

    def joined(self, moment: Moment, taken_over: tuple[RecordedEffect, ...] = ()) -> MergeResult[R]:
        """Return the result, with all histories and an entry about the merge and what was taken over."""
        gone = self.records[1:]
        history = merge_histories_of(self.records)
        at = max([moment.at, *(entry.at for entry in history[-1:])])
        line = Entry(
            at=at,
            event=HistoryEvent.MERGED,
            ids=tuple(each.id or "" for each in gone),
            text=", ".join(name_record(each.id, title_of(each)) for each in gone),
            did=taken_over,
            by=moment.by,
        )
        record = replace(self.master, **{**self.values, "history": (*history, line)})
        return MergeResult(record, tuple(gone), tuple(self.fields))


def chosen_value(field: str, chosen: R, records: Sequence[R]) -> MergedField:
    """Return the chosen record's value as a merged field, with different values of others as discarded."""
    value = getattr(chosen, field)
    others = ((each.id or "", getattr(each, field)) for each in records if each is not chosen)
    left = tuple(Discarded(other, id) for id, other in others if other not in (*EMPTY, value))
    return MergedField(field, value, chosen.id, left)


def values_in(part: Part | None) -> dict[str, Any]:
    """Return the non-empty attributes of a part of a record by name, including extra keys."""
    if part is None:
        return {}
    return {name: value for name in part.__struct_fields__ if (value := getattr(part, name)) not in EMPTY}


def first_value(field: str, held: Sequence[tuple[str, Any]]) -> MergedField | None:
    """Return the first non-empty value as a merged field, with different ones as discarded; or None."""
    said = [(id, value) for id, value in held if value not in EMPTY]
    if not said:
        return None
    of, value = said[0]
    return MergedField(
        field, value, of, tuple(Discarded(other, id) for id, other in said[1:] if other != value)
    )


def merge_histories_of(records: Sequence[Opportunity | Contact]) -> list[Entry]:
    """Return all history entries by time; entries of other records have the id of their record in `of`.

    An entry that the first record took over in an earlier merge, which was undone, is not taken again.
    """
    first, *others = records
    known = {repr(entry) for entry in first.history if entry.of}
    marked = (
        [entry if entry.of else replace(entry, of=each.id) for entry in each.history] for each in others
    )
    taken = [[entry for entry in entries if repr(entry) not in known] for entries in marked]
    return list(in_turn(first.history, *taken, key=lambda entry: entry.at))


def join_texts(values: Iterable[str]) -> str:
    """Return different texts joined by blank lines."""
    return "\n\n".join(dict.fromkeys(value.strip() for value in values))


def unite_words(values: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return all words, sorted, each once."""
    return tuple(sorted(set(chain.from_iterable(values))))


def unite_lists(spec: FieldSpec, values: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return all items of a list: words sorted, items with ids once."""
    return unite_by_id(values) if spec.is_part else unite_words(values)


def unite_by_id(values: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return all items with ids, each once."""
    found: dict[Any, Any] = {}
    for place, each in enumerate(chain.from_iterable(values)):
        found.setdefault(each.id or place, each)
    return tuple(found.values())


def refuse_single(records: Sequence[Part]) -> None:
    """Check that there are records to merge.

    Raises UsageError for fewer than two records, RefusedError for one written by a newer version.
    """
    if len(records) < 2:
        raise UsageError("merge needs two records or more", hint="crm merge k7f3q9mx x2a9c4d8")
    for each in records:
        if getattr(each, "schema", 1) > 1:
            raise RefusedError(f"{getattr(each, 'id', '')} was written by a newer crm, not changed")
