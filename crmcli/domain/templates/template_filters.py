"""The filters and tests of a template, each with the check that pays for it before it runs.

The two tables say which of Jinja's own there are. One that gives another result each time
(`random`) or that is for debugging (`pprint`) is not among them.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple, cast

from jinja2 import pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Undefined
from jinja2.tests import TESTS as JINJA_TESTS

from crmcli.domain.templates.template_budget import CALL, CHUNK, Budget, check_number, count_items
from crmcli.domain.templates.template_context import (
    BudgetContext,
    charge_comparison,
    charge_search,
    keep_result,
)
from crmcli.domain.templates.template_methods import measure_replaced

WIDEST = 1_000  # columns that a text is indented or centred to
LONGEST_SLOW = 20_000  # characters for a filter whose time grows faster than the text
LONGEST_ATTRIBUTE = 100
MOST_PLACES = 100  # that a number is rounded to
DEEPEST_JSON = 10  # columns that JSON is indented by
WIDE = re.compile(r"[0-9]{4}|\*")
WORD = 8  # characters of a text in which a step finds words
CONVERSION = 1_320  # characters that `%999f` makes at most
BY_LOCALE = 20  # steps of a filter that may ask for the rules of a language
NUMBERS = (int, float, Decimal, Undefined)

Function = Callable[..., Any]
Check = Callable[..., None]


class Priced(NamedTuple):
    """How a filter pays: what is checked before it runs, and whether its result is a new value."""

    check: Check
    makes_new: bool = True


def check_nothing(budget: Budget, *given: Any, **named: Any) -> None:
    """Pay nothing more for what takes no time."""


def check_scan(budget: Budget, *given: Any, **named: Any) -> None:
    """Pay for looking through all that is given, once for each of the other arguments."""
    steps = 1
    for value in (*given, *named.values()):
        steps *= 1 + budget.measure(value) // CHUNK
    budget.spend(steps)


def check_text(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Pay for making a text of a value."""
    check_scan(budget, value, *given, **named)
    budget.allow(budget.measure(value))


def check_slow_text(budget: Budget, text: Any, *given: Any, **named: Any) -> None:
    """Refuse a long text where the time would grow with its square."""
    check_text(budget, text, *given, **named)
    if budget.measure(text) > LONGEST_SLOW:
        raise SecurityError(f"takes a text of at most {LONGEST_SLOW:,} characters")


def charge_visits(budget: Budget, items: Any, attribute: Any = None) -> None:
    """Pay for visiting each item of a list, or an attribute of each, which may be several."""
    if not isinstance(attribute, str | int | None) or len(str(attribute)) > LONGEST_ATTRIBUTE:
        raise SecurityError(f"an attribute is named by at most {LONGEST_ATTRIBUTE} characters")
    names = str(attribute)
    budget.spend(count_items(items) * (1 + names.count(".") + names.count(",")))


