"""Names used in a condition, each with its attributes."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes

from crmcli.domain.templates import sandbox
from crmcli.domain.templates.sandbox import NoValue

Name = tuple[str, ...]  # `contact.email` is ("contact", "email")


def parse_condition(condition: str) -> nodes.Template:
    """Return the Jinja syntax tree of a condition."""
    return sandbox.build_sandbox().parse(f"{{{{ {condition} }}}}")


def names_in(tree: nodes.Node) -> list[Name]:
    """Return the names in an expression with their attributes, sorted, each once."""
    inner = {id(getattr(each, "node", None)) for each in tree.find_all((nodes.Getattr, nodes.Getitem))}
    found = tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem))
    return sorted({name for node in found if id(node) not in inner and (name := node_name(node))})


def node_name(node: nodes.Node) -> Name:
    """Return a name with its attributes; empty for a computed expression."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        head = node_name(node.node)
        return (*head, node.attr) if head else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        head = node_name(node.node)
        return (*head, str(node.arg.value)) if head else ()
    return ()


def condition_inputs(condition: str, names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each name in a condition with its value as a text."""
    for name in names_in(parse_condition(condition)):
        value = names.get(name[0])
        for attribute in name[1:]:
            value = value[attribute] if isinstance(value, dict) else getattr(value, attribute, None)
        yield ".".join(name), spell_input(value)


def spell_input(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, list | tuple):
        return ", ".join(map(spell_input, value)) or "none"
    if value is None or isinstance(value, NoValue) or (hasattr(value, "__dict__") and not value):
        return "none"
    return str(value)
