"""Documents of referrals: rewards of sponsors, referred deals, who referred whom."""

from typing import Annotated, ClassVar

from crmcli.domain.documents.typed_document import (
    LIST,
    MONEY,
    TERM,
    TEXT,
    Document,
    InstantText,
    Number,
    Outcome,
    Show,
    Style,
    TypedDocument,
)


class RewardDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.reward/1"):
    """What a sponsor gets for a deal that was won."""

    id: str | None
    state: Annotated[str | None, TERM]
    amount: Annotated[Number | None, MONEY]
    kind: str | None
    to: str | None
    to_name: Annotated[str | None, Show("to")]
    link: str | None
    at: Annotated[InstantText | None, Show("since", Style.DAY, right=True)]
    opportunity: str
    title: Annotated[str, Show("for referring", wraps=True)]
    rule: str | None

    usual: ClassVar = ("id", "state", "amount", "kind", "to_name", "title", "at")


class ReferralDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.referral/1"):
    """A deal that somebody referred."""

    id: str
    kind: Annotated[str, TERM]
    title: Annotated[str, TEXT]
    contact: str | None
    contact_name: Annotated[str | None, Show("contact")]
    sponsor: str | None
    sponsor_name: Annotated[str | None, Show("referred by")]
    link: str | None
    link_label: Annotated[str | None, Show("link")]
    stage: str
    stage_label: Annotated[str | None, Show("stage")]
    outcome: Annotated[Outcome, TERM]
    expected_revenue: Annotated[Number | None, Show("expected", Style.MONEY, right=True)]
    rewards: Annotated[list[Document], LIST]

    usual: ClassVar = (
        *("id", "sponsor_name", "link_label", "contact_name", "title", "stage_label", "outcome"),
        "expected_revenue",
    )


class TreeDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.tree/1"):
    """A sponsor with the deals that they referred, each with those that its contact referred, and so on."""

    id: str
    name: str
    brought: list[Document]
