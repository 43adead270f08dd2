"""A new record from a message, with its contact: of its sender, its form, or the customer it forwards."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from msgspec.structs import replace

from crmcli.domain.incoming.own_words import own_words
from crmcli.domain.incoming.routing import routed_answers, routed_deal
from crmcli.domain.incoming.senders import is_ours, is_site
from crmcli.domain.incoming.signature_details import Details, read_details
from crmcli.domain.incoming.web_form import Form, read_form
from crmcli.domain.localization.said_errors import say_error
from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.changes import Change
from crmcli.domain.model.config import Config
from crmcli.domain.model.custom_fields import with_defaults
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_types import Contact, Direction, Message, Opportunity
from crmcli.domain.records import answer, transitions
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.records.lead_contact import ContactChoice, ContactHints
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.ids import derive_id
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming.classify import is_personal, personal_reply_to
from crmcli.mail.incoming.form_message import kept_aside_because
from crmcli.mail.incoming.message_text import shorten_message
from crmcli.mail.incoming.parse import NO_SUBJECT, Received, clean_title
from crmcli.operations.steps import web_form_lead
from crmcli.operations.steps.append_message import offer_details
from crmcli.operations.steps.apply_change import apply_change
from crmcli.operations.steps.filed import Filed, Outcome, message_entry
from crmcli.operations.steps.find_or_create_contact import new_contact_id, recognize_contact
from crmcli.operations.steps.find_thread import unknown_ids
from crmcli.store.writer import Writing

MOST = 20  # records of one person in `WITHIN`; further messages are kept aside
WITHIN = timedelta(minutes=120)


def lead_from_form(
    session: Writing, mail: Received, content: bytes, form: Form, reader: Reader, *, force: bool = False
) -> Filed:
    """Create a record from a form, for the person who filled it in."""
    if not form.values:
        return Filed(Outcome.ASIDE, reason=sentence("a form that nobody filled in"))
    reason = kept_aside_because(mail, session.config)
    if reason and not force:
        return Filed(Outcome.ASIDE, reason=reason)
    choice = web_form_lead.person(session, form, mail.identity)
    return create_lead(
        session, mail, lambda: message_entry(session, mail, content), choice, reader, form=form, force=force
    )


def lead_from_sender(
    session: Writing, mail: Received, content: bytes, reader: Reader, *, force: bool = False
) -> Filed:
    """Create a record from the message of a person."""
    choice = contact_of(session, mail.sender, mail.identity, other=personal_reply_to(mail, session.config))
    return create_lead(
        session, mail, lambda: message_entry(session, mail, content), choice, reader, force=force
    )


def lead_from_own(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """Create a record from a message of our own people: of the customer whom they forward or write to."""
    if mail.forwarded is not None:
        return lead_from_forwarded(session, mail, content, reader)
    customer = next((each for each in mail.addressed if is_personal(each.email, session.config)), None)
    direction = Direction.OUT if customer else Direction.IN
    choice = contact_of(session, customer, mail.identity)
    return create_lead(
        session, mail, lambda: message_entry(session, mail, content, direction=direction), choice, reader
    )


def lead_from_forwarded(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """Create a record from the mail that one of our people forwards, for the customer who wrote it."""
    inner = mail.forwarded
    assert inner is not None
    if inner.sender and is_site(inner.sender.email, session.config):
        form = read_form(own_words(inner.text), session.config)
        if form is not None and form.values:
            return lead_from_form(session, mail, content, form, reader)
    customer = inner.sender if inner.sender and not is_ours(inner.sender.email, session.config) else None

    def entry() -> Message:
        return replace(
            message_entry(session, mail, content),
            from_=str(customer or mail.sender),
            text=shorten_message("\n\n".join(filter(None, [inner.above, inner.text]))) or None,
            thread=(inner.message_id,) if inner.message_id else (),
        )

    choice = contact_of(session, customer, mail.identity)
    title = clean_title(inner.subject or mail.subject)
    details = read_details(own_words(inner.text), session.config.country)
    return create_lead(session, mail, entry, choice, reader, title=title, details=details)


def create_lead(
    session: Writing,
    mail: Received,
    entry: Callable[[], Message],
    choice: ContactChoice,
    reader: Reader,
    *,
    form: Form | None = None,
    title: str = "",
    details: Details | None = None,
    force: bool = False,
) -> Filed:
    """Create a record from a message, by its route and with its contact.

    A flood of messages of one person makes no more records, unless `force` is given.
    """
    id = derive_id("record", mail.identity)
    contact = choice.contact
    if session.opportunity_references.place(id) is not None:
        gone = sentence("{record} was created from this message, which it no longer has", record=id)
        return Filed(Outcome.ASIDE, reason=gone)
    if contact is not None and not force and is_flood(session, contact):
        flood = sentence("more than {count} records from {name} in two hours", count=MOST, name=contact.name)
        return Filed(Outcome.ASIDE, reason=flood)
    blank = with_defaults(Opportunity(id=id, title=title or name_title(mail, session.config)), session.config)
    deal = with_contact(session, routed_deal(session.config, mail.envelope, blank), choice)
    if form is not None:
        deal = web_form_lead.filled(session, deal, form)
        details = web_form_lead.form_details(form, session.config)
    change = transitions.create_deal(session.facts(deal), session.moment, force=True)
    change = change.then(answer_by_route(session, mail, change.after, reader))
    message = entry()
    message = replace(message, thread=message.thread or unknown_ids(session, mail, change.after))
    change = change.then(receive(session, change.after, message, is_form=form is not None))
    said = details or read_details(own_words(mail.text), session.config.country)
    change, offers = offer_details(session, said, change)
    applied = apply_change(session, change)[0]
    return Filed(Outcome.NEW, applied, contact=contact, similar=choice.similar, offers=offers)


def name_title(mail: Received, config: Config) -> str:
    """Return the title of a record from a message; in the workspace's language without a subject."""
    return config.language.translate(NO_SUBJECT) if mail.title == NO_SUBJECT else mail.title


