"""The report on activities: planned, overdue, done and cancelled ones, by type, assignee and other groups."""

from datetime import date, datetime
from typing import Any

from crmcli.domain.documents.report_documents import ActivityReportDocument
from crmcli.domain.localization.translations import translate_heading
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.record_types import State
from crmcli.operations.reporting import group_choices
from crmcli.operations.reporting.report_scope import ReportOptions, Scope, read_scope
from crmcli.operations.reporting.run_report import (
    NO_OPTIONS,
    ReportResult,
    numbers_of,
    plain_figures,
)
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query
from crmcli.report.activity_figures import ActivityFigures, activity_figures
from crmcli.report.grouping import PERIODS, Group, Grouping, group_rows, key_groups
from crmcli.store.index.deal_rows import ActivityRow, read_activities

OWN = {"type": group_choices.group_by_type, "assignee": group_choices.group_by_assignee}
Counted = list[tuple[Group[ActivityRow], ActivityFigures]]


def report_activities(
    request: Request, terms: Terms = (), options: ReportOptions = NO_OPTIONS
) -> ReportResult:
    """Return `crm.activity-report/1` for each type or other group of the matching activities, and the total.

    Raises UsageError for options that are not valid.
    """
    query = request.query(terms)
    scope = read_scope(request, options)
    compared = scope.compared(options.compare) if options.compare else None
    reading = request.reading_for(query)
    by = group_choices.check_grouping(options.by or "type", tuple(OWN), request.config, reading.index.holds)
    values_of = by if by == "tag" or by.startswith(group_choices.FIELD) else ""
    rows = list(read_activities(reading.index, query, request.viewing, values_of=values_of))
    also: frozenset[str | None] = frozenset()
    if compared and by not in PERIODS:
        grouping = find_grouping(by, scope, query)
        both = [row for row in rows if is_in(row, scope) or is_in(row, compared)]
        also = frozenset(id for row in both for id in grouping.ids_of(row))
    counted = count_groups([row for row in rows if is_in(row, scope)], by, scope, query, also)
    earlier: Counted = []
    if compared:
        earlier = count_groups([row for row in rows if is_in(row, compared)], by, compared, query, also)
    before = dict(zip(key_groups((group for group, _ in earlier), by), earlier, strict=True))
    keys = key_groups((group for group, _ in counted), by)
    documents = [
        build_document(by, group, figures, before[key][1] if key in before else None)
        for (group, figures), key in zip(counted, keys, strict=True)
    ]
    return ReportResult(documents[:-1], documents[-1:])


def is_in(row: ActivityRow, scope: Scope) -> bool:
    """Tell whether an activity is in the period of a report."""
    return scope.period.holds(day_of_row(row, scope))


def count_groups(
    rows: list[ActivityRow], by: str, scope: Scope, query: Query, also: frozenset[str | None]
) -> Counted:
    """Return the groups of activities with their figures, the total last."""
    viewing = scope.request.viewing

    def figures(rows: list[ActivityRow]) -> ActivityFigures:
        return activity_figures(
            rows,
            lambda row: viewing.state(row.state, row.due, row.assignee),
            lambda row: day_closed(row, scope),
        )

    groups = group_rows(rows, find_grouping(by, scope, query), also=also)
    total = Group(None, None, translate_heading("total"), rows, is_total=True)
    return [(each, figures(each.rows)) for each in (*groups, total)]


def find_grouping(by: str, scope: Scope, query: Query) -> Grouping[ActivityRow]:
    """Return the grouping of the report."""
    if by in OWN:
        return OWN[by](scope)
    return group_choices.choose_grouping(
        by,
        scope,
        query,
        deal_of=lambda row: row.deal,
        day_of_row=lambda row: day_of_row(row, scope),
        stages=[stage for stage in scope.config.stages if stage.outcome is None],
    )


def day_of_row(row: ActivityRow, scope: Scope) -> date | None:
    """Return the day that counts: that of the deadline, of a closed activity that on which it was closed."""
    if row.state == State.PLANNED:
        return date.fromisoformat(row.due) if row.due else None
    return day_closed(row, scope)


def day_closed(row: ActivityRow, scope: Scope) -> date | None:
    """Return the day on which an activity was closed, in the time zone of its assignee."""
    if row.closed is None:
        return None
    return local_day(datetime.fromisoformat(row.closed), scope.config, row.assignee)


def build_document(
    by: str, group: Group[ActivityRow], figures: ActivityFigures, before: ActivityFigures | None
) -> ActivityReportDocument:
    """Return a group of activities and its figures as a document."""
    told: dict[str, Any] = {"by": by, "id": group.id, "label": group.label}
    if group.is_unfinished:
        told["unfinished"] = True
    if group.is_total:
        told["total"] = True
    if before is not None:
        told["before"] = numbers_of(plain_figures(before))
    return ActivityReportDocument(**told, **plain_figures(figures))
