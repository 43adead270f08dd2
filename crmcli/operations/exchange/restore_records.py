"""Importing whole records from JSON that `crm export json` wrote: the same files come back."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from crmcli.checks import record_checks, user_checks
from crmcli.domain.model.problems import Problem
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
CLOCKS_DIFFER = timedelta(days=1)  # at most, between machines
LONGEST_NAME = 200  # bytes of a part of a path


class Restored(NamedTuple):
    """A record read from JSON, and the path of its file in the workspace."""

    record: Opportunity | Contact
    path: str
    number: int
    source: str


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
        records: list[Restored] = []
        for source, documents in files.items():
            for number, document in documents:
                try:
                    records.append(read_record(read(document, number), source))
                except UsageError as error:
                    report.faults.append((source, ImportFault(number, str(error))))
        restore_records(session, records, report, request.progress)
        check(report)
    return report


def read_record(found: FoundRecord, source: str) -> Restored:
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
    return Restored(record, f"pipeline_data/{path}", found.number, source)


def restore_records(
    session: Writing, records: Sequence[Restored], report: ImportReport, progress: Callable[[int, int], None]
) -> None:
    """Save records as they are; a known one is replaced unless its history tells more than the new one's.

    Contacts come before the records that refer to them, wherever they stand in the files.
    """
    coming = {each.record.id for each in records if isinstance(each.record, Contact) and each.record.id}
    for number, each in enumerate(sorted(records, key=rank_record)):
        progress(number, len(records))
        try:
            report.taken.append(restore_record(session, each, coming))
        except CrmError as error:
            coming.discard(each.record.id or "")
            report.faults.append((each.source, ImportFault(each.number, str(error))))
    progress(len(records), len(records))


def rank_record(each: Restored) -> int:
    """Return the place of a record among others: companies, then people, then what refers to them."""
    if isinstance(each.record, Opportunity):
        return 2
    return 1 if each.record.company else 0


def restore_record(session: Writing, each: Restored, coming: Collection[str]) -> ImportedRecord:
    """Save a record, and return what became of it; `coming` are the ids of contacts that come with it.

    Raises UsageError where it would take something away from a known one, or is not valid here.
    """
    record = each.record
    known = find_stored(session, record, each.path)
    name = record.title if isinstance(record, Opportunity) else record.name
    if known == record:
        return ImportedRecord(ImportOutcome.UNCHANGED, record.id or "", name, each.number)
    if known is not None:
        refuse_loss(known, record)
    refuse_invalid(session, record, coming)
    session.restore(record, each.path)
    outcome = ImportOutcome.CREATED if known is None else ImportOutcome.UPDATED
    return ImportedRecord(outcome, record.id or "", name, each.number)


def refuse_invalid(session: Writing, record: Opportunity | Contact, coming: Collection[str]) -> None:
    """Check that `crm check` would not call a record wrong here, and that it was not created in the future.

    Raises UsageError with all that is wrong; what the next command mends by itself is not.
    """
    faults = [
        f"{'.'.join(map(str, each.path))}: {each.what}" for each in list_faults(session, record, coming)
    ]
    if record.created and record.created > session.moment.at + CLOCKS_DIFFER:
        faults.append(f"created is in the future: {record.created:%Y-%m-%d %H:%M}")
    if faults:
        raise UsageError("; ".join(faults))


def list_faults(
    session: Writing, record: Opportunity | Contact, coming: Collection[str]
) -> Iterator[Problem]:
    """Yield what `crm check` would call wrong in a record that comes with these contacts."""
    config = session.config
    if isinstance(record, Contact):
        named = {record.company}
    else:
        named = {record.contact, record.referral.by if record.referral else None}
    known = {id for id in named if id and (id in coming or session.contact_references.place(id))}
    if isinstance(record, Contact):
        found = record_checks.check_contact(record, config, known)
    else:
        found = record_checks.check_opportunity(record, config, known)
    hidden = set(record_checks.check_hidden(record))
    yield from (each for each in found if each not in hidden and not is_harmless(each))
    history = {each.path for each in user_checks.list_namings(record, config) if each.is_history}
    yield from (each for each in user_checks.check_users(record, config) if each.path not in history)


def is_harmless(problem: Problem) -> bool:
    """Tell whether a problem is only a question, or goes away with the next command."""
    is_nameless = problem.path[0] == "activities" and len(problem.path) == 2
    return is_nameless or problem.what == record_checks.BY_HAND or problem.path == ("contact_unsure",)


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
        more = "an entry" if len(lost) == 1 else f"{len(lost)} entries"
        raise UsageError(
            f"{known.id} has changed here since: its history has {more} that the import lacks",
            hint="delete it first to go back",
        )
