"""The record that a message belongs to: by the ids it replies to, by a token, or by subject and sender."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from crmcli.domain.model.record_types import Direction, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import is_id
from crmcli.mail.incoming.parse import NO_SUBJECT, Received, clean_title, is_reply_subject
from crmcli.store.writer import Writing

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
MOST_UNKNOWN = 2  # ids of a thread that a message keeps: the first and the last


def find_thread(session: Writing, mail: Received) -> str | None:
    """Return the path of the record that a message belongs to; None if it begins a thread.

    The newest known id wins, then a token, then an unknown id that a message of the record replies to, then
    a subject that the sender answers without any reference.
    """
    return (
        holder_of(session, mail.answers)
        or named_by_token(session, mail)
        or holder_of_thread(session, mail)
        or answered_subject(session, mail)
    )


def holder_of(session: Writing, ids: Iterable[str]) -> str | None:
    """Return the path of the record that holds one of these messages; the first known id wins."""
    wanted = list(ids)
    holders: dict[str, str] = {}
    if not wanted:
        return None
    for path in session.deals_with_messages(wanted):
        for message in session.opportunity(path).messages:
            if message.message_id in wanted:
                holders.setdefault(message.message_id or "", path)
    return next((holders[id] for id in wanted if id in holders), None)


def holder_of_thread(session: Writing, mail: Received) -> str | None:
    """Return the path of the record with a message that replies to the same unknown one, or to this one."""
    wanted = [*([mail.message_id] if mail.message_id else []), *mail.answers]
    if not wanted:
        return None
    for path in session.deals_with_messages(wanted):
        if any(id in wanted for each in session.opportunity(path).messages for id in each.thread):
            return path
    return None


def unknown_ids(session: Writing, mail: Received, deal: Opportunity) -> tuple[str, ...]:
    """Return the ids a message replies to that no message of its record has: the last and the first."""
    known = {message.message_id for message in deal.messages}
    if known & set(mail.answers):
        return ()
    ends = mail.answers[:1] + mail.answers[-1:]
    return tuple(dict.fromkeys(ends))[:MOST_UNKNOWN]


def named_by_token(session: Writing, mail: Received) -> str | None:
    """Return the path of the record whose id is in brackets in the subject, or after a plus in an address."""
    words = mail.subject.replace("[", " [").replace("]", "] ").split()
    tokens = [word.strip("[]#") for word in words if word.startswith("[") and word.endswith("]")]
    tokens += [address.partition("@")[0].partition("+")[2] for address in mail.recipients]
    for token in filter(is_id, tokens):
        path = session.opportunity_references.place(token)
        if path is not None:
            return path
    return None


def answered_subject(session: Writing, mail: Received) -> str | None:
    """Return the path of the sender's newest open deal with the subject that a mail answers.

    Only for mail without references, as Outlook sends it where the subject was edited or an address copied.
    """
    email = normal_email(mail.sender.email) if mail.sender else None
    if mail.is_answer or email is None or mail.title == NO_SUBJECT or not is_reply_subject(mail.subject):
        return None
    wanted = folded_name(mail.title)
    found = [(str(deal.created), path) for path, deal in open_deals(session, email) if is_about(deal, wanted)]
    return max(found)[1] if found else None


def open_deals(session: Writing, email: str) -> Iterator[tuple[str, Opportunity]]:
    """Yield the open deals of the contacts with an address, with their paths."""
    contacts = session.contacts_writing_from(email)
    paths = (path for each in contacts for path in session.deals_of(each.id or ""))
    for path in dict.fromkeys(paths):
        deal = session.opportunity(path)
        if status_of(deal, session.config) is Status.OPEN:
            yield path, deal


def is_about(deal: Opportunity, subject: str) -> bool:
    """Tell whether a message of a deal has a subject, compared folded and without prefixes."""
    return any(folded_name(clean_title(each.subject or "")) == subject for each in deal.messages)


def thread_of_forwarded(session: Writing, mail: Received) -> str | None:
    """Return the path of the record that has the mail which a message forwards."""
    inner = mail.forwarded
    return holder_of(session, [inner.message_id]) if inner and inner.message_id else None


def only_deal_of_recipient(session: Writing, mail: Received) -> str | None:
    """Return the path of the only open deal of the customer whom one of our people writes to."""
    if mail.forwarded is not None:
        return None
    for mailbox in mail.addressed:
        email = normal_email(mailbox.email)
        deals = list(open_deals(session, email)) if email else []
        if len(deals) == 1:
            return deals[0][0]
    return None


def sent_to(session: Writing, addresses: Iterable[str]) -> str | None:
    """Return the path of the record with the newest message that we sent to one of these addresses."""
    wanted = set(addresses)
    found = [
        (message.at or LONG_AGO, path)
        for email in wanted
        for contact in session.contacts_writing_from(email)
        for path in session.deals_of(contact.id or "")
        for message in session.opportunity(path).messages
        if message.direction is Direction.OUT
        and not message.withdrawn
        and normal_email(message.to or "") in wanted
    ]
    return max(found)[1] if found else None
