"""An e-mail to a customer: a template and a deal become an RFC 5322 message and its entry."""

from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.changes import Moment
from crmcli.domain.config import User
from crmcli.domain.errors import RefusedError, shorten
from crmcli.domain.facts import Facts
from crmcli.domain.model import Contact, Direction, Message, Opportunity
from crmcli.domain.pipeline import Addressee
from crmcli.domain.vocabulary import vocabulary
from crmcli.domain.zones import today
from crmcli.mail import template
from crmcli.mail.address_headers import POLICY, clean_name
from crmcli.mail.shown import shown

RECORD, REPORT = "X-Crm-Record", "X-Crm-Report"
OWN = (RECORD, REPORT)  # a message with one of these is ours, and makes no lead where it comes back


class Composed(NamedTuple):
    """A message ready for the outbox."""

    message: Message
    content: bytes
    body: str


def compose(
    facts: Facts, root: Path, name: str, id: str, moment: Moment, to: Addressee = Addressee.CONTACT
) -> Composed:
    """The e-mail that a template makes for a deal; to the contact it is the answer to their last message.

    Its Message-ID holds the message's id, so that a reply finds its way back (RFC 5322, section
    3.6.4). Raises RefusedError where a value, a recipient or the sender is missing.
    """
    person = facts.sponsor if to is Addressee.SPONSOR else facts.contact
    mail, body = written(facts, root, name, id, moment, to=lambda given: recipient(facts, person, given))
    if to is Addressee.CONTACT:
        thread(mail, facts.opportunity)
    return Composed(entry(mail, id, body, moment), mail.as_bytes(), body)


def notice(facts: Facts, root: Path, name: str, id: str, moment: Moment, user: User) -> bytes:
    """The e-mail to one of us that a template makes for a deal.

    Raises RefusedError where a value, the address or the sender is missing.
    """
    ours = named(user.name or user.id, user.email or "")
    mail, _ = written(facts, root, name, id, moment, to=lambda given: ours)
    return mail.as_bytes()


def written(
    facts: Facts, root: Path, name: str, id: str, moment: Moment, *, to: Callable[[str | None], Address | str]
) -> tuple[EmailMessage, str]:
    """The e-mail that a template makes for a deal, and its text; `to` is given the template's own To."""
    deal = facts.opportunity
    values = vocabulary(facts, today(moment.at, facts.config))
    rendered = template.render(template.path_of(name), template.read(root, name), values, facts.config)
    sender = address(facts.config.mail.from_, "crm.yaml", "mail.from is no address")
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    set_header(mail, "To", to(rendered.headers.pop("To", None)), template.path_of(name))
    for header, value in rendered.headers.items():
        set_header(mail, header, value, template.path_of(name))
    mail["Date"] = format_datetime(moment.at)
    mail["Message-ID"] = f"<{id}.{deal.id}@{sender.domain}>"
    mail[RECORD] = deal.id or ""
    mail.set_content(rendered.body, charset="utf-8")
    return mail, rendered.body


def set_header(mail: EmailMessage, name: str, value: Address | str, where: str) -> None:
    """Give a message a header.

    Raises RefusedError for a value that cannot be one.
    """
    try:
        mail[name] = value
    except Exception as error:  # the library raises many kinds for bad addresses
        raise RefusedError(f"{name} cannot be {shorten(str(value), 80)!r}", where=where) from error


def entry(mail: EmailMessage, id: str, body: str, moment: Moment) -> Message:
    """What the record says about a message that waits to leave."""
    return Message(
        id=id,
        at=moment.at,
        direction=Direction.OUT,
        from_=str(mail["From"]),
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        message_id=str(mail["Message-ID"]),
        file=f"{id}.eml",
        text=shown(body),
    )


def recipient(facts: Facts, contact: Contact | None, given: str | None) -> Address | str:
    """To whom it goes: what the template says, else somebody's first address."""
    if given:
        return given
    if contact is None or not contact.emails:
        who = contact.name if contact else "no contact"
        raise RefusedError(
            f"no e-mail address ({who})",
            where=facts.opportunity.id or facts.opportunity.title,
            hint="crm contact set ID emails+=ADDRESS",
        )
    return named(contact.name, contact.emails[0])


def named(name: str, email: str) -> Address:
    """An address with a name.

    Raises RefusedError where it is none.
    """
    return address(f'"{clean_name(name).translate(UNQUOTED)}" <{email}>', email, "is no e-mail address")


UNQUOTED = {ord('"'): None, ord("\\"): None}


def address(text: str | None, where: str, wrong: str) -> Address:
    """The address in a text like `Name <a@b>`.

    Raises RefusedError where there is none.
    """
    name, spec = parseaddr(text or "")
    try:
        return Address(display_name=name, addr_spec=spec)
    except Exception as error:  # the library raises many kinds for a bad address
        raise RefusedError(wrong, where=where) from error


def thread(mail: EmailMessage, deal: Opportunity) -> None:
    """Make it a reply to the customer's last message."""
    received = [m.message_id for m in deal.messages if m.direction is Direction.IN and m.message_id]
    if received:
        mail["In-Reply-To"] = received[-1]
        mail["References"] = " ".join(received[-10:])
