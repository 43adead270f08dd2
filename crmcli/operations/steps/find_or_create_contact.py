"""Finding the contact that a text identifies, or creating it; only exact matches count."""

import shlex
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from crmcli.domain.model.record_names import tell_contacts_apart
from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records.contact_matching import (
    is_same_contact_name,
    lookup_key,
    lookup_name,
    match_contacts,
    match_names,
    normal_email,
    normal_phone,
    shown_phone,
)
from crmcli.domain.records.lead_contact import (
    ContactChoice,
    ContactHints,
    Similar,
    choose_contact,
    list_similar,
    pick_fitting,
)
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import derive_id, is_id
from crmcli.domain.values.person_names import is_nameless
from crmcli.domain.values.suggest import suggest_name
from crmcli.store.reader import Reading
from crmcli.store.references import looks_like_a_path
from crmcli.store.writer import Writing

MOST_NAMESAKES, MOST_SHARING = 20, 200  # contacts of one name, or with one phone, that are compared


def find_known_contact(reading: Reading, text: str) -> Contact | None:
    """Return the contact with this id, path, e-mail, phone or full name, or None.

    Raises NotFoundError for an unknown id or path, AmbiguousError for several contacts, and for a
    `Name <e-mail>` whose e-mail belongs to contacts of other names.
    """
    text = text.strip()
    if not text:
        raise UsageError("a contact needs a name, an e-mail or a phone")
    if text in reading.made:
        return reading.made[text]
    if is_id(text) or looks_like_a_path(text):
        return reading.load(reading.contact_references.exact(text), Contact).value
    country = reading.config.country
    found = match_contacts(text, reading.known_by(*lookup_key(text, country)), country)
    name, email = split_address(text) or ("", "")
    if name and found and not is_nameless(name, email):
        found = pick_fitting(name, found) or refuse_other_names(name, email, found)
    if len(found) > 1:
        lines = [tell_contacts_apart(each) for each in found]
        raise AmbiguousError(f"{len(found)} contacts match {text!r}:", lines, hint="give the id")
    return found[0] if found else None


def refuse_other_names(name: str, email: str, holders: Iterable[Contact]) -> list[Contact]:
    """Raise AmbiguousError for an e-mail that contacts of other names have, naming them."""
    raise AmbiguousError(
        f"{email} is the e-mail of another name than {name!r}:",
        [tell_contacts_apart(each) for each in holders],
        hint=f'give the id, or crm contact create "{name}" --email {email} --force',
    )


def find_or_create_contact(session: Writing, text: str) -> Contact:
    """Return the contact that a text identifies; if there is none, put a new one into the session."""
    contact = find_known_contact(session, text)
    if contact is None:
        contact = describe_contact(session, text.strip(), session.new_id())
        session.save_contact(contact)
    return contact


def find_contact(reading: Reading, text: str) -> Contact:
    """Return the contact that a text identifies.

    Raises NotFoundError with the nearest name where there is none.
    """
    contact = find_known_contact(reading, text)
    if contact is None:
        near = suggest_name(folded_name(text), reading.index.names())
        raise NotFoundError(f"no contact {text!r}", hint=near or how_to_create(text))
    return contact


def how_to_create(name: str) -> str:
    """Return the command that creates a contact with this name; for an id or an address, the list."""
    return "crm contact list" if is_id(name) or "@" in name else f"crm contact create {shlex.quote(name)}"


def recognize_contact(session: Writing, somebody: ContactHints) -> ContactChoice:
    """Return which contact somebody is, by e-mail, phone and name; see `choose_contact`.

    Raises UnreadableError where the e-mail occurs in a file that cannot be read.
    """
    country = session.config.country
    email = normal_email(somebody.email)
    by_email = session.contacts_writing_from(email) if email else []
    phone = normal_phone(somebody.phone, country)
    by_phone = contacts_reached_by(session, phone) if phone else []
    name = somebody.name or somebody.company
    by_name = match_names(name, session.known_by(*lookup_name(name), most=MOST_NAMESAKES)) if name else []
    return choose_contact(somebody, sort_by_age(by_email), sort_by_age(by_phone), sort_by_age(by_name))


