"""When `crm tick` last ran on this machine, so that it can say what it catches up with."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from crmcli.domain.model import Instant
from crmcli.store import files

NAME = "ticked"


def last(private: Path) -> Instant | None:
    """When it last ran; None where that is not known."""
    try:
        kept = (files.read(private / NAME) or b"").decode("ascii").strip()
        at = datetime.fromisoformat(kept)
    except (OSError, ValueError):
        return None
    return at if at.tzinfo else None


def now(private: Path, at: Instant) -> None:
    """Remember that it ran; where that cannot be written, nothing is said the next time."""
    with suppress(OSError):
        (private / NAME).write_text(f"{at.isoformat()}\n", "ascii")
