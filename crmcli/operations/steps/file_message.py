"""Filing incoming mail, as new leads or on existing records; nothing is lost or filed twice."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.changes import Change
from crmcli.domain.model.config import Config, Route
from crmcli.domain.model.custom_fields import with_defaults
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_types import Contact, Direction, Kind, Marketing, Message, Opportunity
from crmcli.domain.records import replies, transitions, web_form
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.records.lead_contact import ContactChoice, ContactHints, Similar, own_addresses
from crmcli.domain.values.ids import derive_id, is_id
from crmcli.mail.incoming.message_text import shorten_message
from crmcli.mail.incoming.parse import Received
from crmcli.operations.steps import web_form_lead
from crmcli.operations.steps.apply_change import apply_change
from crmcli.operations.steps.find_or_create_contact import new_contact_id, recognize_contact
from crmcli.store.writer import Writing

MOST = 20  # records of one sender in `WITHIN`; further messages go to quarantine
WITHIN = timedelta(minutes=120)


class Outcome(StrEnum):
    """The outcome of filing a message."""

    NEW = "new"
    REPLY = "reply"
    BOUNCE = "bounce"
    KNOWN = "known"
    ASIDE = "aside"
    DROPPED = "dropped"


class Filed(NamedTuple):
    """The outcome of filing a message, its record, and the reason."""

    outcome: Outcome
    change: Change | None = None
    reason: str = ""
    contact: Contact | None = None  # of a new record
    similar: tuple[Similar, ...] = ()  # contacts who may be the same as a new one


def file_message(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """File a message in the session: as a new lead, on an existing record, or in quarantine.

    Answers to questions about the project in a reply are read with `reader`.

    The order of the checks matters: a reply must not become a lead, and an automatic reply must not be
    filed as either. Raises RefusedError or UnreadableError where a rule or a record prevents filing.
    """
    known = filed_before(session, mail)
    if known is not None:
        return known
    if mail.loops:
        return Filed(Outcome.DROPPED, reason="we sent it ourselves")
    if mail.bounced is not None:
        path = in_thread(session, mail.bounced)
        if path is None:
            return quarantine_message(session, content, "a delivery report about nothing we know")
        return bounced(session, path, mail, content)
    if mail.automatic:
        return quarantine_message(session, content, mail.automatic)
    path = in_thread(session, mail.answers) or named_by_token(session, mail)
    if path is not None:
        return appended(session, path, mail, content, reader)
    return made(session, mail, content)


def filed_before(session: Writing, mail: Received) -> Filed | None:
    """Return the outcome for a message whose id was filed before: `KNOWN` or `ASIDE`; None for a new id."""
    id = derive_id("message", mail.identity)
    for path in holding(session, [id]):
        deal = session.opportunity(path)
        for message in deal.messages:
            if message.id == id:
                if says_the_same(message, mail):
                    return Filed(Outcome.KNOWN, Change(before=deal, after=deal), "already filed")
                reason = f"another message with this Message-ID is on {deal.id}"
                return Filed(Outcome.ASIDE, reason=reason)
    return None


def says_the_same(message: Message, mail: Received) -> bool:
    """Tell whether a mail has the sender, subject and text of a filed message, and no earlier date."""
    same_day = mail.at is None or message.at is None or message.at == mail.at or message.at < mail.at
    return same_day and (message.from_ or "", message.subject or "", message.text or "") == (
        str(mail.sender or ""),
        mail.subject,
        shorten_message(mail.text),
    )


def in_thread(session: Writing, ids: Iterable[str]) -> str | None:
    """Return the path of the record that holds one of these messages; the first known id wins."""
    wanted = list(ids)
    holders: dict[str, str] = {}
    if not wanted:
        return None
    for path in holding(session, wanted):
        for message in session.opportunity(path).messages:
            if message.message_id in wanted:
                holders.setdefault(message.message_id or "", path)
    return next((holders[id] for id in wanted if id in holders), None)


def holding(session: Writing, ids: list[str]) -> list[str]:
    """Return the paths of records that hold messages with these ids, including unreadable files."""
    bare = [id.strip("<>") for id in ids]
    return [*session.index.messages(ids), *session.index.broken_holding("opportunities", bare)]


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


def bounced(session: Writing, path: str, mail: Received, content: bytes) -> Filed:
    """Add a delivery report to the record at a path."""
    adopted = session.adopted(path)
    deal = adopted.after
    after = replace(deal, messages=(*deal.messages, entry(session, mail, content)))
    change = adopted.then(Change(before=deal, after=after))
    return Filed(Outcome.BOUNCE, apply_change(session, change)[0])


def appended(session: Writing, path: str, mail: Received, content: bytes, reader: Reader) -> Filed:
    """Add a reply to the record at a path, with its answers to questions; this may fire rules."""
    adopted = session.adopted(path)
    message = entry(session, mail, content)
    noted = derive_id("answers", mail.identity)
    facts = session.facts(adopted.after)
    change, said = replies.answer_reply(facts, mail.text, noted, session.moment, reader)
    received = transitions.receive_message(facts.about(change.after), message, session.moment, Event.REPLIED)
    change = adopted.then(change).then(received)
    return Filed(Outcome.REPLY, apply_change(session, change)[0], said)


def made(session: Writing, mail: Received, content: bytes) -> Filed:
    """Create a record from a message, by its route and with its contact, or quarantine the message."""
    id = derive_id("record", mail.identity)
    if session.opportunity_references.place(id) is not None:
        return quarantine_message(
            session, content, f"{id} was created from this message, which it no longer has"
        )
    form = web_form.read_form(mail.text, session.config)
    if form is not None and not form.values:
        return quarantine_message(session, content, "a form that nobody filled in")
    choice = web_form_lead.person(session, form, mail.identity) if form else writer(session, mail)
    contact = choice.contact
    if contact is not None and is_flood(session, contact):
        return quarantine_message(
            session, content, f"more than {MOST} records from {contact.name} in two hours"
        )
    blank = with_defaults(Opportunity(id=id, title=mail.title), session.config)
    deal = routed(session.config, mail, blank)
    if contact is not None:
        deal = replace(deal, contact=contact.id, contact_unsure=choice.instead or None)
        if not session.exists(contact):
            session.save_contact(contact)
    if form is not None:
        deal = web_form_lead.filled(session, deal, form)
    change = transitions.create_deal(session.facts(deal), session.moment, force=True)
    facts = session.facts(change.after)
    message = entry(session, mail, content)
    change = change.then(transitions.receive_message(facts, message, session.moment, Event.INGESTED))
    return Filed(Outcome.NEW, apply_change(session, change)[0], contact=contact, similar=choice.similar)


def routed(config: Config, mail: Received, deal: Opportunity) -> Opportunity:
    """Return the record with the values of its recipients' routes; further routes only add their tags."""
    found = routes(config, mail.recipients) or [config.ingest.default]
    first = found[0]
    tags = {tag for route in found for tag in route.tags}
    marketing = Marketing(campaign=first.campaign, medium=first.medium, source=first.source)
    return replace(
        deal,
        kind=Kind(first.kind) if first.kind else Kind.LEAD,
        stage=first.stage,
        owner=first.owner,
        tags=tuple(sorted(tags)),
        marketing=None if marketing == Marketing() else marketing,
    )


