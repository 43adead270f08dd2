"""The records of the workspace, by what an import finds them by."""

from collections.abc import Sequence
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import derive_id
from crmcli.store.writer import Writing


class Known(NamedTuple):
    """What a record is found by, without its file."""

    path: str
    title: str
    contact: str | None


class KnownDeals:
    """The records of the workspace, by what an import finds them by.

    They come from the index: only the files of those that a row is about are read.
    """

    def __init__(self, session: Writing) -> None:
        self.session = session
        self.deals: dict[str, Known] = {}
        self.external: dict[str, str] = {}
        self.identity: dict[tuple[str, str | None], list[str]] = {}  # ids by folded title and contact
        self.of_contact: dict[str, list[str]] = {}
        self.taken: dict[str, int] = {}  # the lines that are about records, by their ids
        session.opportunity_references.prepare_lookups()
        session.contact_references.prepare_lookups()
        for path, id, title, contact, external in session.index.deal_keys():
            self.remember(id, Known(path, title, contact), external)

    def add(self, deal: Opportunity) -> None:
        """Add a record, or its new version."""
        id = deal.id or ""
        known = Known(self.session.places[id], deal.title, deal.contact)
        self.remember(id, known, deal.external_ids)

    def remember(self, id: str, known: Known, external: Sequence[str]) -> None:
        """Note by what a record is found."""
        if id not in self.deals:
            self.identity.setdefault((folded_name(known.title), known.contact), []).append(id)
            if known.contact:
                self.of_contact.setdefault(known.contact, []).append(id)
        self.deals[id] = known
        self.external.update(dict.fromkeys(external, id))

    def path(self, deal: Opportunity) -> str:
        """Return the path of a record."""
        return self.session.places[deal.id or ""]

    def read(self, id: str) -> Opportunity:
        """Return a record that is known.

        Raises UnreadableError where its file cannot be read.
        """
        return self.session.opportunity(self.deals[id].path)

    def read_once(self, id: str) -> Opportunity:
        """Return a record that is known.

        Raises UsageError where an earlier row is about it: a file has one row a record.
        """
        if id in self.taken:
            raise UsageError(f"is about the same record as line {self.taken[id]}: {id}")
        return self.read(id)

    def by_id(self, id: str) -> Opportunity | None:
        """Return the record with this id.

        Raises UsageError where an earlier row is about it.
        """
        return self.read_once(id) if id in self.deals else None

    def by_external(self, external: list[str]) -> Opportunity | None:
        """Return the record with one of these external ids.

        Raises UsageError where they are those of several records, or an earlier row is about it.
        """
        found = {self.external[each] for each in external if each in self.external}
        if len(found) > 1:
            raise UsageError(f"its external ids are those of {' and '.join(sorted(found))}")
        return self.read_once(found.pop()) if found else None

    def by_identity(self, title: str, contact: str | None, alike: int) -> Opportunity | None:
        """Return the record with this title and contact that no row was about yet.

        Of several, the one that an earlier import made of the row with the same number among them. Raises
        UsageError where fewer rows are `alike` than records, so that nothing tells which record is meant.
        """
        same = self.identity.get((folded_name(title), contact), [])
        if len(same) > max(alike, 1):
            raise UsageError(
                f"{len(same)} records have this title and contact: {', '.join(same[:5])}",
                hint="say which in a column id",
            )
        next = self.next_id(title, contact)
        left = [id for id in same if id not in self.taken]
        return self.read(next if next in left else left[0]) if left else None

    def next_id(self, title: str, contact: str | None) -> str:
        """Return the id of a new record, from its title, its contact, and how many rows had both."""
        same = self.identity.get((folded_name(title), contact), [])
        number = sum(id in self.taken for id in same)
        return derive_id("import", folded_name(title), contact or "", str(number))

    def by_person(self, person: Contact | None, title: str) -> Opportunity | None:
        """Return the record of a contact: the one with this title, else the only one that is open.

        Raises UsageError where several fit, or an earlier row is about it.
        """
        ids = self.of_contact.get(person.id or "", []) if person else []
        named = [id for id in ids if folded_name(self.deals[id].title) == folded_name(title)]
        still = [id for id in ids if status_of(self.read(id), self.session.config) is Status.OPEN]
        found = named or still
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} records of {person.name if person else ''} fit: {', '.join(found)}"
            )
        return self.read_once(found[0]) if found else None
