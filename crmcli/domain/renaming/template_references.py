"""References to an id in a Jinja template or condition, found in its syntax tree.

Jinja's tree has no columns. So each place where the old name stands gets a mark of its own, the marked text
is parsed, and the neighbours of each mark in the tree tell whether it refers to the id.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from jinja2 import TemplateError, nodes

from crmcli.domain.renaming.renamed_id import NOTHING, IdKind, References, RenamedId
from crmcli.domain.templates import sandbox
from crmcli.domain.templates.condition_names import node_name
from crmcli.domain.values.errors import CrmError

MARK = "crm0reference0"
FIELDS = "fields"
COMPARED_BY = {"eq", "equalto", "==", "ne", "!=", "in", "sameas"}
SELECTING = {"selectattr", "rejectattr"}
BEGIN, END = "{{ ", " }}"


class Place(NamedTuple):
    """A place where the old name stands: its position in the text, and whether it is a quoted text."""

    at: int
    is_text: bool


def find_in_condition(text: str, renamed: RenamedId) -> References:
    """Return the references in a Jinja expression.

    >>> find_in_condition("stage == 'new' and lost != 'new'", RenamedId(IdKind.STAGE, "new", "asked"))
    References(sure=(10,), doubtful=())
    """
    return find_in_template(f"{BEGIN}{text}{END}", renamed).shifted(-len(BEGIN))


def find_in_template(text: str, renamed: RenamedId, *, is_title: bool = False) -> References:
    """Return the references in a template; in the title pattern, custom fields stand without a prefix."""
    if renamed.old not in text:
        return NOTHING
    if "\r\n" in text:
        return find_between_carriage_returns(text, renamed)
    try:
        places = list(find_places(text, renamed))
        tree = sandbox.build_sandbox().parse(mark_places(text, places, renamed))
    except (TemplateError, CrmError, ValueError):
        return References(doubtful=tuple(find_words(text, renamed))[:1])
    judge = Judge(tree, renamed, is_title=is_title)
    answers = [(place.at, judge.refers(f"{MARK}{number}z")) for number, place in enumerate(places)]
    return References(
        tuple(at for at, answer in answers if answer), tuple(at for at, answer in answers if answer is None)
    )


def find_between_carriage_returns(text: str, renamed: RenamedId) -> References:
    """Return the references in a template whose lines end as in Windows; Jinja's tokens do not."""
    lines = text.replace("\r\n", "\n")
    found = find_in_template(lines, renamed)
    sure, doubtful = (tuple(at + lines.count("\n", 0, at) for at in positions) for positions in found)
    return References(sure, doubtful)


def find_words(text: str, renamed: RenamedId) -> Iterator[int]:
    """Yield the positions of the old name as a word."""
    at = text.find(renamed.old)
    while at >= 0:
        if renamed.has_word(text[max(at - 1, 0) : at + len(renamed.old) + 1]):
            yield at
        at = text.find(renamed.old, at + 1)


def find_places(text: str, renamed: RenamedId) -> Iterator[Place]:
    """Yield the names and the quoted texts that are the old name.

    Raises TemplateError for a text that is not a template, ValueError where a token is not found again.
    """
    at = 0
    for _, kind, token in sandbox.build_sandbox().lex(text):
        found = text.find(token, at)
        if found < 0:
            raise ValueError(f"{token!r} does not stand in the template")
        at = found + len(token)
        if kind == "name" and token == renamed.old:
            yield Place(found, is_text=False)
        elif kind == "string" and token[1:-1] in (renamed.old, f"{FIELDS}.{renamed.old}"):
            yield Place(at - 1 - len(renamed.old), is_text=True)


def mark_places(text: str, places: list[Place], renamed: RenamedId) -> str:
    """Return the text with a mark in each of these places."""
    for number, place in reversed(list(enumerate(places))):
        text = text[: place.at] + f"{MARK}{number}z" + text[place.at + len(renamed.old) :]
    return text


