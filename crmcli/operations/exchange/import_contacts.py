"""Importing contacts from other programs, all files in one transaction."""

from collections.abc import Mapping

from crmcli.domain.importing.read_contacts import ReadContacts
from crmcli.exchange.contact_import import Intake, Taken
from crmcli.operations.exchange.import_report import CheckImport, ImportedRecord, TableReport
from crmcli.operations.request import Request, accept


def import_contacts(
    request: Request, files: Mapping[str, ReadContacts], *, key: str = "", check: CheckImport = accept
) -> TableReport:
    """Update the contacts that are known and create the others, each once.

    `files` maps the name of a source to its contacts. `key` is the only field to match contacts by: `id`,
    `external_id`, `email`, `phone` or `name`; without it, all of these in this order. Faulty rows are left
    out and reported; a `check` that raises cancels the import.
    """
    with request.changing() as session:
        intake = Intake(session)
        report = TableReport("")
        for source, read in files.items():
            known, told = len(intake.faults), len(intake.notes)
            intake.take(read.contacts, key, request.progress)
            report.faults += [(source, fault) for fault in (*read.faults, *intake.faults[known:])]
            report.notes += [(source, note) for note in (*read.left_out, *intake.notes[told:])]
            report.unknown += [(source, word) for word in read.unknown]
            report.unknown_words += [(source, word) for word in read.unknown_words]
            report.columns[source] = read.columns
        report.taken = [describe_taken(each) for each in intake.taken]
        check(report)
    return report


def describe_taken(taken: Taken) -> ImportedRecord:
    """Return an imported contact with its result."""
    after = taken.after
    return ImportedRecord(taken.outcome, after.id or "", after.name, taken.line, taken.before, after)
