"""`crm report sources`, `report referrals`: report deals by marketing origin and by sponsor."""

from functools import partial
from typing import Annotated

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back, print_found
from crmcli.cli.output.explain_output import Explain
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.figure_documents import SourceDocument, SponsorDocument
from crmcli.operations.origin_reports import report_referrals, report_sources


def sources(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="source, medium or campaign"), offers.ORIGIN
    ] = "source",
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Report deals by marketing origin: open, won, lost, win rate, revenue; leads separately.

    \b
    Examples:
      crm report sources
      crm report sources --by campaign created:-12mo..
      crm report sources --by medium -o csv
    """
    call: CommandContext = ctx.obj
    go_back(call, as_of)
    wanted = call.query(terms or []).whatever_came
    find = partial(report_sources, by=by)
    return print_found(
        call,
        wanted,
        find,
        columns_of(SourceDocument, call.request.config, labels={"label": by}),
        explain=explain,
    )


def referrals(
    ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False, as_of: AsOf = ""
) -> int:
    """Report for each sponsor the deals referred, open, won, lost, their revenue and the rewards.

    \b
    Examples:
      crm report referrals
      crm report referrals link:neighbour
      crm report referrals created:-12mo.. -o csv
    """
    call: CommandContext = ctx.obj
    go_back(call, as_of)
    wanted = call.query(terms or []).whatever_came
    columns = columns_of(SponsorDocument, call.request.config, labels={"label": "sponsor"})
    return print_found(call, wanted, report_referrals, columns, explain=explain)
