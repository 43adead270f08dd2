"""`crm qualify`: leads become opportunities, with a contact, an owner, and a look at those like them."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Annotated

import typer
from msgspec.structs import replace

from crmcli.cli.commands.move import To
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.selection import Force, KeepGoing, Refs, Yes, change_each
from crmcli.domain.model.changes import Change
from crmcli.domain.model.config import checked_user
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records import editing, lead_contact, transitions
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.records.editing import Assignment
from crmcli.operations.find_or_create_contact import (
    create_contact,
    find_known_contact,
    find_or_create_company,
    find_or_create_contact,
    namesakes,
    recognize_contact,
)
from crmcli.store.writer import Writing


def qualify(
    ctx: typer.Context,
    references: Refs,
    priority: Annotated[str, typer.Option(metavar="0-3", help="stars"), offers.PRIORITY] = "",
    contact: Annotated[
        str, typer.Option(help="id, e-mail, phone or full name; created if unknown"), offers.CONTACT
    ] = "",
    company: Annotated[
        str, typer.Option(metavar="NAME", help="the contact's company; created if unknown"), offers.CONTACT
    ] = "",
    owner: Annotated[str, typer.Option(metavar="USER,USER…", help="owners, in turn"), offers.USER] = "",
    to: To = "",
    force: Force = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Turn leads into opportunities in their present stage; --to moves them as well.

    A lead without a contact gets the contact with the e-mail or phone of its sender, or of
    contact_name, company_name, email and phone in its file; an unknown one is created. Open records
    of the same contact or e-mail are listed, for crm merge.

    \b
    Examples:
      crm qualify kkvsm4kq --priority 2
      crm qualify esdwgtts enk3gr0s --owner marie,sophie
      crm qualify is:lead is:open tag:devis --yes --dry-run
    """
    call: CommandContext = ctx.obj
    users = [checked_user(call.config, each.strip()) for each in owner.split(",") if each.strip()]
    turns = cycle(users)

    def decide(session: Writing, facts: Facts) -> Change:
        before = facts.opportunity
        stars = editing.parse_priority(priority, facts, session.moment) if priority else None
        transitions.refuse_unqualifiable(facts)  # before anybody is made a contact for it
        facts = facts.about(with_contact(session, before, contact, company))
        if users:
            given = Assignment("owner", "", next(turns))
            facts = facts.about(editing.apply_assignment(facts, given, session.moment))
        change = transitions.qualify_lead(session.facts(facts.opportunity), session.moment, priority=stars)
        change = replace(change, before=before, notices=(*change.notices, *said(session, change.after)))
        if to and to != change.after.stage:
            about = session.facts(change.after)
            change = change.then(transitions.move_deal(about, to, session.moment, force=force))
        return change

    return change_each(call, references, decide, yes=yes, keep_going=keep_going)


def with_contact(session: Writing, deal: Opportunity, contact: str, company: str) -> Opportunity:
    """The deal with the contact that a text means, else that it has, else that it names."""
    if contact:
        return replace(deal, contact=under(session, contact, company).id)
    if deal.contact:
        return deal
    somebody = lead_contact.find_lead_contact(deal, session.config)
    somebody = somebody._replace(company=company or somebody.company)
    found = recognize_contact(session, somebody)
    if found is None and not somebody.is_named:
        return deal
    return replace(deal, contact=(found or create_contact(session, somebody)).id)


def under(session: Writing, contact: str, company: str) -> Contact:
    """The contact that a text means; a new one belongs to the company."""
    found = find_known_contact(session, contact)
    if found is not None:
        return found
    made = find_or_create_contact(session, contact)
    if company:
        made = replace(made, company=find_or_create_company(session, company, session.new_id()).id)
        session.save_contact(made)
    return made


def said(session: Writing, deal: Opportunity) -> Iterator[str]:
    """What to look at: open records like this one, another contact of the same name."""
    contact = session.contact(deal.contact)
    if contact is None:
        return
    if not session.exists(contact):
        yield f"contact {contact.id} « {contact.name} » created"
        for each in namesakes(session, contact):
            yield f"another contact of that name: crm contact merge {each.id} {contact.id}"
    for other in alike(session, deal, contact):
        yield f"{transitions.name_deal(deal)} may be the same as {transitions.name_deal(other)}: crm merge {other.id} {deal.id}"


def alike(session: Writing, deal: Opportunity, contact: Contact) -> list[Opportunity]:
    """Other open records of the same contact, or of one with the same e-mail."""
    emails = [email for each in contact.emails if (email := normal_email(each))]
    same = {each.id for email in emails for each in session.known_by("email", email) if shares(each, emails)}
    paths = {path for id in {contact.id, *same} for path in session.index.of_contact(id or "")}
    paths |= {path for path, each in session.saved.items() if each.contact == contact.id}
    found = (session.opportunity(path) for path in sorted(paths))
    return [each for each in found if each.id != deal.id and status_of(each, session.config) is Status.OPEN]


def shares(person: Contact, emails: Sequence[str]) -> bool:
    """Has a contact one of these normalised addresses?"""
    return any(normal_email(each) in emails for each in person.emails)
