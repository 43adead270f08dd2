"""Addresses that mail came back from: no mail is queued or sent to them until a person removes the mark."""

from collections.abc import Iterator
from email.utils import getaddresses

from crmcli.domain.model.record_types import Contact
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.values.errors import RefusedError
from crmcli.store.reader import Reading
from crmcli.store.unreadable import UnreadableError


def find_undeliverable(session: Reading, *recipients: str) -> Iterator[tuple[str, Contact]]:
    """Yield the addresses in these texts that are marked, each with the contact whose address it is."""
    for _, email in getaddresses([each for each in recipients if each]):
        normal = normal_email(email)
        for contact in session.contacts_writing_from(normal) if normal else ():
            if normal in map(normal_email, contact.undeliverable):
                yield email, contact


def refuse_undeliverable(session: Reading, *recipients: str) -> None:
    """Check that mail came back from none of the addresses in these texts.

    Raises RefusedError.
    """
    for email, contact in find_undeliverable(session, *recipients):
        hint = f"crm contact set {contact.id} undeliverable= if it works again"
        raise RefusedError(f"mail to {email} came back", hint=hint)


def explain_undeliverable(session: Reading, *recipients: str) -> str:
    """Return why a mail to these recipients would not arrive; empty where it would, as far as is known."""
    try:
        refuse_undeliverable(session, *recipients)
    except UnreadableError:  # a contact that may have the address: not known
        return ""
    except RefusedError as error:
        return str(error)
    return ""
