"""Mails that waited for an address, queued when a change gives the contact or the sponsor one."""

from collections.abc import Iterator

from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Contact
from crmcli.domain.rules.waiting_mails import queue_waiting_mails, waiting_firings
from crmcli.operations.steps.apply_change import apply_change
from crmcli.store.writer import Writing

OPPORTUNITIES = "pipeline_data/opportunities/"


def queue_mails_for_new_addresses(session: Writing) -> Iterator[str]:
    """Queue the mails that waited for the addresses that this session stores; yield a notice for each."""
    for id in contacts_with_new_addresses(session):
        paths = [path for path in session.index.referring_to(id) if path.startswith(OPPORTUNITIES)]
        for path in paths:
            deal = session.opportunity(path)
            if not any(waiting_firings(deal)):
                continue
            change = queue_waiting_mails(session.facts(deal), session.moment)
            if change.mails:
                apply_change(session, change)
            yield from (f"{name_deal(deal)}: mail {mail.message} is queued" for mail in change.mails)


def contacts_with_new_addresses(session: Writing) -> list[str]:
    """Return the ids of the contacts that had no e-mail address that works, and get one in this session."""
    return [
        id
        for id, contact in session.made.items()
        if contact.reachable_emails and not had_address(session, contact) and session.exists(contact)
    ]


def had_address(session: Writing, contact: Contact) -> bool:
    """Tell whether a contact has an e-mail address that works in its file."""
    before = session.stored(contact)
    return before is not None and bool(before.reachable_emails)
