"""The filters and tests available in templates, each with the check that charges for it before it runs.

The two tables list the supported filters and tests of Jinja. Those with a different result each time
(`random`) or for debugging (`pprint`) are left out.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast

import msgspec
from jinja2 import pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Undefined
from jinja2.tests import TESTS as JINJA_TESTS

from crmcli.domain.templates.printed_values import LISTS, refuse_list, refuse_unprintable
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
MOST_PLACES = 100  # decimal places of a rounded number
DEEPEST_JSON = 10  # columns of JSON indentation
WIDE = re.compile(r"[0-9]{4}|\*")
WORD = 8  # characters in which words are found per step
CONVERSION = 1_320  # maximum characters of `%999f`
BY_LOCALE = 20  # steps of a filter that may load data of a locale
NUMBERS = (int, float, Decimal, Undefined)

Function = Callable[..., Any]
Check = Callable[..., None]


class Priced(msgspec.Struct, frozen=True):
    """The charge of a filter: the check before it runs, and whether its result is a new value."""

    check: Check
    makes_new: bool = True


def check_nothing(budget: Budget, *given: Any, **named: Any) -> None:
    """Charge nothing, for operations of constant time."""


def check_scan(budget: Budget, *given: Any, **named: Any) -> None:
    """Charge for scanning all arguments: the steps of each are multiplied."""
    steps = 1
    for value in (*given, *named.values()):
        steps *= 1 + budget.measure(value) // CHUNK
    budget.spend(steps)


def check_text(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Charge for converting a value to text.

    Raises SecurityError for a list, and for what cannot be printed.
    """
    refuse_list(value)
    check_markup(budget, value, *given, **named)


