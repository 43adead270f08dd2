"""Importing a table: its rows are read as values, and each is put into a session or says what is wrong."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import msgspec

from crmcli.domain.importing.import_map import ImportMap, LeftOut, MappedColumn, ReadColumns, map_columns
from crmcli.domain.importing.import_values import ReadRow, RowReader, UnknownWord
from crmcli.domain.records.editing import OWN, Assignment
from crmcli.domain.records.marketing import LISTS, enlarge_lists
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.exchange.cell_table import CellTable, describe_surplus
from crmcli.operations.exchange.import_report import TableReport
from crmcli.operations.exchange.known_deals import KnownDeals
from crmcli.store.writer import Writing

SHOWN_COLUMNS = 8


class ImportOptions(msgspec.Struct, frozen=True):
    """How a table is imported."""

    table: str = "opportunities"
    map: ImportMap = ImportMap()
    own_map: ImportMap = ImportMap()  # that of the person alone, without the preset
    map_file: str = ""  # in which it is
    given: Mapping[str, str] = msgspec.field(
        default_factory=dict
    )  # fields by heading, before those of the map
    key: str = ""  # what alone finds known records: `id`, `external_id` or `email`
    fires_rules: bool = False
    lists_origins: bool = False  # adds unknown campaigns, mediums and sources to crm.yaml


class ReadTable(NamedTuple):
    """The rows of a table as values, with the columns that they come from."""

    rows: list[ReadRow]
    columns: ReadColumns
    unknown: list[UnknownWord]


def begin_report(source: str, table: CellTable, read: ReadTable) -> TableReport:
    """Return the report of an import of a table, with how it was read."""
    report = TableReport(source, columns={source: read.columns})
    report.unknown = [(source, word) for word in read.unknown]
    report.notes = [(source, note) for note in table.notes]
    report.faults = [(source, fault) for fault in table.faults]
    return report


def read_table(session: Writing, table: CellTable, options: ImportOptions) -> ReadTable:
    """Return the rows of a table as values.

    Raises UsageError for a field or a column that there is not, and if no column can name the records.
    """
    config = session.config
    headers = table.headers
    asked = session.questionnaires
    questions = list({each.id: each for found in asked.values() for each in found.questions}.values())
    columns, unknown = map_columns(headers, options.table, options.map, options.given, config, questions)
    targets = {column.target for column in columns}
    refuse_nameless(options.table, targets, headers)
    if options.lists_origins:
        session.configure(enlarge_lists(config, list_origins(table, columns)))
    reader = RowReader(session.config, options.map, options.table, session.moment.at, asked)
    rows: list[ReadRow] = []
    for line, cells, _ in table.rows:
        row = reader.read(line, cells, columns)
        row.faults += describe_surplus(headers, cells)
        rows.append(row)
    used = Counter(place for place in unknown for each in table.rows if has_cell(each.cells, place))
    left_out = [LeftOut(headers[place], count) for place, count in sorted(used.items()) if headers[place]]
    return ReadTable(rows, ReadColumns(columns, left_out), reader.list_unknown())


def has_cell(cells: Sequence[str], place: int) -> bool:
    """Tell whether a row has a value in a column."""
    return place < len(cells) and bool(cells[place])


def list_origins(table: CellTable, columns: Iterable[MappedColumn]) -> list[Assignment]:
    """Return an assignment for each campaign, medium and source in a table."""
    places = [(column.place, column.target) for column in columns if column.target in LISTS]
    found = {
        (target, row.cells[place]): None
        for row in table.rows
        for place, target in places
        if place < len(row.cells)
    }
    return [Assignment(target, "", text) for target, text in found if text]


def refuse_nameless(table: str, targets: set[str], headers: list[str]) -> None:
    """Check that some column can name the records of a table.

    Raises UsageError, with the columns that there are, where none does.
    """
    wanted = (
        {"opportunity", "external_id"} if table == "activities" else {"title", "contact", "id", "external_id"}
    )
    if table == "activities" and "opportunity" not in targets:
        missing = "no column says of which record the activities are"
    elif not any(target in wanted or target.startswith(("contact.", OWN)) for target in targets):
        missing = "no column gives the title"
    else:
        return
    shown = ", ".join(headers[:SHOWN_COLUMNS]) + (", …" if len(headers) > SHOWN_COLUMNS else "")
    hint = '--map FILE, --preset odoo, or --field "COLUMN=title"'
    raise UsageError(f"{missing} (columns: {shown or 'none'})", hint=hint)


class TableImport(ABC):
    """The import of the rows of a table into a session."""

    def __init__(self, session: Writing, options: ImportOptions, report: TableReport) -> None:
        self.session = session
        self.options = options
        self.report = report
        self.known = KnownDeals(session)

    def take(self, rows: Sequence[ReadRow], progress: Callable[[int, int], None]) -> None:
        """Import rows in order; those with a fault are left out, and all that is wrong with them is said."""
        for number, row in enumerate(rows):
            progress(number, len(rows))
            if not row.is_refused:
                self.take_row(row)
            if row.is_refused:
                self.find_faults(row)
            self.report.add_faults(row)
        progress(len(rows), len(rows))

    def take_row(self, row: ReadRow) -> None:
        """Import a row, or add to it what is wrong."""
        try:
            with self.attempt():
                self.put(row)
        except CrmError as error:
            row.add_fault(error)

    def find_faults(self, row: ReadRow) -> None:
        """Add to a row that is refused what else is wrong with it; nothing of it is imported."""
        try:
            with self.attempt():
                self.examine(row)
                raise DiscardedError
        except DiscardedError:
            return

    @abstractmethod
    def attempt(self) -> AbstractContextManager[None]:
        """Forget what is imported in this context if it ends in an error."""

    @abstractmethod
    def put(self, row: ReadRow) -> None:
        """Update the known record of a row, or create a new one.

        Raises CrmError for what cannot be.
        """

    @abstractmethod
    def examine(self, row: ReadRow) -> None:
        """Add to a row what is wrong with each of its values that could be read."""


class DiscardedError(Exception):
    """Ends an attempt whose changes are not wanted."""
