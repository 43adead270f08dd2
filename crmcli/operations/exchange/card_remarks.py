"""What somebody should know about the cards of an address book: doubts, and what was left alone."""

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.record_types import Contact
from crmcli.domain.values.visible_text import visible_line
from crmcli.operations.exchange.card_owners import Doubt


def describe_shared_email(email: str, person: Contact, holder: Contact) -> str:
    """Return a note on an e-mail of a card that another contact has, too."""
    return sentence(
        "{email} of {person} is an e-mail of {contact}, too; if it is the same person: {command}",
        email=email,
        person=person.name,
        contact=f"{holder.name} ({holder.id})",
        command=f"crm contact merge {holder.id} {person.id}",
    )


def describe_left(file: str, id: str) -> str:
    """Return a note on a card of others about somebody who was deleted, or whose data was erased."""
    return sentence(
        "{file} stays, with the data of a contact that is not here any more ({id}); crm did not make it",
        file=visible_line(file),
        id=id,
    )


def describe_doubt(file: str, doubt: Doubt) -> str:
    """Return a note on a card that has something of a contact, but not the name."""
    contact = f"{doubt.contact.name} ({doubt.contact.id})"
    if doubt.shared == "name":
        return sentence(
            "{file} has the name of {contact}, and nothing else in common; left as it is",
            file=visible_line(file),
            contact=contact,
        )
    return sentence(
        "{file} has the same {what} as {contact}, but not the same name; left as it is",
        file=visible_line(file),
        what=sentence(doubt.shared),
        contact=contact,
    )


def describe_strangers(count: int) -> str:
    """Return a note on cards that are nobody's contact."""
    if count == 1:
        return sentence("1 card of somebody unknown was left alone (--new adds a contact)")
    return sentence(
        "{count} cards of people who are unknown were left alone (--new adds contacts)", count=count
    )
