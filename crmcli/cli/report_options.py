"""The options of all reports, and how a report is printed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import spell_group
from crmcli.domain.documents.typed_document import TypedDocument, as_document
from crmcli.domain.values.errors import Exit

By = Annotated[
    str,
    typer.Option(
        metavar="WHAT",
        help="stage, owner, source, tag, month, field.NAME …; see crm help reports",
    ),
    offers.REPORT_GROUPING,
]
Since = Annotated[
    str,
    typer.Option(metavar="DAY", help="from this day, month or year on: 2026-11, this-month, -30d"),
    offers.PAST_DAY,
]
Until = Annotated[
    str, typer.Option(metavar="DAY", help="up to this day, month or year, included"), offers.PAST_DAY
]
Compare = Annotated[
    str,
    typer.Option(metavar="PERIOD", help="with the period before (previous), or a year before (year)"),
    offers.COMPARISON,
]
Total = Annotated[
    bool | None,
    typer.Option(
        "--total/--no-total",
        help="with the totals, or without; default: only in tables and pictures",
        show_default=False,
    ),
]


def print_report(
    call: CommandContext,
    kind: type[TypedDocument],
    rows: Sequence[TypedDocument],
    totals: Sequence[TypedDocument],
    *,
    by: str,
    usual: Sequence[str] = (),
    shown: Mapping[str, Callable[[Any], str]] | None = None,
    plot: bool = False,
    total: bool | None = None,
) -> int:
    """Print the rows of a report, with a column for a period that is compared; with `plot`, draw them.

    People also get the totals, programs only if they ask for them: what they add up is not counted twice.
    """
    is_for_people = call.output.format == "table" and not call.output.template
    has_totals = is_for_people if total is None else total
    is_empty = not any(map(tells_something, totals))
    totals = totals if has_totals else ()
    if plot:
        from crmcli.cli.plots.report_plot import print_plot  # with rich, which is slow to import

        return print_plot(call, kind, rows, totals, by=by)
    config = call.request.config
    printed = [*rows, *totals]
    columns = list(usual or kind.usual)
    if any(hasattr(row, "pipeline") and isinstance(row.pipeline, str) for row in rows):
        columns = ["pipeline", *columns]
    if any(isinstance(getattr(row, "before", None), dict) for row in (*rows, *totals)):
        compared: str = kind.compared  # type: ignore[attr-defined]
        columns.insert(columns.index(compared) + 1, f"{compared}_before")
    if has_totals and not is_for_people:
        columns.append("total")
    heading = by.removeprefix("field.")
    marked = {each["label"]: spell_group(each) for each in map(as_document, rows)}
    shown = {"label": lambda label: marked.get(label, label), **(shown or {})}
    code = printing.print_rows(
        call, printed, columns_of(kind, config, usual=columns, labels={"label": heading}, shown=shown)
    )
    return Exit.FAILURE if call.output.empty_fails and is_empty else code


def tells_something(total: TypedDocument) -> bool:
    """Tell whether a total has a figure that is not zero, in its period or in that it is compared with."""
    row = as_document(total)
    figures = [*row.values(), *row.get("before", {}).values()]
    return any(isinstance(each, int | float) and each is not True and each for each in figures)
