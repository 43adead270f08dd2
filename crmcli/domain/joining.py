"""Several records made into one: which stays, what it takes from the others, what is left behind.

Two states of one record are `merge`'s subject; here different records become one, and the others go.
"""

from collections.abc import Callable, Iterable, Sequence
from heapq import merge as in_turn
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from crmcli.domain.changes import Moment
from crmcli.domain.errors import RefusedError, UsageError
from crmcli.domain.model import Contact, Entry, HistoryEvent, Opportunity, Part

R = TypeVar("R", bound=Opportunity | Contact)
EMPTY: tuple[Any, ...] = (None, (), {}, "")


class Left(NamedTuple):
    """A value that the joined record does not have, and the record that had it."""

    value: Any
    of: str


class Taken(NamedTuple):
    """One field of the joined record: its value, the record it is from, what others had instead."""

    field: str
    value: Any
    of: str | None = None  # the record that it was taken from; None where several made it
    left: tuple[Left, ...] = ()


class Joined(NamedTuple, Generic[R]):
    """The record that stays, field by field, and those that go."""

    record: R
    gone: tuple[R, ...]
    fields: tuple[Taken, ...]


class Joining(Generic[R]):
    """Records being made into one, the first of them stays."""

    def __init__(self, records: Sequence[R]) -> None:
        self.records = records
        self.values: dict[str, Any] = {}
        self.fields: list[Taken] = []

    @property
    def master(self) -> R:
        """The record that stays."""
        return self.records[0]

    def set(self, taken: Taken | None) -> None:
        """Give the joined record a field."""
        if taken is not None and taken.value not in EMPTY:
            self.values[taken.field] = taken.value
            self.fields.append(taken)

    def first(self, *names: str) -> None:
        """Fields of which the first that says something counts."""
        for name in names:
            self.set(first_of(name, [(each.id or "", getattr(each, name)) for each in self.records]))

    def together(self, name: str, join: Callable[[list[Any]], Any]) -> None:
        """A field that is made of what all of them have."""
        held = [(each.id or "", getattr(each, name)) for each in self.records]
        said = [(id, value) for id, value in held if value not in EMPTY]
        if said:
            self.set(Taken(name, join([value for _, value in said]), said[0][0] if len(said) == 1 else None))

    def by_key(self, name: str, of: Callable[[R], dict[str, Any]], shown: str = "") -> dict[str, Any]:
        """A mapping of which each key is the first that says something."""
        held = [(each.id or "", of(each)) for each in self.records]
        keys = dict.fromkeys(chain.from_iterable(mapping for _, mapping in held))
        found = {}
        for key in keys:
            taken = first_of(f"{shown or name}.{key}", [(id, mapping.get(key)) for id, mapping in held])
            if taken is not None:
                self.fields.append(taken)
                found[key] = taken.value
        if found:
            self.values[name] = found
        return found

    def joined(self, moment: Moment) -> Joined[R]:
        """The record that stays, with all histories and a line about the others."""
        gone = self.records[1:]
        history = histories(self.records)
        at = max([moment.at, *(entry.at for entry in history[-1:])])
        line = Entry(
            at=at, event=HistoryEvent.MERGED, ids=tuple(each.id or "" for each in gone), by=moment.by
        )
        record = replace(self.master, **{**self.values, "history": (*history, line)})
        return Joined(record, tuple(gone), tuple(self.fields))


def first_of(field: str, held: Sequence[tuple[str, Any]]) -> Taken | None:
    """The first value that says something, with the others that say something else."""
    said = [(id, value) for id, value in held if value not in EMPTY]
    if not said:
        return None
    of, value = said[0]
    return Taken(field, value, of, tuple(Left(other, id) for id, other in said[1:] if other != value))


def histories(records: Sequence[Opportunity | Contact]) -> list[Entry]:
    """All entries in order of time, each record's own in theirs; those taken over say of which record."""
    first, *others = records
    taken = [[entry if entry.of else replace(entry, of=each.id) for entry in each.history] for each in others]
    return list(in_turn(first.history, *taken, key=lambda entry: entry.at))


def texts(values: Iterable[str]) -> str:
    """Texts one after the other with a blank line between them, equal ones once."""
    return "\n\n".join(dict.fromkeys(value.strip() for value in values))


def sets(values: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All words, in order."""
    return tuple(sorted(set(chain.from_iterable(values))))


def by_id(values: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """All things with ids, each once."""
    found: dict[Any, Any] = {}
    for place, each in enumerate(chain.from_iterable(values)):
        found.setdefault(each.id or place, each)
    return tuple(found.values())


def several(records: Sequence[Part]) -> None:
    """Make sure that there is something to join.

    Raises UsageError for one record, RefusedError for one that a newer version wrote.
    """
    if len(records) < 2:
        raise UsageError("merge needs two records or more", hint="crm merge k7f3q9mx x2a9c4d8")
    for each in records:
        if getattr(each, "schema", 1) > 1:
            raise RefusedError(f"{getattr(each, 'id', '')} was written by a newer crm, not changed")
