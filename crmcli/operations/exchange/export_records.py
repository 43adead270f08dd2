"""Exporting the records of workspaces: tables for other programs, and JSON that can be imported again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import UsageError
from crmcli.exchange.csv_tables import write_csv
from crmcli.exchange.export_tables import TABLES, ExportTable, build_table
from crmcli.exchange.json_records import encode_array, encode_record
from crmcli.operations.request import Request, Terms
from crmcli.store.outside_files import refuse_inside, write_folder
from crmcli.store.reader import Reading

JSON_TABLES = ("opportunities", "contacts")  # a record as JSON has its activities, messages and history in it
DATA = "pipeline_data/"


class ExportedRecords(NamedTuple):
    """The records of a workspace, with the paths of their files."""

    config: Config
    deals: list[tuple[str, Opportunity]]
    people: list[tuple[str, Contact]]

    def table(self, name: str) -> ExportTable:
        """Return a table of these records."""
        names = {person.id or "": person.name for _, person in self.people}
        deals, people = [deal for _, deal in self.deals], [person for _, person in self.people]
        return build_table(name, deals, people, self.config, names)

    def json_lines(self, name: str) -> Iterator[bytes]:
        """Yield the records of a table as JSON, a line each, without line ends."""
        for path, record in self.deals if name == "opportunities" else self.people:
            yield encode_record(record, path.removeprefix(DATA))


def load_records(request: Request, terms: Terms = ()) -> ExportedRecords:
    """Return all records of a workspace; with terms, the matching records with all contacts.

    Unreadable files are left out and reported to `Request.advise`.
    """
    reading = request.reading()
    return ExportedRecords(request.config, load_deals(request, reading, terms), load_people(request, reading))


def load_deals(request: Request, reading: Reading, terms: Terms) -> list[tuple[str, Opportunity]]:
    """Return the leads and opportunities with their paths, in the order of the query, if there is one."""
    if terms:
        wanted = request.query(terms)
        paths = [path for path, _ in request.reading_for(wanted).index.places(wanted, request.viewing)]
    else:
        paths = request.reading_all("opportunities").opportunity_references.paths
    return [(str(each.path), each.value) for each in reading.load_each(paths, Opportunity)]


def load_people(request: Request, reading: Reading) -> list[tuple[str, Contact]]:
    """Return all contacts with their paths."""
    paths = request.reading_all("contacts").contact_references.paths
    return [(str(each.path), each.value) for each in reading.load_each(paths, Contact)]


def export_table(request: Request, format: str, table: str, terms: Terms = ()) -> Iterator[bytes]:
    """Yield the pieces of a table as `csv`, `json` or `jsonl`.

    Raises UsageError for a table that the format does not have.
    """
    check_table(format, table)
    yield from write_table(load_records(request, terms), format, table)


def check_table(format: str, table: str) -> None:
    """Check that a format has a table.

    Raises UsageError where it has not.
    """
    known = TABLES if format == "csv" else JSON_TABLES
    if table not in known:
        hint = f"there is: {', '.join(known)}"
        if table in TABLES:
            hint += "; they have the others in them"
        elif "/" in table:
            hint = f"all tables into a folder: crm export {format} --to {quote(table)}"
        raise UsageError(f"{format} has no table {table!r}", hint=hint)


def write_table(records: ExportedRecords, format: str, table: str) -> Iterator[bytes]:
    """Yield the pieces of a table in a format."""
    if format == "csv":
        yield from write_csv(records.table(table))
    elif format == "json":
        yield from encode_array(records.json_lines(table))
    else:
        yield from (line + b"\n" for line in records.json_lines(table))


def export_folder(
    request: Request, format: str, target: Path, terms: Terms = (), tables: Sequence[str] = ()
) -> list[str]:
    """Write these tables, or all, into a folder, one file each; return their names.

    Raises UsageError for a folder among the records, and for a table that the format does not have.
    """
    refuse_inside(target, request.workspace.data)
    for table in tables:
        check_table(format, table)
    records = load_records(request, terms)
    tables = tables or (TABLES if format == "csv" else JSON_TABLES)
    content = {f"{table}.{format}": b"".join(write_table(records, format, table)) for table in tables}
    write_folder(target, content)
    return list(content)


def export_parquet(requests: Mapping[str, Request], target: Path, terms: Sequence[str] = ()) -> list[str]:
    """Write the tables of workspaces, by their names, into a folder: a folder a table, a file a workspace.

    Raises UsageError where pyarrow is not installed, and for a folder among the records.
    """
    try:
        from crmcli.exchange.parquet_tables import unite_columns, write_parquet  # needs the extra
    except ImportError:
        raise UsageError("Parquet needs pyarrow", hint="pip install 'crm-plain[parquet]'") from None
    for request in requests.values():
        refuse_inside(target, request.workspace.data)
    loaded = {name: load_records(request, terms) for name, request in requests.items()}
    content: dict[str, bytes] = {}
    for table in TABLES:
        built = {name: records.table(table) for name, records in loaded.items()}
        columns = unite_columns(built.values())
        for name, each in built.items():
            content[f"{table}/{name}.parquet"] = write_parquet(each, columns, name)
    write_folder(target, content)
    return list(content)
