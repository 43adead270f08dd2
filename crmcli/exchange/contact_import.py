"""Import of contacts into a workspace: known contacts are updated, others created, each once."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records.import_contact import ImportFault, IncomingContact, KnownContacts, update_contact
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import is_id
from crmcli.store.writer import Writing


class Outcome(StrEnum):
    """The result for an incoming contact."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Taken(NamedTuple):
    """An incoming contact: its result, and the contact before and after."""

    outcome: Outcome
    before: Contact | None
    after: Contact
    line: int


class Intake:
    """The contacts imported in one session."""

    def __init__(self, session: Writing) -> None:
        self.session = session
        self.country = session.config.country
        people = session.all(session.contact_references, Contact)
        self.known = KnownContacts((each.value for each in people if each.value.id), self.country)
        self.taken: list[Taken] = []
        self.faults: list[ImportFault] = []

    def take(self, contacts: Sequence[IncomingContact], key: str) -> None:
        """Import contacts in order, companies before the people who belong to them."""
        for each in sorted(contacts, key=lambda each: each.kind is not ContactKind.COMPANY):
            if key and not has_identity(each, key):
                self.faults.append(ImportFault(each.line, f"{each.called} has no {key}"))
            else:
                self.put(each, key)

    def put(self, incoming: IncomingContact, key: str) -> None:
        """Update the known contact, or create a new one; names are reduced to one line."""
        incoming = incoming._replace(name=in_one_line(incoming.name), company=in_one_line(incoming.company))
        before = self.known.match(incoming, key)
        company = self.firm(incoming.company) if incoming.company else None
        person = before or Contact(
            id=self.free_id(incoming.uid), name=incoming.called, created=self.session.moment.at
        )
        after = update_contact(person, incoming, company, self.country)
        outcome = (
            Outcome.CREATED if before is None else Outcome.UNCHANGED if before == after else Outcome.UPDATED
        )
        if outcome is not Outcome.UNCHANGED:
            self.session.save_contact(after)
            self.known.add(after)
        self.taken.append(Taken(outcome, before, after, incoming.line))

    def free_id(self, uid: str) -> str:
        """Return the id from another workspace if it is valid and unused here; else a new one."""
        is_free = is_id(uid) and all(
            references.place(uid) is None
            for references in (self.session.contact_references, self.session.opportunity_references)
        )
        return uid if is_free else self.session.new_id()

    def firm(self, name: str) -> str | None:
        """Return the id of the company with this full name; create it where there is none."""
        ids = self.known.by.get(("name", folded_name(name)), ())
        for id in ids:
            if self.known.people[id].kind is ContactKind.COMPANY:
                return id
        made = Contact(id=self.session.new_id(), name=name, created=self.session.moment.at)
        made = replace(made, kind=ContactKind.COMPANY)
        self.session.save_contact(made)
        self.known.add(made)
        return made.id


def in_one_line(text: str) -> str:
    """Return a name on one line; a spreadsheet cell may have line breaks."""
    return " ".join(text.split()) if len(text.splitlines()) > 1 else text


def has_identity(incoming: IncomingContact, key: str) -> bool:
    """Tell whether an incoming contact has a value for the key to find it by."""
    held = {"uid": incoming.uid, "email": incoming.emails, "phone": incoming.phones, "name": incoming.called}
    return bool(held[key])