def check_items(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Pay for visiting each item of a list."""
    charge_visits(budget, value)


def check_map(budget: Budget, value: Any, *given: Any, attribute: Any = None, **named: Any) -> None:
    """Pay for an attribute of each item; a filter of each pays by itself."""
    charge_visits(budget, value, attribute)


def check_selection(budget: Budget, value: Any, attribute: Any, *given: Any, **named: Any) -> None:
    """Pay for an attribute of each item; a test of each pays by itself."""
    charge_visits(budget, value, attribute)


def check_sort(
    budget: Budget, value: Any, reverse: Any = False, case_sensitive: Any = False, attribute: Any = None
) -> None:
    """Pay for comparing the items of a list with each other."""
    charge_visits(budget, value, attribute)
    budget.measure(value)


def check_extreme(budget: Budget, value: Any, case_sensitive: Any = False, attribute: Any = None) -> None:
    """Pay for comparing the items of a list with each other."""
    check_sort(budget, value, attribute=attribute)


def check_distinct(budget: Budget, value: Any, case_sensitive: Any = False, attribute: Any = None) -> None:
    """Pay for telling items apart by their hashes, which may all be the same."""
    check_sort(budget, value, attribute=attribute)
    budget.hash_items(count_items(value))


def check_words(budget: Budget, value: Any) -> None:
    """Pay for finding each word of a text."""
    budget.spend(budget.measure(value) // WORD)


def check_groups(budget: Budget, value: Any, attribute: Any, *given: Any, **named: Any) -> None:
    """Pay for sorting a list and grouping it."""
    check_sort(budget, value, attribute=attribute)


def check_total(budget: Budget, value: Any, attribute: Any = None, start: Any = 0) -> None:
    """Pay for adding the items of a list, which may be lists."""
    charge_visits(budget, value, attribute)
    budget.measure(value)
    budget.measure(start)


def check_join(budget: Budget, value: Any, d: Any = "", attribute: Any = None) -> None:
    """Pay for joining the items of a list with a text between them."""
    charge_visits(budget, value, attribute)
    budget.allow(budget.measure(value) + budget.measure(d) * count_items(value))


def check_replacement(budget: Budget, s: Any, old: Any, new: Any, count: Any = None) -> None:
    """Pay for replacing parts of a text, before it makes a long one of a short one."""
    check_text(budget, s, old, new)
    text, old, new = (budget.charge_text(each) for each in (s, old, new))
    budget.allow(measure_replaced(text, old, new))


def check_format(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Pay for `'%s'|format(…)`; a width of thousands would make something huge of nothing."""
    if isinstance(value, str) and WIDE.search(value):
        raise SecurityError("a width of more than three digits is too wide here")
    conversions = value.count("%") if isinstance(value, str) else 0
    longest = max((budget.measure(each) for each in (*given, *named.values())), default=0)
    check_text(budget, value)
    budget.spend(conversions)
    budget.allow(conversions * (CONVERSION + longest))


def check_center(budget: Budget, value: Any, width: Any = 80) -> None:
    """Pay for a text in the middle of a line."""
    check_text(budget, value)
    check_width(width)


def check_indent(budget: Budget, s: Any, width: Any = 4, *given: Any, **named: Any) -> None:
    """Pay for indenting each line of a text."""
    check_text(budget, s)
    columns = len(width) if isinstance(width, str) else check_width(width)
    lines = len(s.splitlines()) if isinstance(s, str) else 1
    budget.allow(columns * (lines + 1))


def check_width(width: Any) -> int:
    """Return a number of columns.

    Raises SecurityError for more than anybody reads.
    """
    if not isinstance(width, int) or width > WIDEST:
        raise SecurityError(f"takes a width of at most {WIDEST:,}")
    return width


def check_wrap(
    budget: Budget,
    s: Any,
    width: Any = 79,
    break_long_words: Any = True,
    wrapstring: Any = None,
    break_on_hyphens: Any = True,
) -> None:
    """Pay for breaking a text into lines, with a text between them."""
    check_slow_text(budget, s)
    between = len(wrapstring) if isinstance(wrapstring, str) else 1
    budget.allow(budget.measure(s) * (1 + between))


def check_json(budget: Budget, value: Any, indent: Any = None) -> None:
    """Pay for a value as JSON."""
    check_text(budget, value)
    if indent is not None and not (isinstance(indent, int) and indent <= DEEPEST_JSON):
        raise SecurityError(f"JSON is indented by at most {DEEPEST_JSON}")


def check_parts(budget: Budget, value: Any, count: Any, fill_with: Any = None) -> None:
    """Pay for a list in so many parts, or in parts of so many items."""
    charge_visits(budget, value)
    if isinstance(count, int):
        budget.spend(max(0, count))


def check_numbers(budget: Budget, *given: Any, **named: Any) -> None:
    """Pay for what makes a number of its arguments."""
    for value in (*given, *named.values()):
        check_number(value)
        budget.measure(value)


def check_rounding(budget: Budget, value: Any, precision: Any = 0, method: Any = "common") -> None:
    """Refuse to round what is not a number, or to more places than a number has."""
    check_numbers(budget, value, precision)
    if not isinstance(value, NUMBERS) or not isinstance(precision, int) or abs(precision) > MOST_PLACES:
        raise SecurityError(f"only a number can be rounded, to at most {MOST_PLACES} places")


def check_name(budget: Budget, value: Any, name: Any = "", *given: Any) -> None:
    """Refuse to look for an attribute that no text names."""
    if not isinstance(name, str):
        raise SecurityError("an attribute is named by a text")


EXISTING = Priced(check_nothing, makes_new=False)
TEXT, SLOW, ITEMS, PARTS = (
    Priced(check) for check in (check_text, check_slow_text, check_items, check_parts)
)
NUMBER, SELECTION = Priced(check_numbers), Priced(check_selection)
EXTREME = Priced(check_extreme, makes_new=False)
PRICED_FILTERS: dict[str, Priced] = {
    "abs": NUMBER,
    "attr": Priced(check_name, makes_new=False),
    "batch": PARTS,
    "capitalize": TEXT,
    "center": Priced(check_center),
    "count": EXISTING,
    "d": EXISTING,
    "default": EXISTING,
    "dictsort": Priced(check_scan),
    "e": TEXT,
    "escape": TEXT,
    "filesizeformat": NUMBER,
    "first": EXISTING,
    "float": NUMBER,
    "forceescape": TEXT,
    "format": Priced(check_format),
    "groupby": Priced(check_groups),
    "indent": Priced(check_indent),
    "int": NUMBER,
    "items": ITEMS,
    "join": Priced(check_join),
    "last": EXISTING,
    "length": EXISTING,
    "list": ITEMS,
    "lower": TEXT,
    "map": Priced(check_map),
    "max": EXTREME,
    "min": EXTREME,
    "reject": ITEMS,
    "rejectattr": SELECTION,
    "replace": Priced(check_replacement),
    "reverse": ITEMS,
    "round": Priced(check_rounding),
    "safe": TEXT,
    "select": ITEMS,
    "selectattr": SELECTION,
    "slice": PARTS,
    "sort": Priced(check_sort),
    "string": TEXT,
    "striptags": SLOW,
    "sum": Priced(check_total),
    "title": TEXT,
    "tojson": Priced(check_json),
    "trim": TEXT,
    "truncate": TEXT,
    "unique": Priced(check_distinct),
    "upper": TEXT,
    "urlencode": TEXT,
    "urlize": SLOW,
    "wordcount": Priced(check_words),
    "wordwrap": Priced(check_wrap),
    "xmlattr": TEXT,
}


def check_equality(budget: Budget, value: Any, other: Any) -> None:
    """Pay for comparing two values."""
    charge_comparison(budget, "eq", value, other)


def check_arithmetic(budget: Budget, *given: Any) -> None:
    """Refuse to divide a text, which `%` would format."""
    if not all(isinstance(value, NUMBERS) for value in given):
        raise SecurityError("only a number is odd, even or divisible")


def check_known_name(budget: Budget, value: Any) -> None:
    """Refuse to look for a filter or a test that no text names."""
    check_name(budget, value, value)


COMPARISON_TESTS = (
    *("==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan"),
    *(">=", "ge", "<", "lt", "lessthan", "<=", "le"),
)
PRICED_TESTS: dict[str, Check] = {
    **dict.fromkeys(JINJA_TESTS, check_nothing),
    **dict.fromkeys(COMPARISON_TESTS, check_equality),
    **dict.fromkeys(("odd", "even", "divisibleby"), check_arithmetic),
    **dict.fromkeys(("filter", "test"), check_known_name),
    **dict.fromkeys(("lower", "upper"), check_text),
    "in": charge_search,
}


def price_function(function: Function, priced: Priced, steps: int = CALL) -> Function:
    """Return a filter or a test that pays for itself, from the budget of the evaluation it runs in."""
    wanted = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    def pay_and_call(context: BudgetContext, *given: Any, **named: Any) -> Any:
        budget = context.budget
        budget.spend(steps + len(given) + len(named))
        priced.check(budget, *given, **named)
        result = function(*pass_first(context, wanted), *given, **named)
        return keep_new(budget, result) if priced.makes_new else result

    return pay_and_call


def pass_first(context: BudgetContext, wanted: str) -> tuple[Any, ...]:
    """Return what a filter of Jinja wants before its arguments."""
    if not wanted:
        return ()
    if wanted == "context":
        return (context,)
    return (context.environment if wanted == "environment" else context.eval_ctx,)


def keep_new(budget: Budget, result: Any) -> Any:
    """Return a result that is paid for; what would be computed item by item is a list, all of it."""
    if isinstance(result, Iterator):
        return budget.collect(result)
    keep_result(budget, result)
    return result


FILTERS: dict[str, Function] = {
    name: price_function(JINJA_FILTERS[name], priced) for name, priced in PRICED_FILTERS.items()
}
TESTS: dict[str, Function] = {
    name: price_function(cast(Function, JINJA_TESTS[name]), Priced(check, makes_new=False))
    for name, check in PRICED_TESTS.items()
}
