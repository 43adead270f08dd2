"""What a lead says of the person behind it, before anybody has made them a contact."""

from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Direction, Opportunity
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.values import Plain, Value

NAMES = {  # keys of one's own in the file, or custom fields, by what they say of a person
    "name": ("contact_name", "contact_nom", "nom", "name"),
    "company": ("company_name", "company", "societe", "entreprise"),
    "email": ("email", "e_mail", "courriel"),
    "phone": ("phone", "telephone", "tel", "mobile"),
}


class ContactHints(NamedTuple):
    """What is known of a person; an empty text is not known."""

    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""

    @property
    def is_named(self) -> bool:
        """Is there enough to make a contact of it?"""
        return bool(self.name or self.company)


def find_lead_contact(deal: Opportunity, config: Config) -> ContactHints:
    """Whom a lead is from: what its file says, else who wrote its first message.

    Anything that is not an e-mail or phone number is left out.
    """
    said = {part: first_said(deal, names) for part, names in NAMES.items()}
    writer = next((name_and_address(each) for each in list_senders(deal, config)), ("", ""))
    email = said["email"] if normal_email(said["email"]) else ""
    phone = normal_phone(said["phone"], config.country) or ""
    name = said["name"] or ("" if email else writer[0])
    return ContactHints(name, said["company"], email or writer[1], phone)


def first_said(deal: Opportunity, names: Iterable[str]) -> str:
    """The first of these keys of one's own, or custom fields, that says something."""
    for held in (deal.extra, deal.fields):
        for name in names:
            if text := said_text(held, name):
                return text
    return ""


def said_text(held: Mapping[str, Value], name: str) -> str:
    """A text among values."""
    value = held.get(name)
    text = value.text if isinstance(value, Plain) else value if isinstance(value, str) else ""
    return " ".join(text.split())


def list_senders(deal: Opportunity, config: Config) -> Iterable[str]:
    """Who wrote to us, in the order of the messages; not our own people."""
    ours = own_addresses(config)
    for message in deal.messages:
        sender = message.from_ if message.direction is Direction.IN else None
        if sender and normal_email(parseaddr(sender)[1]) not in ours:
            yield sender


def name_and_address(sender: str) -> tuple[str, str]:
    """The name and the address of `Name <address>`; an address without a name has none."""
    name, address = parseaddr(sender)
    return name.strip(), address if normal_email(address) else ""


def own_addresses(config: Config) -> set[str]:
    """The addresses of the people who work here."""
    ours = [user.email for user in config.users] + [config.company.email, config.mail.from_]
    return {address for address in map(normal_email, filter(None, ours)) if address}
