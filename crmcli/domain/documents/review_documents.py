"""Documents about records: waiting mails, duplicates, titles, next stages, reasons."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from crmcli.domain.documents.typed_document import (
    NUMBER,
    TERM,
    TEXT,
    Document,
    InstantText,
    Number,
    Show,
    Style,
    TypedDocument,
)


class OutboxDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.outbox/1"):
    """A mail that waits to be sent, or could not be sent; its state, and why."""

    id: str
    queued: Annotated[str, Show(style=Style.CLOCK)]
    to: str
    subject: Annotated[str, TEXT]
    record: str
    cc: str  # and blind copies
    state: Annotated[str, TERM]
    reason: Annotated[str, TEXT]
    attempts: Annotated[int, NUMBER]
    next: Annotated[InstantText | None, Show("next attempt", Style.CLOCK)]

    usual: ClassVar = ("id", "queued", "to", "subject", "record", "state")
    spare: ClassVar = ("record", "queued")


class WayOutDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.way-out/1"):
    """A mail server that can be reached, or a program for mail: what it offers."""

    server: str
    encryption: str  # the version of TLS, empty without
    login: str  # the user
    sender: str
    largest: int | None  # bytes of a mail
    offers: Annotated[list[str], Show(style=Style.WORDS)]

    usual: ClassVar = ("server", "encryption", "login", "sender", "offers")


class InboxDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.inbox/1"):
    """A message in quarantine, and why it is there."""

    id: str
    at: Annotated[str | None, Show(style=Style.CLOCK)]
    from_: Annotated[str | None, TEXT] = msgspec.field(name="from")
    subject: Annotated[str | None, TEXT]
    reason: Annotated[str, TEXT]
    size: int  # bytes
    file: str  # below pipeline_data

    usual: ClassVar = ("id", "at", "from", "subject", "reason")


class MessageTextDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.message-text/1"):
    """The whole text of a message, of a record or in quarantine."""

    id: str | None
    from_: Annotated[str | None, TEXT] = msgspec.field(name="from")
    to: Annotated[str | None, TEXT]
    subject: Annotated[str | None, TEXT]
    text: Annotated[str, TEXT]

    usual: ClassVar = ("id", "from", "subject", "text")


class SimilarDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.similar/1"):
    """Records that may be the same, and what they share."""

    kind: Annotated[str, TERM]  # opportunity, contact
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
    """The reasons for the state of a record."""

    id: str
    reasons: list[Document]


class LogDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.log/1"):
    """One thing that happened to a record."""

    at: Annotated[InstantText, Show(style=Style.CLOCK)]
    by: str  # the user, a program such as `tick`, or the author of a commit
    event: Annotated[str, TERM]
    text: Annotated[str, TEXT]
    commit: str | None  # the one in git that has it

    usual: ClassVar = ("at", "by", "text", "commit")
    spare: ClassVar = ("commit",)

    @property
    def short_commit(self) -> str:
        """The first characters of the commit's name, for people; empty without one."""
        return (self.commit or "")[:8]
