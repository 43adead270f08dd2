"""`crm board`: the pipeline as columns of cards."""

import shutil
from collections.abc import Iterator, Sequence

import typer

from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, explained
from crmcli.cli.commands.list import QueryTerms, figures_document, in_pipeline, pipelines_of
from crmcli.cli.context import Invocation
from crmcli.cli.output.value_format import in_stars, money, visible
from crmcli.cli.output.table_columns import board_columns
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import Exit
from crmcli.domain.model.status import Standing
from crmcli.domain.model.urgency import Urgency
from crmcli.report import pipeline_figures as figures
from crmcli.report.board_figures import Column, drawn

USUAL_WIDTH = 100  # characters, without a terminal to ask


def board(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Draw the pipeline as a board, stages as columns; it fits the terminal.

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
    sums = reading.index.by_stage(wanted, call.viewing)
    rows = figures.pipeline(sums, call.config, pipelines_of(wanted))[:-1]
    deals = reading.index.opportunities(wanted, call.viewing)
    held: dict[str, list[Document]] = {row.stage.id: [] for row in rows if row.stage}
    for deal in deals:
        if deal["outcome"] != Standing.LOST:
            held[deal["stage"]].append(deal)
    printing.warn_about(reading, wanted)
    if printing.is_for_people(call):
        if not call.quiet:
            printing.emit("\n\n".join(boards(call, rows, held)))
        return Exit.FAILURE if call.empty_fails and not any(held.values()) else Exit.OK
    shown = [
        {
            **figures_document(row, call.config),
            "schema": "crm.board/1",
            "cards": [card["id"] for card in cards],
        }
        for row, cards in zip(rows, held.values(), strict=True)
    ]
    return printing.rows(call, shown, board_columns(call.config))


def boards(
    call: Invocation, rows: Sequence[figures.StageFigures], held: dict[str, list[Document]]
) -> Iterator[str]:
    """The board as text; where pipelines have names, one below the other, each under its own."""
    width = shutil.get_terminal_size((USUAL_WIDTH, 24)).columns
    by_pipeline: dict[str, list[Column]] = {}
    for row, cards in zip(rows, held.values(), strict=True):
        pipeline = call.config.pipeline(row.stage.id) if row.stage else None
        by_pipeline.setdefault(pipeline.title if pipeline else "", []).append(column(row, cards, call))
    for title, columns in by_pipeline.items():
        yield (f"{visible(title)}\n\n" if title else "") + drawn(columns, width)


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
        f"{deal['id'] or '-'}{' overdue' if late else ''}{' stale' if deal['stale'] else ''}",
    ]
    return [visible(line) for line in lines if line]
