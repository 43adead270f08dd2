"""Compilation of a template to Python code that charges the budget for all work.

Jinja's own generator emits Python operators; this one emits calls of `BudgetContext` methods. Straight
code is charged by the size of its block: once for the template, and once for each iteration of a loop and
each call of a macro.
"""

from collections.abc import Iterator
from math import isinf
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.lexer import Token, TokenStream

from crmcli.domain.templates.template_budget import BITS, price_hashing

LARGEST_SOURCE = 1_000_000
LONGEST_EXPRESSION = 2_000  # tokens of a condition or a short text
LONGEST_TEMPLATE = 10_000  # tokens, besides literal text
DEEPEST_BRACKETS = 30
DEEPEST_TREE = 100
DEEPEST_LOOPS = 10
NODES_FOR_A_STEP = 8

TOO_LARGE = "a number is too large here"
REFUSED: dict[type[nodes.Node], str] = {
    **dict.fromkeys(
        (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends), "a template cannot include another"
    ),
    nodes.Block: "a template has no blocks, for no other extends it",
}
OPENING, CLOSING = ("lparen", "lbracket", "lbrace"), ("rparen", "rbracket", "rbrace")


class BudgetGenerator(CodeGenerator):
    """A code generator that charges the budget."""

    def write_commons(self) -> None:
        """Write the common preamble of functions."""
        super().write_commons()
        self.writeline("concat = context.concat")

    def visit_MarkSafe(self, node: nodes.MarkSafe, frame: Frame) -> None:  # noqa: N802
        """Write the charge of a block; MarkSafe nodes are made by `make_price` only, not by Jinja."""
        self.write("context.pay(")
        self.visit(node.expr, frame)
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """Write `a ~ b`."""
        self.write("context.join((")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:  # noqa: N802
        """Write `a < b < c`."""
        self.write("context.compare(")
        self.visit(node.expr, frame)
        for operand in node.ops:
            self.write(f", ({operand.op!r}, ")
            self.visit(operand.expr, frame)
            self.write(")")
        self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        """Write `value[key]` and `value[a:b]`."""
        is_part = isinstance(node.arg, nodes.Slice)
        self.write("context.cut(" if is_part else "context.look_up(")
        self.visit(node.node, frame)
        self.write(", ")
        self.visit(node.arg, frame)
        self.write(")")

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:  # noqa: N802
        """Write the slice `a:b:c` between square brackets."""
        self.write("slice(")
        for each in (node.start, node.stop, node.step):
            self.visit(each if each is not None else nodes.Const(None), frame)
            self.write(", ")
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        """Write `{key: value}`."""
        self.write("{")
        for pair in node.items:
            self.write("context.check_key(")
            self.visit(pair.key, frame)
            self.write("): ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        """Prevent constant folding, so that expressions are evaluated at run time only."""
        if isinstance(node, nodes.TemplateData):
            return super()._output_child_to_const(node, frame, finalize)
        raise nodes.Impossible

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Write the code before a printed expression."""
        self.write(f"context.print_value({finalize.src or '('}")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Write the code after a printed expression."""
        self.write("))")


def price_blocks(tree: nodes.Template) -> None:
    """Insert a charge at the beginning of the template and of each loop and macro."""
    blocks: list[Any] = [tree, *tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))]
    for block in blocks:
        price = make_price(block)
        block.body.insert(0, nodes.ExprStmt(price, lineno=price.lineno))
        if getattr(block, "test", None) is not None:
            block.test = nodes.And(price, block.test, lineno=price.lineno)


def make_price(block: nodes.Node) -> nodes.Expr:
    """Return the expression that charges for a block by its number of nodes; its value is true."""
    steps = 1 + sum(1 for _ in block.find_all(nodes.Node)) // NODES_FOR_A_STEP
    steps += sum(price_hashing(len(each.items)) for each in block.find_all(nodes.Dict))
    return nodes.MarkSafe(nodes.Const(steps), lineno=block.lineno or 1)


def check_tree(tree: nodes.Node) -> None:
    """Check that a template refers to no other one, and is not nested too deep.

    Raises TemplateSyntaxError with the line.
    """
    waiting: list[tuple[nodes.Node, int, int, int]] = [(tree, 1, 0, 1)]
    while waiting:
        node, depth, loops, above = waiting.pop()
        line = node.lineno or above
        loops += isinstance(node, nodes.For)
        if depth > DEEPEST_TREE or loops > DEEPEST_LOOPS:
            raise TemplateSyntaxError("is nested too deep", line)
        check_node(node, line)
        waiting.extend((child, depth + 1, loops, line) for child in node.iter_child_nodes())


def check_node(node: nodes.Node, line: int) -> None:
    """Check that a node of a template is supported.

    Raises TemplateSyntaxError with the line.
    """
    if type(node) in REFUSED:
        raise TemplateSyntaxError(REFUSED[type(node)], line)
    if isinstance(node, nodes.Const) and is_no_number(node.value):
        raise TemplateSyntaxError(TOO_LARGE, line)


def is_no_number(value: Any) -> bool:
    """Tell whether a number is too large."""
    if isinstance(value, float):
        return isinf(value)
    return isinstance(value, int) and value.bit_length() > BITS


def count_tokens(stream: TokenStream, most: int) -> Iterator[Token]:
    """Yield the tokens of a template while their number and the depth of brackets are within the limits.

    Raises TemplateSyntaxError with the line.
    """
    depth = 0
    for count, token in enumerate(read_numbers(stream), start=1):
        depth += (token.type in OPENING) - (token.type in CLOSING)
        if count > most:
            raise TemplateSyntaxError(f"has more than {most:,} words and signs of Jinja", token.lineno)
        if depth > DEEPEST_BRACKETS:
            raise TemplateSyntaxError(f"has more than {DEEPEST_BRACKETS} brackets open", token.lineno)
        yield token


def read_numbers(stream: TokenStream) -> Iterator[Token]:
    """Yield the tokens of a template.

    Raises TemplateSyntaxError for a number with more digits than Python can parse.
    """
    line = 1
    try:
        for token in stream:
            line = token.lineno
            yield token
    except ValueError as error:
        raise TemplateSyntaxError(TOO_LARGE, line) from error
