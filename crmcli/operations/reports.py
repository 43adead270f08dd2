"""Reports: the pipeline by stage, deals by marketing origin, referrals by sponsor."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import UNSET
from msgspec.structs import asdict

from crmcli.domain.documents.figure_documents import (
    BoardDocument,
    OriginKind,
    PipelineDocument,
    SourceDocument,
    SponsorDocument,
)
from crmcli.domain.documents.referral_documents import RewardDocument
from crmcli.domain.documents.typed_document import Document, Number
from crmcli.domain.model.config import Config
from crmcli.domain.model.status import Status
from crmcli.domain.records.documents import plain_data
from crmcli.domain.rules.rewards import DUE, PAID
from crmcli.domain.values.list_entries import Named, unknown_entry
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query, Term, Word
from crmcli.report import origin_figures
from crmcli.report.origin_figures import Origin
from crmcli.report.pipeline_figures import StageFigures, pipeline_figures
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
    """Return `crm.pipeline/1` for each stage of the matching records, the total last.

    Leads are counted only if the query names them. Amounts are in the workspace's currency.
    """
    wanted = only_opportunities(request.query(terms))
    figures = sum_stages(request, request.reading_for(wanted), wanted)
    return [build_pipeline_document(each, request.config) for each in figures]


def sum_stages(request: Request, reading: Reading, wanted: Query) -> list[StageFigures]:
    """Return the figures of each stage of the matching records, the total last."""
    sums = reading.index.by_stage(wanted, request.viewing)
    return pipeline_figures(sums, request.config, pipelines_of(wanted))


def build_pipeline_document(row: StageFigures, config: Config) -> PipelineDocument:
    """Return a stage of the pipeline as `crm.pipeline/1`."""
    pipeline = config.pipeline(row.stage.id) if row.stage else None
    return PipelineDocument(
        pipeline=(pipeline.id if pipeline else None) if config.pipelines else UNSET,
        stage=row.stage.id if row.stage else None,
        label=row.stage.title if row.stage else "total",
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
        return BoardDocument(**figures, cards=[card["id"] for card in self.cards])


def lay_out_board(request: Request, terms: Terms = ()) -> list[BoardColumn]:
    """Return the stages with the matching records in each, leaving out lost ones."""
    wanted = only_opportunities(request.query(terms))
    reading = request.reading_for(wanted)
    columns = [BoardColumn(row, []) for row in sum_stages(request, reading, wanted)[:-1]]
    by_stage = {column.figures.stage.id: column.cards for column in columns if column.figures.stage}
    for deal in reading.index.opportunities(wanted, request.viewing):
        if deal["outcome"] != Status.LOST:
            by_stage[deal["stage"]].append(deal)
    return columns


def lists_of_origins(config: Config) -> dict[str, Sequence[Named]]:
    """Return the lists of sources, mediums and campaigns in `crm.yaml`."""
    lists = config.marketing
    return {"source": lists.sources, "medium": lists.mediums, "campaign": lists.campaigns}


def report_sources(request: Request, terms: Terms = (), *, by: str = "source") -> list[SourceDocument]:
    """Return `crm.source/1` for each source, medium or campaign of the matching records, open and closed.

    Raises UsageError for an unknown `by`.
    """
    lists = lists_of_origins(request.config)
    if by not in lists:
        raise unknown_entry("origin", by, list(lists))
    wanted = request.query(terms).whatever_came
    tallies = request.reading_for(wanted).index.tallied(by, wanted, request.viewing)
    rows = origin_figures.by_list(tallies, lists[by])
    return [SourceDocument(by=OriginKind(by), **describe_origin(each)) for each in rows]


def report_referrals(request: Request, terms: Terms = ()) -> list[SponsorDocument]:
    """Return `crm.sponsor/1` for each sponsor of the matching records, open and closed."""
    from crmcli.operations.referrals import read_rewards  # with what pays them, which is slow to import

    wanted = request.query(terms).whatever_came
    reading = request.reading_for(wanted)
    tallies = reading.index.tallied("referred_by", wanted, request.viewing)
    sponsors = [each.value for each in tallies if each.value]
    names = {id: person.name for id in sponsors if (person := reading.contact(id))}
    earned: dict[str | None, list[RewardDocument]] = {}
    for reward in read_rewards(request, reading, wanted):
        earned.setdefault(reward.to, []).append(reward)
    return [
        SponsorDocument(**describe_origin(row), **sum_rewards(earned.get(row.id, ())))
        for row in origin_figures.sort_by_person(tallies, names)
    ]


def describe_origin(row: Origin) -> dict[str, Any]:
    """Return the figures of the deals of one origin."""
    tally = row.figures
    return {
        "id": row.id,
        "label": row.label,
        "leads": tally.leads,
        "deals": tally.open + tally.won + tally.lost,
        "open": tally.open,
        "won": tally.won,
        "lost": tally.lost,
        "win_rate": plain_data(row.win_rate),
        "expected_revenue": plain_data(tally.expected),
        "weighted_revenue": plain_data(tally.weighted),
        "won_revenue": plain_data(tally.revenue),
    }


def sum_rewards(rewards: Sequence[RewardDocument]) -> dict[str, Any]:
    """Return the amounts due and paid, and the kinds of rewards due that are not money."""

    def total(state: str) -> Number:
        return sum(each.amount or 0 for each in rewards if each.state == state)

    kinds = [each.kind for each in rewards if each.state == DUE and each.kind]
    return {"rewards_due": total(DUE), "rewards_paid": total(PAID), "kinds_due": kinds}
