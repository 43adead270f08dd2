"""`crm report sources`, `report referrals`: report deals by marketing origin and by sponsor."""

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.plots.plot_option import Plot, check_plot
from crmcli.cli.report_options import By, Compare, Since, Total, Until, print_report
from crmcli.domain.documents.figure_documents import SourceDocument, SponsorDocument
from crmcli.operations.origin_reports import find_referrals
from crmcli.operations.reporting.report_scope import ReportOptions
from crmcli.operations.reporting.run_report import run_report


def sources(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: By = "source",
    since: Since = "",
    until: Until = "",
    compare: Compare = "",
    plot: Plot = False,
    total: Total = None,
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
    check_plot(call, is_wanted=plot)
    go_back(call, as_of)
    wanted = call.query(terms or []).whatever_came
    if explain:
        return print_explanation(call, wanted)
    found = run_report(call.request, "sources", wanted, ReportOptions(by, since, until, compare))
    return print_report(call, SourceDocument, found.rows, found.totals, by=by, plot=plot, total=total)


def referrals(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: By = "sponsor",
    since: Since = "",
    until: Until = "",
    compare: Compare = "",
    plot: Plot = False,
    total: Total = None,
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Report for each sponsor the deals referred, open, won, lost, their revenue and the rewards.

    \b
    Examples:
      crm report referrals
      crm report referrals link:neighbour
      crm report referrals created:-12mo.. -o csv
    """
    call: CommandContext = ctx.obj
    check_plot(call, is_wanted=plot)
    go_back(call, as_of)
    wanted = call.query(terms or []).whatever_came
    if explain:
        return print_explanation(call, wanted)
    found = find_referrals(call.request, wanted, ReportOptions(by, since, until, compare))
    usual = [each for each in SponsorDocument.usual if by == "sponsor" or not each.startswith("rewards")]
    return print_report(
        call, SponsorDocument, found.rows, found.totals, by=by, usual=usual, plot=plot, total=total
    )
