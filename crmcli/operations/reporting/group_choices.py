"""What reports can be grouped by: the groups of a row, their labels, and those that are always shown."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import TypeVar

from crmcli.domain.localization.translations import translate_heading
from crmcli.domain.model.config import Config, name_lost_reason
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import Named, find_label
from crmcli.domain.values.suggest import suggest_name
from crmcli.operations.reporting.report_scope import Scope
from crmcli.query.query_model import Query, Term
from crmcli.report import forecast_figures
from crmcli.report.grouping import Grouping
from crmcli.report.reported_period import month_of, months_between, week_of, weeks_between
from crmcli.store.index.deal_rows import ActivityRow, DealRow

USUAL = ("stage", "owner", "team", "source", "medium", "campaign", "tag", "month", "week")
FIELD = "field."
MOST_PERIODS = 600  # rows of months or weeks; of more, only those with records are shown
Row = TypeVar("Row", DealRow, ActivityRow)
DealOf = Callable[[Row], DealRow]
DayOfRow = Callable[[Row], date | None]


def check_grouping(by: str, own: Sequence[str], config: Config, holds: Callable[[str], bool]) -> str:
    """Return the name of a grouping.

    Raises UsageError for one that this report does not have, and for a custom field that nobody knows.
    """
    if by.startswith(FIELD):
        if config.custom_field(by.removeprefix(FIELD)) is None and not holds(by):
            known = [f"{FIELD}{each.name}" for each in config.fields]
            raise UsageError(
                f"no record has the field {by.removeprefix(FIELD)!r}", hint=suggest_name(by, known)
            )
        return by
    choices = [*own, *(each for each in USUAL if each not in own)]
    if by not in choices:
        hint = suggest_name(by, choices) or f"{', '.join(choices)} or {FIELD}NAME"
        raise UsageError(f"cannot group this report by {by!r}", hint=hint)
    return by


def choose_grouping(
    by: str,
    scope: Scope,
    query: Query,
    *,
    deal_of: "DealOf[Row]",
    day_of_row: "DayOfRow[Row]",
    stages: Sequence[Stage],
    is_ahead: bool = False,
) -> "Grouping[Row]":
    """Return the grouping with this name, for records in these stages."""
    config = scope.config
    if by in ("month", "week"):
        return group_by_period(by, scope, day_of_row, is_ahead=is_ahead)
    if by == "tag" or by.startswith(FIELD):
        return Grouping(by, lambda row: deal_of(row).values or (None,), label_plain, expect_found)
    expected: Sequence[str | None] = ()
    if by not in named_keys(query):
        expected = {"stage": [s.id for s in stages], "owner": [u.id for u in config.users]}.get(by, ())
    entries = entries_of(by, config)
    return Grouping(
        by,
        lambda row: (getattr(deal_of(row), by),),
        lambda group: label_plain(find_label(entries, group) or None),
        lambda rows: expected,
    )


def group_by_period(
    by: str, scope: Scope, day_of_row: "DayOfRow[Row]", *, is_ahead: bool = False
) -> "Grouping[Row]":
    """Return the grouping by month or week of the day that counts in a report, within its period.

    A report that looks ahead has all months up to the last record.
    """
    name, between = (month_of, months_between) if by == "month" else (week_of, weeks_between)
    period = scope.period

    def ids_of(row: Row) -> Iterable[str | None]:
        day = day_of_row(row)
        if not period.holds(day):
            return ()
        return (None if day is None else name(day),)

    def expected(rows: Sequence[Row]) -> Sequence[str | None]:
        days = [day for row in rows if (day := day_of_row(row)) is not None and period.holds(day)]
        days += [day for day in (period.since, period.until) if day is not None]
        days += [scope.today] if period.since is not None and period.until is None else []
        days = [day for day in days if period.holds(day)]
        found = {name(day) for day in days}
        last = period.until or scope.today  # after it, months without records say nothing
        if is_ahead and days:
            last = max(days)
        if days and (last - min(days)).days <= MOST_PERIODS * 7:
            found.update(between(min(days), last))
        return sorted(found)

    return Grouping(by, ids_of, label_plain, expected, frozenset([name(scope.today)]))


def group_by_month_ahead(scope: Scope) -> "Grouping[DealRow]":
    """Return the grouping of the forecast: earlier, the next four months, later, and without a day."""
    months = forecast_figures.months_ahead(scope.today)
    words = {
        forecast_figures.EARLIER: translate_heading("before {month}").format(month=months[0]),
        forecast_figures.LATER: translate_heading("after {month}").format(month=months[-1]),
        None: translate_heading("undated"),
    }

    def expected(rows: Sequence[DealRow]) -> Sequence[str | None]:
        found = {forecast_figures.month_ahead(row.expected_close, scope.today) for row in rows}
        earlier = [each for each in (forecast_figures.EARLIER,) if each in found]
        return [*earlier, *months, *(each for each in (forecast_figures.LATER,) if each in found), None]

    return Grouping(
        "month",
        lambda row: (forecast_figures.month_ahead(row.expected_close, scope.today),),
        lambda group: words.get(group) or label_plain(group),
        expected,
        frozenset(months[:1]),
    )


def group_by_stages(scope: Scope, stages: Sequence[Stage]) -> "Grouping[DealRow]":
    """Return the grouping by the stages of histories, which no row is in: each is about all rows."""
    ids = [stage.id for stage in stages]
    return Grouping("stage", lambda row: (), lambda stage: find_label(stages, stage), lambda rows: ids)


def group_by_reason(scope: Scope) -> "Grouping[DealRow]":
    """Return the grouping of lost deals by their reason."""
    listed = [each.id for each in scope.config.lost_reasons]
    return Grouping(
        "reason",
        lambda row: (row.lost,),
        lambda reason: name_lost_reason(scope.config, reason),
        lambda rows: listed,
    )


def group_by_hour(scope: Scope) -> "Grouping[DealRow]":
    """Return the grouping by the hour of day at which a record came in, from the first hour to the last."""

    @cache
    def hour_of(at: int) -> str:
        return f"{datetime.fromtimestamp(at, UTC).astimezone(scope.zone).hour:02d}"

    def expected(rows: Sequence[DealRow]) -> Sequence[str | None]:
        hours = [int(hour_of(row.created)) for row in rows if row.created is not None]
        return [f"{hour:02d}" for hour in range(min(hours), max(hours) + 1)] if hours else []

    return Grouping(
        "hour",
        lambda row: (None if row.created is None else hour_of(row.created),),
        lambda hour: label_plain(hour and f"{hour}:00"),
        expected,
    )


def group_by_type(scope: Scope) -> "Grouping[ActivityRow]":
    """Return the grouping of activities by type."""
    types = scope.config.activity_types
    return Grouping(
        "type",
        lambda row: (row.type,),
        lambda kind: label_plain(find_label(types, kind) or None),
        expect_found,
    )


def group_by_assignee(scope: Scope) -> "Grouping[ActivityRow]":
    """Return the grouping of activities by who has to do them."""
    users = [each.id for each in scope.config.users]
    return Grouping("assignee", lambda row: (row.assignee,), label_plain, lambda rows: users)


def label_plain(id: str | None) -> str:
    """Return the label of a group that has no other name than its id."""
    return translate_heading("none") if id is None else id


def expect_found(rows: object) -> Sequence[str | None]:
    """Return no groups: only those with records are shown."""
    return ()


def entries_of(by: str, config: Config) -> Sequence[Named]:
    """Return the entries of the configuration that a grouping is by."""
    lists = config.marketing
    known: dict[str, Sequence[Named]] = {
        "stage": config.stages,
        "source": lists.sources,
        "medium": lists.mediums,
        "campaign": lists.campaigns,
    }
    return known.get(by, ())


def named_keys(query: Query) -> set[str]:
    """Return the keys that a query has conditions on: groups that it excludes are not shown as empty."""
    return {term.key.name for term in query.terms if isinstance(term, Term)}
