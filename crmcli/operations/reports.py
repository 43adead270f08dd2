"""Reports: the pipeline by stage, in figures and as a board."""

from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import asdict

from crmcli.domain.documents.figure_documents import BoardDocument, PipelineDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.config import Config
from crmcli.domain.model.status import Status
from crmcli.domain.records.documents import plain_data
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query, Term, Word
from crmcli.report.pipeline_figures import StageFigures, pipeline_figures, pipeline_id
from crmcli.store.index.figures import sum_by_stage
from crmcli.store.reader import Reading


def only_opportunities(query: Query) -> Query:
    """Return the query, restricted to opportunities unless it names a kind."""
    return query if query.names_kind else query.only_opportunities


def pipelines_of(query: Query) -> list[str]:
    """Return the pipelines that a query names."""
    named = (term for term in query.terms if isinstance(term, Term) and term.key.name == "pipeline")
    matches = (match for term in named if not term.negated for match in term.matches)
    return [match.text for match in matches if isinstance(match, Word)]


def report_pipeline(request: Request, terms: Terms = ()) -> list[PipelineDocument]:
    """Return `crm.pipeline/1` for each stage of the matching records, then the total of each pipeline.

    Leads are counted only if the query names them. Amounts are in the workspace's currency.
    """
    wanted = only_opportunities(request.query(terms))
    figures = sum_stages(request, request.reading_for(wanted), wanted)
    return [build_pipeline_document(each, request.config) for each in figures]


def sum_stages(request: Request, reading: Reading, wanted: Query) -> list[StageFigures]:
    """Return the figures of each stage of the matching records, then the total of each pipeline."""
    sums = sum_by_stage(reading.index, wanted, request.viewing)
    return pipeline_figures(sums, request.config, pipelines_of(wanted))


def build_pipeline_document(row: StageFigures, config: Config) -> PipelineDocument:
    """Return a stage of the pipeline as `crm.pipeline/1`."""
    pipeline = pipeline_id(row, config) if row.stage else row.pipeline
    return PipelineDocument(
        pipeline=pipeline if config.pipelines else UNSET,
        stage=row.stage.id if row.stage else None,
        label=row.stage.title if row.stage else "total",
        total=UNSET if row.stage else True,
        probability=plain_data(row.probability),
        count=row.deals,
        expected_revenue=plain_data(row.expected),
        weighted_revenue=plain_data(row.weighted),
    )


class BoardColumn(NamedTuple):
    """A stage of the board: its figures, and its records as `crm.opportunity/1`."""

    figures: StageFigures
    cards: list[Document]

    def document(self, config: Config) -> BoardDocument:
        """Return the stage as `crm.board/1`."""
        figures = asdict(build_pipeline_document(self.figures, config))
        for key in ("by", "id", "unfinished", "total", "before"):
            del figures[key]
        return BoardDocument(**figures, cards=[card["id"] for card in self.cards])


def lay_out_board(request: Request, terms: Terms = ()) -> list[BoardColumn]:
    """Return the stages with the matching records in each, leaving out lost ones."""
    wanted = only_opportunities(request.query(terms))
    reading = request.reading_for(wanted)
    columns = [BoardColumn(row, []) for row in sum_stages(request, reading, wanted) if row.stage]
    by_stage = {column.figures.stage.id: column.cards for column in columns if column.figures.stage}
    for deal in reading.index.opportunities(wanted, request.viewing):
        if deal["outcome"] != Status.LOST:
            by_stage[deal["stage"]].append(deal)
    return columns
