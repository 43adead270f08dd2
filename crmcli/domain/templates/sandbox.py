"""A Jinja sandbox for the conditions, summaries and mail texts of a workspace.

The contents of a workspace are untrusted, so expressions see only the names of `template_variables`, cannot
access Python internals, and fail with the name of any missing value. Each evaluation has a budget
(`template_budget`), which limits its time and memory.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.runtime import LoopContext, Macro, Undefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from crmcli.domain.templates.template_budget import CALL, Budget, count_items
from crmcli.domain.templates.template_code import (
    LARGEST_SOURCE,
    LONGEST_EXPRESSION,
    LONGEST_TEMPLATE,
    BudgetGenerator,
    check_tree,
    count_tokens,
    price_blocks,
)
from crmcli.domain.templates.template_context import BudgetContext, compute_operation, keep_result
from crmcli.domain.templates.template_filters import (
    FILTERS,
    TESTS,
    Check,
    Function,
    Priced,
    check_text,
    price_function,
)
from crmcli.domain.templates.template_methods import check_method, is_method
from crmcli.domain.templates.template_reasons import find_reason
from crmcli.domain.values.errors import RefusedError, shorten_text

Names = Mapping[str, Any]
LONGEST_RANGE = 1_000
LONGEST_QUOTE = 80  # characters of an expression that an error shows
DEBUG_INFO = re.compile(r"^debug_info = '([0-9=&]*)'\Z", re.MULTILINE)


class NoValueError(UndefinedError):
    """Raised for a known name that has no value in this record."""


class NoValue(StrictUndefined):
    """The placeholder for an absent value: false in a condition, an error in a text."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(hint=f"{name} has no value in this record", name=name, exc=NoValueError)

    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return other is None or isinstance(other, NoValue)

    def __hash__(self) -> int:  # type: ignore[override]
        return 0


class Notes(Namespace):
    """The result of `namespace()`: variables that can be set inside a loop."""

    def __repr__(self) -> str:
        return "<namespace>"


def count_range(*bounds: int) -> range:
    """Return a range of limited length.

    Raises SecurityError for a longer one.
    """
    counted = range(*bounds)
    if counted[LONGEST_RANGE:]:
        raise SecurityError(f"counting to more than {LONGEST_RANGE:,} is too long here")
    return counted


def make_dict(*given: Any, **named: Any) -> dict[Any, Any]:
    """Return a mapping of the arguments."""
    return dict(*given, **named)


GLOBALS: dict[str, Any] = {
    "range": count_range,
    "dict": make_dict,
    "cycler": Cycler,
    "joiner": Joiner,
    "namespace": Notes,
}
NESTED = (Macro, LoopContext)  # calling these runs template code again
CALLABLE = (*NESTED, Joiner, Undefined)  # callable values that are not methods
OF_LOOPS = ("_loop_vars", "_block_vars")  # arguments passed by Jinja itself


class BudgetTemplate(Template):
    """A compiled template that is rendered within a budget."""

    def render(self, *args: Any, **values: Any) -> str:
        """Return the rendered text."""
        context = self.new_context(dict(*args, **values))
        assert isinstance(context, BudgetContext)
        return context.collect_page(self.root_render_func(context))


