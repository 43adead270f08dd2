"""When `crm tick` last ran on this machine, so that it can say what it catches up with."""

from datetime import datetime

from crmcli.domain.model.record_types import Instant
from crmcli.store.local_state.derived import DerivedFiles

NAME = "ticked"


def read_last_tick(derived: DerivedFiles) -> Instant | None:
    """When it last ran; None where that is not known."""
    try:
        at = datetime.fromisoformat((derived.read(NAME) or b"").decode("ascii").strip())
    except ValueError:
        return None
    return at if at.tzinfo else None


def write_last_tick(derived: DerivedFiles, at: Instant) -> None:
    """Remember that it ran; where that cannot be written, nothing is said the next time."""
    derived.keep(NAME, f"{at.isoformat()}\n".encode("ascii"))
