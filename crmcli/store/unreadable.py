"""The error for files that cannot be read as crm records."""

from pathlib import Path

from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.places import Place, format_place


class UnreadableError(RefusedError):
    """Raised for a file that cannot be read as a record: path, place, field and reason."""

    def __init__(self, path: Path | str, place: Place | None, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}".strip(), where=format_place(path, place))
        self.path = path
        self.place = place
        self.field = field
        self.reason = reason
