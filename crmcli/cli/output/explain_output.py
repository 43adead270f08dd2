"""`--explain`: print how a query is understood instead of running it."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.values.errors import UsageError

if TYPE_CHECKING:
    from crmcli.domain.documents.workspace_documents import ExplainDocument
    from crmcli.query.query_model import Query

Explain = Annotated[bool, typer.Option("--explain", help="explain the query; do nothing")]


def print_explanation(call: CommandContext, query: "Query") -> int:
    """Print how a query is understood; return the exit code."""
    from crmcli.domain.documents.workspace_documents import ExplainDocument
    from crmcli.query.query_explanation import explain_query  # only needed for --explain

    return printing.print_page(
        call, build_explanation(query), lambda: "\n".join(explain_query(query)), columns_of(ExplainDocument)
    )


def build_explanation(query: "Query") -> "ExplainDocument":
    """Return a query in words, with its dates resolved, as `crm.explain/1`."""
    from crmcli.domain.documents.workspace_documents import ExplainDocument
    from crmcli.query.query_explanation import explain_query

    unordered = replace(query, sort=(), limit=None)
    return ExplainDocument(
        conditions=list(explain_query(unordered)),
        sort=[f"{'-' if descending else ''}{key.name}" for key, descending in query.sort],
        limit=query.limit,
    )


def explain_instead(call: CommandContext, query: "Query | None") -> None:
    """Explain the query and exit, if `--explain` is given.

    Raises UsageError without a query.
    """
    if not call.explain:
        return
    if query is None:
        raise UsageError("--explain explains a query, and none is given", hint="stage:quoted, @name …")
    raise typer.Exit(print_explanation(call, query))
