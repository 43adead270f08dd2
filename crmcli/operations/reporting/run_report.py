"""Reports on deals: rows from the index, grouped, within a period, compared with another, as documents."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from crmcli.domain.documents.figure_documents import PipelineDocument
from crmcli.domain.documents.report_documents import DigestDocument
from crmcli.domain.documents.typed_document import TypedDocument
from crmcli.domain.localization.translations import translate_heading
from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.records.documents import plain_data
from crmcli.domain.values.errors import UsageError
from crmcli.operations.reporting import group_choices
from crmcli.operations.reporting.report_kinds import KINDS, ReportKind, Setting
from crmcli.operations.reporting.report_scope import ReportOptions, Scope, read_scope
from crmcli.operations.reports import pipelines_of
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query
from crmcli.report import funnel_figures, origin_figures
from crmcli.report.grouping import PERIODS, Group, Grouping, group_rows, key_groups
from crmcli.report.reported_period import ReportedPeriod
from crmcli.store.index.deal_rows import DealRow, read_deals
from crmcli.store.reader import Reading

NO_OPTIONS = ReportOptions()
BY_SIZE = ("source", "medium", "campaign", "sponsor", "tag")  # groups in the order of what they brought


class ReportResult(NamedTuple):
    """The rows of a report, and a total for each pipeline, which is not their sum where groups overlap."""

    rows: list[Any]
    totals: list[Any]


class Counted(NamedTuple):
    """A group, or the total of a pipeline, with its figures."""

    group: Group[DealRow]
    figures: msgspec.Struct


class Asked(NamedTuple):
    """What a report asks for: its kind, grouping and query, and groups that are shown even if empty."""

    kind: ReportKind
    by: str
    query: Query
    also: frozenset[str | None] = frozenset()
    period: ReportedPeriod = ReportedPeriod()

    @property
    def follows_stages(self) -> bool:
        """Tell whether each row is about a stage of the histories of all deals."""
        return self.by == "stage" and self.kind.follows is not None


def run_report(
    request: Request, name: str, terms: Terms = (), options: ReportOptions = NO_OPTIONS
) -> ReportResult:
    """Return the rows and totals of a report of `KINDS` on the matching records.

    Raises UsageError for options that are not valid.
    """
    kind = KINDS[name]
    query = kind.select(request.query(terms))
    scope = read_scope(request, options)
    if not kind.is_ahead:
        refuse_future(options.since, scope)
    compared = scope.compared(options.compare) if options.compare else None
    reading = request.reading_for(query)
    by = group_choices.check_grouping(
        options.by or kind.by, tuple(kind.own), request.config, reading.index.holds
    )
    rows = read_rows(request, reading, query, kind, by)
    asked = Asked(kind, by, query, period=scope.period)
    if compared:
        both = [row for row in rows if is_in_report(row, kind, scope) or is_in_report(row, kind, compared)]
        asked = asked._replace(also=list_groups(both, asked, scope))
    counted = count_all(asked, scope, rows)
    earlier = count_all(asked, compared, rows) if compared else []
    before = dict(zip(key_groups((each.group for each in earlier), by), earlier, strict=True))
    keys = key_groups((each.group for each in counted), by)
    documents = [
        build_document(asked, each, before.get(key), request.config)
        for each, key in zip(counted, keys, strict=True)
    ]
    count = sum(not each.group.is_total for each in counted)
    return ReportResult(documents[:count], documents[count:])


def refuse_future(text: str, scope: Scope) -> None:
    """Check that a report on the past does not begin after today.

    Raises UsageError with what is meant in all likelihood.
    """
    if scope.period.since is not None and scope.period.since > scope.today:
        hint = f"-{text}" if text[:1].isdigit() and text[-1:].isalpha() else ""
        raise UsageError(
            f"--since {text} is {scope.period.since}, which is to come",
            hint=f"--since {hint}" if hint else "",
        )


def read_rows(request: Request, reading: Reading, query: Query, kind: ReportKind, by: str) -> list[DealRow]:
    """Return the matching records, with what a kind of report needs of them."""
    rows = read_deals(
        reading.index,
        query,
        request.viewing,
        values_of=by if by == "tag" or by.startswith(group_choices.FIELD) else "",
        with_course=kind.needs_course,
        with_paid=kind.needs_paid,
    )
    return [row for row in rows if row.referred_by or not kind.is_of_referred]


def is_in_report(row: DealRow, kind: ReportKind, scope: Scope) -> bool:
    """Tell whether a report for a period is about a deal."""
    return not kind.is_of_period or scope.period.holds(kind.day(row, scope))


def list_groups(rows: Sequence[DealRow], asked: Asked, scope: Scope) -> frozenset[str | None]:
    """Return the groups of some rows, unless these are months, weeks, or stages of a history."""
    if asked.by in PERIODS or asked.follows_stages:
        return frozenset()
    grouping = find_grouping(asked, Setting(scope, rows, ()))
    return frozenset(id for row in rows for id in grouping.ids_of(row))


def count_all(asked: Asked, scope: Scope, rows: Iterable[DealRow]) -> list[Counted]:
    """Return the groups of a report with their figures, pipeline by pipeline, then the totals."""
    chosen = [row for row in rows if is_in_report(row, asked.kind, scope)]
    parts = [
        count_pipeline(asked, Setting(scope, own, stages), pipeline)
        for pipeline, stages, own in split_pipelines(asked, scope.config, chosen)
    ]
    return [*(each for part in parts for each in part[:-1]), *(part[-1] for part in parts)]


def split_pipelines(
    asked: Asked, config: Config, rows: Sequence[DealRow]
) -> Iterator[tuple[str | None, Sequence[Stage], Sequence[DealRow]]]:
    """Yield each pipeline with its stages and records; a workspace with one has no names for it."""
    if not config.pipelines or not asked.kind.by_pipeline:
        yield None, config.stages, rows
        return
    named = pipelines_of(asked.query)
    others = list(rows)
    for pipeline in config.pipelines:
        ids = {stage.id for stage in pipeline.stages}
        own = [row for row in rows if row.stage in ids or (asked.follows_stages and was_in(row, ids, config))]
        others = [row for row in others if row.stage not in ids]
        if own or pipeline.id in named or not named:
            yield pipeline.id, pipeline.stages, own
    if others:
        yield None, (), others


def was_in(row: DealRow, stages: Set[str], config: Config) -> bool:
    """Tell whether a deal was in one of these stages."""
    return not stages.isdisjoint(funnel_figures.passage_of(row, config.won_stages).entered)


def count_pipeline(asked: Asked, setting: Setting, pipeline: str | None) -> list[Counted]:
    """Return the groups of one pipeline with their figures, the total last."""
    compute = asked.kind.computing(setting)
    groups = group_rows(setting.rows, find_grouping(asked, setting), pipeline, asked.also)
    if asked.follows_stages:
        counted = [Counted(each, compute(setting.rows, each.id)) for each in groups]
    else:
        counted = [Counted(each, compute(each.rows, None)) for each in groups]
    if asked.by in BY_SIZE:
        counted.sort(key=order_by_size)
    total = Group(pipeline, None, translate_heading("total"), list(setting.rows), is_total=True)
    return [*counted, Counted(total, compute(setting.rows, None))]


def order_by_size(each: Counted) -> tuple[Any, ...]:
    """Return a sort key for a group by what it brought; the order stays where that is not told."""
    if isinstance(each.figures, origin_figures.OriginFigures):
        return origin_figures.sort_key(each.figures, each.group.id)
    return ()


def find_grouping(asked: Asked, setting: Setting) -> Grouping[DealRow]:
    """Return the grouping of a report."""
    kind, by, scope = asked.kind, asked.by, setting.scope
    if by in kind.own:
        return kind.own[by](scope)
    if kind.follows is not None and by == "stage":
        return group_choices.group_by_stages(scope, [each for each in setting.stages if kind.follows(each)])
    if by == "month" and kind.is_ahead and not scope.period.is_limited:
        return group_choices.group_by_month_ahead(scope)
    return group_choices.choose_grouping(
        by,
        scope,
        asked.query,
        deal_of=lambda row: row,
        day_of_row=lambda row: kind.day(row, scope),
        stages=[stage for stage in setting.stages if stage.outcome is None],
        is_ahead=kind.is_ahead,
    )


def build_document(asked: Asked, each: Counted, before: Counted | None, config: Config) -> TypedDocument:
    """Return a group and its figures as a document."""
    kind, group = asked.kind, each.group
    told: dict[str, Any] = {
        "by": asked.by,
        "pipeline": group.pipeline if config.pipelines and kind.by_pipeline else UNSET,
        "id": group.id,
        "label": group.label,
        "unfinished": True if group.is_unfinished else UNSET,
        "total": True if group.is_total else UNSET,
        "before": UNSET if before is None else numbers_of(plain_figures(before.figures)),
    }
    if kind.document is DigestDocument:
        told |= {"since": str(asked.period.since), "until": str(asked.period.until)}
    if kind.document is PipelineDocument:
        stage = config.stage(group.id) if asked.by == "stage" and group.id else None
        told["stage"] = group.id if asked.by == "stage" else None
        told["probability"] = plain_data(stage.probability) if stage else None
    return kind.document(**told, **plain_figures(each.figures))


def plain_figures(figures: msgspec.Struct) -> dict[str, Any]:
    """Return figures in JSON types."""
    return {key: plain_data(value) for key, value in msgspec.structs.asdict(figures).items()}


def numbers_of(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that are numbers, or unknown ones."""
    return {key: value for key, value in figures.items() if not isinstance(value, dict)}
