"""Conditions, summaries and mail texts of a workspace: Jinja in a sandbox, nothing undefined.

Everything in a workspace may come from a stranger, so expressions see only what `vocabulary`
gives them, cannot reach Python's insides, and name what they miss.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError, filters
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from crmcli.domain.errors import RefusedError

Names = Mapping[str, Any]
LARGEST_POWER = 100
LONGEST_REPETITION = 1_000
PADDING = {"ljust", "rjust", "center", "zfill", "expandtabs", "format", "format_map"}  # methods of a text
WIDE = re.compile(r"[0-9]{4}|\*")


class NoValueError(UndefinedError):
    """A known name that has no value in this record."""


class NoValue(StrictUndefined):
    """What stands for an absent value: false in a condition, an error in a text."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(hint=f"{name} has no value in this record", name=name, exc=NoValueError)

    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return other is None or isinstance(other, NoValue)

    def __hash__(self) -> int:  # type: ignore[override]
        return 0


class Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, which besides makes nothing huge out of nothing: `'x' * 10 ** 9` is refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(optimized=False, **options)
        self.globals["range"] = short_range
        self.filters |= {"format": short_format, "center": short_center, "indent": short_indent}

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """The result of one of these operators.

        Raises SecurityError where it would be larger than a text or a number here needs to be.
        """
        numbers = all(isinstance(side, int | float | Decimal) for side in (left, right))
        if operator == "**" and (not numbers or abs(right) > LARGEST_POWER):
            raise SecurityError(f"a power of {right} is too large here")
        if operator == "*" and not numbers:
            count = next((side for side in (left, right) if isinstance(side, int)), 0)
            if count > LONGEST_REPETITION:
                raise SecurityError(f"repeated {count} times is too long here")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("a text cannot be formatted with %, write it with ~")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Any:
        """The method `format` of a text, which pads without end, is refused; anything else is None."""
        if super().wrap_str_format(value) is not None:
            raise SecurityError("a text has no format() here, write it with ~ or the filter format")
        return None

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether an expression may use this attribute."""
        is_padding = isinstance(obj, str) and attr in PADDING
        return not is_padding and super().is_safe_attribute(obj, attr, value)


@cache
def sandbox() -> SandboxedEnvironment:
    """The environment that every expression of a workspace is compiled in."""
    return Sandbox(undefined=StrictUndefined, keep_trailing_newline=True)


def short_range(*bounds: int) -> range:
    """A range that is soon counted through."""
    counted = range(*bounds)
    if len(counted) > LONGEST_REPETITION:
        raise SecurityError(f"counting to {len(counted)} is too long here")
    return counted


def short_format(pattern: str, *values: Any, **named: Any) -> str:
    """Jinja's `format`, without widths that make something huge of nothing."""
    if WIDE.search(pattern):
        raise SecurityError("a width of more than three digits is too wide here")
    return filters.do_format(pattern, *values, **named)


def short_center(text: str, width: int = 80) -> str:
    """Jinja's `center`, no wider than is read."""
    return filters.do_center(text, min(width, LONGEST_REPETITION))


def short_indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Jinja's `indent`, no deeper than is read."""
    size = min(width, LONGEST_REPETITION) if isinstance(width, int) else width[:LONGEST_REPETITION]
    return filters.do_indent(text, size, first, blank)


@cache
def compiled_condition(source: str) -> Any:
    """The compiled form of a condition."""
    return sandbox().compile_expression(source, undefined_to_none=False)


def holds(condition: str, names: Names) -> bool:
    """Whether a condition holds; comparing with an absent value never does.

    Raises RefusedError for a condition that cannot be evaluated.
    """
    try:
        result = compiled_condition(condition)(**names)
        if isinstance(result, StrictUndefined) and not isinstance(result, NoValue):
            bool(result)
        return bool(result)
    except NoValueError:
        return False
    except Exception as error:  # any arithmetic or type error of the author's expression
        refuse(f"condition {condition!r}", error)


@lru_cache(maxsize=256)
def compiled_text(source: str) -> Template:
    """The compiled form of a short text."""
    return sandbox().from_string(source)


def text(template: str, names: Names) -> str:
    """A short text, such as the summary of an activity.

    Raises RefusedError naming what is missing in it.
    """
    try:
        return compiled_text(template).render(**names).strip()
    except Exception as error:  # as above: whatever the author's expression does
        refuse(f"text {template!r}", error)


def refuse(what: str, error: Exception) -> NoReturn:
    """Say which expression went wrong, and how."""
    reason = error.message if isinstance(error, TemplateError) else str(error)
    raise RefusedError(f"{what}: {reason or type(error).__name__}") from error
