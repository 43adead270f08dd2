"""The outcome of an import: what became of each record, and what could not be imported."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from crmcli.domain.importing.import_map import ReadColumns
from crmcli.domain.importing.import_values import ReadRow, UnknownWord
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.import_contact import ImportFault, ImportOutcome


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
    """What an import did: the records taken, the faults that prevented others, and notes, by source."""

    source: str
    taken: list[ImportedRecord] = []
    faults: list[tuple[str, ImportFault]] = []
    notes: list[tuple[str, ImportFault]] = []

    def count(self, outcome: ImportOutcome) -> int:
        """Return the number of records with a result."""
        return sum(each.outcome is outcome for each in self.taken)

    def list_refused(self) -> set[tuple[str, int]]:
        """Return the source and line of each row that was refused."""
        return {(source, fault.line) for source, fault in self.faults}


class TableReport(ImportReport):
    """What the import of tables did, besides: unknown words, created contacts, columns left out."""

    unknown: list[tuple[str, UnknownWord]] = []
    unknown_words: list[tuple[str, ImportFault]] = []  # the same, as faults of their rows
    contacts_created: int = 0  # for the rows of deals
    columns: dict[str, ReadColumns] = {}  # by source

    def add_faults(self, row: ReadRow) -> None:
        """Add what is wrong with a row."""
        self.faults += [(self.source, ImportFault(row.line, each)) for each in row.faults]
        self.unknown_words += [(self.source, ImportFault(row.line, each)) for each in row.unknown]

    def list_refused(self) -> set[tuple[str, int]]:
        """Return the source and line of each row that was refused, also for unknown words."""
        return {*super().list_refused(), *((source, word.line) for source, word in self.unknown_words)}

    def list_problems(self, source: str) -> dict[int, str]:
        """Return what is wrong with the rows of a source that were refused, by their first lines."""
        said: dict[int, list[str]] = {}
        for each, fault in (*self.unknown_words, *self.faults):
            if each == source:
                said.setdefault(fault.line, []).append(fault.what)
        return {line: "; ".join(texts) for line, texts in said.items()}


CheckImport = Callable[[ImportReport], object]
