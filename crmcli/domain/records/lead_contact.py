"""The person behind a lead: what is known about them, and which contact they are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from crmcli.domain.localization.translations import IN_ENGLISH, Language
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact, ContactKind, Direction, Opportunity
from crmcli.domain.records.contact_matching import is_name_of, normal_email, normal_phone
from crmcli.domain.values.person_names import do_names_fit, is_nameless
from crmcli.domain.values.values import Plain, Value

NAMES = {  # extra keys in the file, or custom fields, by the data they contain
    "name": ("contact_name", "contact_nom", "nom", "name"),
    "company": ("company_name", "company", "societe", "entreprise"),
    "email": ("email", "e_mail", "courriel"),
    "phone": ("phone", "telephone", "tel", "mobile"),
}


class ContactHints(msgspec.Struct, frozen=True):
    """Data about a person; an empty text is unknown."""

    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""

    @property
    def is_named(self) -> bool:
        """Tell whether there is enough data to create a contact."""
        return bool(self.name or self.company)


class Similar(NamedTuple):
    """A contact who may be the same as a new one, and what they share: a phone, a name …"""

    contact: Contact
    shared: str

    def describe(self, new: Contact, language: Language = IN_ENGLISH) -> str:
        """Return a line that names the contact, and the command that merges the new one into it."""
        return language.translate(
            "similar: {contact} has the same {what}; if it is the same person: {command}",
            contact=f"{self.contact.name} ({self.contact.id})",
            what=language.translate(self.shared),
            command=f"crm contact merge {self.contact.id} {new.id}",
        )


class ContactChoice(msgspec.Struct, frozen=True):
    """Who a person is: a known contact, or none."""

    contact: Contact | None = None
    instead: str = ""  # who it may be instead; the contact is unsure where this is not empty
    similar: tuple[Similar, ...] = ()  # where there is none: contacts with the same phone or name


def choose_contact(
    person: ContactHints,
    by_email: Sequence[Contact],
    by_phone: Sequence[Contact],
    by_name: Sequence[Contact] = (),
) -> ContactChoice:
    """Return which of the contacts with somebody's e-mail, phone or name, the oldest first, they are.

    The contact is the one with this e-mail whose name fits, else the one with this phone whose name fits,
    else the first with this e-mail, which is unsure. A phone or a name alone decides nothing: households and
    companies share phones, and people share names.
    """
    name = "" if is_nameless(person.name, person.email) else person.name
    fitting = pick_fitting(name or person.company, by_email)
    if not name and not fitting:
        fitting = list(by_email)
    fitting = fitting or pick_fitting(name or person.company, by_phone)
    if fitting:
        return ContactChoice(fitting[0], instead=name_others(fitting))
    if by_email:
        writes_for_company = len(by_email) == 1 and by_email[0].kind is ContactKind.COMPANY
        return ContactChoice(by_email[0], instead="" if writes_for_company else name)
    return ContactChoice(similar=list_similar(by_phone, by_name))


def list_similar(by_phone: Iterable[Contact], by_name: Iterable[Contact]) -> tuple[Similar, ...]:
    """Return the contacts with the phone or the name of a new one, each once."""
    found = {each.id: Similar(each, "name") for each in by_name}
    return tuple((found | {each.id: Similar(each, "phone") for each in by_phone}).values())


def pick_fitting(name: str, people: Sequence[Contact]) -> list[Contact]:
    """Return the contacts with this name, else those whose name fits, else those without a real name."""
    nameless = [each for each in people if is_nameless(each.name)]
    if not name:
        return nameless
    exact = [each for each in people if is_name_of(name, each)]
    return exact or [each for each in people if do_names_fit(name, each.name)] or nameless


def name_others(fitting: Sequence[Contact]) -> str:
    """Return the other names among contacts that fit alike; empty if they have one name."""
    first, *others = fitting
    names = [each.name for each in others if not is_name_of(first.name, each)]
    return ", ".join(dict.fromkeys(names))


def find_lead_contact(deal: Opportunity, config: Config) -> ContactHints:
    """Return data about the person of a lead: from its file, else from the sender of its first message.

    Values that are not a valid e-mail address or phone number are left out.
    """
    said = {part: first_said(deal, names) for part, names in NAMES.items()}
    writer = next((name_and_address(each) for each in list_senders(deal, config)), ("", ""))
    email = said["email"] if normal_email(said["email"]) else ""
    phone = normal_phone(said["phone"], config.country) or ""
    name = said["name"] or ("" if email else writer[0])
    return ContactHints(name, said["company"], email or writer[1], phone)


def first_said(deal: Opportunity, names: Iterable[str]) -> str:
    """Return the first non-empty value of these extra keys or custom fields, or an empty text."""
    for held in (deal.extra, deal.fields):
        for name in names:
            if text := said_text(held, name):
                return text
    return ""


def said_text(held: Mapping[str, Value], name: str) -> str:
    """Return the text of a value, with blanks normalized; empty if it is not a text."""
    value = held.get(name)
    text = value.text if isinstance(value, Plain) else value if isinstance(value, str) else ""
    return " ".join(text.split())


def list_senders(deal: Opportunity, config: Config) -> Iterable[str]:
    """Yield the senders of incoming messages, in order, except users and the company."""
    ours = own_addresses(config)
    for message in deal.messages:
        sender = message.from_ if message.direction is Direction.IN else None
        if sender and normal_email(split_mailbox(sender)[1]) not in ours:
            yield sender


def name_and_address(sender: str) -> tuple[str, str]:
    """Return the name and the address in `Name <address>`; either may be empty."""
    name, address = split_mailbox(sender)
    return name.strip(), address if normal_email(address) else ""


def split_mailbox(text: str) -> tuple[str, str]:
    """Return the name and the address of `Name <address>`; either may be empty."""
    from email.utils import parseaddr  # slow to import, and most commands read no mailbox

    return parseaddr(text)


def own_addresses(config: Config) -> set[str]:
    """Return the e-mail addresses of the users and the company."""
    ours = [user.email for user in config.users] + [config.company.email, config.mail.from_]
    return {address for address in map(normal_email, filter(None, ours)) if address}
