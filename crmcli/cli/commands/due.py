"""`crm due`, `activity list`: list activities, or mail the due report."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Annotated

import typer

from crmcli.cli import row_references
from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import Pick, list_rows, warn_of_quarantine
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import activity_columns
from crmcli.cli.plots.plot_option import Plot, check_plot
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.operations.find_records import find_activities, find_activity_ids
from crmcli.query.query_model import Query

FARTHEST = 36525  # days, a century
MOST_EMPTY = 3  # weeks without activities, one after the other, that a picture has rows for
LEFT_OUT = "…"  # in place of weeks
WEEK = re.compile(r"\d{4}-W\d\d")
By = Annotated[
    str, typer.Option(metavar="WHAT", help="group by assignee, type, stage, state or week"), offers.GROUPING
]
Group = tuple[str, str]  # the sort key and the title of a group


def list_activities(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: By = "",
    plot: Plot = False,
    pick: Pick = False,
    explain: Explain = False,
) -> int:
    """List activities of all records: planned ones, or those that state: asks for.

    With --plot, draw how many there are in each group of --by, and how many of them are overdue.

    \b
    Examples:
      crm activity list --by week --plot
      crm activity list assignee:me type:call,visit due:..7d --by week
      crm activity list state:done summary:~devis -o csv
    """
    call: CommandContext = ctx.obj
    check_plot(call, is_wanted=plot)
    if plot and (pick or not by):
        raise UsageError("--plot draws groups", hint="add --by week, and leave --pick out")
    wanted = call.query(terms or [])
    wanted = wanted if wanted.names_state else wanted.only_planned
    if explain:
        return print_explanation(call, wanted)
    code = plot_activities(call, wanted, by) if plot else print_activities(call, wanted, by, pick=pick)
    warn_of_quarantine(call)
    return code


def due(
    ctx: typer.Context,
    terms: QueryTerms = None,
    days: Annotated[int, typer.Option(metavar="N", help="how many days ahead")] = 7,
    by: By = "",
    mail: Annotated[bool, typer.Option("--mail", help="queue the report as an e-mail to each user")] = False,
    send: Annotated[
        str, typer.Option(metavar="COMMAND", help="with --mail: send with this command, like 'sendmail -t'")
    ] = "",
    since_last: Annotated[
        str, typer.Option(metavar="NAME", help="with --mail: only what report NAME has not sent yet")
    ] = "",
    escalate: Annotated[
        str,
        typer.Option(metavar="SPAN", help="with --mail: report what is late by SPAN to managers, too"),
        offers.ELAPSED,
    ] = "",
    pick: Pick = False,
    explain: Explain = False,
) -> int:
    """List activities that are overdue, due today or in the next days. Print nothing if there are none.

    \b
    Examples:
      crm due --by assignee
      crm due assignee:me --days 0 -o jsonl
      crm due --mail --since-last matin --escalate 3d --dry-run
    """
    call: CommandContext = ctx.obj
    if not 0 <= days <= FARTHEST:
        raise UsageError(f"--days {days}: must be 0 to {FARTHEST}")
    if (send or since_last or escalate) and not mail:
        raise UsageError("--send, --since-last and --escalate need --mail", hint="add --mail")
    wanted = call.query(terms or []).due_within(days, call.request.query_context)
    if explain:
        return print_explanation(call, wanted)
    if mail:
        from crmcli.cli.commands.due_mail import mail_report

        return mail_report(call, wanted, send=send, since_last=since_last, escalate=escalate)
    code = print_activities(call, wanted, by, pick=pick)
    warn_of_quarantine(call)
    return code


def print_activities(call: CommandContext, wanted: Query, by: str, *, pick: bool) -> int:
    """Print the activities of a query, in groups if `by` names some; return the exit code."""
    if call.output.needs_no_columns and not by and not pick:
        find = find_activity_ids if call.output.format == "ids" else find_activities
        return printing.print_rows(call, find(call.request, wanted), ())
    rows = list(find_activities(call.request, wanted))
    columns = activity_columns(call.request.config, rows)
    if pick:
        return list_rows(call, rows, columns, "due", pick=True)
    if not by:
        return printing.print_rows(call, rows, columns, "due")
    groups = grouped(call, rows, by)
    together = [row for _, held in groups for row in held]
    if not (together and call.output.is_for_people) or call.output.quiet:
        return printing.print_rows(call, together, columns, "due")
    for index, (title, held) in enumerate(groups):
        printing.print_text(("\n" if index else "") + visible(f"{title} ({len(held)})"))
        printing.build_report(call, held, columns, "due").told()
    row_references.remember_rows(call.request.workspace, together)
    return printing.build_report(call, together, columns, "due").code


def plot_activities(call: CommandContext, wanted: Query, by: str) -> int:
    """Draw the number of activities in each group, and how many are overdue; return the exit code."""
    from crmcli.cli.plots.report_plot import plot_counts  # with rich, which is slow to import

    found = dict(grouped(call, list(find_activities(call.request, wanted)), by))
    counts = {
        title: (len(held), sum(row["state"] == Urgency.OVERDUE for row in held))
        for title, held in found.items()
    }
    titles = fill_weeks(list(found)) if by == "week" else list(found)
    rows = [(title, None if title == LEFT_OUT else counts.get(title, (0, 0))) for title in titles]
    return plot_counts(call, by, ("activities", "overdue"), rows)


def fill_weeks(titles: Sequence[str]) -> list[str]:
    """Return weeks with those between them, or with an ellipsis in place of many.

    >>> fill_weeks(["2026-W52", "2027-W02", "2027-W30", "sans date"])
    ['2026-W52', '2026-W53', '2027-W01', '2027-W02', '…', '2027-W30', 'sans date']
    """
    filled: list[str] = []
    for title in titles:
        last = filled[-1] if filled else title
        if WEEK.fullmatch(title) and WEEK.fullmatch(last):
            days = range(7, (first_day(title) - first_day(last)).days, 7)
            between = [name_week(first_day(last) + timedelta(days)) for days in days]
            filled += between if len(between) <= MOST_EMPTY else [LEFT_OUT]
        filled.append(title)
    return filled


def first_day(week: str) -> date:
    """Return the Monday of an ISO week."""
    return date.fromisoformat(f"{week}-1")


def name_week(day: date) -> str:
    """Return the ISO week of a day, as in `due:2026-W48`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def grouped(call: CommandContext, rows: Sequence[Document], by: str) -> list[tuple[str, list[Document]]]:
    """Return the activities in groups, each with its title, in the order of the groups.

    Raises UsageError for an unknown grouping.
    """
    if by not in GROUPS:
        raise UsageError(f"--by {by}: activities cannot be grouped by this", hint=", ".join(GROUPS))
    found: dict[Group, list[Document]] = {}
    for row in rows:
        found.setdefault(GROUPS[by](call, row), []).append(row)
    return [(title, found[(order, title)]) for order, title in sorted(found)]


