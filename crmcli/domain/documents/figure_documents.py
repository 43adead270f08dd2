"""Documents of reports: figures by stage, by marketing origin and by sponsor."""

from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from crmcli.domain.documents.typed_document import NUMBER, TEXT, WORDS, Number, Show, Style, TypedDocument

EXPECTED = Show("expected", Style.MONEY, right=True)
WON = Show("won for", Style.MONEY, right=True)
Count = Annotated[int, NUMBER]
WinRate = Annotated[Number | None, Show("win rate", Style.PERCENT, right=True)]  # in per cent
WEIGHTED = Show("weighted", Style.MONEY, right=True)


class StageDocument(TypedDocument, frozen=True, kw_only=True):
    """A stage with the number and revenue of its records; amounts in the workspace's currency."""

    pipeline: str | UnsetType | None = UNSET  # where there are several
    stage: str | None  # none for the total of all
    label: str | None
    probability: Annotated[Number | None, Show("%", Style.PERCENT, right=True)]
    count: Annotated[int, NUMBER]
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]


class PipelineDocument(StageDocument, frozen=True, kw_only=True, tag="crm.pipeline/1"):
    """A stage in the report on the pipeline."""

    usual: ClassVar = ("stage", "label", "probability", "count", "expected_revenue", "weighted_revenue")
    spare: ClassVar = ("stage", "probability", "count")


class BoardDocument(StageDocument, frozen=True, kw_only=True, tag="crm.board/1"):
    """A stage of the board, with the ids of the records in it."""

    cards: Annotated[list[str], WORDS]

    usual: ClassVar = ("stage", "count", "expected_revenue", "weighted_revenue", "cards")


class OriginKind(StrEnum):
    """The kind of a marketing origin."""

    SOURCE = "source"
    MEDIUM = "medium"
    CAMPAIGN = "campaign"


class SourceDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.source/1"):
    """The figures of the records with one origin; amounts in the workspace's currency."""

    by: OriginKind
    id: str | None
    label: Annotated[str, TEXT]
    leads: Count
    deals: Count  # open, won and lost
    open: Count
    won: Count
    lost: Count
    win_rate: WinRate
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]
    won_revenue: Annotated[Number, WON]

    usual: ClassVar = (
        *("label", "leads", "deals", "open", "won", "lost", "win_rate", "weighted_revenue", "won_revenue"),
    )
    spare: ClassVar = ("leads", "deals", "lost", "open", "won", "win_rate")


class SponsorDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.sponsor/1"):
    """The figures of the records that somebody referred, and the rewards for them."""

    id: str | None
    label: Annotated[str, TEXT]
    leads: Count
    deals: Count  # open, won and lost
    open: Count
    won: Count
    lost: Count
    win_rate: WinRate
    expected_revenue: Annotated[Number, EXPECTED]
    weighted_revenue: Annotated[Number, WEIGHTED]
    won_revenue: Annotated[Number, WON]
    rewards_due: Annotated[Number, Show("owed", Style.MONEY, right=True)]
    rewards_paid: Annotated[Number, Show("paid", Style.MONEY, right=True)]
    kinds_due: Annotated[list[str], Show("also due", Style.WORDS)]  # rewards that are not money

    usual: ClassVar = (
        *("label", "leads", "deals", "open", "won", "lost", "won_revenue", "rewards_due", "rewards_paid"),
    )
    spare: ClassVar = ("leads", "deals", "lost", "open", "won")