def find_similar(reading: Reading, contact: Contact) -> tuple[Similar, ...]:
    """Return the other contacts with a phone or the name of a contact."""
    by_phone = [each for phone in contact.phones for each in contacts_reached_by(reading, phone)]
    others = [each for each in sort_by_age(by_phone) if each.id != contact.id]
    return list_similar(others, sort_by_age(namesakes(reading, contact, MOST_NAMESAKES)))


def contacts_reached_by(reading: Reading, phone: str) -> list[Contact]:
    """Return the contacts with a phone number; of one that very many have, some."""
    country = reading.config.country
    return match_contacts(phone, reading.known_by(*lookup_key(phone, country), most=MOST_SHARING), country)


def sort_by_age(people: Iterable[Contact]) -> list[Contact]:
    """Return contacts with the first created first."""
    return sorted(people, key=lambda each: (str(each.created), each.id or ""))


def new_contact_id(session: Writing, key: str, identity: str) -> str:
    """Return the id of a new contact, derived from an address or a message; the same in every clone.

    Where a contact has that id, who no longer has the address, it is derived from the message.
    """
    id = derive_id("contact", key or identity)
    is_taken = id in session.made or session.contact_references.place(id) is not None
    return derive_id("contact", identity) if is_taken else id


def create_contact(session: Writing, somebody: ContactHints) -> Contact:
    """Create the person that the hints describe, in their company; without a name, only the company."""
    company = (
        find_or_create_company(session, somebody.company, session.new_id()) if somebody.company else None
    )
    if company is not None and not somebody.name:
        reached = replace(company, **contact_values(somebody)) if not session.exists(company) else company
        session.save_contact(reached)
        return reached
    made = Contact(
        id=session.new_id(),
        name=somebody.name,
        company=company.id if company else None,
        created=session.moment.at,
        **contact_values(somebody),
    )
    session.save_contact(made)
    return made


def contact_values(somebody: ContactHints) -> dict[str, Any]:
    """Return the e-mail and phone of the hints as fields of a contact."""
    lists = {"emails": somebody.email, "phones": somebody.phone}
    return {name: (value,) for name, value in lists.items() if value}


def find_or_create_company(session: Writing, name: str, id: str) -> Contact:
    """Return the company with this full name; if there is none, create it with this id."""
    named = session.known_by(*lookup_name(name))
    known = [each for each in named if each.kind is ContactKind.COMPANY]
    found = [each for each in known if folded_name(each.name) == folded_name(name)]
    if found:
        return sort_by_age(found)[0]
    made = Contact(id=id, kind=ContactKind.COMPANY, name=name, created=session.moment.at)
    session.save_contact(made)
    return made


def namesakes(session: Reading, contact: Contact, most: int | None = None) -> list[Contact]:
    """Return the other contacts of the same full name, who may be duplicates; with `most`, some of them."""
    named = session.known_by(*lookup_name(contact.name), most=most)
    return [
        each
        for each in named
        if each.id != contact.id and is_same_contact_name(contact.name, contact.kind, each.name, each.kind)
    ]


def describe_contact(session: Writing, text: str, id: str) -> Contact:
    """Return a new contact whose name, e-mail or phone is a text."""
    made = Contact(id=id, name=text, created=session.moment.at)
    change: dict[str, Any] = {}
    if found := split_address(text):
        name, email = found
        change = {"name": name or email, "emails": (email,)}
    elif "@" in text and normal_email(text) is None:
        raise UsageError(f"{text!r} is not an e-mail address", hint="like anne@example.org")
    elif not any(char.isalpha() for char in text) and normal_phone(text, session.config.country) is None:
        raise UsageError(
            f"{text!r} is not a name, e-mail or phone number", hint="like 'Anne DUPONT' or anne@example.org"
        )
    elif normal_email(text):
        change = {"emails": (text,)}
    elif phone := normal_phone(text, session.config.country):
        change = {"name": shown_phone(phone, session.config.country), "phones": (phone,)}
    return replace(made, **change)


def split_address(text: str) -> tuple[str, str] | None:
    """Return the name, perhaps empty, and the address of a text like `Name <a@b>`; else None."""
    name, _, email = text.strip().removesuffix(">").partition("<")
    name = name.strip().removeprefix('"').removesuffix('"').strip()
    if not text.strip().endswith(">") or not email or set("<>") & set(email) or set('"<>') & set(name):
        return None
    return name, email
