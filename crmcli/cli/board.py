"""`crm board`: the pipeline as columns of cards."""

import shutil
from collections.abc import Sequence

import typer

from crmcli.cli import output
from crmcli.cli.explaining import Explain, explained
from crmcli.cli.find import QueryTerms, figures_document, in_pipeline
from crmcli.cli.invocation import Invocation
from crmcli.cli.people import in_stars, money, visible
from crmcli.cli.views import board_columns
from crmcli.domain.documents import Document
from crmcli.domain.errors import Exit
from crmcli.domain.standing import Standing
from crmcli.domain.urgency import Urgency
from crmcli.report import pipeline as figures
from crmcli.report.board import Column, drawn

USUAL_WIDTH = 100  # characters, where there is no terminal to ask


def board(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """The pipeline as a board, stages as columns; it fits the terminal.

    \b
    Examples:
      crm board
      crm board owner:marie
      crm board is:lead
    """
    call: Invocation = ctx.obj
    wanted = in_pipeline(call, terms)
    if explain:
        return explained(call, wanted)
    reading = call.reading()
    rows = figures.pipeline(reading.index.by_stage(wanted, call.viewing), call.config)[:-1]
    deals = reading.index.opportunities(wanted, call.viewing)
    held: dict[str, list[Document]] = {row.stage.id: [] for row in rows if row.stage}
    for deal in deals:
        if deal["outcome"] != Standing.LOST:
            held[deal["stage"]].append(deal)
    output.warn_about(reading, wanted)
    if output.is_for_people(call):
        if not call.quiet:
            columns = [column(row, cards, call) for row, cards in zip(rows, held.values(), strict=True)]
            output.emit(drawn(columns, shutil.get_terminal_size((USUAL_WIDTH, 24)).columns))
        return Exit.FAILURE if call.empty_fails and not any(held.values()) else Exit.OK
    shown = [
        {**figures_document(row), "schema": "crm.board/1", "cards": [card["id"] for card in cards]}
        for row, cards in zip(rows, held.values(), strict=True)
    ]
    return output.rows(call, shown, board_columns(call.config))


def column(row: figures.StageFigures, cards: Sequence[Document], call: Invocation) -> Column:
    """A stage of the board."""
    title = row.stage.title if row.stage else ""
    sums = f"{row.deals} · {money(call.config)(row.expected)}" if row.deals else "–"
    return Column(visible(title), visible(sums), [card(each, call) for each in cards])


def card(deal: Document, call: Invocation) -> list[str]:
    """A deal on the board: title, contact, revenue, id; what is late is marked."""
    late = any(each["state"] == Urgency.OVERDUE for each in deal["activities"])
    lines = [
        f"{in_stars(deal['priority'])} {deal['title']}".strip(),
        deal["contact_name"] or "",
        money(call.config)(deal["expected_revenue"]),
        f"{deal['id'] or '-'}{' overdue' if late else ''}",
    ]
    return [visible(line) for line in lines if line]
