"""The time of the last `crm tick` on this machine, to report what a run catches up with."""

from datetime import datetime

from crmcli.domain.model.record_types import Instant
from crmcli.store.local_state.derived import DerivedFiles

NAME = "ticked"


def read_last_tick(derived: DerivedFiles) -> Instant | None:
    """Return the time of the last run; None where it is not known."""
    try:
        at = datetime.fromisoformat((derived.read(NAME) or b"").decode("ascii").strip())
    except ValueError:
        return None
    return at if at.tzinfo else None


def write_last_tick(derived: DerivedFiles, at: Instant) -> None:
    """Save the time of this run; a failed write is ignored."""
    derived.keep(NAME, f"{at.isoformat()}\n".encode("ascii"))
