"""Limits on what one evaluation of a template may use: steps, characters, bits of whole numbers.

They count work, not time, so a template passes on every machine or on none. An operation costs its
steps before it is done, and a text is allowed before it is made.
"""

from collections.abc import Collection, ItemsView, Iterable, KeysView, Sized, ValuesView
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from jinja2.exceptions import SecurityError
from msgspec import Struct

STEPS = 200_000
CHARACTERS = 1_000_000
BITS = 4_096
DIGITS = 1_233  # of a decimal number; as many as BITS hold
DEEPEST_CALL = 50
CHUNK = 256  # characters that are looked through for one step
NUMBER = 32  # characters that a number, a day or another single value takes as text, about
CALL = 4  # steps of a filter, a test, a method or a macro

VIEWS = (KeysView, ValuesView, ItemsView)
COLLECTIONS = (list, tuple, dict, set, frozenset, SimpleNamespace, Struct, *VIEWS)


class Budget:
    """What is left for one evaluation. Each method raises SecurityError when a limit is reached."""

    __slots__ = ("characters", "depth", "steps")

    def __init__(self) -> None:
        self.steps = STEPS
        self.characters = CHARACTERS
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Take some steps."""
        self.steps -= steps
        if self.steps < 0:
            raise SecurityError(f"takes more than {STEPS:,} steps")

    def scan(self, characters: int) -> None:
        """Take the steps for looking through a text."""
        self.spend(1 + characters // CHUNK)

    def hash_items(self, count: int) -> None:
        """Take the steps for putting items into a mapping: as if all had the same hash."""
        self.spend(price_hashing(count))

    def allow(self, characters: int) -> None:
        """Check that a text of this length may be made; it costs nothing yet."""
        if characters > self.characters:
            raise SecurityError(f"makes more than {CHARACTERS:,} characters of text")

    def make(self, characters: int) -> None:
        """Take the characters of a text that is made now."""
        self.allow(characters)
        self.characters -= characters

    def enter_call(self) -> None:
        """Go one macro deeper."""
        self.depth += 1
        if self.depth > DEEPEST_CALL:
            raise SecurityError(f"calls itself deeper than {DEEPEST_CALL} levels")

    def leave_call(self) -> None:
        """Come back from a macro."""
        self.depth -= 1

    def charge_text(self, value: Any) -> str:
        """Return a value as text, as `str` gives it."""
        if isinstance(value, str):
            return value
        self.allow(self.measure(value) if isinstance(value, COLLECTIONS) else 0)
        text = str(value)
        self.make(len(text))
        return text

    def measure(self, value: Any) -> int:
        """Count the characters that a value takes as text, about; each part of it costs a step."""
        if isinstance(value, str):
            return len(value)
        total, waiting = 0, [value]
        while waiting:
            each = waiting.pop()
            parts = find_parts(each)
            if parts is None:
                total += measure_single(each)
                continue
            self.spend(1 + len(parts))
            waiting.extend(parts)
            total += 4 * len(parts)
        self.scan(total)
        return total

    def collect(self, values: Iterable[Any]) -> list[Any]:
        """Make a list of what an iterator yields; each item costs a step."""
        collected = []
        for value in values:
            self.spend(1)
            collected.append(value)
        return collected


def price_hashing(count: int) -> int:
    """Return the steps for so many keys, each of which is compared with each other one at worst."""
    return count * count // CHUNK


def find_parts(value: Any) -> Collection[Any] | None:
    """Return what stands in a collection or a record; None for a single value."""
    if isinstance(value, (list, tuple, set, frozenset, *VIEWS)):
        return value
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, SimpleNamespace):
        return vars(value).values()
    if isinstance(value, Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    return None


def measure_single(value: Any) -> int:
    """Count the characters that a value within a collection takes as text, at most.

    Raises SecurityError for a number that is too large to be computed with.
    """
    if isinstance(value, str):
        return 2 * len(value) + 2 if value.isprintable() else 10 * len(value) + 2
    if isinstance(value, int | Decimal):
        check_number(value)
        return NUMBER if isinstance(value, int) and value.bit_length() <= 64 else DIGITS
    return NUMBER


def check_number(value: Any) -> None:
    """Raise SecurityError for a number that is too large to be computed with."""
    if isinstance(value, int) and value.bit_length() > BITS:
        raise SecurityError(f"a number of more than {BITS:,} bits is too large here")
    if isinstance(value, Decimal) and abs(value.adjusted()) > DIGITS:
        raise SecurityError(f"a number of more than {DIGITS:,} digits is too large here")


def count_items(value: Any) -> int:
    """Count the items that going through a value visits; 1 for a single value."""
    return len(value) if isinstance(value, Sized) else 1
