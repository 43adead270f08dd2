"""Documents of records and their parts: opportunities, activities, contacts, mails.

Those of whole records also have the user's own keys from the file, so they are mappings, built by
`records.documents`; the keys that they always have are declared here. All other documents are built from
their types.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, UnsetType

from crmcli.domain.documents.typed_document import (
    DAY,
    LIST,
    MONEY,
    NUMBER,
    TERM,
    TEXT,
    WORDS,
    DayText,
    Document,
    InstantText,
    Number,
    Outcome,
    Show,
    Style,
    TypedDocument,
)
from crmcli.domain.model.record_types import Activity, Contact, Message, Opportunity


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
    contact_phone: Annotated[str | None, Show("phone", Style.PHONE)]
    contact_city: Annotated[str | None, Show("town")]
    opportunity: str
    title: Annotated[str, Show("opportunity")]
    stage: str
    due: Annotated[DayText | None, DAY]
    days: Annotated[int | None, Show("when", Style.NEARNESS)]  # until the deadline, while it is planned
    state: Annotated[Literal["overdue", "today", "planned", "done", "cancelled"], TERM]

    of_record: ClassVar = Activity
    usual: ClassVar = (
        *("id", "due", "days", "type_label", "summary"),
        *("contact_name", "contact_phone", "contact_city", "title", "assignee"),
    )
    in_csv: ClassVar = ("state",)
    spare: ClassVar = ("type_label", "due", "title", "assignee", "contact_city", "contact_phone")
    more_columns: ClassVar = {
        "time": Show("time"),
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
    kind: Annotated[str, TERM]
    title: Annotated[str, TEXT]
    stage: str
    contact_name: Annotated[str | None, Show("contact")]
    contact_phone: Annotated[str | None, Show("phone", Style.PHONE)]
    contact_city: Annotated[str | None, Show("town")]
    stage_label: Annotated[str | None, Show("stage")]
    owner: str | None
    stage_since: Annotated[InstantText | None, Show("in stage since", Style.DAY, right=True)]
    stale: bool
    outcome: Annotated[Outcome, TERM]
    probability: Annotated[float, Show("%", Style.SHORT_PERCENT, right=True)]
    probability_from: Annotated[Literal["stage", "manual", "won", "lost"], Show("% from", Style.TERM)]
    priority: Annotated[int, Show("★", Style.STARS)]
    expected_revenue: Annotated[Number | None, Show("expected", Style.MONEY, right=True)]
    weighted_revenue: Annotated[Number | None, Show("weighted", Style.MONEY, right=True)]
    tags: Annotated[list[str], WORDS]
    touched: Annotated[InstantText | None, DAY]
    next: Annotated[Document | None, LIST]  # its id, summary, deadline, state, and days until then
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
        *("probability", "expected_revenue", "next_days", "next_summary", "owner"),
    )
    in_csv: ClassVar = ("tags",)
    spare: ClassVar = (
        *("owner", "probability", "priority", "next_summary"),
        *("stage_label", "expected_revenue", "contact_name"),
    )
    more_columns: ClassVar = {
        "next_days": Show("when", Style.NEARNESS, under=("next", "days")),
        "next_due": Show("next due", Style.DAY, right=True, under=("next", "due")),
        "next_summary": Show("next activity", wraps=True, under=("next", "summary")),
        "contact": Show(),
        "lost": Show("lost reason", Style.LOST_REASON),
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
        "files": LIST,
        "history": LIST,
    }


class ContactDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.contact/1"):
    """A person or a company; `crm contact show` adds their deals, totals, people and referrals."""

    id: str
    kind: Annotated[str, TERM]
    name: Annotated[str, TEXT]
    company_name: Annotated[str | None, Show("company")]
    opportunities: Annotated[list[str] | UnsetType, WORDS] = UNSET
    totals: Annotated[Document | UnsetType, LIST] = UNSET
    open_deals: Annotated[int | UnsetType, Show("open deals", right=True)] = UNSET  # with their people's
    people: Annotated[list[str] | UnsetType, WORDS] = UNSET
    brought: Annotated[list[str] | UnsetType, WORDS] = UNSET

    of_record: ClassVar = Contact
    usual: ClassVar = ("id", "name", "company_name", "phones", "emails", "town", "open_deals")
    in_csv: ClassVar = ("kind", "tags")
    spare: ClassVar = ("company_name", "town", "open_deals", "emails")
    more_columns: ClassVar = {
        "company": Show(),
        "job": Show(),
        "emails": Show("e-mail", Style.WORDS),
        "phones": Show("phone", Style.PHONES),
        "addresses": LIST,
        "street": Show(under=("addresses", "street")),
        "postcode": Show(under=("addresses", "postcode")),
        "city": Show(under=("addresses", "city")),
        "town": Show(under=("addresses", "city"), first=True),
        "country": Show(under=("addresses", "country")),
        "language": Show(),
        "tags": WORDS,
        "owner": Show(),
        "created": DAY,
        "consent": LIST,
        "description": TEXT,
        "history": LIST,
    }


class AttachmentDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.attachment/1"):
    """A file that came with a message: its name as sent, and the name that it is saved under."""

    message: str
    name: Annotated[str, TEXT]
    type: str
    size: Annotated[int, NUMBER]
    file: Annotated[str, TEXT]


class MessageDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.message/1"):
    """A mail as it would be sent."""

    state: Annotated[str, TERM]

    of_record: ClassVar = Message
    usual: ClassVar = ("id", "to", "subject")
    more_columns: ClassVar = {
        "id": Show(),
        "at": Show(style=Style.CLOCK),
        "direction": TERM,
        "from": Show(),
        "to": Show(),
        "subject": TEXT,
        "message_id": Show(),
        "file": Show(),
        "text": TEXT,
    }
