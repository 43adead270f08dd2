"""The text of a record's file replaced by what somebody wrote, merged with what changed meanwhile."""

from collections.abc import Iterator
from pathlib import Path

from crmcli.checks import record_checks
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
    """Replace the text of a lead or opportunity, which was `before`; a stage changed in it fires its rules.

    Raises MeanwhileError where a field was changed meanwhile in another way, RefusedError for a changed id.
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
    """Replace the text of a contact, which was `before`.

    Raises MeanwhileError where a field was changed meanwhile in another way, RefusedError for a changed id.
    """
    with request.changing() as session:
        old, person = draft_files.brought_in(session, path, before, written, Contact)
        if person.id:
            session.save_contact(contact_fields.record_consent(old, person, session.moment))
        report = ContactReport([(old, person)], session)
        check(report)
    return report


def list_faults(reading: Reading, path: str, text: bytes) -> Iterator[str]:
    """Yield what is wrong with the text of a record, a line each; a stage changed by hand is not."""
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
    for fault in found:
        if fault.what != record_checks.BY_HAND:
            yield f"{'.'.join(map(str, fault.path))}: {fault.what}"


def list_existing(reading: Reading, *ids: str | None) -> set[str]:
    """Return those of these ids that contacts have."""
    return {id for id in ids if id and reading.contact(id)}
