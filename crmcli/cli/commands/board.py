"""`crm board`: the pipeline as columns of cards."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back
from crmcli.cli.output import messages, printing
from crmcli.cli.output.board_page import CardLine, Column, count_columns, draw_board, fold_stages
from crmcli.cli.output.colours import BY_STATE, Tone
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.formats import Shape
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import in_stars, money_style
from crmcli.domain.documents.figure_documents import BoardDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.config import Config
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.domain.values.visible_text import visible
from crmcli.operations.reports import BoardColumn, lay_out_board, only_opportunities

USUAL_WIDTH = 100  # characters, without a terminal


def board(
    ctx: typer.Context,
    terms: QueryTerms = None,
    stage: Annotated[
        list[str],
        typer.Option("--stage", metavar="STAGE", help="draw this stage; may be repeated"),
        offers.STAGE,
    ] = [],  # noqa: B006
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Draw the pipeline as a board, stages as columns; empty stages are a line each.

    At a terminal the stages for which it has no room are a line, too: --stage draws the ones you name,
    --wide draws all of them, below each other.

    \b
    Examples:
      crm board
      crm board owner:marie --stage quoted --stage negotiation
      crm board is:lead
    """
    call: CommandContext = ctx.obj
    go_back(call, as_of)
    wanted = only_opportunities(call.query(terms or []))
    if explain:
        return print_explanation(call, wanted)
    asked = [check_stage(name, call.request.config) for each in stage for name in each.split(",") if name]
    columns = lay_out_board(call.request, wanted)
    if call.output.is_for_people:
        if not call.output.quiet:
            print_boards(call, columns, asked)
        is_empty = not any(each.cards for each in columns)
        return Exit.FAILURE if call.output.empty_fails and is_empty else Exit.OK
    told = [each for each in columns if not asked or stage_id(each) in asked]
    rows = [each.document(call.request.config) for each in told]
    return printing.print_rows(call, rows, columns_of(BoardDocument, call.request.config))


def check_stage(name: str, config: Config) -> str:
    """Return the id of a stage.

    Raises UsageError for an unknown one.
    """
    known = [each.id for each in config.stages]
    if name not in known:
        raise unknown_entry("stage", name, known)
    return name


def stage_id(each: BoardColumn) -> str:
    """Return the id of the stage of a column; empty for records whose stage crm.yaml does not have."""
    return each.figures.stage.id if each.figures.stage else ""


def print_boards(call: CommandContext, columns: Sequence[BoardColumn], asked: Sequence[str]) -> None:
    """Print the board of each pipeline, and name the stages for which a terminal has no room."""
    width = shutil.get_terminal_size((USUAL_WIDTH, 24)).columns
    folds = sys.stdout.isatty() and call.output.shape is not Shape.WIDE
    hidden: list[str] = []
    drawn = []
    for title, stages in by_pipeline(call, columns).items():
        folded = fold_stages(stages, count_columns(width) if folds else None, asked)
        hidden += [each.title for each in folded.folded if each.cards and not asked]
        text = draw_board(folded, width, is_coloured=call.output.is_coloured)
        drawn.append((f"{visible(title)}\n\n" if title else "") + text)
    printing.write_output("\n\n".join(drawn))
    if hidden:
        names = ", ".join(hidden)
        remark = translate(
            "no room for {stages} (--stage NAME draws a stage, --wide draws all of them)", stages=names
        )
        messages.print_remark(remark)


def by_pipeline(call: CommandContext, columns: Sequence[BoardColumn]) -> dict[str, list[Column]]:
    """Return the columns of each pipeline, by its name; an only pipeline has none."""
    found: dict[str, list[Column]] = {}
    for each in columns:
        stage = each.figures.stage
        pipeline = call.request.config.pipeline(stage.id) if stage else None
        found.setdefault(pipeline.title if pipeline else "", []).append(column(each, call))
    return found


def column(each: BoardColumn, call: CommandContext) -> Column:
    """Return a stage as a column of the board."""
    row = each.figures
    title = row.stage.title if row.stage else ""
    sums = f"{row.deals} · {money_style(call.request.config)(row.expected)}" if row.deals else "–"
    return Column(stage_id(each), visible(title), visible(sums), list(list_cards(each.cards, call)))


def list_cards(deals: Sequence[Document], call: CommandContext) -> Iterator[list[CardLine]]:
    """Yield the lines of each deal: title, contact, revenue, and id with what is late about it."""
    for deal in deals:
        state = worst_state(deal)
        tone = BY_STATE.get(state)
        shown = money_style(call.request.config)(deal["expected_revenue"])
        marks = [deal["id"] or "-", translate(state), translate("stale") if deal["stale"] else ""]
        lines = [
            CardLine(f"{in_stars(deal['priority'])} {deal['title']}".strip(), tone or Tone.BOLD),
            CardLine(deal["contact_name"] or ""),
            CardLine(shown),
            CardLine(" ".join(filter(None, marks)), tone),
        ]
        yield [CardLine(visible(line.text), line.tone) for line in lines if line.text]


def worst_state(deal: Document) -> str:
    """Return `overdue` or `today` if an activity of a deal is; empty otherwise."""
    states = {each["state"] for each in deal["activities"]}
    return next((str(each) for each in (Urgency.OVERDUE, Urgency.TODAY) if each in states), "")
