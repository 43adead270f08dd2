"""Files and ids in the sealed index on disk, without an update for later changes."""

from crmcli.store.index.index_file import NAME, open_readable, sealed_by
from crmcli.store.workspace import Workspace

HOLDING = "SELECT path FROM record WHERE id = ? UNION ALL SELECT path FROM contact WHERE id = ?"
KNOWN = "SELECT path FROM record UNION ALL SELECT path FROM contact UNION ALL SELECT path FROM broken"


class KnownIds:
    """The ids in the index on disk; `new` lists the record files that it does not know."""

    def __init__(self, workspace: Workspace, names: list[str]) -> None:
        """Open the index; `names` are the current record files.

        Raises OSError or sqlite3.Error where there is no usable index.
        """
        sealed = sealed_by(workspace.root, workspace.derived)
        if sealed is None:
            raise FileNotFoundError(NAME)
        self.database = open_readable(workspace.derived.made() / NAME)
        self.new = self.find_new(names)

    def find_new(self, names: list[str]) -> list[str]:
        """Return the files that the index does not know."""
        known = {path for (path,) in self.database.execute(KNOWN)}
        return [path for path in names if path not in known]

    def holding(self, id: str) -> list[str]:
        """Return the files that hold an id."""
        return [path for (path,) in self.database.execute(HOLDING, [id, id])]
