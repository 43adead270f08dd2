"""`crm sql`: query the index in SQL."""

from typing import Annotated, Any

import typer

from crmcli.cli import streams
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import ViewDocument
from crmcli.domain.values.errors import UsageError

LONGEST = 3600


def sql(
    ctx: typer.Context,
    statement: Annotated[
        str,
        typer.Argument(metavar="[SELECT]", help="one statement; - reads stdin; without it, list the views"),
    ] = "",
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="time limit")] = 10,
) -> int:
    """Query the index in SQL (SQLite), read-only. Without a statement, list views and columns.

    \b
    Examples:
      crm sql
      crm sql "select source, count(*) n from opportunities where outcome = 'won' group by 1"
      crm sql "select due, summary from activities where state = 'overdue' order by 1" -o csv
    """
    from crmcli.store.index.sql import open_views, run_select

    call: CommandContext = ctx.obj
    if not 0 < timeout <= LONGEST:
        raise UsageError(f"--timeout {timeout:g}: more than 0 and at most {LONGEST} seconds")
    index = call.request.reading().index
    text = streams.read_stdin() if statement == "-" else statement
    if not text.strip():
        columns = open_views(index, call.request.viewing).views
        rows = [ViewDocument(view=name, columns=held) for name, held in columns.items()]
        return printing.print_rows(call, rows, columns_of(ViewDocument))
    answer = run_select(index, call.request.viewing, text, timeout)
    shown = [Column(name, right=is_number(answer.rows, place)) for place, name in enumerate(answer.columns)]
    return printing.print_rows(
        call, [dict(zip(answer.columns, map(plain, row), strict=True)) for row in answer.rows], shown
    )


def is_number(rows: list[tuple[Any, ...]], place: int) -> bool:
    """Tell whether a column holds only numbers."""
    return bool(rows) and all(isinstance(row[place], int | float | None) for row in rows)


def plain(value: Any) -> Any:
    """Return a value of SQLite as JSON has it; whole numbers have no decimals."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