def routes(config: Config, recipients: Iterable[str]) -> list[Route]:
    """Return the routes of these addresses: matches of a whole address first, then of a local part."""
    found: list[Route] = []
    for address in recipients:
        local = address.partition("@")[0].partition("+")[0]
        for wanted in (address, local):
            found += [r for r in config.ingest.routes if (r.to or "").casefold() == wanted and r not in found]
    exact = [route for route in found if "@" in (route.to or "")]
    return exact + [route for route in found if route not in exact]


def writer(session: Writing, mail: Received) -> ContactChoice:
    """Return the sender's contact, known by address or new; none without a sender or for own addresses."""
    email = normal_email(mail.sender.email) if mail.sender else None
    if mail.sender is None or email is None or email in own_addresses(session.config):
        return ContactChoice()
    choice = recognize_contact(
        session, ContactHints(name=mail.sender.name[: web_form_lead.LONGEST], email=email)
    )
    if choice.contact is not None:
        return choice
    made = Contact(
        id=new_contact_id(session, email, mail.identity),
        name=(mail.sender.name or mail.sender.email)[: web_form_lead.LONGEST],
        emails=(mail.sender.email,),
        created=session.moment.at,
    )
    return replace(choice, contact=made)


def is_flood(session: Writing, contact: Contact) -> bool:
    """Tell whether `MOST` records of this sender were created in the last two hours."""
    since = session.moment.at - WITHIN
    paths = session.index.of_contact(contact.id or "")
    recent = [deal for deal in map(session.opportunity, paths) if deal.created and deal.created >= since]
    return len(recent) >= MOST


def entry(session: Writing, mail: Received, content: bytes) -> Message:
    """Return the message as its record stores it, and store its bytes."""
    now = session.moment.at
    at = mail.at if mail.at and mail.at <= now else now
    return Message(
        id=derive_id("message", mail.identity),
        at=at,
        direction=Direction.IN,
        from_=str(mail.sender) if mail.sender else None,
        to=mail.to or None,
        subject=mail.subject or None,
        message_id=mail.message_id,
        file=stored(session, content, at),
        text=shorten_message(mail.text) or None,
        automatic=True if mail.bounced is not None or mail.automatic else None,
    )


def stored(session: Writing, content: bytes, at: datetime) -> str:
    """Put the exact bytes of a message under their hash; return the path below `pipeline_data`."""
    path = f"mail/{at:%Y/%m}/{hashlib.sha256(content).hexdigest()}.eml"
    session.put(f"pipeline_data/{path}", content, before=session.content(f"pipeline_data/{path}"))
    return path


def quarantine_message(session: Writing, content: bytes, reason: str) -> Filed:
    """Put a message into quarantine, with the reason, where a person can look at it."""
    name = hashlib.sha256(content).hexdigest()
    folder = Path("pipeline_data/quarantine")
    if session.content(str(folder / f"{name}.eml")) is not None:
        return Filed(Outcome.KNOWN, reason=f"already in quarantine: {reason}")
    session.put(str(folder / f"{name}.eml"), content, before=None)
    reasons = session.content(str(folder / f"{name}.txt"))
    session.put(str(folder / f"{name}.txt"), f"{reason}\n".encode(), before=reasons)
    return Filed(Outcome.ASIDE, reason=reason)
