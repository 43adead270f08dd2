"""Documents of records and their parts: opportunities, activities, contacts, mails, rewards, referrals.

Those of whole records also have the keys of one's own that stand in the file, so they are mappings, built by
`records.documents`; what is always in them is declared here. All others are built from these types.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, UnsetType

from crmcli.domain.documents.typed_document import (
    DAY,
    LIST,
    MONEY,
    TEXT,
    WORDS,
    DayText,
    Document,
    InstantText,
    Number,
    Show,
    Style,
    TypedDocument,
)
from crmcli.domain.model.record_types import Activity, Contact, Message, Opportunity

Outcome = Literal["open", "won", "lost"]


class ActivityDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.activity/1"):
    """Something to do or done, with the record that it belongs to."""

    id: str | None
    type: str | None
    type_label: Annotated[str | None, Show("type")]
    summary: Annotated[str | None, TEXT]
    assignee: Annotated[str | None, Show("for")]
    owner: str | None
    contact: str | None
    contact_name: Annotated[str | None, Show("contact")]
    opportunity: str
    title: Annotated[str, Show("opportunity")]
    stage: str
    due: Annotated[DayText | None, DAY]
    state: Literal["overdue", "today", "planned", "done", "cancelled"]

    of_record: ClassVar = Activity
    usual: ClassVar = ("id", "state", "due", "type_label", "summary", "title", "contact_name", "assignee")
    more_columns: ClassVar = {
        "time": Show(),
        "closed": DAY,
        "outcome": Show(),
        "note": TEXT,
        "reason": Show(),
        "every": Show(),
        "plan": Show(),
        "files": LIST,
        "rule": Show(),
    }


class OpportunityDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.opportunity/1"):
    """A lead or an opportunity with its probability, weighted revenue and outcome."""

    id: str
    kind: str
    title: Annotated[str, TEXT]
    stage: str
    contact_name: Annotated[str | None, Show("contact")]
    stage_label: Annotated[str | None, Show("stage")]
    owner: str | None
    stage_since: Annotated[InstantText | None, Show("in stage since", Style.DAY, right=True)]
    stale: bool
    outcome: Outcome
    probability: Annotated[float, Show("%", Style.SHORT_PERCENT, right=True)]
    probability_from: Annotated[Literal["stage", "manual", "won", "lost"], Show("% from")]
    priority: Annotated[int, Show("★", Style.STARS)]
    expected_revenue: Annotated[Number | None, Show("expected", Style.MONEY, right=True)]
    weighted_revenue: Annotated[Number | None, Show("weighted", Style.MONEY, right=True)]
    tags: Annotated[list[str], WORDS]
    touched: Annotated[InstantText | None, DAY]
    activities: Annotated[list[ActivityDocument], LIST]
    pipeline: str | UnsetType | None = UNSET
    path: str | UnsetType = UNSET
    monthly_revenue: Annotated[Number | UnsetType, Show("a month", Style.MONEY, right=True)] = UNSET
    weighted_monthly_revenue: Annotated[
        Number | UnsetType, Show("a month, weighted", Style.MONEY, right=True)
    ] = UNSET

    of_record: ClassVar = Opportunity
    usual: ClassVar = (
        *("id", "priority", "title", "contact_name", "stage_label"),
        *("probability", "expected_revenue", "owner", "tags"),
    )
    more_columns: ClassVar = {
        "contact": Show(),
        "lost": Show(),
        "recurring_revenue": Show("recurring", Style.MONEY, right=True),
        "recurring_months": Show("months", right=True),
        "budget": MONEY,
        "team": Show(),
        "created": DAY,
        "closed": DAY,
        "expected_close": Show("close", Style.DAY, right=True),
        "description": TEXT,
        "fields": LIST,
        "marketing": LIST,
        "campaign": Show(under=("marketing", "campaign")),
        "medium": Show(under=("marketing", "medium")),
        "source": Show(under=("marketing", "source")),
        "referral": LIST,
        "referred_by": Show("referred by", under=("referral", "by")),
        "link": Show(under=("referral", "link")),
        "project": LIST,
        "questionnaire": Show(under=("project", "questionnaire")),
        "rewards": LIST,
        "messages": LIST,
        "history": LIST,
    }


class ContactDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.contact/1"):
    """A person or a company; `crm contact show` adds what belongs to it."""

    id: str
    kind: str
    name: Annotated[str, TEXT]
    company_name: Annotated[str | None, Show("company")]
    opportunities: Annotated[list[str] | UnsetType, WORDS] = UNSET
    totals: Annotated[Document | UnsetType, LIST] = UNSET
    people: Annotated[list[str] | UnsetType, WORDS] = UNSET
    brought: Annotated[list[str] | UnsetType, WORDS] = UNSET

    of_record: ClassVar = Contact
    usual: ClassVar = ("id", "name", "kind", "company_name", "emails", "phones", "tags")
    more_columns: ClassVar = {
        "company": Show(),
        "job": Show(),
        "emails": WORDS,
        "phones": Show(style=Style.PHONES),
        "addresses": LIST,
        "street": Show(under=("addresses", "street")),
        "postcode": Show(under=("addresses", "postcode")),
        "city": Show(under=("addresses", "city")),
        "country": Show(under=("addresses", "country")),
        "language": Show(),
        "tags": WORDS,
        "owner": Show(),
        "created": DAY,
        "consent": LIST,
        "description": TEXT,
        "history": LIST,
    }


class MessageDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.message/1"):
    """A mail as it would be sent."""

    of_record: ClassVar = Message
    usual: ClassVar = ("id", "to", "subject")
    more_columns: ClassVar = {
        "id": Show(),
        "at": Show(style=Style.CLOCK),
        "direction": Show(),
        "from": Show(),
        "to": Show(),
        "subject": TEXT,
        "message_id": Show(),
        "file": Show(),
        "text": TEXT,
    }


class OutboxDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.outbox/1"):
    """A mail that waits to leave."""

    id: str
    queued: Annotated[str, Show(style=Style.CLOCK)]
    to: str
    subject: Annotated[str, TEXT]
    record: str

    usual: ClassVar = ("id", "queued", "to", "subject", "record")


class RewardDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.reward/1"):
    """What a sponsor gets for a deal that was won."""

    id: str | None
    state: str | None
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
    kind: str
    title: Annotated[str, TEXT]
    contact: str | None
    contact_name: Annotated[str | None, Show("contact")]
    sponsor: str | None
    sponsor_name: Annotated[str | None, Show("referred by")]
    link: str | None
    link_label: Annotated[str | None, Show("link")]
    stage: str
    stage_label: Annotated[str | None, Show("stage")]
    outcome: Outcome
    expected_revenue: Annotated[Number | None, Show("expected", Style.MONEY, right=True)]
    rewards: Annotated[list[Document], LIST]

    usual: ClassVar = (
        *("id", "sponsor_name", "link_label", "contact_name", "title", "stage_label", "outcome"),
        "expected_revenue",
    )


class TreeDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.tree/1"):
    """A sponsor with the deals that they referred, and what came of those, down to the last."""

    id: str
    name: str
    brought: list[Document]


class SimilarDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.similar/1"):
    """Records that may be the same, and what they share."""

    kind: str  # opportunity, contact
    criteria: Annotated[list[Document], TEXT]
    ids: Annotated[list[str], TEXT]
    names: Annotated[list[str], TEXT]

    usual: ClassVar = ("criteria", "ids", "names")


class TitleDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.title/1"):
    """A title that does not follow the pattern, and the nearest that does."""

    id: str
    title: Annotated[str, TEXT]
    proposal: Annotated[str | None, TEXT]
    fields: Annotated[Document, Show("read from the title", wraps=True)]
    lacking: Annotated[list[str], Show(style=Style.COMMAS)]


class NextDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.next/1"):
    """A stage that a record could enter, and what its rules would do."""

    id: str
    stage: str
    label: str | UnsetType = UNSET
    probability: Annotated[Number | UnsetType | None, Show("%", right=True)] = UNSET
    allowed: bool
    does: Annotated[list[str], Show("what it would do", Style.LINES, wraps=True)]

    usual: ClassVar = ("stage", "label", "probability", "does")


class WhyDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.why/1"):
    """What explains the state of a record."""

    id: str
    reasons: list[Document]
