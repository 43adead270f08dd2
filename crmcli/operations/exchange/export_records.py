"""Exporting the records of workspaces: tables for other programs, and JSON that can be imported again."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.rules.referrals import buyer_and_sponsor
from crmcli.domain.values.errors import RefusedError, UsageError
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


class ExportedTable(NamedTuple):
    """A table in a format: the number of its rows, and its bytes in pieces."""

    row_count: int
    pieces: Iterator[bytes]


def load_records(request: Request, terms: Terms = ()) -> ExportedRecords:
    """Return all records of a workspace; with terms, the matching ones with the contacts that they name.

    Unreadable files are left out and reported to `Request.advise`.
    """
    reading = request.reading()
    deals, people = load_deals(request, reading, terms), load_people(request, reading)
    if terms:
        named = find_named([deal for _, deal in deals], [person for _, person in people])
        people = [(path, person) for path, person in people if person.id in named]
    return ExportedRecords(request.config, deals, people)


def find_named(deals: Iterable[Opportunity], people: Iterable[Contact]) -> set[str]:
    """Return the ids of the contacts that deals name: buyers and sponsors, with their companies."""
    companies = {person.id: person.company for person in people}
    named = {id for deal in deals for id in buyer_and_sponsor(deal) if id}
    wanted = list(named)
    while wanted:
        company = companies.get(wanted.pop())
        if company and company not in named:
            named.add(company)
            wanted.append(company)
    return named


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


def export_table(request: Request, format: str, table: str, terms: Terms = ()) -> ExportedTable:
    """Return a table as `csv`, `json` or `jsonl`.

    Raises UsageError for a table that the format does not have.
    """
    check_table(format, table)
    return write_table(load_records(request, terms), format, table)


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


def write_table(records: ExportedRecords, format: str, table: str) -> ExportedTable:
    """Return a table in a format."""
    if format == "csv":
        built = records.table(table)
        return ExportedTable(len(built.rows), write_csv(built))
    count = len(records.deals if table == "opportunities" else records.people)
    if format == "json":
        return ExportedTable(count, encode_array(records.json_lines(table)))
    return ExportedTable(count, (line + b"\n" for line in records.json_lines(table)))


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
    content = {f"{table}.{format}": b"".join(write_table(records, format, table).pieces) for table in tables}
    write_folder(target, content)
    return list(content)


def export_parquet(requests: Mapping[str, Request], target: Path, terms: Sequence[str] = ()) -> list[str]:
    """Write the tables of workspaces, by their names, into a folder: a folder a table, a file a workspace.

    Raises UsageError where pyarrow is not installed, and for a folder among the records, RefusedError for a
    folder in which another workspace has the files of this name.
    """
    try:
        from crmcli.exchange.parquet_tables import read_root, unite_columns, write_parquet  # needs the extra
    except ImportError:
        raise UsageError("Parquet needs pyarrow", hint="pip install 'crm-plain[parquet]'") from None
    roots = {name: os.path.realpath(request.workspace.root) for name, request in requests.items()}
    for name, request in requests.items():
        refuse_inside(target, request.workspace.data)
        refuse_other_workspace(name, roots[name], read_root(target / TABLES[0] / f"{name}.parquet"))
    loaded = {name: load_records(request, terms) for name, request in requests.items()}
    content: dict[str, bytes] = {}
    for table in TABLES:
        built = {name: records.table(table) for name, records in loaded.items()}
        columns = unite_columns(built.values())
        for name, each in built.items():
            content[f"{table}/{name}.parquet"] = write_parquet(each, columns, name, roots[name])
    write_folder(target, content)
    return list(content)


def refuse_other_workspace(name: str, root: str, noted: str) -> None:
    """Check that the files of this name in a folder are those of a workspace, or there are none.

    Raises RefusedError with the directory of the other workspace.
    """
    if noted and noted != root:
        raise RefusedError(
            f"{name}.parquet is the export of another workspace, {noted}",
            hint="export both at once with --workspace, or into another folder",
        )
