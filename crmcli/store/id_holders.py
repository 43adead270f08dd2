"""The files that hold an id: where two share one, by a copy or a merge, no command writes them.

The index is asked; files that have come since it was made are searched, or all of them without an index.
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
    """The files of a workspace that hold an id, as of the first call."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def others(self, id: str, path: str) -> list[str]:
        """Return the files other than `path` whose record has this id."""
        return [each for each in sorted({*self.find(id)} - {path}) if self.is_of(each, id)]

    def is_of(self, path: str, id: str) -> bool:
        """Tell whether the record at a path has this id; False for an unreadable file."""
        try:
            source = self.reading.read_file(path, records.kind_of(path) or Opportunity)
        except CrmError:
            return False
        return isinstance(source.value, Opportunity | Contact) and source.value.id == id

    @cached_property
    def find(self) -> Find:
        """The function that returns the files which may hold an id."""
        recent = self.reading.recent
        if recent is not None:
            return lambda wanted: [*recent.with_id("record", wanted), *recent.with_id("contact", wanted)]
        names = [*self.reading.opportunity_references.paths, *self.reading.contact_references.paths]
        try:
            return self.by_index(names)
        except (OSError, sqlite3.Error):
            return self.by_search(names)

    def by_index(self, names: list[str]) -> Find:
        """Return a search in the index, extended to those of these files that it does not know by name.

        Raises OSError or sqlite3.Error where there is no index.
        """
        known = KnownIds(self.reading.workspace, names)
        search = self.by_search(known.new)

        def find(wanted: str) -> Iterable[str]:
            try:
                return [*known.holding(wanted), *search(wanted)]
            except (sqlite3.Error, UnicodeDecodeError):  # damaged since it was opened
                self.find = self.by_search(names)
                return self.find(wanted)

        return find

    def by_search(self, paths: Iterable[str]) -> Find:
        """Return a search in the text of these files, each of which is read once."""
        holders: dict[str, list[str]] = {}
        for path in paths:
            for id in ids_in(self.content(path)):
                holders.setdefault(id, []).append(path)
        return lambda wanted: holders.get(wanted, [])

    def content(self, path: str) -> bytes:
        """Return the bytes of a file; empty for one that cannot be read."""
        try:
            return files.read_text_file(self.reading.root / path) or b""
        except OSError:
            return b""


def ids_in(content: bytes) -> set[str]:
    """Return all strings in a file that may be its record's id."""
    return {found.decode("ascii") for found in ID_LINE.findall(content)}
