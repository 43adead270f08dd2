"""`--template`: one line per record, from a Jinja template of the caller."""

from collections.abc import Sequence
from typing import Any

from jinja2 import ChainableUndefined, UndefinedError, meta
from jinja2.utils import missing

from crmcli.cli.context import CommandContext
from crmcli.cli.output import value_format
from crmcli.cli.output.columns import Column, refuse_unknown
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.records.documents import decode_value
from crmcli.domain.templates.sandbox import Sandbox
from crmcli.domain.templates.template_filters import BY_LOCALE
from crmcli.domain.templates.template_reasons import find_reason
from crmcli.domain.values import visible_text
from crmcli.domain.values.errors import UsageError


def build_template_values(document: Document) -> Document:
    """Return a document with its values decoded, for use in a template."""
    return {key: decode_value(value) for key, value in document.items()}


class Lacking(ChainableUndefined):
    """A value that a record lacks: empty, as are all its attributes.

    Raises UndefinedError for an attribute of a text or a number.
    """

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: Any = None, *others: Any) -> None:
        super().__init__(hint, obj, name, *others)
        if isinstance(obj, str | int | float):
            raise UndefinedError(f"{obj!r} holds no {name!r} (as in contact_name, stage_label)")


def render_rows(call: CommandContext, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Return the lines of all documents, rendered by the template; missing values are empty.

    Raises UsageError for a template that does not compile, or for a name that no document has.
    """
    sandbox = make_sandbox(call)
    try:
        template = sandbox.from_string(call.output.template)
        names = meta.find_undeclared_variables(sandbox.parse(call.output.template)) - set(sandbox.globals)
        refuse_unknown("name", sorted(names), documents, columns)
        empty = dict.fromkeys(names)
        apart = [column for column in columns if column.under and column.key in names]
        return "\n".join(
            visible_text.visible(
                template.render(
                    {
                        **empty,
                        **{each.key: each.value(document) for each in apart},
                        **build_template_values(document),
                    }
                )
            )
            for document in documents
        )
    except UsageError:
        raise
    except Exception as error:  # the caller's expression can raise anything
        raise UsageError(f"--template: {find_reason(error)}") from None


def make_sandbox(call: CommandContext) -> Sandbox:
    """Return the environment of the caller's template."""
    sandbox = Sandbox(finalize=lambda value: "" if value is None else value, undefined=Lacking)
    sandbox.add_filter("money", value_format.money_style(call.request.config), BY_LOCALE)
    sandbox.add_filter("day", value_format.day_style(call.request.config), BY_LOCALE)
    sandbox.add_filter("age", lambda value: age_of(value, call), BY_LOCALE)
    return sandbox


def age_of(value: Any, call: CommandContext) -> int | None:
    """Return the number of days since a day, or None without one."""
    return (call.request.today - value_format.as_day(value, call.request.config)).days if value else None