def with_contact(session: Writing, deal: Opportunity, choice: ContactChoice) -> Opportunity:
    """Return a new record with its contact, who is saved if they are new or have a new address."""
    contact = choice.contact
    if contact is None:
        return deal
    if not session.exists(contact) or session.contact(contact.id) != contact:
        session.save_contact(contact)
    return replace(deal, contact=contact.id, contact_unsure=choice.instead or None)


def receive(session: Writing, deal: Opportunity, message: Message, *, is_form: bool) -> Change:
    """Add the first message to a record.

    One that we wrote, or that a program wrote for nobody, fires no rule for incoming messages.
    """
    if message.direction is Direction.OUT or (message.automatic and not is_form):
        return Change(before=deal, after=replace(deal, messages=(*deal.messages, message)))
    return transitions.receive_message(session.facts(deal), message, session.moment, Event.INGESTED)


def answer_by_route(session: Writing, mail: Received, deal: Opportunity, reader: Reader) -> Change:
    """Store the answers that a route gives; one that is not valid is noted, and stops nothing."""
    given = routed_answers(session.config, mail.envelope)
    unchanged = Change(before=deal, after=deal)
    if not given:
        return unchanged
    try:
        return answer.answer_questions(session.facts(deal), given, session.moment, reader)
    except CrmError as error:
        note = derive_id("route-answers", mail.identity)
        language = session.config.language
        said = language.translate(
            "The answers of the route were not stored: {fault}", fault=say_error(error, language)
        )
        return transitions.add_note(deal, said, note, session.moment)


def contact_of(
    session: Writing, person: Mailbox | None, identity: str, *, other: Mailbox | None = None
) -> ContactChoice:
    """Return the contact of a mailbox, known by address or new; none without one or for our own addresses.

    `other` is an address at which the person wants replies; the contact gets it as a further one.
    """
    email = normal_email(person.email) if person else None
    if person is None or email is None or is_ours(email, session.config):
        return ContactChoice()
    choice = recognize_contact(session, ContactHints(name=person.name[: web_form_lead.LONGEST], email=email))
    if choice.contact is None:
        made = Contact(
            id=new_contact_id(session, email, identity),
            name=(person.name or person.email)[: web_form_lead.LONGEST],
            emails=(person.email,),
            created=session.moment.at,
        )
        choice = replace(choice, contact=made)
    if other is not None and choice.contact is not None:
        choice = replace(choice, contact=add_address(session, choice.contact, other.email))
    return choice


def add_address(session: Writing, contact: Contact, email: str) -> Contact:
    """Return a contact with a further address; unchanged if anybody has that address."""
    normal = normal_email(email)
    if normal is None or session.contacts_writing_from(normal):
        return contact
    return replace(contact, emails=(*contact.emails, email))


def is_flood(session: Writing, contact: Contact) -> bool:
    """Tell whether `MOST` records of this person were created in the last two hours."""
    if any(is_allowed(email, session.config.ingest.allow) for email in contact.emails):
        return False
    paths = session.deals_of(contact.id or "")
    if len(paths) < MOST:
        return False
    since = session.moment.at - WITHIN
    recent = [deal for deal in map(session.opportunity, paths) if deal.created and deal.created >= since]
    return len(recent) >= MOST


def is_allowed(email: str, allowed: Iterable[str]) -> bool:
    """Tell whether an address, or the domain of it, is on a list.

    >>> is_allowed("Anne@example.org", ["@Example.org"]), is_allowed("anne@example.org", ["bob@example.org"])
    (True, False)
    """
    folded, listed = email.casefold(), [each.casefold() for each in allowed]
    return folded in listed or any(each[:1] == "@" and folded.endswith(each) for each in listed)
