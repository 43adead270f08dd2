"""What a running template computes with: every operation that can take time or memory pays for it.

The code that `template_code` generates calls the methods of `BudgetContext` where Jinja's own would
use Python's operators.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined, markup_join, str_join
from markupsafe import Markup, escape

from crmcli.domain.templates.template_budget import (
    BITS,
    CHARACTERS,
    CHUNK,
    COLLECTIONS,
    VIEWS,
    Budget,
    check_number,
)

POWER = 16  # steps of a power, besides those of its size
LISTED = (list, tuple, range, *VIEWS)  # where an item is looked for one by one
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


class BudgetContext(Context):
    """The variables of one evaluation, with its budget."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.budget = Budget()

    def derived(self, locals: dict[str, Any] | None = None) -> "BudgetContext":
        """Return a context with more variables and the same budget."""
        context = super().derived(locals)
        assert isinstance(context, BudgetContext)
        context.budget = self.budget
        return context

    def pay(self, steps: int) -> bool:
        """Take the steps of a block of the template; True, so that it can stand in a condition."""
        self.budget.spend(steps)
        return True

    def print_value(self, value: Any) -> str:
        """Return what `{{ … }}` prints."""
        text = self.budget.charge_text(value)
        if not self.eval_ctx.autoescape or isinstance(text, Markup):
            return text
        self.budget.allow(len(text))
        escaped = escape(text)
        self.budget.make(len(escaped))
        return escaped

    def concat(self, pieces: Iterable[str]) -> str:
        """Join what a macro or a block has printed."""
        printed = list(pieces)
        self.budget.make(sum(map(len, printed)))
        return "".join(printed)

    def collect_page(self, pieces: Iterator[str]) -> str:
        """Join what the whole template prints, as long as it is not too long."""
        printed, length = [], 0
        for piece in pieces:
            length += len(piece)
            if length > CHARACTERS:
                raise SecurityError(f"prints more than {CHARACTERS:,} characters")
            printed.append(piece)
        return "".join(printed)

    def join(self, values: tuple[Any, ...]) -> str:
        """Return what `a ~ b` is."""
        texts = [self.budget.charge_text(value) for value in values]
        self.budget.allow(sum(map(len, texts)))
        joined = (markup_join if self.eval_ctx.autoescape else str_join)(texts)
        self.budget.make(len(joined))
        return joined

    def compare(self, left: Any, *operands: tuple[str, Any]) -> Any:
        """Return what `a < b < c` is."""
        result: Any = True
        for name, right in operands:
            charge_comparison(self.budget, name, left, right)
            result = COMPARISONS[name](left, right)
            if not result:
                return result
            left = right
        return result

    def cut(self, value: Any, part: slice) -> Any:
        """Return what `value[a:b]` is."""
        piece = value[part]
        keep_result(self.budget, piece)
        return piece

    def look_up(self, value: Any, key: Any) -> Any:
        """Return what `value[key]` is."""
        return self.environment.getitem(value, self.check_key(key))

    def check_key(self, key: Any) -> Any:
        """Return a key of a mapping; one that is a collection costs what stands in it."""
        if isinstance(key, COLLECTIONS):
            self.budget.allow(self.budget.measure(key))
        return key


def keep_result(budget: Budget, result: Any) -> None:
    """Pay for a result that is new: the characters of a text, the items of a list."""
    if isinstance(result, str):
        budget.make(len(result))
    elif isinstance(result, list | tuple):
        budget.spend(len(result))
    else:
        check_number(result)


def charge_comparison(budget: Budget, name: str, left: Any, right: Any) -> None:
    """Pay for a comparison, whose time grows with its operands."""
    if name in ("in", "notin"):
        charge_search(budget, left, right)
    elif isinstance(left, COLLECTIONS) and isinstance(right, COLLECTIONS):
        budget.measure(left)
        budget.measure(right)
    elif isinstance(left, str) and isinstance(right, str):
        budget.scan(min(len(left), len(right)))


def charge_search(budget: Budget, item: Any, holder: Any) -> None:
    """Pay for looking for an item in a text, a list or a mapping."""
    each = 1 + (budget.measure(item) if isinstance(item, (str, *COLLECTIONS)) else 0) // CHUNK
    if isinstance(holder, str):
        budget.scan(len(holder))
    elif isinstance(holder, LISTED):
        budget.spend(each * len(holder))
        if isinstance(item, COLLECTIONS):
            budget.measure(holder)


def compute_operation(
    budget: Budget, symbol: str, function: Callable[[Any, Any], Any], left: Any, right: Any
) -> Any:
    """Return what `left symbol right` is, once it is paid for."""
    budget.spend(1)
    CHECKS[symbol](budget, left, right)
    result = function(left, right)
    if isinstance(result, str):
        budget.make(len(result))
    check_number(result)
    return result


def check_sum(budget: Budget, left: Any, right: Any) -> None:
    """Pay for `left + right`."""
    if isinstance(left, str) and isinstance(right, str):
        budget.allow(len(left) + len(right))
    elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
        budget.spend(len(left) + len(right))


def check_product(budget: Budget, left: Any, right: Any) -> None:
    """Pay for `left * right`: of numbers, or of a text or a list and a number."""
    if isinstance(left, int) and isinstance(right, int):
        charge_bits(budget, left.bit_length() + right.bit_length() - 1)
        return
    for value, count in ((left, right), (right, left)):
        if isinstance(count, int) and isinstance(value, str):
            budget.allow(len(value) * count)
        elif isinstance(count, int) and isinstance(value, list | tuple):
            budget.spend(max(0, len(value) * count))


def check_power(budget: Budget, left: Any, right: Any) -> None:
    """Pay for `left ** right`, which numbers alone have."""
    if not all(isinstance(side, int | float | Decimal | Undefined) for side in (left, right)):
        raise SecurityError("only a number has a power")
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        charge_bits(budget, (left.bit_length() - 1) * right)
    budget.spend(POWER)


def check_quotient(budget: Budget, left: Any, right: Any) -> None:
    """Pay for dividing whole numbers."""
    if isinstance(left, int) and isinstance(right, int):
        charge_bits(budget, left.bit_length())


def check_remainder(budget: Budget, left: Any, right: Any) -> None:
    """Pay for `left % right`; with a text it would pad without end, and is refused."""
    if isinstance(left, str):
        raise SecurityError("a text cannot be formatted with %, write it with ~")
    check_quotient(budget, left, right)


def charge_bits(budget: Budget, bits: int) -> None:
    """Pay for computing a whole number of so many bits."""
    if bits > BITS:
        raise SecurityError(f"a number of more than {BITS:,} bits is too large here")
    budget.spend(max(0, bits) // CHUNK)


CHECKS: dict[str, Callable[[Budget, Any, Any], None]] = {
    "+": check_sum,
    "-": lambda budget, left, right: None,
    "*": check_product,
    "/": check_quotient,
    "//": check_quotient,
    "%": check_remainder,
    "**": check_power,
}
