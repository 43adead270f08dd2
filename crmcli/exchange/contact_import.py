"""Import of contacts into a workspace: known contacts are updated, others created, each once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records.contact_fields import record_consent
from crmcli.domain.records.contact_matching import match_names
from crmcli.domain.records.import_contact import (
    ImportFault,
    ImportOutcome,
    IncomingContact,
    KnownContacts,
    update_contact,
)
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.person_names import do_names_fit, is_nameless
from crmcli.store.writer import Writing

KEYS = {"id": "uid", "external_id": "uid", "email": "email", "phone": "phone", "name": "name"}


class Taken(NamedTuple):
    """An incoming contact: its result, and the contact before and after."""

    outcome: ImportOutcome
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
        self.notes: list[ImportFault] = []  # about contacts that share something with others

    def take(
        self, contacts: Sequence[IncomingContact], key: str, progress: Callable[[int, int], None]
    ) -> None:
        """Import contacts in order, companies before the people who belong to them."""
        ordered = sorted(contacts, key=lambda each: each.kind is not ContactKind.COMPANY)
        for number, each in enumerate(ordered):
            progress(number, len(ordered))
            what = self.describe_refusal(each, key)
            if what:
                self.faults.append(ImportFault(each.line, what))
            else:
                self.put(each, KEYS.get(key, ""))
        progress(len(ordered), len(ordered))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Forget the contacts that were taken in this context if it ends in an error."""
        added, taken, notes = len(self.known.added), len(self.taken), len(self.notes)
        try:
            yield
        except Exception:  # any, as in `Writing.attempt`
            self.known.forget_since(added)
            del self.taken[taken:], self.notes[notes:]
            raise

    def describe_refusal(self, incoming: IncomingContact, key: str) -> str:
        """Return why a contact cannot be imported; empty if it can."""
        if key and not has_identity(incoming, KEYS[key]):
            return f"{incoming.called} has no {key}"
        if incoming.created and incoming.created > self.session.moment.at:
            return f"created is in the future: {incoming.created:%Y-%m-%d %H:%M}"
        return ""

    def put(self, incoming: IncomingContact, key: str = "") -> Contact:
        """Update the known contact, or create a new one, and return it; names are reduced to one line."""
        incoming = incoming._replace(name=in_one_line(incoming.name), company=in_one_line(incoming.company))
        before = self.known.match(incoming, key)
        company = self.find_company(before, incoming.company) if incoming.company else None
        person = before or Contact(
            id=self.free_id(incoming.uid),
            name=incoming.called,
            created=incoming.created or self.session.moment.at,
        )
        after = update_contact(person, incoming, company, self.country)
        after = record_consent(before, after, self.session.moment)
        outcome = (
            ImportOutcome.CREATED
            if before is None
            else ImportOutcome.UNCHANGED
            if before == after
            else ImportOutcome.UPDATED
        )
        if outcome is not ImportOutcome.UNCHANGED:
            self.session.save_contact(after)
        self.notes += [
            ImportFault(incoming.line, note) for note in self.describe_doubts(person, after, incoming)
        ]
        self.known.take(after, incoming)
        self.taken.append(Taken(outcome, before, after, incoming.line))
        return after

    def describe_doubts(self, before: Contact, after: Contact, incoming: IncomingContact) -> Iterator[str]:
        """Yield lines about others who share something with a contact, and about a name not taken."""
        similar = {each.contact.id: each for each in self.known.list_similar(before, incoming)}
        yield from (each.describe(after) for each in similar.values())
        if incoming.name and not is_nameless(incoming.name) and not do_names_fit(after.name, incoming.name):
            yield f"{after.name} ({after.id}) keeps this name, not {incoming.name}"

    def free_id(self, uid: str) -> str:
        """Return the id from another workspace if it is valid and unused here; else a new one."""
        is_free = is_id(uid) and all(
            references.place(uid) is None
            for references in (self.session.contact_references, self.session.opportunity_references)
        )
        return uid if is_free else self.session.new_id()

    def find_company(self, person: Contact | None, name: str) -> str | None:
        """Return the id of the company with this full name or id, the person's own first; else create one."""
        if name in self.known.people and self.known.people[name].kind is ContactKind.COMPANY:
            return name
        incoming = IncomingContact(name=name, kind=ContactKind.COMPANY)
        for known in match_names(name, self.known.find("name", incoming)):
            if known.kind is ContactKind.COMPANY:
                theirs = person.company if person else None
                named = self.known.people.get(theirs or "")
                return theirs if named and folded_name(named.name) == folded_name(name) else known.id
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
    uid = incoming.uid or incoming.external_ids
    held = {"uid": uid, "email": incoming.emails, "phone": incoming.phones, "name": incoming.called}
    return bool(held[key])
