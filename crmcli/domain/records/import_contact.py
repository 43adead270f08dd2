"""Import of contacts from other programs: matched with existing ones, without loss of existing data."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.localization.translations import translate
from crmcli.domain.merging.merge_contacts import merge_addresses
from crmcli.domain.model.record_types import Address, Consent, Contact, ContactKind, Instant, Open
from crmcli.domain.records.contact_fields import TEXTS, WITHDRAWN, unite_items
from crmcli.domain.records.contact_matching import match_names, normal_email, normal_phone
from crmcli.domain.records.lead_contact import Similar, pick_fitting
from crmcli.domain.values.person_names import do_names_fit, is_nameless, name_key, parse_name

SHARED = {"uid": "UID", "email": "e-mail", "phone": "phone"}  # what several contacts may have
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
    undeliverable: tuple[str, ...] = ()
    created: Instant | None = None
    consent: Consent | None = None
    extra: Open = {}  # noqa: RUF012
    uid: str = ""
    external_ids: tuple[str, ...] = ()
    line: int = 0  # the first line in its file

    @property
    def is_company(self) -> bool:
        """Tell whether it is a company."""
        return self.kind is ContactKind.COMPANY

    @property
    def called(self) -> str:
        """The name, else the company, the first e-mail, or the first phone."""
        return next((each for each in (self.name, self.company, *self.emails, *self.phones) if each), "")


class ImportOutcome(StrEnum):
    """The result for an imported record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class ImportFault(NamedTuple):
    """Something that cannot be imported: the line in the file, and why."""

    line: int
    what: str


NOT_UTF8 = "has a character that is not UTF-8 as the rest of the file is; it is read as Windows-1252"


class Replaced(NamedTuple):
    """What stood for an id before a contact was added: the contact, and its name in this import."""

    id: str
    before: Contact | None
    name: str | None


class KnownContacts:
    """The existing contacts, indexed by the keys that incoming contacts are matched with."""

    def __init__(self, people: Iterable[Contact], country: str | None) -> None:
        self.country = country
        self.people: dict[str, Contact] = {}
        self.by: dict[tuple[str, str], list[str]] = {}  # ids by (criterion, value), oldest first
        self.taken: dict[str, str] = {}  # names of the contacts that this import has brought, by id
        self.added: list[Replaced] = []  # in order, with what stood there before
        for person in sorted(people, key=lambda each: (str(each.created), each.id or "")):
            self.add(person)

    def add(self, person: Contact) -> None:
        """Add a contact, or its new version."""
        id = person.id or ""
        self.added.append(Replaced(id, self.people.get(id), self.taken.get(id)))
        self.people[id] = person
        for key in self.keys(person):
            ids = self.by.setdefault(key, [])
            ids += [id] if id not in ids else []

    def forget_since(self, number: int) -> None:
        """Go back to what was known when this number of contacts had been added."""
        while len(self.added) > number:
            id, before, name = self.added[-1]
            for key in self.keys(self.people.pop(id)):
                self.by[key] = [each for each in self.by[key] if each != id]
            self.taken.pop(id, None)
            if before:
                self.add(before)
                self.added.pop()
            if name is not None:
                self.taken[id] = name
            self.added.pop()

    def take(self, person: Contact, incoming: IncomingContact) -> None:
        """Add a contact that the import has brought under a name."""
        self.add(person)
        self.taken[person.id or ""] = incoming.called

    def keys(self, person: Contact) -> list[tuple[str, str]]:
        """Return the keys of a contact as pairs (criterion, value)."""
        return [
            ("uid", person.id or ""),
            *(("uid", uid) for uid in (*card_uids(person), *person.external_ids)),
            *(("email", normal_email(each) or each) for each in person.emails),
            *(("phone", self.phone(each)) for each in person.phones),
            ("name", name_key(person.name)),
        ]

    def phone(self, phone: str) -> str:
        """Return a phone in the form used for comparison."""
        return normal_phone(phone, self.country) or phone

    def find(self, criterion: str, incoming: IncomingContact) -> list[Contact]:
        """Return the contacts that share a value of a criterion with an incoming one, the oldest first."""
        wanted = {
            "uid": [*filter(None, [incoming.uid]), *incoming.external_ids],
            "email": [normal_email(each) or each for each in incoming.emails],
            "phone": [self.phone(each) for each in incoming.phones],
            "name": [name_key(incoming.called)],
        }
        ids = [id for value in wanted[criterion] for id in self.by.get((criterion, value), ())]
        return [self.people[id] for id in dict.fromkeys(ids)]

    def match(self, incoming: IncomingContact, key: str = "") -> Contact | None:
        """Return the matching contact: by criterion `key` alone, else by id, e-mail and phone, in this order.

        E-mails and phones are shared: they match only where the name fits, unless `key` demands them. A
        contact that this import has brought under another name is never matched again.

        A company, or a contact with none of these, is matched by full name, with contacts that have neither
        e-mail nor phone.
        """
        for criterion in [key] if key else ["uid", "email", "phone"]:
            found = self.pick(criterion, self.find(criterion, incoming), incoming, demanded=bool(key))
            if found:
                return found[0]
        is_reached = incoming.emails or incoming.phones or (incoming.uid and not self.find("uid", incoming))
        if key or (is_reached and not incoming.is_company):
            return None
        namesakes = [each for each in self.find("name", incoming) if not each.emails and not each.phones]
        if incoming.is_company:
            namesakes = [each for each in namesakes if each.kind is ContactKind.COMPANY]
        return next(iter(match_names(incoming.called, namesakes)), None)

    def list_similar(self, person: Contact, incoming: IncomingContact) -> Iterator[Similar]:
        """Yield the other contacts with the UID, an e-mail, a phone or the name, that is new to a contact."""
        own = set(self.keys(person))
        for criterion, shared in SHARED.items():
            for other in self.find(criterion, incoming):
                has_shared = any(key[0] == criterion for key in own & set(self.keys(other)))
                if other.id != person.id and not has_shared:
                    yield Similar(other, shared)
        if person.id not in self.people:
            namesakes = match_names(person.name, self.find("name", incoming))
            yield from (Similar(each, "name") for each in namesakes)

    def pick(
        self, criterion: str, found: Sequence[Contact], incoming: IncomingContact, *, demanded: bool
    ) -> list[Contact]:
        """Return those of the found contacts that an incoming one may be, the best first."""
        free = [each for each in found if self.is_free(each, incoming)]
        if criterion == "name":
            return match_names(incoming.called, free)
        name = "" if is_nameless(incoming.called) else incoming.called
        fitting = pick_fitting(name, free) if name else free
        if fitting or demanded:
            return fitting or free
        return [each for each in free if criterion == "uid" and self.is_identified(each, incoming)]

    def is_free(self, person: Contact, incoming: IncomingContact) -> bool:
        """Tell whether a contact was not brought by this import under another name."""
        name = self.taken.get(person.id or "", "")
        return is_nameless(name) or is_nameless(incoming.called) or do_names_fit(name, incoming.called)

    def is_identified(self, person: Contact, incoming: IncomingContact) -> bool:
        """Tell whether a UID is that of a contact of another name: our id, or with an e-mail or phone."""
        if set(person.external_ids) & set(incoming.external_ids):
            return True
        reached = [*self.find("email", incoming), *self.find("phone", incoming)]
        return person.id == incoming.uid or any(each.id == person.id for each in reached)


