"""`crm list`, `board`, `report pipeline`: the records that a query means, as rows and as figures."""

import shutil
from collections.abc import Sequence
from typing import Annotated

import typer

from crmcli.cli import output
from crmcli.cli.invocation import Invocation
from crmcli.cli.people import money, stars, visible
from crmcli.cli.selection import asked, subjects
from crmcli.cli.views import BOARD_COLUMNS, OUTCOME, opportunity_columns, pipeline_columns
from crmcli.domain import documents, matching
from crmcli.domain.activities import Urgency, planned, urgency
from crmcli.domain.config import Config
from crmcli.domain.documents import Document, data
from crmcli.domain.errors import Exit
from crmcli.domain.keys import Subject
from crmcli.domain.model import Kind
from crmcli.domain.query import Query
from crmcli.domain.standing import Standing
from crmcli.report import pipeline as figures
from crmcli.report.board import Column, drawn

QueryTerms = Annotated[
    list[str] | None, typer.Argument(metavar="[QUERY]…", help="stage:quoted revenue:5000.. +tag word")
]
USUAL_WIDTH = 100  # characters, where there is no terminal to ask


def list_records(ctx: typer.Context, terms: QueryTerms = None) -> int:
    """List the records that a query means: open ones, unless it says is:won, is:lost, is:closed or is:any.

    \b
    Examples:
      crm list
      crm list stage:quoted revenue:5000.. +rika sort:-revenue
      crm list is:lost closed:-90d.. -o csv --fields id,title,lost
    """
    call: Invocation = ctx.obj
    reading = call.reading()
    found = matching.select(asked(call, terms or []), subjects(reading, call.reading_moment))
    output.warn_unreadable(reading)
    rows = [documents.opportunity(reading.facts(each.deal), call.reading_moment) for each in found]
    closed = [OUTCOME] if any(row["outcome"] != Standing.OPEN for row in rows) else []
    return output.rows(call, rows, [*opportunity_columns(call.config), *closed])


def pipeline(ctx: typer.Context, terms: QueryTerms = None) -> int:
    """Count, expected and weighted revenue by stage; leads only where the query says is:lead.

    \b
    Examples:
      crm report pipeline
      crm report pipeline owner:paul
      crm report pipeline -o json
    """
    call: Invocation = ctx.obj
    rows = [figures_document(each) for each in figures.by_stage(in_pipeline(call, terms), call.config)]
    columns = pipeline_columns(call.config)
    return output.rows(call, rows if call.output == "table" else rows[:-1], columns)


def figures_document(row: figures.StageFigures) -> Document:
    """`crm.pipeline/1`: one stage of the pipeline."""
    return {
        "schema": "crm.pipeline/1",
        "stage": row.stage.id if row.stage else None,
        "label": row.stage.title if row.stage else "total",
        "probability": data(row.probability),
        "count": row.deals,
        "expected_revenue": data(row.expected),
        "weighted_revenue": data(row.weighted),
    }


def board(ctx: typer.Context, terms: QueryTerms = None) -> int:
    """The pipeline as a board, stages as columns; it fits the terminal.

    \b
    Examples:
      crm board
      crm board owner:marie
      crm board is:lead
    """
    call: Invocation = ctx.obj
    found = in_pipeline(call, terms)
    rows = figures.by_stage(found, call.config)[:-1]
    held = [(row, [each for each in found if (each.deal.stage == row.stage.id)]) for row in rows if row.stage]
    if call.output == "table" and not call.fields:
        if not call.quiet:
            columns = [column(row, cards, call.config) for row, cards in held]
            output.emit(drawn(columns, shutil.get_terminal_size((USUAL_WIDTH, 24)).columns))
        return Exit.FAILURE if call.empty_fails and not found else Exit.OK
    shown = [{**figures_document(row), "schema": "crm.board/1", "cards": ids(cards)} for row, cards in held]
    return output.rows(call, shown, BOARD_COLUMNS)


def ids(cards: Sequence[Subject]) -> list[str]:
    """The ids of the records on a board's column."""
    return [each.deal.id or "" for each in cards]


def column(row: figures.StageFigures, cards: Sequence[Subject], config: Config) -> Column:
    """A stage of the board."""
    title = row.stage.title if row.stage else ""
    sums = f"{row.deals} · {money(config)(row.expected)}" if row.deals else "–"
    return Column(visible(title), sums, [card(each, config) for each in cards])


def card(subject: Subject, config: Config) -> list[str]:
    """A deal on the board: title, contact, revenue, id; what is late is marked."""
    deal = subject.deal
    lines = [f"{stars(deal.priority)} {deal.title}".strip()]
    lines += [subject.contact.name] if subject.contact else []
    late = any(urgency(each, subject.today) is Urgency.OVERDUE for each in planned(deal))
    lines += [money(config)(deal.expected_revenue), f"{deal.id or '-'}{' overdue' if late else ''}"]
    return [visible(line) for line in lines if line]


def in_pipeline(call: Invocation, terms: Sequence[str] | None) -> list[Subject]:
    """The records that a query means; leads only where it asks for them."""
    reading = call.reading()
    wanted: Query = asked(call, terms or [])
    found = matching.select(wanted, subjects(reading, call.reading_moment))
    output.warn_unreadable(reading)
    return [each for each in found if wanted.names_kind or each.deal.kind is Kind.OPPORTUNITY]
