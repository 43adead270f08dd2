"""Limits on one evaluation of a template: steps, characters, bits of integers.

The budget counts work, not time, so a template passes on every machine or on none. The steps of an
operation are charged before it runs, and the length of a text is checked before it is created.
"""

from collections.abc import Collection, ItemsView, Iterable, KeysView, Sized, ValuesView
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from jinja2.exceptions import SecurityError
from msgspec import Struct

from crmcli.domain.templates.printed_values import spell_value

STEPS = 200_000
CHARACTERS = 1_000_000
BITS = 4_096
DIGITS = 1_233  # of a decimal number; an integer of BITS has as many
DEEPEST_CALL = 50
CHUNK = 256  # characters scanned per step
NUMBER = 32  # approximate characters of a number, a day or another single value as text
CALL = 4  # steps of a filter, a test, a method or a macro

VIEWS = (KeysView, ValuesView, ItemsView)
COLLECTIONS = (list, tuple, dict, set, frozenset, SimpleNamespace, Struct, *VIEWS)


class Budget:
    """The remaining budget of one evaluation. Each method raises SecurityError if a limit is exceeded."""

    __slots__ = ("characters", "depth", "steps")

    def __init__(self) -> None:
        self.steps = STEPS
        self.characters = CHARACTERS
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Charge a number of steps."""
        self.steps -= steps
        if self.steps < 0:
            raise SecurityError(f"takes more than {STEPS:,} steps")

    def scan(self, characters: int) -> None:
        """Charge the steps for scanning a text."""
        self.spend(1 + characters // CHUNK)

    def hash_items(self, count: int) -> None:
        """Charge the steps for putting items into a mapping, in the worst case of equal hashes."""
        self.spend(price_hashing(count))

    def allow(self, characters: int) -> None:
        """Check that a text of this length may be created, without charging it."""
        if characters > self.characters:
            raise SecurityError(f"makes more than {CHARACTERS:,} characters of text")

    def make(self, characters: int) -> None:
        """Charge the characters of a new text."""
        self.allow(characters)
        self.characters -= characters

    def enter_call(self) -> None:
        """Increase the depth of nested calls."""
        self.depth += 1
        if self.depth > DEEPEST_CALL:
            raise SecurityError(f"calls itself deeper than {DEEPEST_CALL} levels")

    def leave_call(self) -> None:
        """Decrease the depth of nested calls."""
        self.depth -= 1

    def charge_text(self, value: Any) -> str:
        """Return a value as text, and charge its characters.

        Raises SecurityError for a value that cannot be printed.
        """
        if isinstance(value, str):
            return value
        self.allow(self.measure(value) if isinstance(value, COLLECTIONS) else 0)
        text = spell_value(value)
        self.make(len(text))
        return text

    def measure(self, value: Any) -> int:
        """Return the approximate length of a value as text; each part of it costs a step."""
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
        """Return the items of an iterator as a list; each item costs a step."""
        collected = []
        for value in values:
            self.spend(1)
            collected.append(value)
        return collected


def price_hashing(count: int) -> int:
    """Return the steps for hashing a number of keys: at worst, each is compared with each other one."""
    return count * count // CHUNK


def find_parts(value: Any) -> Collection[Any] | None:
    """Return the items of a collection or a record; None for a single value."""
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
    """Return the maximum length of a value within a collection as text.

    Raises SecurityError for a number that is too large.
    """
    if isinstance(value, str):
        return 2 * len(value) + 2 if value.isprintable() else 10 * len(value) + 2
    if isinstance(value, int | Decimal):
        check_number(value)
        return NUMBER if isinstance(value, int) and value.bit_length() <= 64 else DIGITS
    return NUMBER


def check_number(value: Any) -> None:
    """Raise SecurityError for a number that is too large."""
    if isinstance(value, int) and value.bit_length() > BITS:
        raise SecurityError(f"a number of more than {BITS:,} bits is too large here")
    if isinstance(value, Decimal) and abs(value.adjusted()) > DIGITS:
        raise SecurityError(f"a number of more than {DIGITS:,} digits is too large here")


def count_items(value: Any) -> int:
    """Return the number of items in a value; 1 for a single value."""
    return len(value) if isinstance(value, Sized) else 1
