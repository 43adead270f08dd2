"""`crm report forecast`, `funnel`, `velocity`, `activities`, `lost`, `stale` and `response`."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.plots.plot_option import Plot, check_plot
from crmcli.cli.report_options import By, Compare, Since, Total, Until, print_report
from crmcli.cli.shared_options import with_options_of
from crmcli.domain.model.config import name_lost_reason
from crmcli.domain.values.list_entries import find_label
from crmcli.operations.reporting.report_kinds import KINDS
from crmcli.operations.reporting.report_scope import ReportOptions
from crmcli.operations.reporting.run_report import run_report
from crmcli.report.grouping import PERIODS

SALES = ("label", "open", "won", "lost", "win_rate", "mean_won", "cycle_days", "revenue_per_day")
OF_OPEN = ("open", "revenue_per_day")  # open deals are in no month or week of closing
OWN_COUNTS = {"stage": "stages", "reason": "reasons"}  # columns that repeat what a row is about


def print_deals(
    ctx: typer.Context,
    name: str,
    by: str,
    terms: QueryTerms = None,
    since: Since = "",
    until: Until = "",
    compare: Compare = "",
    plot: Plot = False,
    total: Total = None,
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Print a report on deals, or draw it, or explain its query."""
    call: CommandContext = ctx.obj
    options = ReportOptions(by, since, until, compare)
    check_plot(call, is_wanted=plot)
    go_back(call, as_of)
    kind = KINDS[name]
    wanted = call.query(terms or [])
    if explain:
        return print_explanation(call, kind.select(wanted))
    found = run_report(call.request, name, wanted, options)
    usual = choose_columns(name, kind.document.usual, options)
    config = call.request.config
    shown = {
        "stages": lambda counts: spell_counts(counts, partial(find_label, config.stages)),
        "reasons": lambda counts: spell_counts(counts, partial(name_lost_reason, config)),
    }
    return print_report(
        call,
        kind.document,
        found.rows,
        found.totals,
        by=options.by,
        usual=usual,
        shown=shown,
        plot=plot,
        total=total,
    )


@with_options_of(print_deals, leaving_out=("name",))
def forecast(ctx: typer.Context, by: By = "month", **options: Any) -> int:
    """Report what open deals will bring, by month of their expected close; what is undated apart.

    \b
    Examples:
      crm report forecast
      crm report forecast --by owner --until eoy
      crm report forecast +pag -o csv
    """
    return print_deals(ctx, "forecast", by, **options)


@with_options_of(print_deals, leaving_out=("name",))
def funnel(ctx: typer.Context, by: By = "stage", **options: Any) -> int:
    """Report for each stage how many deals entered it, advanced, were lost there, and are there.

    \b
    Examples:
      crm report funnel
      crm report funnel --since this-year --compare year
      crm report funnel owner:marie -o json
    """
    return print_deals(ctx, "funnel", by, **options)


@with_options_of(print_deals, leaving_out=("name",))
def velocity(ctx: typer.Context, by: By = "stage", **options: Any) -> int:
    """Report how many days deals stay in each stage and take to be won, and what they bring a day.

    \b
    Examples:
      crm report velocity
      crm report velocity --by owner
      crm report velocity --since -90d -o csv
    """
    return print_deals(ctx, "velocity", by, **options)


@with_options_of(print_deals, leaving_out=("name",))
def lost(ctx: typer.Context, by: By = "reason", **options: Any) -> int:
    """Report lost deals: how many, for how much, at which stage they were lost and why.

    \b
    Examples:
      crm report lost
      crm report lost --by stage --since -12mo
      crm report lost --by month -o csv
    """
    return print_deals(ctx, "lost", by, **options)


@with_options_of(print_deals, leaving_out=("name",))
def stale(ctx: typer.Context, by: By = "stage", **options: Any) -> int:
    """Report open deals that are inactive for longer than their stage allows (stale_after).

    \b
    Examples:
      crm report stale
      crm report stale --by owner
      crm report stale +pag -o json
    """
    return print_deals(ctx, "stale", by, **options)


@with_options_of(print_deals, leaving_out=("name",))
def response(ctx: typer.Context, by: By = "owner", **options: Any) -> int:
    """Report how long people who wrote waited for the first answer; also --by hour (of day).

    \b
    Examples:
      crm report response
      crm report response --by hour
      crm report response --since -30d --compare previous
    """
    return print_deals(ctx, "response", by, **options)


def activities(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: By = "type",
    since: Since = "",
    until: Until = "",
    compare: Compare = "",
    plot: Plot = False,
    total: Total = None,
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Report activities: planned, overdue, done, cancelled, done in time; also --by type, --by assignee.

    \b
    Examples:
      crm report activities
      crm report activities --by assignee --since this-month
      crm report activities type:visit --by month
    """
    from crmcli.domain.documents.report_documents import ActivityReportDocument
    from crmcli.operations.reporting.activity_report import report_activities

    call: CommandContext = ctx.obj
    check_plot(call, is_wanted=plot)
    go_back(call, as_of)
    wanted = call.query(terms or [])
    if explain:
        return print_explanation(call, wanted)
    found = report_activities(call.request, wanted, ReportOptions(by, since, until, compare))
    return print_report(call, ActivityReportDocument, found.rows, found.totals, by=by, plot=plot, total=total)


def choose_columns(name: str, usual: Sequence[str], options: ReportOptions) -> list[str]:
    """Return the columns that tell something where a report is grouped so."""
    if name == "velocity" and options.by != "stage":
        sales = [each for each in SALES if options.by not in PERIODS or each not in OF_OPEN]
        return [*sales, *(["median_days"] if options.compare else [])]
    if name == "lost":
        return [each for each in usual if each != OWN_COUNTS.get(options.by)]
    return list(usual)


def spell_counts(counts: Mapping[str, int], label: Callable[[str], str]) -> str:
    """Return how often each of some values occurs, with their labels.

    >>> spell_counts({"quoted": 2, "new": 1}, str.title)
    'Quoted 2, New 1'
    """
    return ", ".join(f"{label(id)} {count}" for id, count in counts.items())
