"""`--template`: a line a record, by a Jinja text of the caller's."""

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from crmcli.cli import people
from crmcli.cli.invocation import Invocation
from crmcli.cli.output import Column
from crmcli.domain.documents import Document
from crmcli.domain.errors import UsageError
from crmcli.domain.sandbox import Sandbox
from crmcli.domain.suggest import suggestion


def rendered(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Every document through the template; what a record lacks is empty.

    Raises UsageError for a template that does not compile, or for a name that no document has.
    """
    known = {*(column.key for column in columns), *(key for document in documents for key in document)}
    sandbox = Sandbox(finalize=lambda value: "" if value is None else value, optimized=False)
    sandbox.filters |= {
        "money": people.money(call.config),
        "day": people.day(call.config),
        "age": lambda value: None if not value else (call.today - people.as_day(value, call.config)).days,
    }
    try:
        template = sandbox.from_string(call.template)
        refuse_unknown(sandbox, call.template, known)
        empty = dict.fromkeys(known)
        return "\n".join(people.visible(template.render({**empty, **document})) for document in documents)
    except TemplateError as error:
        raise UsageError(f"--template: {error.message}") from None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise UsageError(f"--template: {error}") from None


def refuse_unknown(sandbox: Sandbox, source: str, known: set[str]) -> None:
    """Make sure that every name in the template is one of a document."""
    from jinja2 import meta

    names: set[Any] = meta.find_undeclared_variables(sandbox.parse(source)) - set(sandbox.globals)
    for name in sorted(names - known) if known else ():
        raise UsageError(f"--template: unknown name {name!r}", hint=suggestion(name, known))
