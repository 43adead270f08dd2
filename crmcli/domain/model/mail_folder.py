"""Where the file of an outgoing mail lies, which tells whether the mail waits, was sent, or was withdrawn."""

from enum import StrEnum


class MailFolder(StrEnum):
    """A folder of `pipeline_data` with the files of outgoing mails.

    A mail whose file lies in two of them, as two clones can bring about, is in the one named first.
    """

    SENT = "sent"
    SENDING = "sending"  # handed to the mail server, or about to be: the outcome is not known
    OUTBOX = "outbox"
    HELD = "held"  # kept back by a person
    FAILED = "failed"  # refused by the mail server for good
    WITHDRAWN = "withdrawn"


WAITING = (MailFolder.OUTBOX, MailFolder.HELD)
UNSENT = (*WAITING, MailFolder.FAILED, MailFolder.WITHDRAWN)


def nowhere(file: str | None) -> MailFolder | None:
    """Return None: where no workspace is at hand, no mail waits."""
    return None
