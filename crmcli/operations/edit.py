"""Saving the edited text of a record's file, merged with changes made meanwhile."""

from collections.abc import Iterator
from pathlib import Path

from crmcli.checks import record_checks, user_checks
from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records import contact_fields, manual_edits
from crmcli.operations import contacts
from crmcli.operations.change_records import ChangeReport, Check
from crmcli.operations.contacts import ContactReport
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.apply_change import apply_change
from crmcli.store import draft_files, records
from crmcli.store.reader import Reading
from crmcli.store.unreadable import UnreadableError


def edit_opportunity(
    request: Request, path: str, before: bytes, written: bytes, *, check: Check = accept
) -> ChangeReport:
    """Replace the text `before` of a lead or opportunity; a stage changed in it fires its rules.

    Raises MeanwhileError for a field changed differently meanwhile, RefusedError for a changed id.
    """
    with request.changing() as session:
        old, deal = draft_files.brought_in(session, path, before, written, Opportunity)
        changes = [Change(before=old, after=deal)]
        if deal.id:
            adopted = manual_edits.adopt_manual_edits(session.facts(deal), session.moment)
            changes = apply_change(session, changes[0].then(adopted))
        report = ChangeReport(changes, (), session)
        check(report)
    return report


def edit_contact(
    request: Request, path: str, before: bytes, written: bytes, *, check: contacts.Check = accept
) -> ContactReport:
    """Replace the text `before` of a contact.

    Raises MeanwhileError for a field changed differently meanwhile, RefusedError for a changed id.
    """
    with request.changing() as session:
        old, person = draft_files.brought_in(session, path, before, written, Contact)
        if person.id:
            for email, holder in contacts.list_shared_emails(session, old, person):
                request.advise(f"{email} is the e-mail of {holder.name} ({holder.id}), too")
            session.save_contact(contact_fields.record_consent(old, person, session.moment))
        report = ContactReport([(old, person)], session)
        check(report)
    return report


def rebase_draft(request: Request, path: str, before: bytes, written: bytes) -> tuple[bytes, bytes]:
    """Return the text that a record has now, and the edited text with the changes made meanwhile in it.

    A field that both changed has the value of the edited text, which the user can then correct.
    """
    reading = request.reading()
    return draft_files.rebase(reading, path, before, written, records.kind_of(path) or Opportunity)


def list_faults(reading: Reading, path: str, text: bytes) -> Iterator[str]:
    """Yield the faults in the text of a record, a line each; a stage changed by hand is not a fault."""
    try:
        record = records.read_record(Path(path), text, records.kind_of(path) or Opportunity).value
    except UnreadableError as error:
        yield str(error)
        return
    if isinstance(record, Contact):
        found = record_checks.check_contact(record, reading.config, list_existing(reading, record.company))
    else:
        sponsor = record.referral.by if record.referral else None
        named = list_existing(reading, record.contact, sponsor)
        found = record_checks.check_opportunity(record, reading.config, named)
    for fault in (*found, *user_checks.check_users(record, reading.config)):
        if fault.what != record_checks.BY_HAND:
            yield f"{'.'.join(map(str, fault.path))}: {fault.what}"


def list_existing(reading: Reading, *ids: str | None) -> set[str]:
    """Return the ids that belong to existing contacts."""
    return {id for id in ids if id and reading.contact(id)}
