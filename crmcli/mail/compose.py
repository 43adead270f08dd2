"""An e-mail to a customer: a template and a deal become an RFC 5322 message and its entry."""

from collections.abc import Callable, Sequence
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.changes import Moment
from crmcli.domain.config import Config, User
from crmcli.domain.errors import RefusedError
from crmcli.domain.facts import Facts
from crmcli.domain.model import Contact, Direction, Message, Opportunity
from crmcli.domain.pipeline import Addressee
from crmcli.domain.vocabulary import vocabulary
from crmcli.domain.zones import today
from crmcli.mail import template
from crmcli.mail.addresses import ascii_address, split_mailboxes
from crmcli.mail.headers import Mailbox, on_one_line
from crmcli.mail.message_writer import Draft, is_message_id, write_message
from crmcli.mail.shown import shown

RECORD, REPORT = "X-Crm-Record", "X-Crm-Report"
OWN = (RECORD, REPORT)  # a message with one of these is ours, and makes no lead where it comes back
EARLIER = 10  # messages of a conversation that a reply names

Recipients = Sequence[Mailbox]


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
    draft = drafted(facts, root, name, id, moment, to=lambda given: recipients(facts, person, given))
    if to is Addressee.CONTACT:
        draft = draft._replace(ids={**draft.ids, **thread(facts.opportunity)})
    return Composed(entry(draft, id, moment), write_message(draft), draft.text)


def notice(facts: Facts, root: Path, name: str, id: str, moment: Moment, user: User) -> bytes:
    """The e-mail to one of us that a template makes for a deal.

    Raises RefusedError where a value, the address or the sender is missing.
    """
    ours = named(user.name or user.id, user.email or "")
    return write_message(drafted(facts, root, name, id, moment, to=lambda given: [ours]))


def drafted(
    facts: Facts, root: Path, name: str, id: str, moment: Moment, *, to: Callable[[str | None], Recipients]
) -> Draft:
    """The e-mail that a template makes for a deal; `to` is given the template's own To."""
    deal = facts.opportunity
    values = vocabulary(facts, today(moment.at, facts.config))
    rendered = template.render(template.path_of(name), template.read(root, name), values, facts.config)
    given = dict(rendered.headers)
    subject = on_one_line(given.pop("Subject"))
    sender = sender_of(facts.config)
    own_id = ".".join(filter(None, (id, deal.id)))
    return Draft(
        mailboxes={
            "From": [sender],
            "To": to(given.pop("To", None)),
            **{header: split_mailboxes(value) for header, value in given.items() if value},
        },
        texts={"Subject": subject, "Date": format_datetime(moment.at), RECORD: deal.id or ""},
        ids={"Message-ID": [f"<{own_id}@{domain_of(sender)}>"]},
        text=rendered.body,
    )


def entry(draft: Draft, id: str, moment: Moment) -> Message:
    """What the record says about a message that waits to leave: what it was given, not what is encoded."""
    return Message(
        id=id,
        at=moment.at,
        direction=Direction.OUT,
        from_=", ".join(map(str, draft.mailboxes["From"])),
        to=", ".join(map(str, draft.mailboxes["To"])),
        subject=draft.texts["Subject"],
        message_id=draft.ids["Message-ID"][0],
        file=f"{id}.eml",
        text=shown(draft.text),
    )


def recipients(facts: Facts, contact: Contact | None, given: str | None) -> Recipients:
    """To whom it goes: what the template says, else somebody's first address."""
    if given:
        return split_mailboxes(given)
    if contact is None or not contact.emails:
        who = contact.name if contact else "no contact"
        raise RefusedError(
            f"no e-mail address ({who})",
            where=facts.opportunity.id or facts.opportunity.title,
            hint="crm contact set ID emails+=ADDRESS",
        )
    return [named(contact.name, contact.emails[0])]


def named(name: str, email: str) -> Mailbox:
    """An address with a name, which is data and never read as anything else.

    Raises RefusedError where the address is none.
    """
    ascii_address(email)
    return Mailbox(on_one_line(name), email)


def sender_of(config: Config) -> Mailbox:
    """Who sends what crm writes: `mail.from`.

    Raises RefusedError where it is not one address.
    """
    try:
        [sender] = split_mailboxes(config.mail.from_ or "")
        return named(*sender)
    except (RefusedError, ValueError) as error:
        raise RefusedError("mail.from is no address", where="crm.yaml") from error


def domain_of(mailbox: Mailbox) -> str:
    """The domain of an address, as it stands in a header."""
    return ascii_address(mailbox.email).rpartition("@")[2]


def thread(deal: Opportunity) -> dict[str, Sequence[str]]:
    """The headers that make it a reply to the customer's last message.

    An id that a stranger made of other than printable ASCII is left out.
    """
    received = [m.message_id for m in deal.messages if m.direction is Direction.IN and m.message_id]
    usable = [id if is_message_id(id) else None for id in received[-EARLIER:]]
    earlier = [id for id in usable if id]
    return {"In-Reply-To": [id for id in usable[-1:] if id], "References": earlier}
