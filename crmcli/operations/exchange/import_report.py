"""The outcome of an import: what became of each record, and what could not be imported."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.import_contact import ImportFault


class ImportOutcome(StrEnum):
    """The result for a record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class ImportedRecord(NamedTuple):
    """An imported record: its result, id and name, its line in the file, and its values before and after."""

    outcome: ImportOutcome
    id: str
    name: str
    line: int
    before: Opportunity | Contact | None = None
    after: Opportunity | Contact | None = None
    contact: str = ""  # the name of the contact that the row names
    part: str = ""  # what of the record was imported, such as an activity, in words


class ImportReport(msgspec.Struct):
    """What an import did: the records taken, the faults that prevented others, and notes."""

    source: str
    taken: list[ImportedRecord] = []
    faults: list[tuple[str, ImportFault]] = []
    notes: list[tuple[str, ImportFault]] = []

    def count(self, outcome: ImportOutcome) -> int:
        """Return the number of records with a result."""
        return sum(each.outcome is outcome for each in self.taken)


CheckImport = Callable[[ImportReport], object]