class Judge:
    """Tells of each mark in a syntax tree whether it refers to the id; None where that is not certain."""

    def __init__(self, tree: nodes.Template, renamed: RenamedId, *, is_title: bool) -> None:
        self.kind = renamed.kind
        self.is_title = is_title
        self.tree = tree
        self.above: dict[int, nodes.Node] = {}
        self.marked: dict[str, nodes.Node] = {}
        for node in [tree, *tree.find_all(nodes.Node)]:
            self.above |= {id(child): node for child in node.iter_child_nodes()}
            self.marked |= {value: node for value in values_of(node) if MARK in value}

    def refers(self, mark: str) -> bool | None:
        """Tell whether a mark refers to the id."""
        node = self.marked.get(mark) or self.marked.get(f"{FIELDS}.{mark}")
        if node is None:
            return None
        if self.kind is IdKind.FIELD:
            return self.is_field(node)
        return self.is_compared(node) if isinstance(node, nodes.Const) else False

    def is_field(self, node: nodes.Node) -> bool | None:
        """Tell whether a name or a text is a custom field: `fields.brand`, `fields['brand']`."""
        if isinstance(node, nodes.Getattr):
            return ends_with_fields(node.node)
        if isinstance(node, nodes.Name):
            return self.is_title and node.ctx == "load"
        if not isinstance(node, nodes.Const):
            return False
        if node.value.startswith(f"{FIELDS}."):
            return True
        above = self.above[id(node)]
        if isinstance(above, nodes.Getitem):
            return ends_with_fields(above.node)
        if (
            isinstance(above, nodes.Call)
            and isinstance(above.node, nodes.Getattr)
            and above.node.attr == "get"
        ):
            return ends_with_fields(above.node.node) and node is above.args[0]
        return self.is_compared(node)

    def is_compared(self, node: nodes.Node) -> bool | None:
        """Tell whether a text is compared with the stage of a deal, or the type of an activity."""
        above = self.above[id(node)]
        if isinstance(above, nodes.List | nodes.Tuple):
            node, above = above, self.above[id(above)]
        if isinstance(above, nodes.Operand):
            node, above = above, self.above[id(above)]
        if isinstance(above, nodes.Compare):
            parts: list[nodes.Node] = [above.expr, *(each.expr for each in above.ops if each is not node)]
            return self.is_subject([each for each in parts if each is not node])
        if isinstance(above, nodes.Test) and above.name in COMPARED_BY:
            return self.is_subject([above.node])
        if isinstance(above, nodes.Filter) and above.name in SELECTING and above.args:
            return self.is_attribute(above.args[0])
        if isinstance(above, nodes.Pair) and node is above.key:
            return self.is_looked_up(self.above[id(above)])
        return None

    def is_subject(self, parts: list[nodes.Node]) -> bool | None:
        """Tell whether what a text is compared with has the ids; None for a computed value."""
        names = [node_name(each) for each in parts]
        if any(map(self.has_ids, names)):
            return True
        return False if all(names) else None

    def has_ids(self, name: tuple[str, ...]) -> bool:
        """Tell whether a name has ids of this kind for values: `stage`, `activity.type`, `fields`."""
        name = name[:-1] if name[-1:] == ("id",) and len(name) > 1 else name
        if self.kind is IdKind.FIELD:
            return name[-1:] == (FIELDS,)
        return name[-1:] == (self.kind.value,) and name[0] != "question"

    def is_attribute(self, argument: Any) -> bool | None:
        """Tell whether a filter selects by the attribute that has the ids."""
        if not isinstance(argument, nodes.Const):
            return None
        return self.has_ids(tuple(str(argument.value).split(".")))

    def is_looked_up(self, mapping: nodes.Node) -> bool | None:
        """Tell whether a mapping, or the variable that holds it, is looked into by the stage or type."""
        above = self.above[id(mapping)]
        holders: list[nodes.Node] = [mapping]
        if isinstance(above, nodes.Assign) and isinstance(above.target, nodes.Name):
            name = above.target.name
            holders = [
                each for each in self.tree.find_all(nodes.Name) if each.name == name and each.ctx == "load"
            ]
        keys = [key for each in holders if (key := self.key_of(each)) is not None]
        return self.is_subject(keys) if keys and len(keys) == len(holders) else None

    def key_of(self, holder: nodes.Node) -> nodes.Node | None:
        """Return what a mapping is looked into by: `labels[stage]`, `labels.get(stage)`; else None."""
        above = self.above[id(holder)]
        if isinstance(above, nodes.Getitem) and above.node is holder:
            return above.arg
        call = self.above.get(id(above))
        if (
            isinstance(above, nodes.Getattr)
            and above.attr == "get"
            and isinstance(call, nodes.Call)
            and call.args
        ):
            return call.args[0]
        return None


def values_of(node: nodes.Node) -> list[str]:
    """Return the names and texts that a node itself holds."""
    held = (getattr(node, key, None) for key in ("name", "attr", "value"))
    return [each for each in held if isinstance(each, str)]


def ends_with_fields(node: nodes.Node) -> bool:
    """Tell whether an expression is the custom fields of a record."""
    return node_name(node)[-1:] == (FIELDS,)
