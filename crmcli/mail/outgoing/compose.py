"""Composition of an e-mail to a customer: a template and a record give an RFC 5322 message and its entry."""

from collections.abc import Sequence
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, ReplyToken, User
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Addressee
from crmcli.domain.model.record_types import Attachment, Contact, Direction, Message, Opportunity
from crmcli.domain.templates.template_variables import build_variables, view_part
from crmcli.domain.values.errors import RefusedError
from crmcli.mail.addresses import ascii_address, split_mailboxes
from crmcli.mail.header_names import RECORD
from crmcli.mail.headers import Mailbox, replace_line_breaks
from crmcli.mail.incoming.message_text import shorten_message
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.enclosures import enclose_named, refuse_too_large
from crmcli.mail.outgoing.message_writer import Draft, Enclosure, is_message_id, write_message

GIVEN = ("Subject", "To", template.ATTACH)  # handled apart; the other headers hold addresses
EARLIER = 10  # at most this many message ids in References

Recipients = Sequence[Mailbox]


class Composed(NamedTuple):
    """A message for the outbox."""

    message: Message
    content: bytes
    body: str


class MailOptions(NamedTuple):
    """What a person gives with a mail: recipients instead of the usual ones, more copies, files."""

    recipients: str = ""
    copies: str = ""
    enclosures: Sequence[Enclosure] = ()


USUAL = MailOptions()


def compose_email(
    facts: Facts,
    root: Path,
    name: str,
    id: str,
    moment: Moment,
    to: Addressee = Addressee.CONTACT,
    options: MailOptions = USUAL,
) -> Composed:
    """Compose the e-mail of a template for a record; to the contact, as a reply to their last message.

    The Message-ID contains the id of the message, so that a reply can be matched to its record (RFC 5322,
    section 3.6.4). The template is that for the language of the person, where it has one. Raises RefusedError
    where a value, a recipient or the sender is missing.
    """
    person = facts.sponsor if to is Addressee.SPONSOR else facts.contact
    language = person.language if person else None
    rendered = render_template(facts, root, name, moment, language or "")
    given = options.recipients or rendered.headers.get("To")
    draft = draft_message(facts, rendered, id, moment, choose_recipients(facts, person, given))
    draft = add_options(draft, options)
    draft = draft._replace(enclosures=[*enclose_named(root, rendered.headers), *draft.enclosures])
    if to is Addressee.CONTACT:
        draft = draft._replace(ids={**draft.ids, **answer_headers(facts.opportunity)})
    refuse_too_large(draft.enclosures)
    return Composed(message_entry(draft, id, moment), write_message(draft), draft.text)


def compose_notice(facts: Facts, root: Path, name: str, id: str, moment: Moment, user: User) -> bytes:
    """Compose the e-mail of a template for a record, to a user.

    Raises RefusedError where a value, the address or the sender is missing.
    """
    ours = mailbox_of(user.name or user.id, user.email or "")
    return write_message(draft_message(facts, render_template(facts, root, name, moment), id, moment, [ours]))


def render_template(
    facts: Facts, root: Path, name: str, moment: Moment, language: str = ""
) -> template.Rendered:
    """Render a template for a record, in this language or in that of the workspace."""
    values = build_variables(facts, local_day(moment.at, facts.config))
    user = facts.config.user(moment.by)
    values["user"] = view_part(user, "user") if user else values["owner"]
    found = template.find_template(root, name, language, facts.config.locale)
    return template.render_mail(found.path, template.read_source(root, found.path), values, facts.config)


def draft_message(
    facts: Facts, rendered: template.Rendered, id: str, moment: Moment, to: Recipients
) -> Draft:
    """Draft a rendered e-mail for a record, from the workspace to these recipients."""
    deal = facts.opportunity
    sender = sender_of(facts.config)
    own_id = ".".join(filter(None, (id, deal.id)))
    others = {header: value for header, value in rendered.headers.items() if header not in GIVEN and value}
    draft = Draft(
        mailboxes={
            "From": [sender],
            "To": to,
            **{header: split_mailboxes(value) for header, value in others.items()},
        },
        texts={
            "Subject": replace_line_breaks(rendered.headers["Subject"]),
            "Date": format_datetime(moment.at),
            RECORD: deal.id or "",
        },
        ids={"Message-ID": [f"<{own_id}@{domain_of(sender)}>"]},
        text=rendered.body,
        html=rendered.html,
    )
    return add_token(draft, facts.config, deal.id or "")


def add_options(draft: Draft, options: MailOptions) -> Draft:
    """Return a draft with the copies and files that a person gives."""
    copies = [*draft.mailboxes.get("Cc", ()), *(split_mailboxes(options.copies) if options.copies else ())]
    mailboxes = {**draft.mailboxes, "Cc": copies} if copies else draft.mailboxes
    return draft._replace(mailboxes=mailboxes, enclosures=options.enclosures)


def add_token(draft: Draft, config: Config, record: str) -> Draft:
    """Return a draft that names its record where answers keep it: in Reply-To, or in the subject."""
    match config.mail.reply_token:
        case ReplyToken.PLUS if record and "Reply-To" not in draft.mailboxes:
            sender = sender_of(config)
            local, _, domain = sender.email.rpartition("@")
            answers = Mailbox(sender.name, f"{local}+{record}@{domain}")
            return draft._replace(mailboxes={**draft.mailboxes, "Reply-To": [answers]})
        case ReplyToken.SUBJECT if record and f"[{record}]" not in draft.texts["Subject"]:
            subject = f"{draft.texts['Subject']} [{record}]"
            return draft._replace(texts={**draft.texts, "Subject": subject})
    return draft


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
        attachments=tuple(
            Attachment(name=each.name, type=each.type, size=len(each.content)) for each in draft.enclosures
        ),
    )


def choose_recipients(facts: Facts, contact: Contact | None, given: str | None) -> Recipients:
    """Return the recipients: those given, else the contact's first address that mail did not come back from.

    Raises RefusedError where there is none.
    """
    if given:
        return split_mailboxes(given)
    if contact and contact.reachable_emails:
        return [mailbox_of(contact.name, contact.reachable_emails[0])]
    where = facts.opportunity.id or facts.opportunity.title
    if contact and contact.emails:
        hint = f"crm contact set {contact.id} undeliverable= if it works again"
        raise RefusedError(f"mail to {', '.join(contact.emails)} came back", where=where, hint=hint)
    who = contact.name if contact else "no contact"
    hint = f"crm contact set {contact.id} emails+=ADDRESS" if contact else f"crm set {where} contact=NAME"
    raise RefusedError(f"no e-mail address ({who})", where=where, hint=hint)


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
    given = config.mail.from_
    try:
        [sender] = split_mailboxes(given or "")
        return mailbox_of(*sender)
    except (RefusedError, ValueError) as error:
        reason = "mail.from is not an e-mail address" if given else "mail.from is not set"
        hint = "write your own, like mail: {from: My company <contact@example.org>}"
        raise RefusedError(reason, where="crm.yaml", hint=hint) from error


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
