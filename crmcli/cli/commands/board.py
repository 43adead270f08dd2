"""`crm board`: the pipeline as columns of cards."""

import shutil
from collections.abc import Iterator, Sequence

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import in_stars, money_style
from crmcli.domain.documents.figure_documents import BoardDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.visible_text import visible
from crmcli.operations.reports import BoardColumn, lay_out_board, only_opportunities
from crmcli.report.board_figures import Column, draw_board

USUAL_WIDTH = 100  # characters, without a terminal


def board(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Draw the pipeline as a board, stages as columns; it fits the terminal.

    \b
    Examples:
      crm board
      crm board owner:marie
      crm board is:lead
    """
    call: CommandContext = ctx.obj
    wanted = only_opportunities(call.query(terms or []))
    if explain:
        return print_explanation(call, wanted)
    columns = lay_out_board(call.request, wanted)
    if call.output.is_for_people:
        if not call.output.quiet:
            printing.print_text("\n\n".join(draw_boards(call, columns)))
        is_empty = not any(each.cards for each in columns)
        return Exit.FAILURE if call.output.empty_fails and is_empty else Exit.OK
    rows = [each.document(call.request.config) for each in columns]
    return printing.print_rows(call, rows, columns_of(BoardDocument, call.request.config))


def draw_boards(call: CommandContext, columns: Sequence[BoardColumn]) -> Iterator[str]:
    """Yield the board of each pipeline as text, under its name where pipelines have names."""
    width = shutil.get_terminal_size((USUAL_WIDTH, 24)).columns
    by_pipeline: dict[str, list[Column]] = {}
    for each in columns:
        stage = each.figures.stage
        pipeline = call.request.config.pipeline(stage.id) if stage else None
        by_pipeline.setdefault(pipeline.title if pipeline else "", []).append(column(each, call))
    for title, drawn in by_pipeline.items():
        yield (f"{visible(title)}\n\n" if title else "") + draw_board(drawn, width)


def column(each: BoardColumn, call: CommandContext) -> Column:
    """Return a stage as a column of the board."""
    row = each.figures
    title = row.stage.title if row.stage else ""
    sums = f"{row.deals} · {money_style(call.request.config)(row.expected)}" if row.deals else "–"
    return Column(visible(title), visible(sums), [card(deal, call) for deal in each.cards])


def card(deal: Document, call: CommandContext) -> list[str]:
    """Return the lines of a deal on the board: title, contact, revenue, id with overdue and stale marks."""
    late = any(each["state"] == Urgency.OVERDUE for each in deal["activities"])
    lines = [
        f"{in_stars(deal['priority'])} {deal['title']}".strip(),
        deal["contact_name"] or "",
        money_style(call.request.config)(deal["expected_revenue"]),
        f"{deal['id'] or '-'}{' overdue' if late else ''}{' stale' if deal['stale'] else ''}",
    ]
    return [visible(line) for line in lines if line]
