"""How a template becomes Python code in which everything that takes time pays for it.

Jinja's own generator writes Python's operators; this one writes calls of `BudgetContext`. Straight
code pays by the size of its block: once for the template, and once for each turn of a loop and each
call of a macro.
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
LONGEST_TEMPLATE = 10_000  # tokens, besides the text that is printed as it stands
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
    """Writes the code of a template."""

    def write_commons(self) -> None:
        """Write what every function begins with."""
        super().write_commons()
        self.writeline("concat = context.concat")

    def visit_MarkSafe(self, node: nodes.MarkSafe, frame: Frame) -> None:  # noqa: N802
        """Write the price of a block; Jinja itself makes no such node."""
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
        """Write the `a:b:c` between square brackets."""
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
        """Compute nothing before the template runs."""
        if isinstance(node, nodes.TemplateData):
            return super()._output_child_to_const(node, frame, finalize)
        raise nodes.Impossible

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Write what stands before an expression that is printed."""
        self.write(f"context.print_value({finalize.src or '('}")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Write what stands behind an expression that is printed."""
        self.write("))")


def price_blocks(tree: nodes.Template) -> None:
    """Put the price of each loop, macro and of the whole template at its beginning."""
    blocks: list[Any] = [tree, *tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))]
    for block in blocks:
        price = make_price(block)
        block.body.insert(0, nodes.ExprStmt(price, lineno=price.lineno))
        if getattr(block, "test", None) is not None:
            block.test = nodes.And(price, block.test, lineno=price.lineno)


def make_price(block: nodes.Node) -> nodes.Expr:
    """Return the expression that pays for a block, by the number of nodes in it; it is true."""
    steps = 1 + sum(1 for _ in block.find_all(nodes.Node)) // NODES_FOR_A_STEP
    steps += sum(price_hashing(len(each.items)) for each in block.find_all(nodes.Dict))
    return nodes.MarkSafe(nodes.Const(steps), lineno=block.lineno or 1)


def check_tree(tree: nodes.Node) -> None:
    """Refuse a template that looks at other ones, or that is nested too deep to be read.

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
    """Refuse a part of a template that nothing here can make use of.

    Raises TemplateSyntaxError with the line.
    """
    if type(node) in REFUSED:
        raise TemplateSyntaxError(REFUSED[type(node)], line)
    if isinstance(node, nodes.Const) and is_no_number(node.value):
        raise TemplateSyntaxError(TOO_LARGE, line)


def is_no_number(value: Any) -> bool:
    """Tell whether a number is larger than may be computed with."""
    if isinstance(value, float):
        return isinf(value)
    return isinstance(value, int) and value.bit_length() > BITS


def count_tokens(stream: TokenStream, most: int) -> Iterator[Token]:
    """Pass the tokens of a template on, as long as there are not too many, nor brackets too deep.

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
    """Pass the tokens of a template on.

    Raises TemplateSyntaxError for a number with more digits than Python reads.
    """
    line = 1
    try:
        for token in stream:
            line = token.lineno
            yield token
    except ValueError as error:
        raise TemplateSyntaxError(TOO_LARGE, line) from error
