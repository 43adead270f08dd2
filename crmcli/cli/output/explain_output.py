"""`--explain`: how a query was understood, told instead of asked."""

from typing import Annotated

import typer

from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.cli.context import Invocation
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import UsageError
from crmcli.query.query_explanation import described
from crmcli.query.query_parser import Query

Explain = Annotated[bool, typer.Option("--explain", help="explain the query; do nothing")]
COLUMNS = (Column("conditions", shown="\n".join, wraps=True), Column("sort", shown=" ".join), Column("limit"))


def explained(call: Invocation, query: Query) -> int:
    """Say how a query is understood."""
    return printing.page(call, document(query), lambda: "\n".join(described(query)), COLUMNS)


def document(query: Query) -> Document:
    """`crm.explain/1`: a query in words, with its dates worked out."""
    unordered = query._replace(sort=(), limit=None)
    return {
        "schema": "crm.explain/1",
        "conditions": list(described(unordered)),
        "sort": [f"{'-' if descending else ''}{key.name}" for key, descending in query.sort],
        "limit": query.limit,
    }


def instead(call: Invocation, query: Query | None) -> None:
    """End a command here, if all that is wanted is how its query is understood.

    Raises UsageError where it is given none.
    """
    if not call.explain:
        return
    if query is None:
        raise UsageError("--explain explains a query, and none is given", hint="stage:quoted, @name …")
    raise typer.Exit(explained(call, query))
