"""Which files hold an id: what two files share, by a copy or by two clones, no command writes.

The index has read which; files that it does not know yet are searched, and all of them without an index.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import CrmError
from crmcli.store import records
from crmcli.store.index.known_ids import KnownIds
from crmcli.store.reader import Reading
from crmcli.store.transactions import files

ID_LINE = re.compile(
    rb"""(?m)(?:^(?:\xef\xbb\xbf)?|[{,][ \t]*)["']?id["']?[ \t]*:[ \t]*["']?([a-z0-9]{8})\b"""
)
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
        known = KnownIds(self.reading.workspace, self.names)
        search = self.by_search(known.new)
        return lambda wanted: [*known.holding(wanted), *search(wanted)]

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
