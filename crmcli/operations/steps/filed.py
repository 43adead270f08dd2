"""What became of a message: the outcome of filing it, and what is entered in its record."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Contact, Direction, Message
from crmcli.domain.records.lead_contact import Similar
from crmcli.domain.values.ids import derive_id
from crmcli.mail.incoming.message_text import shorten_message
from crmcli.mail.incoming.parse import Received
from crmcli.mail.incoming.unreadable_parts import localize_markers
from crmcli.store.index.queries import Holder
from crmcli.store.writer import Writing

MOST_ATTACHMENTS = 50  # attachments of a message that its record lists


class Outcome(StrEnum):
    """The outcome of filing a message."""

    NEW = "new"
    REPLY = "reply"
    BOUNCE = "bounce"
    NOTED = "noted"
    VARIANT = "variant"
    KNOWN = "known"
    ASIDE = "aside"
    QUARANTINED = "quarantined"  # it could not be read or filed
    DROPPED = "dropped"
    WAITING = "waiting"  # a form that is stored, and filed later
    TRY_AGAIN = "try again"  # not stored: its record, or a file that it needs, cannot be read


class Filed(NamedTuple):
    """The outcome of filing a message, its record, and the reason."""

    outcome: Outcome
    change: Change | None = None
    reason: str = ""
    contact: Contact | None = None  # of a new record
    similar: tuple[Similar, ...] = ()  # contacts who may be the same as a new one
    offers: tuple[str, ...] = ()  # commands that would add what the message says of its sender
    holder: Holder | None = None  # the record of a message that is known without being read
    faults: tuple[str, ...] = ()  # what is wrong with a form, as its visitor reads it

    @property
    def record(self) -> Holder | None:
        """The record as it is named, if there is one."""
        if self.change is None:
            return self.holder
        deal = self.change.after
        return Holder(deal.id, str(deal.kind), deal.title, deal.contact)


def message_entry(
    session: Writing, mail: Received, content: bytes, *, direction: Direction = Direction.IN
) -> Message:
    """Return the message as its record stores it, and store its bytes."""
    now = session.moment.at
    at = mail.at if mail.at and mail.at <= now else now
    return Message(
        id=derive_id("message", mail.identity),
        at=at,
        direction=direction,
        from_=str(mail.sender) if mail.sender else None,
        to=mail.to or None,
        subject=mail.subject or None,
        message_id=mail.message_id,
        file=store_bytes(session, content, at),
        text=shorten_message(localize_markers(mail.shown, session.config.language)) or None,
        automatic=True if mail.report is not None or mail.automatic else None,
        attachments=mail.attachments[:MOST_ATTACHMENTS],
    )


def store_bytes(session: Writing, content: bytes, at: datetime) -> str:
    """Put the exact bytes of a message under their hash; return the path below `pipeline_data`."""
    path = f"mail/{at:%Y/%m}/{hashlib.sha256(content).hexdigest()}.eml"
    session.put(f"pipeline_data/{path}", content, before=session.content(f"pipeline_data/{path}"))
    return path
