"""Documents of reports: figures by stage, by marketing origin and by sponsor."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from crmcli.domain.documents.report_documents import (
    EXPECTED,
    WEIGHTED,
    WON,
    Before,
    Count,
    Plotted,
    ReportDocument,
    WinRate,
    figure_before,
)
from crmcli.domain.documents.typed_document import COUNT, WORDS, Number, Show, Style, TypedDocument


class StageDocument(TypedDocument, frozen=True, kw_only=True):
    """A stage with the number and revenue of its records; amounts in the workspace's currency."""

    pipeline: str | UnsetType | None = UNSET  # where there are several
    stage: str | None  # none for the total of all
    label: str | None
    probability: Annotated[Number | None, Show("%", Style.PERCENT, right=True)]
    count: Annotated[int, COUNT]
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]


class PipelineDocument(StageDocument, frozen=True, kw_only=True, tag="crm.pipeline/1"):
    """A stage in the report on the pipeline; `by` and `id` tell the group where it has others than stages."""

    by: str | UnsetType = UNSET
    id: str | UnsetType | None = UNSET
    unfinished: bool | UnsetType = UNSET  # the current month or week
    total: bool | UnsetType = UNSET  # of all stages, or of those of a pipeline
    before: Before = UNSET  # the figures of the period that it is compared with

    plotted: ClassVar = Plotted("expected_revenue", "weighted_revenue")
    compared: ClassVar = "weighted_revenue"
    more_columns: ClassVar = {"weighted_revenue_before": figure_before("weighted_revenue", Style.MONEY)}
    usual: ClassVar = ("stage", "label", "probability", "count", "expected_revenue", "weighted_revenue")
    spare: ClassVar = ("stage", "probability", "count")


class BoardDocument(StageDocument, frozen=True, kw_only=True, tag="crm.board/1"):
    """A stage of the board, with the ids of the records in it."""

    cards: Annotated[list[str], WORDS]

    usual: ClassVar = ("stage", "count", "expected_revenue", "weighted_revenue", "cards")


class OriginDocument(ReportDocument, frozen=True, kw_only=True):
    """The figures of the records with one origin, or of one sponsor."""

    leads: Count
    deals: Count  # open, won and lost
    open: Count
    won: Count
    lost: Count
    win_rate: WinRate
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]
    won_revenue: Annotated[Number, WON]

    plotted: ClassVar = Plotted("deals", "won")
    compared: ClassVar = "won_revenue"
    more_columns: ClassVar = {"won_revenue_before": figure_before("won_revenue", Style.MONEY)}


class SourceDocument(OriginDocument, frozen=True, kw_only=True, tag="crm.source/1"):
    """The figures of the records with one origin."""

    usual: ClassVar = (
        *("label", "leads", "deals", "open", "won", "lost", "win_rate", "weighted_revenue", "won_revenue"),
    )
    spare: ClassVar = ("leads", "deals", "lost", "open", "won", "win_rate")


class SponsorDocument(OriginDocument, frozen=True, kw_only=True, tag="crm.sponsor/1"):
    """The figures of the records that somebody referred, and the rewards for them."""

    rewards_due: Annotated[Number | UnsetType, Show("owed", Style.MONEY, right=True)] = UNSET
    rewards_paid: Annotated[Number | UnsetType, Show("paid", Style.MONEY, right=True)] = UNSET
    kinds_due: Annotated[list[str] | UnsetType, Show("also due", Style.WORDS)] = UNSET  # no money

    usual: ClassVar = (
        *("label", "leads", "deals", "open", "won", "lost", "won_revenue", "rewards_due", "rewards_paid"),
    )
    spare: ClassVar = ("leads", "deals", "lost", "open", "won")
