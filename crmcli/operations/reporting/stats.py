"""`crm stats`: the whole on one screen, each pipeline apart."""

from msgspec.structs import replace

from crmcli.domain.documents.report_documents import PipelineStats, StatsDocument
from crmcli.domain.model.config import Config
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.records.documents import plain_data
from crmcli.mail.outgoing.outbox_reader import list_mail_names
from crmcli.operations.reporting.report_kinds import KINDS, whatever_became
from crmcli.operations.reporting.report_scope import ReportOptions, Scope, read_scope
from crmcli.operations.reporting.run_report import Asked, split_pipelines
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Is, Query
from crmcli.report.response_figures import came_in_deals
from crmcli.report.stale_figures import StaleClock
from crmcli.report.stats_figures import StatsFigures, stats_figures
from crmcli.store.index.deal_rows import DealRow, read_activities, read_deals
from crmcli.store.quarantine import list_quarantined
from crmcli.store.reader import Reading

UNSENT = (MailFolder.OUTBOX, MailFolder.HELD, MailFolder.SENDING, MailFolder.FAILED)


def count_stats(request: Request, terms: Terms = ()) -> StatsDocument:
    """Return `crm.stats/1` for the matching records, and for what waits in the mail folders."""
    query = request.query(terms).whatever_came
    scope = read_scope(request, ReportOptions())
    reading = request.reading_for(query)
    rows = list(read_deals(reading.index, query, request.viewing, with_course=True))
    clock = StaleClock(request.config, request.at)
    open = [row for row in rows if row.status == "open"]
    due, overdue = count_due(request, reading, query)
    return StatsDocument(
        day=request.today.isoformat(),
        pipelines=list_pipelines(request.config, scope, query, [row for row in rows if not row.is_lead]),
        leads=sum(row.is_lead for row in open),
        due=due,
        overdue=overdue,
        stale=sum(clock.is_stale(row) for row in open if not row.is_lead),
        waiting=sum(row.answered is None for row in came_in_deals(open)),
        unanswered=len(reading.index.places(with_word(query, "unanswered"), request.viewing)),
        kept_aside=len(list_quarantined(reading.root)),
        unsent=sum(len(list_mail_names(reading.root, folder)) for folder in UNSENT),
    )


def with_word(query: Query, word: str) -> Query:
    """Return a query for those of the matching records that are open and of which a word of `is:` holds."""
    return replace(query, terms=(*query.terms, Is(("open",)), Is((word,))))


def count_due(request: Request, reading: Reading, query: Query) -> tuple[int, int]:
    """Return the activities due today and the overdue ones, each by the day of its assignee."""
    viewing = request.viewing
    states = [
        viewing.state(row.state, row.due, row.assignee)
        for row in read_activities(reading.index, query.only_planned, viewing)
    ]
    return states.count(Urgency.TODAY), states.count(Urgency.OVERDUE)


def list_pipelines(config: Config, scope: Scope, query: Query, rows: list[DealRow]) -> list[PipelineStats]:
    """Return the figures of each pipeline; a workspace with one has no name for it."""
    asked = Asked(KINDS["pipeline"], "stage", whatever_became(query))
    return [
        build_pipeline(pipeline, stats_figures(own, scope.today, scope.day_of))
        for pipeline, _, own in split_pipelines(asked, config, rows)
    ]


def build_pipeline(pipeline: str | None, figures: StatsFigures) -> PipelineStats:
    """Return the figures of a pipeline as a part of the document."""
    return PipelineStats(
        pipeline=pipeline,
        open=figures.open,
        expected_revenue=plain_data(figures.expected_revenue),
        weighted_revenue=plain_data(figures.weighted_revenue),
        won=figures.won.count,
        won_revenue=plain_data(figures.won.revenue),
        won_last_month=figures.won_before.count,
        won_revenue_last_month=plain_data(figures.won_before.revenue),
        win_rate=plain_data(figures.year.win_rate),
        cycle_days=plain_data(figures.year.cycle_days),
        revenue_per_day=plain_data(figures.year.revenue_per_day),
    )
