"""`--explain`: how a query was understood, told instead of asked."""

from typing import TYPE_CHECKING, Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.values.errors import UsageError

if TYPE_CHECKING:
    from crmcli.domain.documents.workspace_documents import ExplainDocument
    from crmcli.query.query_model import Query

Explain = Annotated[bool, typer.Option("--explain", help="explain the query; do nothing")]


def print_explanation(call: CommandContext, query: "Query") -> int:
    """Say how a query is understood."""
    from crmcli.domain.documents.workspace_documents import ExplainDocument
    from crmcli.query.query_explanation import explain_query  # where somebody asks for it

    return printing.print_page(
        call, build_explanation(query), lambda: "\n".join(explain_query(query)), columns_of(ExplainDocument)
    )


def build_explanation(query: "Query") -> "ExplainDocument":
    """`crm.explain/1`: a query in words, with its dates worked out."""
    from crmcli.domain.documents.workspace_documents import ExplainDocument
    from crmcli.query.query_explanation import explain_query

    unordered = query._replace(sort=(), limit=None)
    return ExplainDocument(
        conditions=list(explain_query(unordered)),
        sort=[f"{'-' if descending else ''}{key.name}" for key, descending in query.sort],
        limit=query.limit,
    )


def explain_instead(call: CommandContext, query: "Query | None") -> None:
    """End a command here, if all that is wanted is how its query is understood.

    Raises UsageError where it is given none.
    """
    if not call.explain:
        return
    if query is None:
        raise UsageError("--explain explains a query, and none is given", hint="stage:quoted, @name …")
    raise typer.Exit(print_explanation(call, query))
