"""The quarantine: messages that were kept aside, each with a text file that says why."""

import os
from pathlib import Path

QUARANTINE = "pipeline_data/quarantine"
MAIL, REASON, DROPPED = ".eml", ".txt", ".dropped.txt"


def mail_path(name: str) -> str:
    """Return the path of the message with a name."""
    return f"{QUARANTINE}/{name}{MAIL}"


def reason_path(name: str) -> str:
    """Return the path of the file that says why a message is in quarantine."""
    return f"{QUARANTINE}/{name}{REASON}"


def dropped_path(name: str) -> str:
    """Return the path of the note that a message was dropped, so that a further copy does not come back."""
    return f"{QUARANTINE}/{name}{DROPPED}"


def list_quarantined(root: Path) -> list[str]:
    """Return the names of the messages in quarantine, which are their identities."""
    try:
        names = os.listdir(root / QUARANTINE)
    except FileNotFoundError:
        return []
    return sorted(name.removesuffix(MAIL) for name in names if name.endswith(MAIL))


def describe_quarantine(root: Path) -> str:
    """Return a line about the messages that wait for somebody to look at them; empty if there are none."""
    count = len(list_quarantined(root))
    some = "1 message is" if count == 1 else f"{count} messages are"
    return f"{some} in quarantine (crm inbox list)" if count else ""
