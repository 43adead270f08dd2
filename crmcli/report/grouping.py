"""Grouping of rows: by stage, owner, origin, tag, field, month or week; each group is a row of a report."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

PERIODS = ("month", "week")  # groupings whose groups have an order of their own
Row = TypeVar("Row")


class Group(NamedTuple, Generic[Row]):
    """The rows of one group. Its id is None for rows that have no value."""

    pipeline: str | None  # where the workspace has several
    id: str | None
    label: str
    rows: list[Row]
    is_unfinished: bool = False
    is_total: bool = False  # of all groups of its pipeline


class Grouping(NamedTuple, Generic[Row]):
    """How rows are grouped."""

    name: str
    ids_of: Callable[[Row], Iterable[str | None]]  # a row with several tags is in several groups
    label_of: Callable[[str | None], str]
    expected: Callable[[Sequence[Row]], Sequence[str | None]]  # the groups that are shown even if empty
    unfinished: frozenset[str] = frozenset()  # the current month, the current week


GroupKey = tuple[str | None, bool, str | int | None]


def group_rows(
    rows: Iterable[Row],
    grouping: Grouping[Row],
    pipeline: str | None = None,
    also: Iterable[str | None] = (),
) -> list[Group[Row]]:
    """Return the groups of rows: those that are expected in their order, then others by id, None last.

    `also` holds groups to return even if they are empty.
    """
    rows = list(rows)
    found: dict[str | None, list[Row]] = {id: [] for id in grouping.expected(rows)}
    expected = list(found)
    found |= {id: [] for id in also if id not in found}
    for row in rows:
        for id in grouping.ids_of(row):
            found.setdefault(id, []).append(row)
    others = sorted(found.keys() - set(expected), key=lambda group: (group is None, group or ""))
    return [
        Group(pipeline, id, grouping.label_of(id), found[id], id in grouping.unfinished)
        for id in (*expected, *others)
    ]


def key_groups(groups: Iterable[Group[Row]], by: str) -> list[GroupKey]:
    """Return a key for each group, by which it is found among those of another period.

    A month or week is the one at the same place of its period.
    """
    places: Counter[str | None] = Counter()
    keys: list[GroupKey] = []
    for group in groups:
        is_placed = by in PERIODS and group.id is not None
        keys.append((group.pipeline, group.is_total, places[group.pipeline] if is_placed else group.id))
        places[group.pipeline] += 1
    return keys
