"""`crm report pipeline`: the number and revenue of records by stage."""

from collections.abc import Sequence

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.plots.plot_option import Plot, check_plot
from crmcli.cli.report_options import By, Compare, Since, Total, Until, print_report
from crmcli.domain.documents.figure_documents import PipelineDocument
from crmcli.operations.reports import only_opportunities, report_pipeline
from crmcli.query.query_model import Query


def pipeline(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: By = "stage",
    since: Since = "",
    until: Until = "",
    compare: Compare = "",
    plot: Plot = False,
    total: Total = None,
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Report count, expected and weighted revenue by stage; leads only with is:lead in the query.

    \b
    Examples:
      crm report pipeline
      crm report pipeline owner:paul
      crm report pipeline --by owner -o json
    """
    call: CommandContext = ctx.obj
    check_plot(call, is_wanted=plot)
    go_back(call, as_of)
    wanted = only_opportunities(call.query(terms or []))
    if explain:
        return print_explanation(call, wanted)
    if by != "stage" or since or until or compare or plot:
        return print_groups(call, wanted, (by, since, until, compare), plot=plot, total=total)
    figures = report_pipeline(call.request, wanted)
    rows, totals = ([row for row in figures if (row.stage is None) is is_total] for is_total in (False, True))
    return print_report(
        call, PipelineDocument, rows, totals, by="label", usual=PipelineDocument.usual, total=total
    )


def print_groups(
    call: CommandContext, wanted: Query, options: Sequence[str], *, plot: bool, total: bool | None
) -> int:
    """Print the report by other groups than stages, or for a period."""
    from crmcli.operations.reporting.report_scope import ReportOptions
    from crmcli.operations.reporting.run_report import run_report  # with all reports, slow to import

    by = options[0]
    found = run_report(call.request, "pipeline", wanted, ReportOptions(*options))
    usual: tuple[str, ...] = PipelineDocument.usual
    if by != "stage":
        usual = ("label", *(each for each in usual if each not in ("label", "stage", "probability")))
    return print_report(
        call,
        PipelineDocument,
        found.rows,
        found.totals,
        by=by if by != "stage" or plot else "label",
        usual=usual,
        plot=plot,
        total=total,
    )
