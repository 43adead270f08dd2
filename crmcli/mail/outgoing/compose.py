"""Composition of an e-mail to a customer: a template and a record give an RFC 5322 message and its entry."""

from collections.abc import Callable, Sequence
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Addressee
from crmcli.domain.model.record_types import Contact, Direction, Message, Opportunity
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import RefusedError
from crmcli.mail.addresses import ascii_address, split_mailboxes
from crmcli.mail.header_names import RECORD
from crmcli.mail.headers import Mailbox, replace_line_breaks
from crmcli.mail.incoming.message_text import shorten_message
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.message_writer import Draft, is_message_id, write_message

GIVEN = ("Subject", "To")  # handled apart; the other template headers hold addresses
EARLIER = 10  # at most this many message ids in References

Recipients = Sequence[Mailbox]


class Composed(NamedTuple):
    """A message for the outbox."""

    message: Message
    content: bytes
    body: str


def compose_email(
    facts: Facts, root: Path, name: str, id: str, moment: Moment, to: Addressee = Addressee.CONTACT
) -> Composed:
    """Compose the e-mail of a template for a record; to the contact, as a reply to their last message.

    The Message-ID contains the id of the message, so that a reply can be matched to its record (RFC 5322,
    section 3.6.4). Raises RefusedError where a value, a recipient or the sender is missing.
    """
    person = facts.sponsor if to is Addressee.SPONSOR else facts.contact
    draft = draft_message(
        facts, root, name, id, moment, to=lambda given: choose_recipients(facts, person, given)
    )
    if to is Addressee.CONTACT:
        draft = draft._replace(ids={**draft.ids, **answer_headers(facts.opportunity)})
    return Composed(message_entry(draft, id, moment), write_message(draft), draft.text)


def compose_notice(facts: Facts, root: Path, name: str, id: str, moment: Moment, user: User) -> bytes:
    """Compose the e-mail of a template for a record, to a user.

    Raises RefusedError where a value, the address or the sender is missing.
    """
    ours = mailbox_of(user.name or user.id, user.email or "")
    return write_message(draft_message(facts, root, name, id, moment, to=lambda given: [ours]))


def draft_message(
    facts: Facts, root: Path, name: str, id: str, moment: Moment, *, to: Callable[[str | None], Recipients]
) -> Draft:
    """Draft the e-mail of a template for a record; `to` maps the template's own To to the recipients."""
    deal = facts.opportunity
    values = build_variables(facts, local_day(moment.at, facts.config))
    rendered = template.render_mail(
        template.path_of(name), template.read_template(root, name), values, facts.config
    )
    sender = sender_of(facts.config)
    own_id = ".".join(filter(None, (id, deal.id)))
    others = {header: value for header, value in rendered.headers.items() if header not in GIVEN and value}
    return Draft(
        mailboxes={
            "From": [sender],
            "To": to(rendered.headers.get("To")),
            **{header: split_mailboxes(value) for header, value in others.items()},
        },
        texts={
            "Subject": replace_line_breaks(rendered.headers["Subject"]),
            "Date": format_datetime(moment.at),
            RECORD: deal.id or "",
        },
        ids={"Message-ID": [f"<{own_id}@{domain_of(sender)}>"]},
        text=rendered.body,
    )


def message_entry(draft: Draft, id: str, moment: Moment) -> Message:
    """Return the record's entry of a queued message, with its text and headers before encoding."""
    return Message(
        id=id,
        at=moment.at,
        direction=Direction.OUT,
        from_=", ".join(map(str, draft.mailboxes["From"])),
        to=", ".join(map(str, draft.mailboxes["To"])),
        subject=draft.texts["Subject"],
        message_id=draft.ids["Message-ID"][0],
        file=f"{id}.eml",
        text=shorten_message(draft.text),
    )


def choose_recipients(facts: Facts, contact: Contact | None, given: str | None) -> Recipients:
    """Return the recipients: those of the template, else the contact's first address."""
    if given:
        return split_mailboxes(given)
    if contact is None or not contact.emails:
        who = contact.name if contact else "no contact"
        raise RefusedError(
            f"no e-mail address ({who})",
            where=facts.opportunity.id or facts.opportunity.title,
            hint="crm contact set ID emails+=ADDRESS",
        )
    return [mailbox_of(contact.name, contact.emails[0])]


def mailbox_of(name: str, email: str) -> Mailbox:
    """Return an address with a display name, which is not parsed.

    Raises RefusedError where the address is not valid.
    """
    ascii_address(email)
    return Mailbox(replace_line_breaks(name), email)


def sender_of(config: Config) -> Mailbox:
    """Return the sender of all generated mail, `mail.from`.

    Raises RefusedError where it is not one address.
    """
    try:
        [sender] = split_mailboxes(config.mail.from_ or "")
        return mailbox_of(*sender)
    except (RefusedError, ValueError) as error:
        raise RefusedError("mail.from is not an e-mail address", where="crm.yaml") from error


def domain_of(mailbox: Mailbox) -> str:
    """Return the domain of an address, as written in a header."""
    return ascii_address(mailbox.email).rpartition("@")[2]


def answer_headers(deal: Opportunity) -> dict[str, Sequence[str]]:
    """Return the headers that make a message a reply to the customer's last message.

    Ids that cannot be written, such as those with characters other than printable ASCII, are left out.
    """
    received = [m.message_id for m in deal.messages if m.direction is Direction.IN and m.message_id]
    usable = [id if is_message_id(id) else None for id in received[-EARLIER:]]
    earlier = [id for id in usable if id]
    return {"In-Reply-To": [id for id in usable[-1:] if id], "References": earlier}
