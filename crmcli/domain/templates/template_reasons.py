"""Messages of template errors for people: one line, without the names of Python classes."""

import re

from jinja2 import TemplateError

KINDS = {
    "PartView": "a record",
    "AbsentPerson": "a record",
    "Answers": "a list of answers",
    "Notes": "a namespace",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "Decimal": "a number",
    "Money": "an amount",
    "bool": "yes or no",
    "date": "a day",
    "datetime": "a time",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "NoneType": "nothing",
}
OURS = ("PartView", "AbsentPerson", "Answers", "Notes")  # never words of a template's text
QUOTED = re.compile(r"(?<!attribute )'((?:\w+\.)*\w+)'(?: object)?|'((?:\w+\.)*\w+) object'")
NAMED = re.compile(r"'([\w.]+)'|([a-z_][\w.]*) has no value")
BARE = re.compile(rf"\b(?:\w+\.)*({'|'.join(OURS)}|str|(?:\w+\.)+\w+(?= object))\b(?: object)?")


def find_reason(error: Exception) -> str:
    """Return the message of a template error on one line."""
    reason = error.message if isinstance(error, TemplateError) else str(error)
    return name_kinds(" ".join((reason or "cannot be evaluated").split()))


def find_column(line: str, error: Exception) -> int:
    """Return the column, from 1, that an error is about in a line of a template.

    Jinja knows the line only: it is the place of a name in the message, else of the first `{{` or `{%`.

    >>> find_column("Bonjour {{ contact.nmae }}", TemplateError("'X' has no attribute 'nmae'"))
    20
    >>> find_column("Bonjour {{ 1 / 0 }}", ZeroDivisionError("division by zero"))
    9
    """
    message = error.message if isinstance(error, TemplateError) else str(error)
    begins = min((place for place in (line.find("{{"), line.find("{%")) if place >= 0), default=0)
    for name in reversed(find_names(message or "")):
        for word in (name, name.rpartition(".")[2]):
            found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line[begins:])
            if found:
                return begins + found.start() + 1
    return begins + 1


def find_names(message: str) -> list[str]:
    """Return the names of variables and attributes in a message, in order."""
    return [found[1] or found[2] for found in NAMED.finditer(message)]


def name_kinds(reason: str) -> str:
    """Return a message with kinds of values in place of the names of their classes.

    >>> name_kinds("'crmcli.domain.templates.template_variables.PartView object' has no attribute 'nmae'")
    "a record has no 'nmae'"
    >>> name_kinds("'<' not supported between instances of 'PartView' and 'int'")
    "'<' not supported between a record and a number"
    >>> name_kinds("'owner' is undefined")
    "'owner' is undefined"
    """
    named = QUOTED.sub(name_quoted, reason)
    named = BARE.sub(lambda found: KINDS.get(found[1].rpartition(".")[2], "a value"), named)
    return named.replace(" has no attribute ", " has no ").replace("between instances of ", "between ")


def name_quoted(found: re.Match[str]) -> str:
    """Return the kind of a class in quotes; other words in quotes are left as they are."""
    name = (found[1] or found[2]).rpartition(".")[2]
    is_class = name in KINDS or found[0].endswith(("object", "object'"))
    return KINDS.get(name, "a value") if is_class else found[0]
