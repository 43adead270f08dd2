"""Adding a message to a record: a reply, a stranger's, our own, an automatic one, a delivery report."""

from collections.abc import Callable

from msgspec.structs import replace

from crmcli.domain.incoming.deal_people import is_stranger
from crmcli.domain.incoming.incoming_activities import (
    BOUNCED,
    DETAILS,
    STRANGER,
    incoming_text,
    note_details,
    plan_incoming,
)
from crmcli.domain.incoming.own_words import own_words
from crmcli.domain.incoming.signature_details import (
    Details,
    describe_details,
    list_lacking,
    offer_command,
    read_details,
)
from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.changes import Change
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_types import Direction, Message, Opportunity
from crmcli.domain.records import replies, transitions
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.values.ids import derive_id
from crmcli.mail.incoming.delivery_report import DeliveryReport
from crmcli.mail.incoming.parse import Received
from crmcli.operations.steps.apply_change import apply_change
from crmcli.operations.steps.filed import Filed, Outcome, message_entry
from crmcli.operations.steps.find_thread import unknown_ids
from crmcli.store.writer import Writing

Deciding = Callable[[Change, Message], Change]  # what a message on a record changes, after it was adopted


def append_reply(session: Writing, path: str, mail: Received, content: bytes, reader: Reader) -> Filed:
    """Add a reply to the record at a path, with its answers to questions; this may fire rules.

    The message of a stranger sets nothing and fires no rule: an activity says who wrote.
    """
    facts = session.facts(session.adopted(path).after)
    if mail.sender is None or is_stranger(mail.sender.email, facts):
        return append_stranger(session, path, mail, content)
    adopted = session.adopted(path)
    message = replace(message_entry(session, mail, content), thread=unknown_ids(session, mail, adopted.after))
    noted = derive_id("answers", mail.identity)
    facts = session.facts(adopted.after)
    change, said = replies.answer_reply(facts, mail.text, noted, session.moment, reader)
    received = transitions.receive_message(facts.about(change.after), message, session.moment, Event.REPLIED)
    said_of_sender = read_details(own_words(mail.text), session.config.country)
    received, offers = offer_details(session, said_of_sender, received)
    change = adopted.then(change).then(received)
    return Filed(Outcome.REPLY, apply_change(session, change)[0], said, offers=offers)


def offer_details(session: Writing, details: Details, change: Change) -> tuple[Change, tuple[str, ...]]:
    """Note details that the contact lacks on the new activity; also return the command that adds them."""
    contact = session.contact(change.after.contact)
    if contact is None or not any(details):
        return change, ()
    lacking = list_lacking(details, contact, session.contact(contact.company), session.config)
    if not lacking:
        return change, ()
    said = describe_details(lacking, session.config)
    noted = note_details(change, incoming_text(session.config, DETAILS, details=said))
    return noted, (offer_command(contact, lacking, session.config),)


def append_stranger(session: Writing, path: str, mail: Received, content: bytes) -> Filed:
    """Add a message of somebody who is none of the people of its record; an activity says who wrote."""
    who = str(mail.sender) if mail.sender else "?"
    summary = incoming_text(session.config, STRANGER, who=who)
    id = derive_id("stranger", mail.identity)

    def plan(change: Change, message: Message) -> Change:
        facts = session.facts(change.after)
        return change.then(plan_incoming(facts, session.moment, id, summary))

    filed = append_entry(session, path, mail, content, Outcome.REPLY, plan, stranger=True)
    return filed._replace(reason=sentence("from {who}, who is not one of its people", who=who))


def append_own(session: Writing, path: str, mail: Received, content: bytes) -> Filed:
    """Add a message of our own people to the record at a path: nobody has to answer it."""
    return append_entry(session, path, mail, content, Outcome.NOTED, direction=Direction.OUT)


def append_automatic(session: Writing, path: str, mail: Received, content: bytes) -> Filed:
    """Add an automatic message to the record at a path; it fires no rule."""
    filed = append_entry(session, path, mail, content, Outcome.NOTED)
    return filed._replace(reason=mail.automatic.reason if mail.automatic else "")


def append_variant(session: Writing, path: str, first: Message, mail: Received, content: bytes) -> Filed:
    """Add another version of a message to the record that holds the first one; it fires no rule."""
    id = first.id or first.message_id or ""
    filed = append_entry(session, path, mail, content, Outcome.VARIANT, variant_of=id)
    return filed._replace(reason=sentence("another version of message {id}", id=id))


def append_entry(
    session: Writing,
    path: str,
    mail: Received,
    content: bytes,
    outcome: Outcome,
    then: Deciding | None = None,
    *,
    direction: Direction = Direction.IN,
    stranger: bool | None = None,
    variant_of: str | None = None,
) -> Filed:
    """Add a message to the record at a path, with what it changes besides."""
    adopted = session.adopted(path)
    deal = adopted.after
    entry = message_entry(session, mail, content, direction=direction)
    message = replace(
        entry, stranger=stranger, variant_of=variant_of, thread=unknown_ids(session, mail, deal)
    )
    added = Change(before=deal, after=replace(deal, messages=(*deal.messages, message)))
    change = adopted.then(then(added, message) if then else added)
    return Filed(outcome, apply_change(session, change)[0])


def append_report(
    session: Writing, path: str, mail: Received, content: bytes, report: DeliveryReport
) -> Filed:
    """Add a delivery report to the record at a path.

    Where it is final, the message that came back is marked, and so is the address of its contact; an activity
    tells the owner.
    """
    if not report.is_final:
        return append_entry(session, path, mail, content, Outcome.BOUNCE)
    failed = failed_addresses(session, session.adopted(path).after, report)
    id = derive_id("bounced", mail.identity)

    def mark(change: Change, message: Message) -> Change:
        deal = mark_bounced(session, change.after, report)
        subject = next((each.subject for each in deal.messages if each.message_id in report.ids), None)
        who = ", ".join(failed) or "?"
        summary = incoming_text(session.config, BOUNCED, who=who, subject=subject or "?")
        facts = session.facts(deal)
        marked = Change(before=change.after, after=deal)
        return change.then(marked).then(plan_incoming(facts, session.moment, id, summary))

    mark_contact(session, session.adopted(path).after, failed if report.ids else ())
    return append_entry(session, path, mail, content, Outcome.BOUNCE, mark)


def failed_addresses(session: Writing, deal: Opportunity, report: DeliveryReport) -> tuple[str, ...]:
    """Return the addresses that a report says failed; without any, those the message was sent to."""
    sent = [each.to for each in deal.messages if each.message_id in report.ids and each.to]
    return report.addresses or tuple(filter(None, map(normal_email, sent)))


def mark_bounced(session: Writing, deal: Opportunity, report: DeliveryReport) -> Opportunity:
    """Return the record with the messages that came back marked."""
    at = session.moment.at
    return replace(
        deal,
        messages=tuple(
            replace(each, bounced=each.bounced or at)
            if each.message_id in report.ids and each.direction is Direction.OUT
            else each
            for each in deal.messages
        ),
    )


def mark_contact(session: Writing, deal: Opportunity, failed: tuple[str, ...]) -> None:
    """Mark the addresses of a record's contact that mail does not reach."""
    contact = session.contact(deal.contact)
    if contact is None:
        return
    held = {normal_email(each): each for each in contact.emails}
    known = {normal_email(each) for each in contact.undeliverable}
    new = tuple(held[each] for each in failed if each in held and each not in known)
    if new:
        session.save_contact(replace(contact, undeliverable=(*contact.undeliverable, *new)))
