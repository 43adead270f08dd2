"""A dictionary whose latest changes can be taken back, at the cost of these changes alone."""

from collections import UserDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class RevertibleDict(UserDict[K, V]):
    """A dictionary that remembers what each change replaced.

    >>> known = RevertibleDict({"a": 1})
    >>> mark = known.mark()
    >>> known["a"], known["b"] = 2, 3
    >>> known.go_back(mark)
    >>> known
    {'a': 1}
    """

    def __init__(self, given: dict[K, V] | None = None) -> None:
        self.replaced: list[tuple[K, tuple[V, ...]]] = []  # each key with its value, or none
        super().__init__(given or {})

    def __setitem__(self, key: K, value: V) -> None:
        self.replaced.append((key, (self.data[key],) if key in self.data else ()))
        self.data[key] = value

    def keep(self, key: K, value: V) -> None:
        """Set a value that does not count as a change, and so stays when changes are taken back.

        >>> known = RevertibleDict({"a": 1})
        >>> mark = known.mark()
        >>> known.keep("b", 2)
        >>> known.go_back(mark)
        >>> known
        {'a': 1, 'b': 2}
        """
        self.data[key] = value

    def __delitem__(self, key: K) -> None:
        self.replaced.append((key, (self.data[key],)))
        del self.data[key]

    def mark(self) -> int:
        """Return the present state, to go back to."""
        return len(self.replaced)

    def go_back(self, mark: int) -> None:
        """Take back what changed since a state; only keys that were deleted come back at the end."""
        while len(self.replaced) > mark:
            key, before = self.replaced.pop()
            if before:
                self.data[key] = before[0]
            else:
                del self.data[key]
