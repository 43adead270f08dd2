"""The state of a message: received, or how far it is on its way out."""

from collections.abc import Callable
from enum import StrEnum

from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Direction, Message

FindFolder = Callable[[str | None], MailFolder | None]


class MailState(StrEnum):
    """The state of a message, as documents and pages show it."""

    RECEIVED = "received"
    QUEUED = "queued"
    HELD = "held"
    UNCERTAIN = "uncertain"  # handed to the mail server; whether it took the mail is not known
    FAILED = "failed"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"  # neither its record nor a folder tells: its file was taken out of the outbox


OF_FOLDER = {
    MailFolder.OUTBOX: MailState.QUEUED,
    MailFolder.HELD: MailState.HELD,
    MailFolder.SENDING: MailState.UNCERTAIN,
    MailFolder.FAILED: MailState.FAILED,
    MailFolder.SENT: MailState.SENT,
    MailFolder.WITHDRAWN: MailState.WITHDRAWN,
}
WORDS = {  # for pages; a received message has its arrow
    MailState.QUEUED: deferred("queued"),
    MailState.HELD: deferred("held back, not sent"),
    MailState.UNCERTAIN: deferred("perhaps sent"),
    MailState.FAILED: deferred("not sent"),
    MailState.SENT: deferred("sent"),
    MailState.WITHDRAWN: deferred("withdrawn, not sent"),
    MailState.UNKNOWN: deferred("not in the outbox any more, perhaps sent by another program"),
}


def state_of_message(message: Message) -> MailState:
    """Return the state of a message by what its record says; what has left outweighs all else.

    A copy of a mail that one of our people sent came in, and has its file among the received ones.

    >>> str(state_of_message(Message(direction=Direction.OUT)))
    'queued'
    >>> str(state_of_message(Message(direction=Direction.OUT, file="mail/2026/11/copy.eml")))
    'sent'
    """
    if message.direction is Direction.IN:
        return MailState.RECEIVED
    marks = (
        (message.sent, MailState.SENT),
        (message.sending, MailState.UNCERTAIN),
        (message.withdrawn, MailState.WITHDRAWN),
        (message.failed, MailState.FAILED),
        (message.held, MailState.HELD),
    )
    copied = MailState.SENT if "/" in (message.file or "") else MailState.QUEUED
    return next((state for at, state in marks if at is not None), copied)


def settle_state(state: str, file: str | None, find_folder: FindFolder) -> MailState:
    """Return the state of a message that its record calls so, by where its file lies.

    A person or another program may have moved a queued mail, which its record does not tell.

    >>> str(settle_state("queued", "a.eml", lambda file: MailFolder.SENT))
    'sent'
    >>> str(settle_state("queued", "a.eml", lambda file: None))
    'unknown'
    """
    if state != MailState.QUEUED:
        return MailState(state)
    folder = find_folder(file)
    return OF_FOLDER[folder] if folder else MailState.UNKNOWN
