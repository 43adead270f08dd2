"""Figures of a workspace: the pipeline by stage."""

from collections.abc import Sequence

from crmcli.domain.model.config import Config
from crmcli.domain.records.documents import Document, plain_data
from crmcli.operations.request import Request
from crmcli.query.query_model import Query, Term, Word
from crmcli.report.pipeline_figures import StageFigures, pipeline_figures


def report_pipeline(request: Request, terms: Sequence[str] = ()) -> list[Document]:
    """Return `crm.pipeline/1` for each stage of the matching records, the total last.

    Leads count only where the query says so. Amounts are in the workspace's currency.
    """
    return report_pipeline_of(request, only_opportunities(request.query(terms)))


def report_pipeline_of(request: Request, query: Query) -> list[Document]:
    """Return `crm.pipeline/1` for each stage of the records that a parsed query means, the total last."""
    sums = request.reading().index.by_stage(query, request.viewing)
    figures = pipeline_figures(sums, request.config, pipelines_of(query))
    return [build_figures(each, request.config) for each in figures]


def only_opportunities(query: Query) -> Query:
    """Return the query, which means opportunities unless it says anything of leads."""
    return query if query.names_kind else query.only_opportunities


def pipelines_of(query: Query) -> list[str]:
    """Return the pipelines that a query names."""
    named = (term for term in query.terms if isinstance(term, Term) and term.key.name == "pipeline")
    matches = (match for term in named if not term.negated for match in term.matches)
    return [match.text for match in matches if isinstance(match, Word)]


def build_figures(row: StageFigures, config: Config) -> Document:
    """Return `crm.pipeline/1`: one stage of the pipeline."""
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
