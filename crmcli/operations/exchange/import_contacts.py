"""Importing contacts from other programs, all files in one transaction."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from crmcli.domain.records.import_contact import ImportFault, ReadContacts
from crmcli.exchange.contact_import import Intake, Taken
from crmcli.operations.request import Request, accept


class ImportReport(NamedTuple):
    """The outcome for each contact, and the faults, each with the name of its source."""

    taken: list[Taken]
    faults: list[tuple[str, ImportFault]]
    notes: list[tuple[str, ImportFault]] = []  # noqa: RUF012 - people who share an e-mail, a phone or a UID


Check = Callable[[ImportReport], object]


def import_contacts(
    request: Request, files: Mapping[str, ReadContacts], *, key: str = "", check: Check = accept
) -> ImportReport:
    """Update the contacts that are known and create the others, each once.

    `files` maps the name of a source to its contacts. `key` is the only field to match contacts by: `uid`,
    `email`, `phone` or `name`; without it, all of these in this order. Faulty rows are left out and
    reported; a `check` that raises cancels the import.
    """
    with request.changing() as session:
        intake = Intake(session)
        faults: list[tuple[str, ImportFault]] = []
        notes: list[tuple[str, ImportFault]] = []
        for source, read in files.items():
            known, told = len(intake.faults), len(intake.notes)
            intake.take(read.contacts, key)
            faults += [(source, fault) for fault in (*read.faults, *intake.faults[known:])]
            notes += [(source, note) for note in intake.notes[told:]]
        report = ImportReport(intake.taken, faults, notes)
        check(report)
    return report
