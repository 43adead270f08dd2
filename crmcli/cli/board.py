"""`crm board`: the pipeline as columns of cards."""

import shutil
from collections.abc import Sequence

import typer

from crmcli.cli import output
from crmcli.cli.find import QueryTerms, figures_document, in_pipeline
from crmcli.cli.invocation import Invocation
from crmcli.cli.people import money, stars, visible
from crmcli.cli.views import BOARD_COLUMNS
from crmcli.domain.config import Config
from crmcli.domain.errors import Exit
from crmcli.domain.keys import Subject
from crmcli.domain.urgency import Urgency, planned, urgency
from crmcli.report import pipeline as figures
from crmcli.report.board import Column, drawn

USUAL_WIDTH = 100  # characters, where there is no terminal to ask


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
    return Column(visible(title), visible(sums), [card(each, config) for each in cards])


def card(subject: Subject, config: Config) -> list[str]:
    """A deal on the board: title, contact, revenue, id; what is late is marked."""
    deal = subject.deal
    lines = [f"{stars(deal.priority)} {deal.title}".strip()]
    lines += [subject.contact.name] if subject.contact else []
    late = any(urgency(each, subject.today) is Urgency.OVERDUE for each in planned(deal))
    lines += [money(config)(deal.expected_revenue), f"{deal.id or '-'}{' overdue' if late else ''}"]
    return [visible(line) for line in lines if line]
