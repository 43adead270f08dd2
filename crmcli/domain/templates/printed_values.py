"""Values that a template may print: texts, numbers, days, names of records, and lists of these."""

from collections.abc import ItemsView, KeysView, ValuesView
from typing import Any

from jinja2.exceptions import SecurityError

LISTS = (list, tuple, set, frozenset, range, KeysView, ValuesView, ItemsView)
SINGLE = (int, float, type(None))


def spell_value(value: Any) -> str:
    """Return a value as text; the items of a list are separated by commas.

    Raises SecurityError for what has no text of its own: a function, a mapping, a part of a record.

    >>> spell_value(["pag", "rika"]), spell_value(7.5)
    ('pag, rika', '7.5')
    """
    if isinstance(value, LISTS):
        return ", ".join(map(spell_value, value))
    refuse_unprintable(value)
    return str(value)


def refuse_unprintable(value: Any) -> None:
    """Raise SecurityError for a single value without a text of its own, which Python would show as code."""
    convert: Any = type(value).__str__
    if isinstance(value, SINGLE) or convert is not object.__str__:
        return
    if callable(value):
        raise SecurityError("a function cannot be printed; it is called with (…)")
    kind = "a mapping" if isinstance(value, dict) else "a part of a record"
    raise SecurityError(f"{kind} cannot be printed, only its fields can")


def refuse_list(value: Any) -> None:
    """Raise SecurityError for a value that a filter of texts does not take: a list, or an unprintable one."""
    if isinstance(value, LISTS):
        raise SecurityError("this filter takes a text; join the list first")
    refuse_unprintable(value)