def of_assignee(call: CommandContext, row: Document) -> Group:
    """Return the group of an activity's assignee."""
    name = row["assignee"]
    return ("0" + name, name) if name else ("1", translate("nobody"))


def of_type(call: CommandContext, row: Document) -> Group:
    """Return the group of an activity's type, in the order of the configuration."""
    ids = [kind.id for kind in call.request.config.activity_types]
    place = ids.index(row["type"]) if row["type"] in ids else len(ids)
    return f"{place:04d}", row["type_label"] or translate("no type")


def of_stage(call: CommandContext, row: Document) -> Group:
    """Return the group of the stage of an activity's deal, in the order of the pipeline."""
    ids = [stage.id for stage in call.request.config.stages]
    place = ids.index(row["stage"]) if row["stage"] in ids else len(ids)
    return f"{place:04d}", call.request.viewing.labels.get(row["stage"]) or row["stage"]


def of_state(call: CommandContext, row: Document) -> Group:
    """Return the group of an activity's state, overdue first."""
    order = ("overdue", "today", "planned", "done", "cancelled")
    state: str = row["state"]
    return str(order.index(state)), translate(state)


def of_week(call: CommandContext, row: Document) -> Group:
    """Return the group of the ISO week of an activity's deadline, as in `due:2026-W48`."""
    if not row["due"]:
        return "9", translate("no date")
    title = name_week(date.fromisoformat(row["due"]))
    return title, title


GROUPS: dict[str, Callable[[CommandContext, Document], Group]] = {
    "assignee": of_assignee,
    "type": of_type,
    "stage": of_stage,
    "state": of_state,
    "week": of_week,
}
