"""The kinds of reports on deals: which deals each is about, its groups, the day that counts, its figures."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from crmcli.domain.documents.figure_documents import PipelineDocument, SourceDocument, SponsorDocument
from crmcli.domain.documents.report_documents import (
    DigestDocument,
    ForecastDocument,
    FunnelDocument,
    LostDocument,
    ResponseDocument,
    StaleDocument,
    VelocityDocument,
)
from crmcli.domain.documents.typed_document import TypedDocument
from crmcli.domain.model.pipeline import Stage
from crmcli.operations.reporting import group_choices
from crmcli.operations.reporting.report_scope import Scope
from crmcli.operations.reports import only_opportunities
from crmcli.query.query_model import Is, Query
from crmcli.report import (
    deal_figures,
    digest_figures,
    forecast_figures,
    funnel_figures,
    lost_figures,
    origin_figures,
    response_figures,
    stale_figures,
    velocity_figures,
)
from crmcli.report.grouping import Grouping
from crmcli.store.index.deal_rows import DealRow

Compute = Callable[[Sequence[DealRow], str | None], msgspec.Struct]
"""Figures of some rows; with a stage, those of this stage in the histories of the rows."""


class Setting(NamedTuple):
    """What the figures of a report depend on besides the rows of a group."""

    scope: Scope
    rows: Sequence[DealRow]  # of the whole report, or of one pipeline
    stages: Sequence[Stage]  # of this pipeline

    def are_here(self, rows: Sequence[DealRow]) -> list[DealRow]:
        """Return the deals that are in this pipeline now, and not only were in it."""
        if not self.scope.config.pipelines or not self.stages:
            return list(rows)
        ids = {stage.id for stage in self.stages}
        return [row for row in rows if row.stage in ids]


class ReportKind(NamedTuple):
    """A kind of report."""

    document: type[TypedDocument]
    by: str  # the usual grouping
    select: Callable[[Query], Query]
    day: Callable[[DealRow, Scope], date | None]  # the day that a period and a month are about
    computing: Callable[[Setting], Compute]
    own: Mapping[str, Callable[[Scope], Grouping[DealRow]]] = MappingProxyType(
        {}
    )  # groupings besides the usual ones
    needs_course: bool = False
    needs_paid: bool = False
    follows: Callable[[Stage], bool] | None = None  # the stages of histories that it has rows for
    is_of_period: bool = True  # only deals of the period are in it; otherwise the figures know the period
    is_of_referred: bool = False  # only deals with a sponsor are in it
    by_pipeline: bool = True  # pipelines are never added up
    is_ahead: bool = False  # about days to come


def whatever_became(query: Query) -> Query:
    """Return the query for opportunities, open and closed."""
    return only_opportunities(query.whatever_came)


def only_lost(query: Query) -> Query:
    """Return the query for opportunities that are lost."""
    lost = replace(query, terms=(*query.terms, Is(("lost",))))
    return only_opportunities(lost)


def created_on(row: DealRow, scope: Scope) -> date | None:
    """Return the day on which a deal was created."""
    return scope.day_of(row.created)


def closed_on(row: DealRow, scope: Scope) -> date | None:
    """Return the day on which a deal was won or lost; None while it is open."""
    return scope.day_of(row.closed) if row.status != "open" else None


def expected_on(row: DealRow, scope: Scope) -> date | None:
    """Return the day on which a deal is expected to close."""
    return date.fromisoformat(row.expected_close) if row.expected_close else None


def idle_since(row: DealRow, scope: Scope) -> date | None:
    """Return the day since which a deal is in its stage."""
    return scope.day_of(row.stage_since)


def compute_funnel(setting: Setting) -> Compute:
    """Return the figures of the funnel of a pipeline."""
    won = setting.scope.config.won_stages
    passages = {id(row): funnel_figures.passage_of(row, won) for row in setting.rows}
    order = [stage.id for stage in setting.stages if stage.id not in won]

    def compute(rows: Sequence[DealRow], stage: str | None) -> msgspec.Struct:
        found = [passages[id(row)] for row in rows]
        if stage is None:
            return funnel_figures.group_funnel(rows, setting.are_here(rows))
        after = order[order.index(stage) + 1 :] if stage in order else []
        later = {*after, *(each.id for each in setting.stages if each.id in won)}
        return funnel_figures.stage_funnel(found, stage, later)

    return compute


def compute_velocity(setting: Setting) -> Compute:
    """Return the figures of velocity."""
    scope = setting.scope
    progress = partial(
        velocity_figures.progress_of,
        stages={stage.id for stage in setting.stages if stage.outcome is None},
        won=scope.config.won_stages,
        period=scope.period,
        day_of=scope.day_of,
    )
    known = {id(row): progress(row) for row in setting.rows}

    def compute(rows: Sequence[DealRow], stage: str | None) -> msgspec.Struct:
        found = [known[id(row)] for row in rows]
        if stage is not None:
            return velocity_figures.stage_velocity(found, stage)
        return velocity_figures.sales_velocity(found, setting.are_here(rows), scope.period, scope.day_of)

    return compute


def compute_lost(setting: Setting) -> Compute:
    """Return the figures of lost deals."""
    total = len(lost_figures.lost_deals(setting.rows))
    return lambda rows, stage: lost_figures.lost_figures(rows, total)


def compute_stale(setting: Setting) -> Compute:
    """Return the figures of stale deals."""
    clock = stale_figures.StaleClock(setting.scope.config, setting.scope.request.at)
    return lambda rows, stage: stale_figures.stale_figures(rows, clock)


def compute_response(setting: Setting) -> Compute:
    """Return the figures of first answers."""
    at = setting.scope.at
    return lambda rows, stage: response_figures.response_figures(response_figures.came_in_deals(rows), at)


def compute_digest(setting: Setting) -> Compute:
    """Return what happened in the period of a report."""
    scope = setting.scope
    clock = stale_figures.StaleClock(scope.config, scope.request.at)
    events = digest_figures.PeriodEvents(scope.period, scope.day_of, clock, scope.config.won_stages)
    return lambda rows, stage: digest_figures.digest_figures(rows, events)


def group_by_sponsor(scope: Scope) -> Grouping[DealRow]:
    """Return the grouping of referred deals by their sponsor."""
    return Grouping(
        "sponsor", lambda row: (row.referred_by,), group_choices.label_plain, group_choices.expect_found
    )


KINDS: dict[str, ReportKind] = {
    "pipeline": ReportKind(
        PipelineDocument, "stage", only_opportunities, created_on,
        lambda setting: lambda rows, stage: deal_figures.deal_figures(rows),
    ),
    "forecast": ReportKind(
        ForecastDocument, "month", only_opportunities, expected_on,
        lambda setting: lambda rows, stage: forecast_figures.forecast_figures(rows), is_ahead=True,
    ),
    "funnel": ReportKind(
        FunnelDocument, "stage", whatever_became, created_on, compute_funnel,
        needs_course=True, follows=lambda stage: True,
    ),
    "velocity": ReportKind(
        VelocityDocument, "stage", whatever_became, closed_on, compute_velocity,
        needs_course=True, follows=lambda stage: stage.outcome is None, is_of_period=False,
    ),
    "sources": ReportKind(
        SourceDocument, "source", lambda query: query.whatever_came, created_on,
        lambda setting: lambda rows, stage: origin_figures.origin_figures(rows),
    ),
    "referrals": ReportKind(
        SponsorDocument, "sponsor", lambda query: query.whatever_came, created_on,
        lambda setting: lambda rows, stage: origin_figures.origin_figures(rows),
        {"sponsor": group_by_sponsor}, is_of_referred=True, by_pipeline=False,
    ),
    "lost": ReportKind(
        LostDocument, "reason", only_lost, closed_on, compute_lost, {"reason": group_choices.group_by_reason},
    ),
    "stale": ReportKind(StaleDocument, "stage", only_opportunities, idle_since, compute_stale),
    "digest": ReportKind(
        DigestDocument, "owner", lambda query: query.whatever_came, created_on, compute_digest,
        needs_course=True, needs_paid=True, is_of_period=False,
    ),
    "response": ReportKind(
        ResponseDocument, "owner", lambda query: query.whatever_came, created_on, compute_response,
        {"hour": group_choices.group_by_hour}, needs_course=True, by_pipeline=False,
    ),
}  # fmt: skip
