"""Import of contacts from other programs: matched with existing ones, without loss of existing data."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.merging.merge_contacts import merge_addresses
from crmcli.domain.model.record_types import Address, Contact, ContactKind, Open
from crmcli.domain.records.contact_fields import TEXTS, unite_items
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.folding import folded_name

CARD = "vcard"  # the extra key of a contact for vCard lines that have no field


class IncomingContact(NamedTuple):
    """A contact of another program; empty values are unknown."""

    name: str = ""
    kind: ContactKind | None = None
    company: str = ""  # its name
    job: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()  # E.164
    addresses: tuple[Address, ...] = ()
    language: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    description: str = ""
    extra: Open = {}  # noqa: RUF012
    uid: str = ""
    line: int = 0  # the first line in its file

    @property
    def called(self) -> str:
        """The name, else the company, the first e-mail, or the first phone."""
        return next((each for each in (self.name, self.company, *self.emails, *self.phones) if each), "")


class ImportFault(NamedTuple):
    """Something that cannot be imported: the line in the file, and why."""

    line: int
    what: str


NOT_UTF8 = "has a character that is not UTF-8 as the rest of the file is; it is read as Windows-1252"


class ReadContacts(NamedTuple):
    """The contents of a file of contacts: contacts, those that cannot be imported, and parts left out."""

    contacts: list[IncomingContact]
    faults: list[ImportFault]
    left_out: list[ImportFault]


class KnownContacts:
    """The existing contacts, indexed by the keys that incoming contacts are matched with."""

    def __init__(self, people: Iterable[Contact], country: str | None) -> None:
        self.country = country
        self.people: dict[str, Contact] = {}
        self.by: dict[tuple[str, str], list[str]] = {}  # ids by (criterion, value), oldest first
        for person in sorted(people, key=lambda each: (str(each.created), each.id or "")):
            self.add(person)

    def add(self, person: Contact) -> None:
        """Add a contact, or its new version."""
        id = person.id or ""
        self.people[id] = person
        for key in self.keys(person):
            ids = self.by.setdefault(key, [])
            ids += [id] if id not in ids else []

    def keys(self, person: Contact) -> list[tuple[str, str]]:
        """Return the keys of a contact as pairs (criterion, value)."""
        uids = [line.removeprefix("UID:") for line in card_lines(person) if line.startswith("UID:")]
        return [
            ("uid", person.id or ""),
            *(("uid", uid) for uid in uids),
            *(("email", normal_email(each) or each) for each in person.emails),
            *(("phone", self.phone(each)) for each in person.phones),
            ("name", folded_name(person.name)),
        ]

    def phone(self, phone: str) -> str:
        """Return a phone in the form used for comparison."""
        return normal_phone(phone, self.country) or phone

    def match(self, incoming: IncomingContact, key: str = "") -> Contact | None:
        """Return the matching contact: by criterion `key` alone, else by id, e-mail and phone, in this order.

        Households share phones: a phone alone does not match a contact with another name.

        A company, or a contact with none of these, is matched by full name, with contacts that have neither
        e-mail nor phone.
        """
        wanted = {
            "uid": [incoming.uid] if incoming.uid else [],
            "email": [normal_email(each) or each for each in incoming.emails],
            "phone": [self.phone(each) for each in incoming.phones],
            "name": [folded_name(incoming.called)],
        }
        for criterion in [key] if key else ["uid", "email", "phone"]:
            found = [id for value in wanted[criterion] for id in self.by.get((criterion, value), ())]
            if criterion == "phone" and not key:
                found = [id for id in found if may_be(self.people[id], incoming)]
            if found:
                return self.people[found[0]]
        is_company = incoming.kind is ContactKind.COMPANY
        if key or ((incoming.emails or incoming.phones or incoming.uid) and not is_company):
            return None
        namesakes = (self.people[id] for id in self.by.get(("name", wanted["name"][0]), ()))
        bare = (each for each in namesakes if not each.emails and not each.phones)
        return next((each for each in bare if not is_company or each.kind is ContactKind.COMPANY), None)


def may_be(person: Contact, incoming: IncomingContact) -> bool:
    """Tell whether names allow a match: `person` has no real name, or one name has all words of the other."""
    known, news = name_words(person.name), name_words(incoming.called)
    is_reached_only = not any(char.isalpha() for char in person.name) or "@" in person.name
    return is_reached_only or known <= news or news <= known


def name_words(name: str) -> set[str]:
    """Return the words of a name, folded for comparison."""
    return set(folded_name(name).split())


def card_lines(person: Contact) -> list[str]:
    """Return the vCard lines stored in a contact."""
    held = person.extra.get(CARD, [])
    return [each for each in held if isinstance(each, str)] if isinstance(held, list) else []


def same_lines(person: Contact, incoming: IncomingContact) -> bool:
    """Tell whether a contact already has the lines of this vCard, in any order."""
    news = incoming.extra.get(CARD)
    return isinstance(news, list) and sorted(map(str, news)) == sorted(card_lines(person))


def update_contact(
    person: Contact, incoming: IncomingContact, company: str | None, country: str | None
) -> Contact:
    """Return the contact with the imported values: given texts are replaced, lists are extended."""
    texts = {name: value for name in TEXTS if (value := getattr(incoming, name, ""))}
    if name_words(incoming.name) < name_words(person.name):
        texts.pop("name", None)  # has fewer words than the known name
    news = set(incoming.tags) - set(person.tags)
    return replace(
        person,
        **texts,
        kind=incoming.kind or person.kind,
        company=company or person.company,
        emails=tuple(unite_items("emails", person.emails, incoming.emails, country)),
        phones=tuple(unite_items("phones", person.phones, incoming.phones, country)),
        addresses=merge_addresses([person.addresses, incoming.addresses])
        if incoming.addresses
        else person.addresses,
        tags=tuple(sorted({*person.tags, *incoming.tags})) if news else person.tags,
        extra={**person.extra, **({} if same_lines(person, incoming) else incoming.extra)},
    )


def format_counts(made: int, changed: int, same: int, faulty: int) -> str:
    """Return a summary such as `12 created, 3 updated, 1 unchanged, 2 faulty`."""
    return f"{made} created, {changed} updated, {same} unchanged" + (f", {faulty} faulty" if faulty else "")
