"""The methods that a template may call, by type; all of them only read.

Methods that could create a large text or number from a small one (`ljust`, `to_bytes`), or that modify
their object (`append`), are not included.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.utils import Cycler

from crmcli.domain.templates.template_budget import CHUNK, Budget

LONGEST_DATE_FORMAT = 100


def split_names(names: str) -> frozenset[str]:
    """Return the set of names in a text, separated by blanks."""
    return frozenset(names.split())


METHODS: dict[type, frozenset[str]] = {
    str: split_names(
        "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit islower "
        "isnumeric isprintable isspace istitle isupper join lower lstrip partition removeprefix removesuffix "
        "replace rfind rindex rpartition rsplit rstrip split splitlines startswith strip swapcase title upper"
    ),
    dict: split_names("get items keys values"),
    list: split_names("count index"),
    tuple: split_names("count index"),
    range: split_names("count index"),
    date: split_names(
        "astimezone ctime date dst isocalendar isoformat isoweekday replace strftime time timestamp timetz "
        "timetuple toordinal tzname utcoffset weekday"
    ),
    time: split_names("isoformat replace strftime"),
    timedelta: split_names("total_seconds"),
    float: split_names("is_integer"),
    LoopContext: split_names("changed cycle"),
    Cycler: split_names("next reset"),
}


def is_method(owner: object, name: str) -> bool:
    """Tell whether a template may call this method."""
    return any(isinstance(owner, of) and name in names for of, names in METHODS.items())


def check_method(budget: Budget, method: Callable[..., Any], given: tuple[Any, ...]) -> None:
    """Charge for calling a method.

    Raises SecurityError for one that a template may not call.
    """
    owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    if not is_method(owner, name):
        raise SecurityError(f"{type(method).__name__} cannot be called here")
    CHECKS.get(name, check_operands)(budget, owner, given)


def check_operands(budget: Budget, owner: Any, given: tuple[Any, ...]) -> None:
    """Charge for a method that scans its object, possibly once per argument."""
    steps = 1
    for value in (owner, *given) if isinstance(owner, str | list | tuple) else given:
        steps *= 1 + budget.measure(value) // CHUNK
    budget.spend(steps)
    if isinstance(owner, str):
        budget.allow(len(owner))


def check_replacement(budget: Budget, owner: Any, given: tuple[Any, ...]) -> None:
    """Charge for `text.replace(old, new)`, including the length of the result."""
    check_operands(budget, owner, given)
    if isinstance(owner, str) and len(given) > 1:
        budget.allow(measure_replaced(owner, given[0], given[1]))


def measure_replaced(text: str, old: Any, new: Any) -> int:
    """Return the length of a text after every `old` is replaced by `new`."""
    if not (isinstance(old, str) and isinstance(new, str)):
        return len(text)
    return len(text) + text.count(old) * (len(new) - len(old))


def check_join(budget: Budget, owner: Any, given: tuple[Any, ...]) -> None:
    """Charge for `text.join(items)`: the separator for each item."""
    check_operands(budget, owner, given)
    if given and hasattr(given[0], "__len__"):
        budget.allow(len(owner) * len(given[0]))


def check_date_format(budget: Budget, owner: Any, given: tuple[Any, ...]) -> None:
    """Raise SecurityError for a date format that is too long."""
    if any(isinstance(each, str) and len(each) > LONGEST_DATE_FORMAT for each in given):
        raise SecurityError(f"a date format takes at most {LONGEST_DATE_FORMAT} characters")


CHECKS: dict[str, Callable[[Budget, Any, tuple[Any, ...]], None]] = {
    "replace": check_replacement,
    "join": check_join,
    "strftime": check_date_format,
}
