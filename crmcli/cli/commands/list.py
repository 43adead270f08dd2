"""`crm list`: the records that match a query, a row each."""

from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, Pick, go_back, list_rows
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import opportunity_columns
from crmcli.domain.model.status import Status
from crmcli.operations.find_records import find_ids, find_opportunities

QueryTerms = Annotated[
    list[str] | None,
    typer.Argument(metavar="[QUERY]…", help="stage:quoted revenue:5000.. +tag word"),
    offers.QUERY,
]


def list_records(
    ctx: typer.Context,
    terms: QueryTerms = None,
    pick: Pick = False,
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """List matching records: open ones, unless the query has is:won, is:lost, is:closed or is:any.

    \b
    Examples:
      crm list
      crm list stage:quoted revenue:5000.. +rika sort:-revenue
      crm list is:lost closed:-90d.. -o csv --fields id,title,lost
    """
    call: CommandContext = ctx.obj
    go_back(call, as_of)
    wanted = call.query(terms or [])
    if explain:
        return print_explanation(call, wanted)
    if call.output.needs_no_columns and not pick:
        find = find_ids if call.output.format == "ids" else find_opportunities
        return printing.print_rows(call, find(call.request, wanted), ())
    rows = list(find_opportunities(call.request, wanted))
    closed = ["outcome"] if any(row["outcome"] != Status.OPEN for row in rows) else []
    columns = opportunity_columns(call.request.config, *closed)
    return list_rows(call, rows, columns, "list", pick=pick)


def pick(ctx: typer.Context, terms: QueryTerms = None) -> int:
    """Choose records at the terminal, with fzf where it is installed; print their ids. As crm list --pick.

    An only match is printed at once. Nothing chosen is exit 1.

    \b
    Examples:
      crm show $(crm pick thomas faure)
      crm pick stage:quoted kerloc | crm tag - --add relance
      crm done $(crm due faure --pick)
    """
    return list_records(ctx, terms, pick=True)
