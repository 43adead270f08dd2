"""`crm list`, `report pipeline`: the records that a query means, as rows and as figures."""

from collections.abc import Sequence
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import opportunity_columns, pipeline_columns
from crmcli.domain.model.config import Config
from crmcli.domain.model.status import Status
from crmcli.domain.records.documents import Document, plain_data
from crmcli.query.query_parser import Query, Term, Word
from crmcli.report import pipeline_figures as figures

QueryTerms = Annotated[
    list[str] | None,
    typer.Argument(metavar="[QUERY]…", help="stage:quoted revenue:5000.. +tag word"),
    offers.QUERY,
]


def list_records(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """List matching records: open ones, unless the query has is:won, is:lost, is:closed or is:any.

    \b
    Examples:
      crm list
      crm list stage:quoted revenue:5000.. +rika sort:-revenue
      crm list is:lost closed:-90d.. -o csv --fields id,title,lost
    """
    call: CommandContext = ctx.obj
    reading = call.reading()
    wanted = call.query(terms or [])
    if explain:
        return print_explanation(call, wanted)
    if call.output == "ids":
        rows = [{"id": id, "path": path} for path, id in reading.index.places(wanted, call.viewing)]
        printing.warn_about(reading, wanted)
        return printing.print_rows(call, rows, opportunity_columns(call.config))
    rows = list(reading.index.opportunities(wanted, call.viewing))
    printing.warn_about(reading, wanted)
    closed = ["outcome"] if any(row["outcome"] != Status.OPEN for row in rows) else []
    return printing.print_rows(call, rows, opportunity_columns(call.config, *closed))


def pipeline(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Report count, expected and weighted revenue by stage; leads only with is:lead in the query.

    \b
    Examples:
      crm report pipeline
      crm report pipeline owner:paul
      crm report pipeline -o json
    """
    call: CommandContext = ctx.obj
    wanted = in_pipeline(call, terms)
    if explain:
        return print_explanation(call, wanted)
    reading = call.reading()
    sums = reading.index.by_stage(wanted, call.viewing)
    printing.warn_about(reading, wanted)
    rows = [
        figures_document(each, call.config)
        for each in figures.pipeline_figures(sums, call.config, pipelines_of(wanted))
    ]
    columns = pipeline_columns(call.config)
    return printing.print_rows(call, rows if call.output == "table" else rows[:-1], columns)


def pipelines_of(wanted: Query) -> list[str]:
    """The pipelines that a query names."""
    named = (term for term in wanted.terms if isinstance(term, Term) and term.key.name == "pipeline")
    matches = (match for term in named if not term.negated for match in term.matches)
    return [match.text for match in matches if isinstance(match, Word)]


def figures_document(row: figures.StageFigures, config: Config) -> Document:
    """`crm.pipeline/1`: one stage of the pipeline."""
    pipeline = config.pipeline(row.stage.id) if row.stage else None
    return {
        "schema": "crm.pipeline/1",
        **({"pipeline": pipeline.id if pipeline else None} if config.pipelines else {}),
        "stage": row.stage.id if row.stage else None,
        "label": row.stage.title if row.stage else "total",
        "probability": plain_data(row.probability),
        "count": row.deals,
        "expected_revenue": plain_data(row.expected),
        "weighted_revenue": plain_data(row.weighted),
    }


def in_pipeline(call: CommandContext, terms: Sequence[str] | None) -> Query:
    """The query, which means opportunities unless it says anything of leads."""
    wanted = call.query(terms or [])
    return wanted if wanted.names_kind else wanted.only_opportunities
