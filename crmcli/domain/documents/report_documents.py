"""Documents of reports: a row of figures for each group, such as an owner, a stage or a month."""

from typing import Annotated, ClassVar, NamedTuple

from msgspec import UNSET, UnsetType

from crmcli.domain.documents.typed_document import (
    COUNT,
    TEXT,
    DayText,
    Document,
    Number,
    Show,
    Style,
    TypedDocument,
)

EXPECTED = Show("expected", Style.MONEY, right=True)
WEIGHTED = Show("weighted", Style.MONEY, right=True)
WON = Show("won for", Style.MONEY, right=True)
LOST_FOR = Show("lost for", Style.MONEY, right=True)
Count = Annotated[int, COUNT]
WinRate = Annotated[Number | None, Show("win rate", Style.PERCENT, right=True)]  # in per cent
Share = Annotated[Number | None, Show(style=Style.PERCENT, right=True)]  # in per cent
Before = dict[str, Number | None] | UnsetType
Counts = Annotated[dict[str, int], Show(wraps=True)]


def figure_before(figure: str, style: Style = Style.PLAIN) -> Show:
    """Return the column of a figure in the period that a report is compared with."""
    return Show("before", style, right=True, under=("before", figure))


class Plotted(NamedTuple):
    """The figures that a picture of a report shows, in the terminal and on a page."""

    value: str  # the length of a bar
    part: str = ""  # stands out in it
    is_funnel: bool = False  # of stages
    otherwise: str = ""  # the length of a bar where the rows are not stages
    over_time: str = ""  # the length of a bar where the rows are months or weeks
    is_bad: bool = False  # whether the part is what should not be


class ReportDocument(TypedDocument, frozen=True, kw_only=True):
    """A row of a report; amounts in the workspace's currency."""

    by: str  # what the rows are: owner, month, field.brand …
    pipeline: str | UnsetType | None = UNSET  # where there are several
    id: str | None  # none for records without a value
    label: Annotated[str, TEXT]
    unfinished: bool | UnsetType = UNSET  # the current month or week
    total: bool | UnsetType = UNSET  # of all rows, or of those of a pipeline
    before: Before = UNSET  # the figures of the period that it is compared with


class ForecastDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.forecast/1"):
    """The open deals that are expected to close in a month."""

    count: Count
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]

    usual: ClassVar = ("label", "count", "expected_revenue", "weighted_revenue")
    plotted: ClassVar = Plotted("expected_revenue", "weighted_revenue")
    compared: ClassVar = "weighted_revenue"
    more_columns: ClassVar = {"weighted_revenue_before": figure_before("weighted_revenue", Style.MONEY)}


class FunnelDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.funnel/1"):
    """The deals that entered a stage, by where they stand now."""

    entered: Count
    advanced: Count
    lost: Annotated[int, Show("lost there", Style.COUNT, right=True)]
    open: Annotated[int, Show("still there", Style.COUNT, right=True)]
    returned: Count
    advanced_rate: Annotated[Number | None, Show("%", Style.SHORT_PERCENT, right=True)]
    lost_revenue: Annotated[Number, LOST_FOR]

    usual: ClassVar = ("label", "entered", "advanced", "advanced_rate", "lost", "open", "returned")
    spare: ClassVar = ("returned", "open")
    plotted: ClassVar = Plotted("entered", "advanced", is_funnel=True)
    compared: ClassVar = "advanced_rate"
    more_columns: ClassVar = {"advanced_rate_before": figure_before("advanced_rate", Style.SHORT_PERCENT)}


class VelocityDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.velocity/1"):
    """The length of stays in a stage in days, and what deals bring in a day."""

    stays: Count
    mean_days: Annotated[Number | None, Show("mean days", Style.SHORT_PERCENT, right=True)]
    median_days: Annotated[Number | None, Show("median", Style.SHORT_PERCENT, right=True)]
    open: Count
    won: Annotated[int | None, COUNT]
    lost: Annotated[int | None, COUNT]
    win_rate: WinRate
    mean_won: Annotated[Number | None, Show("mean won", Style.MONEY, right=True)]
    cycle_days: Annotated[Number | None, Show("cycle", Style.SHORT_PERCENT, right=True)]
    revenue_per_day: Annotated[Number | None, Show("per day", Style.MONEY, right=True)]

    usual: ClassVar = (
        *("label", "stays", "mean_days", "median_days", "open"),
        *("win_rate", "mean_won", "cycle_days", "revenue_per_day"),
    )
    spare: ClassVar = ("stays", "mean_days", "mean_won", "cycle_days", "win_rate")
    plotted: ClassVar = Plotted("median_days", otherwise="revenue_per_day", over_time="cycle_days")
    compared: ClassVar = "median_days"
    more_columns: ClassVar = {"median_days_before": figure_before("median_days", Style.SHORT_PERCENT)}


class LostDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.lost/1"):
    """Lost deals: how many, for how much, where they died and why."""

    lost: Count
    lost_revenue: Annotated[Number, LOST_FOR]
    share: Share
    stages: Counts
    reasons: Counts

    usual: ClassVar = ("label", "lost", "share", "lost_revenue", "stages", "reasons")
    plotted: ClassVar = Plotted("lost")
    compared: ClassVar = "lost"
    more_columns: ClassVar = {"lost_before": figure_before("lost")}


class StaleDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.stale/1"):
    """Open deals that have been inactive for longer than their stage allows."""

    open: Count
    stale: Count
    share: Share
    median_days: Annotated[int | None, Show("median days", right=True)]
    oldest_days: Annotated[int | None, Show("oldest", right=True)]
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]

    usual: ClassVar = ("label", "open", "stale", "share", "median_days", "oldest_days", "expected_revenue")
    spare: ClassVar = ("median_days", "share")
    plotted: ClassVar = Plotted("open", "stale", is_bad=True)
    compared: ClassVar = "stale"
    more_columns: ClassVar = {"stale_before": figure_before("stale")}


class ResponseDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.response/1"):
    """How long people waited for a first answer, in hours."""

    count: Count
    answered: Count
    unanswered: Count
    mean_hours: Annotated[Number | None, Show("mean h", Style.SHORT_PERCENT, right=True)]
    median_hours: Annotated[Number | None, Show("median h", Style.SHORT_PERCENT, right=True)]
    within_hour: Annotated[Number | None, Show("in 1 h", Style.PERCENT, right=True)]
    within_day: Annotated[Number | None, Show("in 24 h", Style.PERCENT, right=True)]
    longest_wait_hours: Annotated[Number | None, Show("waiting h", Style.SHORT_PERCENT, right=True)]

    usual: ClassVar = (
        *("label", "count", "answered", "median_hours", "mean_hours"),
        *("within_hour", "within_day", "longest_wait_hours"),
    )
    spare: ClassVar = ("mean_hours", "answered")
    plotted: ClassVar = Plotted("median_hours")
    compared: ClassVar = "median_hours"
    more_columns: ClassVar = {"median_hours_before": figure_before("median_hours", Style.SHORT_PERCENT)}


class ActivityReportDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.activity-report/1"):
    """Activities, by state."""

    count: Count
    planned: Count
    overdue: Count
    done: Count
    cancelled: Count
    in_time: Annotated[Number | None, Show("in time", Style.PERCENT, right=True)]

    usual: ClassVar = ("label", "count", "planned", "overdue", "done", "cancelled", "in_time")
    plotted: ClassVar = Plotted("count", "done")
    compared: ClassVar = "done"
    more_columns: ClassVar = {"done_before": figure_before("done")}


class DigestDocument(ReportDocument, frozen=True, kw_only=True, tag="crm.digest/1"):
    """What happened to the records of an owner in a period."""

    since: DayText
    until: DayText
    leads: Count  # that came in
    created: Count
    moved: Count  # deals that entered another open stage
    won: Count
    won_revenue: Annotated[Number, WON]
    lost: Count
    lost_revenue: Annotated[Number, LOST_FOR]
    stuck: Count  # stale at the end
    paid: Annotated[Number, Show("paid", Style.MONEY, right=True)]

    usual: ClassVar = ("label", "leads", "created", "moved", "won", "won_revenue", "lost", "stuck", "paid")
    spare: ClassVar = ("leads", "paid")
    compared: ClassVar = "won_revenue"
    more_columns: ClassVar = {"won_revenue_before": figure_before("won_revenue", Style.MONEY)}


class PipelineStats(TypedDocument, frozen=True, kw_only=True, tag="crm.pipeline-stats/1"):
    """The figures of a pipeline; win rate, cycle and what comes in a day are of the last twelve months."""

    pipeline: str | None = None
    open: int
    expected_revenue: Number
    weighted_revenue: Number
    won: int  # this month
    won_revenue: Number
    won_last_month: int
    won_revenue_last_month: Number
    win_rate: Number | None
    cycle_days: Number | None
    revenue_per_day: Number | None


class StatsDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.stats/1"):
    """The whole on one screen."""

    day: DayText
    pipelines: list[PipelineStats]
    leads: Count  # open ones
    due: Count  # activities due today
    overdue: Count
    stale: Count
    waiting: Count  # open records that came in and have no answer yet
    unanswered: Count  # open records with unanswered questions
    kept_aside: Count  # messages in quarantine
    unsent: Count  # mails that wait, are held, uncertain or failed


class ContextDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.context/1"):
    """What one wants to know before a call."""

    record: Document  # as crm.opportunity/1, without its history and messages
    contact: Document | None  # name, company, job, phones, emails, city
    contacts: list[Document]  # the last ones: at, what, who, text
    questions: list[Document]  # asked and not answered: id, label, required
    due: list[Document]  # planned activities, as crm.activity/1
    rules: list[Document]  # that will fire if nothing happens: at, rule, does


class SiteDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.site/1"):
    """A static site that was written."""

    path: Annotated[str, TEXT]  # of its first page
    pages: Count
    written: Count
    removed: Count

    usual: ClassVar = ("path", "pages", "written", "removed")