def check_markup(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Charge for converting a value, also a list or a mapping, to the text of another format."""
    check_scan(budget, value, *given, **named)
    budget.allow(budget.measure(value))


def check_slow_text(budget: Budget, text: Any, *given: Any, **named: Any) -> None:
    """Charge for an operation of quadratic time on a text.

    Raises SecurityError for a long text.
    """
    check_text(budget, text, *given, **named)
    if budget.measure(text) > LONGEST_SLOW:
        raise SecurityError(f"takes a text of at most {LONGEST_SLOW:,} characters")


def charge_visits(budget: Budget, items: Any, attribute: Any = None) -> None:
    """Charge for visiting each item of a list, or attributes of each."""
    if not isinstance(attribute, str | int | None) or len(str(attribute)) > LONGEST_ATTRIBUTE:
        raise SecurityError(f"an attribute is named by at most {LONGEST_ATTRIBUTE} characters")
    names = str(attribute)
    budget.spend(count_items(items) * (1 + names.count(".") + names.count(",")))


def check_items(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Charge for visiting each item of a list."""
    charge_visits(budget, value)


def check_map(budget: Budget, value: Any, *given: Any, attribute: Any = None, **named: Any) -> None:
    """Charge for an attribute of each item; a filter applied to each item is charged separately."""
    charge_visits(budget, value, attribute)


def check_selection(budget: Budget, value: Any, attribute: Any, *given: Any, **named: Any) -> None:
    """Charge for an attribute of each item; a test of each item is charged separately."""
    charge_visits(budget, value, attribute)


def check_sort(
    budget: Budget, value: Any, reverse: Any = False, case_sensitive: Any = False, attribute: Any = None
) -> None:
    """Charge for comparing the items of a list with each other."""
    charge_visits(budget, value, attribute)
    budget.measure(value)


def check_extreme(budget: Budget, value: Any, case_sensitive: Any = False, attribute: Any = None) -> None:
    """Charge for finding the smallest or largest item of a list."""
    check_sort(budget, value, attribute=attribute)


def check_distinct(budget: Budget, value: Any, case_sensitive: Any = False, attribute: Any = None) -> None:
    """Charge for removing duplicates by hash, in the worst case of equal hashes."""
    check_sort(budget, value, attribute=attribute)
    budget.hash_items(count_items(value))


def check_words(budget: Budget, value: Any) -> None:
    """Charge for finding each word of a text."""
    budget.spend(budget.measure(value) // WORD)


def check_groups(budget: Budget, value: Any, attribute: Any, *given: Any, **named: Any) -> None:
    """Charge for sorting and grouping a list."""
    check_sort(budget, value, attribute=attribute)


def check_total(budget: Budget, value: Any, attribute: Any = None, start: Any = 0) -> None:
    """Charge for adding the items of a list, which may be lists."""
    charge_visits(budget, value, attribute)
    budget.measure(value)
    budget.measure(start)


def check_join(budget: Budget, value: Any, d: Any = "", attribute: Any = None) -> None:
    """Charge for joining the items of a list with a separator."""
    charge_visits(budget, value, attribute)
    for each in value if attribute is None and isinstance(value, LISTS) else ():
        refuse_unprintable(each)
    budget.allow(budget.measure(value) + budget.measure(d) * count_items(value))


def check_replacement(budget: Budget, s: Any, old: Any, new: Any, count: Any = None) -> None:
    """Charge for replacing parts of a text, including the length of the result."""
    check_text(budget, s, old, new)
    text, old, new = (budget.charge_text(each) for each in (s, old, new))
    budget.allow(measure_replaced(text, old, new))


def check_format(budget: Budget, value: Any, *given: Any, **named: Any) -> None:
    """Charge for `'%s'|format(…)`.

    Raises SecurityError for a width of more than three digits, since it pads the text to that length.
    """
    if isinstance(value, str) and WIDE.search(value):
        raise SecurityError("a width of more than three digits is too wide here")
    conversions = value.count("%") if isinstance(value, str) else 0
    for each in (*given, *named.values()):
        refuse_list(each)
    longest = max((budget.measure(each) for each in (*given, *named.values())), default=0)
    check_text(budget, value)
    budget.spend(conversions)
    budget.allow(conversions * (CONVERSION + longest))


def check_center(budget: Budget, value: Any, width: Any = 80) -> None:
    """Charge for centring a text in a line."""
    check_text(budget, value)
    check_width(width)


def check_indent(budget: Budget, s: Any, width: Any = 4, *given: Any, **named: Any) -> None:
    """Charge for indenting each line of a text."""
    check_text(budget, s)
    columns = len(width) if isinstance(width, str) else check_width(width)
    lines = len(s.splitlines()) if isinstance(s, str) else 1
    budget.allow(columns * (lines + 1))


def check_width(width: Any) -> int:
    """Return a number of columns.

    Raises SecurityError for more than WIDEST.
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
    """Charge for breaking a text into lines with a separator."""
    check_slow_text(budget, s)
    between = len(wrapstring) if isinstance(wrapstring, str) else 1
    budget.allow(budget.measure(s) * (1 + between))


def check_json(budget: Budget, value: Any, indent: Any = None) -> None:
    """Charge for converting a value to JSON."""
    check_markup(budget, value)
    if indent is not None and not (isinstance(indent, int) and indent <= DEEPEST_JSON):
        raise SecurityError(f"JSON is indented by at most {DEEPEST_JSON}")


def check_parts(budget: Budget, value: Any, count: Any, fill_with: Any = None) -> None:
    """Charge for dividing a list into `count` parts, or into parts of `count` items."""
    charge_visits(budget, value)
    if isinstance(count, int):
        budget.spend(max(0, count))


def check_numbers(budget: Budget, *given: Any, **named: Any) -> None:
    """Charge for converting the arguments to numbers."""
    for value in (*given, *named.values()):
        check_number(value)
        budget.measure(value)


def check_rounding(budget: Budget, value: Any, precision: Any = 0, method: Any = "common") -> None:
    """Check the arguments of rounding.

    Raises SecurityError for a value that is not a number, or for too many decimal places.
    """
    check_numbers(budget, value, precision)
    if not isinstance(value, NUMBERS) or not isinstance(precision, int) or abs(precision) > MOST_PLACES:
        raise SecurityError(f"only a number can be rounded, to at most {MOST_PLACES} places")


def check_name(budget: Budget, value: Any, name: Any = "", *given: Any) -> None:
    """Check that the name of an attribute is a text.

    Raises SecurityError otherwise.
    """
    if not isinstance(name, str):
        raise SecurityError("an attribute is named by a text")


EXISTING = Priced(check_nothing, makes_new=False)
TEXT, MARKUP, SLOW, ITEMS, PARTS = (
    Priced(check) for check in (check_text, check_markup, check_slow_text, check_items, check_parts)
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
    "urlencode": MARKUP,
    "urlize": SLOW,
    "wordcount": Priced(check_words),
    "wordwrap": Priced(check_wrap),
    "xmlattr": MARKUP,
}


def check_equality(budget: Budget, value: Any, other: Any) -> None:
    """Charge for comparing two values."""
    charge_comparison(budget, "eq", value, other)


def check_arithmetic(budget: Budget, *given: Any) -> None:
    """Check that all arguments are numbers, since `%` would format a text.

    Raises SecurityError otherwise.
    """
    if not all(isinstance(value, NUMBERS) for value in given):
        raise SecurityError("only a number is odd, even or divisible")


def check_known_name(budget: Budget, value: Any) -> None:
    """Check that the name of a filter or a test is a text.

    Raises SecurityError otherwise.
    """
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
    """Return a filter or a test that charges the budget of the evaluation it runs in."""
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
    """Return the arguments that Jinja passes to a filter before its own."""
    if not wanted:
        return ()
    if wanted == "context":
        return (context,)
    return (context.environment if wanted == "environment" else context.eval_ctx,)


def keep_new(budget: Budget, result: Any) -> Any:
    """Return a result after charging for it; an iterator is converted to a list."""
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
