"""The order of items that two versions of a list hold, the same whichever version comes first."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def merge_order(
    ours: Sequence[T],
    theirs: Sequence[T],
    key: Callable[[T], Hashable],
    rank: Callable[[T], Any],
) -> list[T]:
    """Return all items of two lists, each key once, in an order that keeps that of both lists.

    Where both lists have something of their own at the same place, the item with the lower rank comes first,
    so that the result does not depend on which list is `ours`. Of items with the same key, that with the
    lower rank is kept. Two lists that hold the same items in a different order cannot both keep theirs: then
    the rank decides, too.

    >>> merge_order("abxc", "abyc", key=str, rank=str)
    ['a', 'b', 'x', 'y', 'c']
    """
    return list(walk_both(list(ours), list(theirs), key, rank))


def walk_both(
    left: list[T], right: list[T], key: Callable[[T], Hashable], rank: Callable[[T], Any]
) -> Iterator[T]:
    """Yield the items of two lists, each key once."""
    waiting = [{key(each): each for each in side} for side in (left, right)]
    places = [0, 0]
    given: set[Hashable] = set()
    while True:
        heads = []
        for side, items in enumerate((left, right)):
            while places[side] < len(items) and key(items[places[side]]) in given:
                places[side] += 1
            heads += [(items[places[side]], side)] if places[side] < len(items) else []
        if not heads:
            return
        alone = [(item, side) for item, side in heads if key(item) not in waiting[1 - side]]
        chosen, _ = min(alone or heads, key=lambda head: rank(head[0]))
        name = key(chosen)
        given.add(name)
        yield min((side[name] for side in waiting if name in side), key=rank)
