"""The error for files that cannot be read as crm records."""

from pathlib import Path

from crmcli.domain.values.errors import RefusedError


class UnreadableError(RefusedError):
    """Raised for a file that cannot be read as a record: path, line, field and reason."""

    def __init__(self, path: Path | str, line: int | None, field: str, reason: str) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{field} {reason}".strip(), where=where)
        self.path = path
        self.line = line
        self.field = field
        self.reason = reason
