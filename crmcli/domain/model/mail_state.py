"""The state of a message: received, or how far it is on its way out."""

from enum import StrEnum

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Direction, Message


class MailState(StrEnum):
    """The state of a message, as documents and pages show it."""

    RECEIVED = "received"
    QUEUED = "queued"
    HELD = "held"
    UNCERTAIN = "uncertain"  # handed to the mail server; whether it took the mail is not known
    FAILED = "failed"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


OF_FOLDER = {
    MailFolder.OUTBOX: MailState.QUEUED,
    MailFolder.HELD: MailState.HELD,
    MailFolder.SENDING: MailState.UNCERTAIN,
    MailFolder.FAILED: MailState.FAILED,
    MailFolder.SENT: MailState.SENT,
    MailFolder.WITHDRAWN: MailState.WITHDRAWN,
}
WORDS = {  # for pages; a received message has its arrow
    MailState.QUEUED: "queued",
    MailState.HELD: "held back, not sent",
    MailState.UNCERTAIN: "perhaps sent",
    MailState.FAILED: "not sent",
    MailState.SENT: "sent",
    MailState.WITHDRAWN: "withdrawn, not sent",
}


def state_of_message(message: Message, folder: MailFolder | None = None) -> MailState:
    """Return the state of a message by what its record says; what has left outweighs all else.

    `folder` is where its file lies, if that is known: another program that sends moves it to `sent/`.

    >>> str(state_of_message(Message(direction=Direction.OUT)))
    'queued'
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
    moved = MailState.SENT if folder is MailFolder.SENT else MailState.QUEUED
    return next((state for at, state in marks if at is not None), moved)
