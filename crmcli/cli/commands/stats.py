"""`crm stats`: the whole on one screen."""

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.pages.stats_page import format_stats_page
from crmcli.domain.documents.report_documents import StatsDocument
from crmcli.operations.reporting.stats import count_stats


def stats(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Show the whole on one screen: open, weighted, won this month, win rate, what is due or waits.

    \b
    Examples:
      crm stats
      crm stats owner:marie
      crm stats -o json
    """
    call: CommandContext = ctx.obj
    wanted = call.query(terms or []).whatever_came
    if explain:
        return print_explanation(call, wanted)
    found = count_stats(call.request, wanted)
    config = call.request.config
    return printing.print_page(
        call, found, lambda: format_stats_page(found, config, terms or []), columns_of(StatsDocument, config)
    )