class Sandbox(SandboxedEnvironment):
    """A Jinja sandbox in which each evaluation has a budget of steps and of text."""

    code_generator_class = BudgetGenerator
    context_class = BudgetContext
    template_class = BudgetTemplate
    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)

    def __init__(self, longest: int = LONGEST_TEMPLATE, **options: Any) -> None:
        super().__init__(optimized=False, **options)
        self.longest = longest
        self.globals = dict(GLOBALS)
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)

    def add_filter(self, name: str, function: Function, steps: int = CALL, check: Check = check_text) -> None:
        """Register a filter; each call of it costs `steps`."""
        self.filters[name] = price_function(function, Priced(check), steps)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return the result of a binary operator."""
        return compute_operation(context.budget, operator, self.binop_table[operator], left, right)

    def wrap_str_format(self, value: Any) -> None:
        """Leave the method `format` of a text to `is_safe_attribute`, which refuses it."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Tell whether an expression may use this attribute."""
        is_known = not callable(value) or isinstance(value, CALLABLE) or is_method(obj, attr)
        return is_known and super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """Return the undefined value for an attribute that an expression may not use."""
        if attribute.startswith("_"):
            return super().unsafe_undefined(obj, attribute)
        hint = f"{type(obj).__name__}.{attribute}() cannot be used here"
        return self.undefined(hint, name=attribute, obj=obj, exc=SecurityError)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro, a method or a function from a template."""
        budget = context.budget
        budget.spend(CALL + len(args) + len(kwargs))
        if isinstance(obj, NESTED):
            return call_nested(budget, context, obj, *args, **kwargs)
        given = (*args, *(value for name, value in kwargs.items() if name not in OF_LOOPS))
        if is_global(obj):
            budget.measure(given)
            budget.hash_items(sum(map(count_items, args)))
        elif not isinstance(obj, Undefined | Joiner):
            check_method(budget, obj, given)
        return keep_called(budget, obj, context.call(obj, *args, **kwargs))

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """Return the tokens of a template, checked for their number."""
        stream = super()._tokenize(source, name, filename, state)
        return TokenStream(count_tokens(stream, self.longest), name, filename)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Return the syntax tree of a template."""
        check_size(source)
        parser = Parser(self, source, name, filename)
        with naming_line(parser):
            tree = parser.parse()
        check_tree(tree)
        return tree

    def compile_expression(self, source: str, undefined_to_none: bool = True) -> TemplateExpression:
        """Return a function that evaluates an expression with given names."""
        check_size(source)
        parser = Parser(self, source, state="variable")
        with naming_line(parser):
            expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError("chunk after expression", parser.stream.current.lineno)
        result = nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)
        tree = nodes.Template([result], lineno=1)
        check_tree(tree)
        tree.set_environment(self)
        return TemplateExpression(self.from_string(tree), undefined_to_none)

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Return the Python code of a template."""
        price_blocks(source)
        return super()._generate(source, name, filename, defer_init)

    def _compile(self, source: str, filename: str) -> Any:
        """Return the compiled Python code of a template.

        Raises TemplateSyntaxError if Python rejects it, for example for a duplicate argument of a macro.
        """
        try:
            return super()._compile(source, filename)
        except (SyntaxError, RecursionError, MemoryError) as error:
            line = find_template_line(source, getattr(error, "lineno", None) or 0)
            raise TemplateSyntaxError(getattr(error, "msg", "is nested too deep"), line) from error


def check_size(source: str) -> None:
    """Raise TemplateSyntaxError for a source that is too large."""
    if len(source) > LARGEST_SOURCE:
        raise TemplateSyntaxError(f"is larger than {LARGEST_SOURCE:,} characters", 1)


@contextmanager
def naming_line(parser: Parser) -> Iterator[None]:
    """Convert a RecursionError of the parser to a TemplateSyntaxError with the line."""
    try:
        yield
    except RecursionError as error:
        raise TemplateSyntaxError("is nested too deep", parser.stream.current.lineno) from error


def find_template_line(source: str, line: int) -> int:
    """Return the template line for a line of its Python code."""
    found = DEBUG_INFO.search(source)
    pairs = [pair.split("=") for pair in found[1].split("&") if pair] if found else []
    before = [int(of_template) for of_template, of_code in pairs if int(of_code) <= line]
    return before[-1] if before else 1


def find_line(error: Exception) -> int:
    """Return the template line in which an error was raised."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, traceback = 1, error.__traceback__
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line


def is_global(function: Any) -> bool:
    """Tell whether a function is one of the global functions of all templates."""
    return any(function is each for each in GLOBALS.values())


def call_nested(budget: Budget, context: Any, nested: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a macro or the body of a loop, one level deeper."""
    budget.enter_call()
    try:
        return context.call(nested, *args, **kwargs)
    finally:
        budget.leave_call()


def keep_called(budget: Budget, method: Any, result: Any) -> Any:
    """Return the result of a call and charge the budget; parts of a text cost the length of the text."""
    if isinstance(result, list | tuple) and isinstance(owner := getattr(method, "__self__", None), str):
        budget.make(len(owner))
    keep_result(budget, result)
    return result


@cache
def build_sandbox() -> SandboxedEnvironment:
    """Return the environment that compiles all expressions of a workspace."""
    return Sandbox(longest=LONGEST_EXPRESSION, undefined=StrictUndefined, keep_trailing_newline=True)


@cache
def compiled_condition(source: str) -> Any:
    """Return a compiled condition, from a cache."""
    return build_sandbox().compile_expression(source, undefined_to_none=False)


def evaluate_condition(condition: str, names: Names) -> bool:
    """Tell whether a condition holds; a comparison with an absent value is false.

    Raises RefusedError if it cannot be evaluated.
    """
    try:
        result = compiled_condition(condition)(**names)
        if isinstance(result, StrictUndefined) and not isinstance(result, NoValue):
            bool(result)
        return bool(result)
    except NoValueError:
        return False
    except Exception as error:  # expressions may raise any error
        refuse_expression(f"condition {shorten_text(condition, LONGEST_QUOTE)!r}", error)


@lru_cache(maxsize=256)
def compiled_text(source: str) -> Template:
    """Return a compiled short text, from a cache."""
    return build_sandbox().from_string(source)


def evaluate_text(template: str, names: Names) -> str:
    """Return a short text, such as the summary of an activity.

    Raises RefusedError naming a missing value.
    """
    try:
        return compiled_text(template).render(**names).strip()
    except Exception as error:  # expressions may raise any error
        refuse_expression(f"text {shorten_text(template, LONGEST_QUOTE)!r}", error)


def refuse_expression(what: str, error: Exception) -> NoReturn:
    """Raise RefusedError naming the expression and the error."""
    raise RefusedError(f"{what}: {find_reason(error)}") from error
