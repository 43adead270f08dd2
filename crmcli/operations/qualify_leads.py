"""Qualifying leads: their contact, their owner, and similar open records."""

from collections.abc import Iterator, Sequence
from itertools import cycle

from msgspec.structs import replace

from crmcli.domain.model import record_names
from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records import editing, lead_contact, transitions
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.records.editing import Assignment
from crmcli.domain.records.lead_contact import Similar
from crmcli.operations.change_records import ChangeReport, Check, Records, change_records
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.find_or_create_contact import (
    create_contact,
    find_known_contact,
    find_or_create_company,
    find_or_create_contact,
    recognize_contact,
)
from crmcli.store.writer import Writing


def qualify(
    request: Request,
    records: Records,
    *,
    priority: str = "",
    contact: str = "",
    company: str = "",
    owners: Sequence[str] = (),
    to: str = "",
    force: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Turn leads into opportunities, in their stage or in the stage `to`; owners are assigned in turn.

    A lead without a contact gets the contact with the e-mail or phone in the lead, else a new one if a
    name is known. Similar open records are listed as notices.
    """
    turns = cycle(owners)

    def decide(session: Writing, facts: Facts) -> Change:
        owner = next(turns) if owners else ""
        change = qualify_lead(
            session, facts, priority=priority, contact=contact, company=company, owner=owner
        )
        if to and to != change.after.stage:
            about = session.facts(change.after)
            change = change.then(transitions.move_deal(about, to, session.moment, force=force))
        return change

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def qualify_lead(
    session: Writing,
    facts: Facts,
    *,
    priority: str = "",
    contact: str = "",
    company: str = "",
    owner: str = "",
) -> Change:
    """Turn one lead into an opportunity, with its contact; similar open records are listed as notices.

    Raises RefusedError for an opportunity, and for a closed lead.
    """
    before = facts.opportunity
    stars = editing.parse_priority(priority, facts, session.moment) if priority else None
    transitions.refuse_unqualifiable(facts)  # before a contact is created for it
    deal, similar = with_contact(session, before, contact, company)
    facts = facts.about(deal)
    if owner:
        given = Assignment("owner", "", owner)
        facts = facts.about(editing.apply_assignment(facts, given, session.moment))
    change = transitions.qualify_lead(session.facts(facts.opportunity), session.moment, priority=stars)
    notices = (*change.notices, *list_lookalikes(session, change.after, similar))
    return replace(change, before=before, notices=notices)


def with_contact(
    session: Writing, deal: Opportunity, contact: str, company: str
) -> tuple[Opportunity, Sequence[Similar]]:
    """Return the deal with the given contact, else its own, else the one that its data describe.

    For a new contact, return the contacts who may be the same, too.
    """
    if contact:
        person = find_or_create_person(session, contact, company)
        return replace(deal, contact=person.id, contact_unsure=None), ()
    if deal.contact:
        return deal, ()
    hints = lead_contact.find_lead_contact(deal, session.config)
    hints = replace(hints, company=company or hints.company)
    choice = recognize_contact(session, hints)
    if choice.contact is None and not hints.is_named:
        return deal, ()
    person = choice.contact or create_contact(session, hints)
    return replace(deal, contact=person.id, contact_unsure=choice.instead or None), choice.similar


def find_or_create_person(session: Writing, contact: str, company: str) -> Contact:
    """Return the contact that a text identifies; a new one belongs to the company."""
    found = find_known_contact(session, contact)
    if found is not None:
        return found
    made = find_or_create_contact(session, contact)
    if company:
        made = replace(made, company=find_or_create_company(session, company, session.new_id()).id)
        session.save_contact(made)
    return made


def list_lookalikes(session: Writing, deal: Opportunity, similar: Sequence[Similar]) -> Iterator[str]:
    """Yield notices about an unsure or new contact, who else it may be, and similar open records."""
    contact = session.contact(deal.contact)
    if contact is None:
        return
    if not session.exists(contact):
        yield f"contact {contact.id} « {contact.name} » created"
        yield from (each.describe(contact) for each in similar)
    if deal.contact_unsure:
        yield record_names.describe_unsure(deal, contact.name)
    for other in find_open_deals_like(session, deal, contact):
        names = f"{record_names.name_deal(deal)} may be the same as {record_names.name_deal(other)}"
        yield f"{names}: crm merge {other.id} {deal.id}"


def find_open_deals_like(session: Writing, deal: Opportunity, contact: Contact) -> list[Opportunity]:
    """Return other open records of the same contact, or of one with the same e-mail."""
    emails = [email for each in contact.emails if (email := normal_email(each))]
    same = {each.id for email in emails for each in session.known_by("email", email) if shares(each, emails)}
    paths = {path for id in {contact.id, *same} for path in session.index.of_contact(id or "")}
    paths |= {path for path, each in session.saved.items() if each.contact == contact.id}
    found = (session.opportunity(path) for path in sorted(paths))
    return [each for each in found if each.id != deal.id and status_of(each, session.config) is Status.OPEN]


def shares(person: Contact, emails: Sequence[str]) -> bool:
    """Tell whether a contact has one of these normalised e-mail addresses."""
    return any(normal_email(each) in emails for each in person.emails)
