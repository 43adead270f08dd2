"""Which files hold an id: what two files share, by a copy or by two clones, no command writes.

The index has read which; files that it does not know yet are searched, and all of them without an index.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cached_property

from crmcli.domain.errors import CrmError
from crmcli.domain.model import Contact, Opportunity
from crmcli.store import files, records
from crmcli.store.index.index import NAME, readable, sealed_by
from crmcli.store.index.seen import checksum_of_names
from crmcli.store.reading import Reading

ID_LINE = re.compile(
    rb"""(?m)(?:^(?:\xef\xbb\xbf)?|[{,][ \t]*)["']?id["']?[ \t]*:[ \t]*["']?([a-z0-9]{8})\b"""
)
HOLDING = "SELECT path FROM record WHERE id = ? UNION ALL SELECT path FROM contact WHERE id = ?"
KNOWN = "SELECT path FROM record UNION ALL SELECT path FROM contact UNION ALL SELECT path FROM broken"
Find = Callable[[str], Iterable[str]]


class IdHolders:
    """The files of a workspace that hold an id, as they were when this was first asked."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.names = [*reading.opportunity_references.paths, *reading.contact_references.paths]

    def others(self, id: str, path: str) -> list[str]:
        """Return the files, but the one at a path, of which the record has this id."""
        return [each for each in sorted({*self.find(id)} - {path}) if self.is_of(each, id)]

    def is_of(self, path: str, id: str) -> bool:
        """Is this the id of the record at a path? A file that cannot be read has none."""
        try:
            source = self.reading.read_file(path, records.kind_of(path) or Opportunity)
        except CrmError:
            return False
        return isinstance(source.value, Opportunity | Contact) and source.value.id == id

    @cached_property
    def find(self) -> Find:
        """How the files are found in which an id may stand."""
        try:
            return self.by_index()
        except (OSError, sqlite3.Error):
            return self.by_search(self.names)

    def by_index(self) -> Find:
        """Ask the index; the files that it does not know by name are searched.

        Raises OSError or sqlite3.Error where there is none to ask.
        """
        workspace = self.reading.workspace
        sealed = sealed_by(workspace.root, workspace.derived)
        if sealed is None:
            raise FileNotFoundError(NAME)
        with closing(readable(workspace.derived.made() / NAME)) as database:
            if sealed.names == checksum_of_names(self.names):
                new: list[str] = []
            else:
                known = {path for (path,) in database.execute(KNOWN)}
                new = [path for path in self.names if path not in known]
        search = self.by_search(new)
        return lambda wanted: [*self.ask(wanted), *search(wanted)]

    def ask(self, id: str) -> list[str]:
        """Ask the index which files hold an id."""
        return [path for (path,) in self.database.execute(HOLDING, [id, id])]

    @cached_property
    def database(self) -> sqlite3.Connection:
        """The index on the disk, whatever has changed since it was written."""
        return readable(self.reading.workspace.derived.made() / NAME)

    def by_search(self, paths: Iterable[str]) -> Find:
        """Search the text of files for ids, each file once."""
        holders: dict[str, list[str]] = {}
        for path in paths:
            for id in ids_in(self.content(path)):
                holders.setdefault(id, []).append(path)
        return lambda wanted: holders.get(wanted, [])

    def content(self, path: str) -> bytes:
        """Return the bytes of a file; none of one that cannot be read."""
        try:
            return files.read_text_file(self.reading.root / path) or b""
        except OSError:
            return b""


def ids_in(content: bytes) -> set[str]:
    """Return what may be the id of the record in a file, and perhaps more."""
    return {found.decode("ascii") for found in ID_LINE.findall(content)}
