"""Where the file of an outgoing mail lies, which tells whether the mail waits, was sent, or was withdrawn."""

from enum import StrEnum


class MailFolder(StrEnum):
    """A folder of `pipeline_data` with the files of outgoing mails."""

    OUTBOX = "outbox"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


def nowhere(file: str | None) -> MailFolder | None:
    """Return None: where no workspace is at hand, no mail waits."""
    return None
