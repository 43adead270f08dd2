"""Importing whole records from JSON that `crm export json` wrote: the same files come back."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.import_contact import ImportFault, ImportOutcome
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.ids import is_id
from crmcli.exchange.json_records import FoundRecord
from crmcli.operations.exchange.import_report import (
    CheckImport,
    ImportedRecord,
    ImportReport,
)
from crmcli.operations.request import Request, accept
from crmcli.store.catalog import id_in_name
from crmcli.store.codec.typed_values import InvalidError, decode_part
from crmcli.store.records import KINDS
from crmcli.store.writer import Writing

R = TypeVar("R", Opportunity, Contact)
PART = r"[^/\x00-\x1f\x7f.][^/\x00-\x1f\x7f]*"
NAME = rf"(opportunities|contacts)(/{PART})*/{PART}\.yaml"
LONGEST_NAME = 200  # bytes of a part of a path


class Restored(NamedTuple):
    """A record read from JSON, and the path of its file in the workspace."""

    record: Opportunity | Contact
    path: str
    number: int


def import_whole_records(
    request: Request,
    files: Mapping[str, Sequence[tuple[int, Any]]],
    read: Callable[[Any, int], FoundRecord],
    *,
    check: CheckImport = accept,
) -> ImportReport:
    """Import whole records of JSON files, by their numbers in them, all in one transaction.

    A record that cannot be imported is left out and reported; a `check` that raises cancels the import.
    """
    with request.changing() as session:
        report = ImportReport("")
        session.opportunity_references.prepare_lookups()
        session.contact_references.prepare_lookups()
        for source, documents in files.items():
            report.source = source
            records: list[Restored] = []
            for number, document in documents:
                try:
                    records.append(read_record(read(document, number)))
                except UsageError as error:
                    report.faults.append((source, ImportFault(number, str(error))))
            restore_records(session, records, report, request.progress)
        check(report)
    return report


def read_record(found: FoundRecord) -> Restored:
    """Return the record of a JSON document.

    Raises UsageError for a path outside the records, another id in the file's name, and an invalid value.
    """
    path = found.path
    if not re.fullmatch(NAME, path) or any(len(part.encode()) > LONGEST_NAME for part in path.split("/")):
        raise UsageError(f"{path!r} is not the path of a record")
    try:
        record = decode_part(found.tree, KINDS[path.partition("/")[0]])
    except InvalidError as error:
        raise UsageError(str(error)) from None
    id = record.id
    if id is not None and (not is_id(id) or id_in_name(path) not in (None, id)):
        raise UsageError(f"{path!r} is the file of another id than {id!r}")
    if id is not None and id_in_name(path) is None:
        raise UsageError(f"{path!r} lacks the id {id}", hint="crm check --fix PATH where it was exported")
    return Restored(record, f"pipeline_data/{path}", found.number)


def restore_records(
    session: Writing, records: Sequence[Restored], report: ImportReport, progress: Callable[[int, int], None]
) -> None:
    """Save records as they are; a known one is replaced unless its history tells more than the new one's."""
    for number, each in enumerate(records):
        progress(number, len(records))
        try:
            report.taken.append(restore_record(session, each))
        except CrmError as error:
            report.faults.append((report.source, ImportFault(each.number, str(error))))
    progress(len(records), len(records))


def restore_record(session: Writing, each: Restored) -> ImportedRecord:
    """Save a record, and return what became of it.

    Raises UsageError where it would take something away from a known one.
    """
    record = each.record
    known = find_stored(session, record, each.path)
    name = record.title if isinstance(record, Opportunity) else record.name
    if known == record:
        return ImportedRecord(ImportOutcome.UNCHANGED, record.id or "", name, each.number)
    if known is not None:
        refuse_loss(known, record)
    session.restore(record, each.path)
    outcome = ImportOutcome.CREATED if known is None else ImportOutcome.UPDATED
    return ImportedRecord(outcome, record.id or "", name, each.number)


def find_stored(session: Writing, record: Opportunity | Contact, path: str) -> Any:
    """Return the record of the workspace with this id, or in this file; None where there is none.

    Raises UsageError for an id that a record of the other kind has.
    """
    is_deal = isinstance(record, Opportunity)
    references = session.opportunity_references if is_deal else session.contact_references
    others = session.contact_references if is_deal else session.opportunity_references
    if record.id and others.place(record.id):
        raise UsageError(f"{record.id} is the id of another kind of record here")
    place = references.place(record.id) if record.id else path if path in references.paths else None
    return session.load(place, type(record)).value if place else None


def refuse_loss(known: Opportunity | Contact, record: Opportunity | Contact) -> None:
    """Check that the history of a known record has nothing that the new version lacks.

    Raises UsageError where it has.
    """
    lost = [entry for entry in known.history if entry not in record.history]
    if lost:
        raise UsageError(
            f"{known.id} has changed here since: its history has {len(lost)} more entries than the import",
            hint="delete it first to go back",
        )