def card_uids(person: Contact) -> list[str]:
    """Return the UIDs of the cards that a contact was imported from."""
    return [line.removeprefix("UID:") for line in card_lines(person) if line.startswith("UID:")]


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
    texts = {
        name: value
        for name in TEXTS
        if (value := getattr(incoming, name, "")) and not is_same_text(getattr(person, name), value)
    }
    if not is_better_name(person, incoming):
        texts.pop("name", None)
    news = set(incoming.tags) - set(person.tags)
    has_places = incoming.addresses and not is_export_of(person.addresses, incoming.addresses)
    return replace(
        person,
        **texts,
        kind=incoming.kind or person.kind,
        company=company or person.company,
        emails=tuple(unite_items("emails", person.emails, incoming.emails, country)),
        undeliverable=tuple(
            unite_items("undeliverable", person.undeliverable, incoming.undeliverable, country)
        ),
        phones=tuple(unite_items("phones", person.phones, incoming.phones, country)),
        addresses=merge_addresses([person.addresses, incoming.addresses]) if has_places else person.addresses,
        tags=tuple(sorted({*person.tags, *incoming.tags})) if news else person.tags,
        consent=person.consent or (None if has_withdrawn(person) else incoming.consent),
        external_ids=tuple(dict.fromkeys((*person.external_ids, *incoming.external_ids))),
        extra={**person.extra, **({} if same_lines(person, incoming) else incoming.extra)},
    )


def has_withdrawn(person: Contact) -> bool:
    """Tell whether a contact has withdrawn a consent here: no import gives it again."""
    return any(entry.field == "consent" and entry.to == WITHDRAWN for entry in person.history)


def is_export_of(known: Sequence[Address], incoming: Sequence[Address]) -> bool:
    """Tell whether an address has all parts of several known ones, as our own CSV export joins them."""
    parts = ("street", "postcode", "city", "country")
    return len(incoming) == 1 and all(
        (getattr(incoming[0], part) or "") == ",".join(filter(None, (getattr(each, part) for each in known)))
        for part in parts
    )


def is_same_text(known: str | None, incoming: str) -> bool:
    """Tell whether two texts are equal, apart from blanks."""
    return (known or "").split() == incoming.split()


def is_better_name(person: Contact, incoming: IncomingContact) -> bool:
    """Tell whether an imported name replaces the known one.

    It does where the id or UID identifies the contact, where the known name is none, or has fewer words of
    the same name: an import renames nobody.
    """
    known, news = person.name, incoming.name
    if not news or is_nameless(news):
        return False
    if is_nameless(known) or (incoming.uid and incoming.uid in (person.id, *card_uids(person))):
        return True
    has_more = len(parse_name(news).words) > len(parse_name(known).words)
    return has_more and do_names_fit(known, news)


def format_counts(made: int, changed: int, same: int, faulty: int) -> str:
    """Return a summary such as `12 created, 3 updated, 1 unchanged, 2 faulty`."""
    counts = {"made": made, "changed": changed, "same": same}
    if faulty:
        return translate(
            "{made} created, {changed} updated, {same} unchanged, {faulty} faulty", **counts, faulty=faulty
        )
    return translate("{made} created, {changed} updated, {same} unchanged", **counts)
