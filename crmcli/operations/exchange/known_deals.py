"""The records of the workspace, by what an import finds them by."""

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import derive_id
from crmcli.store.writer import Writing


class KnownDeals:
    """The records of the workspace, by what an import finds them by."""

    def __init__(self, session: Writing) -> None:
        self.session = session
        self.deals: dict[str, Opportunity] = {}
        self.external: dict[str, str] = {}
        self.identity: dict[tuple[str, str | None], list[str]] = {}
        self.of_contact: dict[str, list[str]] = {}
        self.taken: dict[str, int] = {}  # the first lines that are about records, by their ids
        session.opportunity_references.prepare_lookups()
        session.contact_references.prepare_lookups()
        for source in session.all(session.opportunity_references, Opportunity):
            if source.value.id:
                self.add(source.value)

    def add(self, deal: Opportunity) -> None:
        """Add a record, or its new version."""
        id = deal.id or ""
        if id not in self.deals:
            self.identity.setdefault(identity_of(deal), []).append(id)
            if deal.contact:
                self.of_contact.setdefault(deal.contact, []).append(id)
        self.external.update(dict.fromkeys(deal.external_ids, id))
        self.deals[id] = deal

    def path(self, deal: Opportunity) -> str:
        """Return the path of a record."""
        return self.session.places[deal.id or ""]

    def by_id(self, id: str) -> Opportunity | None:
        """Return the record with this id."""
        return self.deals.get(id)

    def by_external(self, external: list[str]) -> Opportunity | None:
        """Return the record with one of these external ids.

        Raises UsageError where they are those of several records.
        """
        found = {self.external[each] for each in external if each in self.external}
        if len(found) > 1:
            raise UsageError(f"its external ids are those of {' and '.join(sorted(found))}")
        return self.deals[found.pop()] if found else None

    def by_identity(self, title: str, contact: str | None) -> Opportunity | None:
        """Return the record with this title and contact that no row was about yet.

        Of several, the one that an earlier import made of the row with the same number among them.
        """
        known = self.deals.get(self.next_id(title, contact))
        ids = self.identity.get((folded_name(title), contact), [])
        left = [id for id in ids if id not in self.taken]
        return known if known and known.id in left else self.deals[left[0]] if left else None

    def next_id(self, title: str, contact: str | None) -> str:
        """Return the id of a new record, from its title, its contact, and how many rows had both."""
        same = self.identity.get((folded_name(title), contact), [])
        number = sum(id in self.taken for id in same)
        return derive_id("import", folded_name(title), contact or "", str(number))

    def by_person(self, person: Contact | None, title: str) -> Opportunity | None:
        """Return the record of a contact: the one with this title, else the only one that is open.

        Raises UsageError where several fit.
        """
        ids = self.of_contact.get(person.id or "", []) if person else []
        named = [id for id in ids if folded_name(self.deals[id].title) == folded_name(title)]
        still = [id for id in ids if status_of(self.deals[id], self.session.config) is Status.OPEN]
        found = named or still
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} records of {person.name if person else ''} fit: {', '.join(found)}"
            )
        return self.deals[found[0]] if found else None


def identity_of(deal: Opportunity) -> tuple[str, str | None]:
    """Return what two versions of a record without ids have in common."""
    return folded_name(deal.title), deal.contact
