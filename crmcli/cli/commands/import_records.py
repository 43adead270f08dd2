"""`crm import csv`, `import json`, `contact import`: records from other programs and our own exports."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.import_run import (
    ImportCall,
    check_outputs,
    import_document,
    refuse_faults,
    run_import,
    show_progress,
)
from crmcli.cli.output import import_page, messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.rejected_files import write_refused_documents
from crmcli.domain.documents.change_documents import ImportDocument
from crmcli.domain.importing.declared_map import list_absent, refuse_unknown_words
from crmcli.domain.importing.import_map import TABLES, ImportMap
from crmcli.domain.importing.import_values import RowReader
from crmcli.domain.importing.read_contacts import ReadContacts
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.decoding import decode_text
from crmcli.domain.values.errors import NotFoundError, PartlyError, UsageError
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.exchange.cell_table import CellTable, read_csv_table, read_object_table
from crmcli.exchange.contact_import import KEYS as CONTACT_KEYS
from crmcli.exchange.import_presets import join_maps, load_map, load_preset
from crmcli.exchange.json_records import decode_documents, is_record, read_document
from crmcli.exchange.spreadsheet import read_contacts
from crmcli.exchange.vcard import read_vcards
from crmcli.operations.exchange.import_activities import import_activities
from crmcli.operations.exchange.import_contacts import import_contacts as bring_in
from crmcli.operations.exchange.import_records import KEYS, import_opportunities
from crmcli.operations.exchange.import_report import ImportReport
from crmcli.operations.exchange.restore_records import import_whole_records
from crmcli.operations.exchange.table_import import ImportOptions
from crmcli.store.transactions import files

FORMATS = ("csv", "vcf")
LARGEST = 64 * 1024 * 1024  # bytes of a file

Source = Annotated[str, typer.Argument(metavar="FILE", help="the file to import; - reads stdin")]
Into = Annotated[
    str,
    typer.Option(metavar="TABLE", help="opportunities (default), leads, contacts or activities"),
    offers.IMPORT_TABLE,
]
Preset = Annotated[
    str,
    typer.Option(metavar="PROGRAM", help="odoo, hubspot, pipedrive or espocrm: its headings are known"),
    offers.PRESET,
]
MapFile = Annotated[
    str, typer.Option("--map", metavar="FILE", help="a YAML file that maps columns and words")
]
Fields = Annotated[
    list[str], typer.Option(metavar="COLUMN=FIELD", help="map a column; an empty FIELD ignores it")
]
Key = Annotated[
    str,
    typer.Option(metavar="FIELD", help="find known records by external_id, email or id only"),
    offers.IMPORT_KEY,
]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="import the good rows; write the others to a file, exit 7")
]
Rejects = Annotated[
    str,
    typer.Option(metavar="FILE", help="the file for refused rows; default: FILE.rejected.csv"),
]
WriteMap = Annotated[str, typer.Option(metavar="FILE", help="write a mapping to fill in, import nothing")]
Rules = Annotated[bool, typer.Option("--rules", help="let rules fire for what is imported")]
Encoding = Annotated[str, typer.Option(metavar="NAME", help="the encoding, if it is not recognized")]
New = Annotated[bool, typer.Option("--new", help="add unknown campaigns, mediums and sources to crm.yaml")]


def import_csv(
    ctx: typer.Context,
    source: Source,
    into: Into = "opportunities",
    preset: Preset = "",
    map: MapFile = "",
    field: Fields = [],  # noqa: B006
    key: Key = "",
    keep_going: KeepGoing = False,
    rejects: Rejects = "",
    write_map: WriteMap = "",
    rules: Rules = False,
    new: New = False,
    encoding: Encoding = "",
) -> int:
    """Import records from a CSV file: of a spreadsheet, of another CRM, or of crm export csv.

    Known records are updated, not created again: they are found by id, else by external id, else by
    title and contact. Numbers and days are read as the workspace's locale or the mapping declares.
    Nothing is imported if a row is wrong, unless --keep-going. Rules do not fire, unless --rules.

    \b
    Examples:
      crm import csv pipeline_data/examples/affaires.csv --dry-run
      crm import csv pipeline_data/examples/odoo.csv --preset odoo
      crm import csv pipeline_data/examples/voisins.csv --into contacts --field "Qui=name"
    """
    call: CommandContext = ctx.obj
    options = read_options(into, preset, map, field, key, rules, new)
    table = read_csv(source, content_of(source), encoding)
    return import_table(call, ImportCall({source: table}, options, keep_going, rejects, write_map))


def import_json(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="FILE…", help="files to import; - reads stdin")],
    into: Into = "opportunities",
    preset: Preset = "",
    map: MapFile = "",
    field: Fields = [],  # noqa: B006
    key: Key = "",
    keep_going: KeepGoing = False,
    rejects: Rejects = "",
    write_map: WriteMap = "",
    rules: Rules = False,
    new: New = False,
) -> int:
    """Import records from JSON: of crm export json, or objects of another program, as crm import csv does.

    From crm export json the same files come back. A record that is known is replaced, unless its
    history has entries that the import lacks. Keys of other programs' objects count as headings.

    \b
    Examples:
      crm import json pipeline_data/examples/affaires.json --dry-run
      crm export json contacts | crm import json -
      crm export jsonl opportunities | crm import json - --dry-run
    """
    call: CommandContext = ctx.obj
    options = read_options(into, preset, map, field, key, rules, new)
    found = {source: read_json(source) for source in sources}
    objects = [(source, each) for source in found for each in found[source] if isinstance(each, dict)]
    whole = [is_whole(source, each) for source, each in objects]
    is_empty = not any(found.values())  # as the export of an empty workspace
    if is_empty or (objects and all(whole)):
        return import_whole(call, found, keep_going, rejects)
    if any(whole) or len(found) > 1:
        raise UsageError("whole records of crm and objects of other programs are imported one by one")
    [(source, documents)] = found.items()
    try:
        table = read_object_table(documents)
    except UsageError as error:
        raise in_file(source, error) from None
    what = ImportCall({source: table}, options, keep_going, rejects, write_map, documents=found)
    return import_table(call, what)


def import_contacts(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="FILE…", help="vCard or CSV files; - reads stdin")],
    format: Annotated[
        str,
        typer.Option(metavar="FORMAT", help="csv or vcf, if the content does not show it"),
        offers.CONTACT_FORMAT,
    ] = "",
    preset: Preset = "",
    map: MapFile = "",
    field: Fields = [],  # noqa: B006
    key: Annotated[
        str,
        typer.Option(metavar="FIELD", help="match contacts by id, external_id, email, phone or name"),
        offers.CONTACT_KEY,
    ] = "",
    keep_going: KeepGoing = False,
    rejects: Rejects = "",
    write_map: WriteMap = "",
    encoding: Encoding = "",
) -> int:
    """Import contacts from vCard files (khard, phones, mail programs) and CSV files (spreadsheets).

    Known contacts are updated, not created again. They are found by id, and by e-mail or phone if
    their name fits, or by --key only; contacts without these are found by their full name. No
    existing value is cleared. French and English column names are known, also those of Google,
    Outlook, Thunderbird and iCloud. vCard properties that have no field are kept in the file. For
    CSV files, crm import csv --into contacts does the same.

    \b
    Examples:
      crm contact import pipeline_data/examples/clients.vcf --dry-run
      crm contact import pipeline_data/examples/clients.vcf --key name
      crm contact import pipeline_data/examples/voisins.csv --field "Qui=name" --key email
    """
    call: CommandContext = ctx.obj
    if format and format not in FORMATS:
        raise unknown_entry("format", format, list(FORMATS))
    options = read_options("contacts", preset, map, field, key)
    found = {source: read_people(source, format, encoding) for source in sources}
    if (preset or map or field) and any(isinstance(each, bytes) for each in found.values()):
        raise UsageError("--preset, --map and --field are for the columns of a CSV file")
    what = ImportCall(found, options, keep_going, rejects, write_map, command="crm contact import")
    return import_table(call, what)


def read_people(source: str, format: str, encoding: str) -> CellTable | bytes:
    """Return the table of a CSV file, or the bytes of a file of cards.

    Raises NotFoundError where it does not exist, UsageError where it is neither.
    """
    content = content_of(source)
    text = decode_text(content, encoding or None)
    if format == "vcf" or (not format and text.lstrip().upper().startswith("BEGIN:VCARD")):
        if "\0" in text:
            raise UsageError("is not text: it has a NUL byte", where=source)
        return content
    return read_csv(source, content, encoding)


def read_csv(source: str, content: bytes, encoding: str) -> CellTable:
    """Return the table of a CSV file.

    Raises UsageError, with the file before the line, where it is none.
    """
    try:
        return read_csv_table(content, encoding=encoding)
    except UsageError as error:
        raise in_file(source, error) from None


def import_table(call: CommandContext, what: ImportCall) -> int:
    """Import files into the table that the options name, and return the exit code."""
    options, request = what.options, call.request
    check_own_map(call, what)
    if options.table == "contacts":
        read = {
            source: read_contact_file(call, source, file, options) for source, file in what.sources.items()
        }
        return run_import(call, what, lambda check: bring_in(request, read, key=options.key, check=check))
    [(source, table)] = what.sources.items()
    operation = import_activities if options.table == "activities" else import_opportunities
    return run_import(
        call, what, lambda check: operation(request, source, cast(CellTable, table), options, check=check)
    )


def check_own_map(call: CommandContext, what: ImportCall) -> None:
    """Check the mapping of `--map FILE`, and say which of its columns a file lacks.

    Raises UsageError for a word that means nothing in the workspace.
    """
    options, request = what.options, call.request
    if not options.map_file:
        return
    if not options.lists_origins:
        asked = request.questionnaires
        reader = RowReader(request.config, options.own_map, options.table, request.at, asked)
        refuse_unknown_words(reader, options.own_map, options.table, options.map_file)
    for source, file in what.sources.items():
        headers = file.headers if isinstance(file, CellTable) else ()
        for heading in list_absent(headers, options.own_map, options.table):
            told = translate("{source} has no column {heading}", source=source, heading=repr(heading))
            messages.print_warning(f"{options.map_file}: {told}")


def read_contact_file(
    call: CommandContext, source: str, file: CellTable | bytes, options: ImportOptions
) -> ReadContacts:
    """Return the contacts of a table, or of a file of cards.

    Raises UsageError, with the name of the file, for a table without contacts.
    """
    try:
        if isinstance(file, bytes):
            return read_vcards(file, call.request.config)
        return read_contacts(file, options.map, options.given, call.request.config, call.request.at)
    except UsageError as error:
        raise in_file(source, error) from None


def content_of(source: str) -> bytes:
    """Return the bytes of a file, or of standard input.

    Raises NotFoundError where there is none, UsageError for one that is too large.
    """
    try:
        content = sys.stdin.buffer.read(LARGEST + 1) if source == "-" else files.read_file(Path(source))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=source) from error
    if content is None:
        raise NotFoundError("no such file", where=source)
    if len(content) > LARGEST:
        raise UsageError("is larger than 64 MB", where=source)
    return content


def read_options(
    into: str,
    preset: str,
    map: str,
    fields: Sequence[str],
    key: str,
    rules: bool = False,
    new: bool = False,
) -> ImportOptions:
    """Return the options of an import.

    Raises UsageError for a table, key, program or mapping that there is not.
    """
    if into not in TABLES:
        raise unknown_entry("table", into, list(TABLES))
    keys = list(CONTACT_KEYS) if into == "contacts" else list(KEYS)
    if key and key not in keys:
        raise unknown_entry("key", key, keys)
    known = load_preset(preset) if preset else ImportMap()
    own = load_given(map) if map else ImportMap()
    return ImportOptions(
        table=into,
        map=join_maps(known, own, into),
        own_map=own,
        map_file=map,
        given=dict(split_field(each) for each in fields),
        key=key,
        fires_rules=rules,
        lists_origins=new,
    )


def load_given(map: str) -> ImportMap:
    """Return the mapping of `--map FILE`.

    Raises UsageError for a file that cannot be read; also for `COLUMN=FIELD`, with the right option.
    """
    if "=" in map and not Path(map).exists():
        raise UsageError(f"--map is a file of mappings, not {map!r}", hint=f'--field "{map}"')
    return load_map(Path(map))


def split_field(text: str) -> tuple[str, str]:
    """Return the column and the field of `COLUMN=FIELD`.

    Raises UsageError for anything else.
    """
    column, equals, field = text.rpartition("=")
    if not equals or not column.strip():
        raise UsageError(f"--field {text!r} is not COLUMN=FIELD", hint='--field "Nom=name"')
    return column.strip(), field.strip()


def read_json(source: str) -> list[object]:
    """Return the documents of a JSON file.

    Raises UsageError for a file that is not JSON, with the line.
    """
    try:
        return decode_documents(decode_text(content_of(source)))
    except UsageError as error:
        raise in_file(source, error) from None


def is_whole(source: str, document: object) -> bool:
    """Tell whether a document is a whole record.

    Raises UsageError, with the file, for one of another version.
    """
    try:
        return is_record(document)
    except UsageError as error:
        raise in_file(source, error) from None


def in_file(source: str, error: UsageError) -> UsageError:
    """Return an error with the file before the line."""
    if error.where.startswith(source):
        return error
    return UsageError(error.what, where=f"{source}:{error.where}" if error.where else source, hint=error.hint)


def import_whole(call: CommandContext, found: dict[str, list[object]], keep_going: bool, rejects: str) -> int:
    """Import whole records, all files in one transaction; print the counts, and return the exit code.

    Those that were refused are written to a file. Raises PartlyError where there are some.
    """
    check_outputs(call, ImportCall(dict.fromkeys(found, b""), ImportOptions(), keep_going, rejects))
    show_progress(call)

    def describe(call: CommandContext, report: ImportReport) -> Report:
        lines = [import_page.format_outcome(report, call.request.dry_run)]
        rows = [import_document(each) for each in report.taken]
        return printing.report_changes(call, lines, rows, columns_of(ImportDocument))

    printer = Printer(call, describe)

    def check(report: ImportReport) -> None:
        printer.prepare(report)
        refuse_faults(report, keep_going)

    records = {
        source: [(number, each) for number, each in enumerate(documents, start=1)]
        for source, documents in found.items()
    }
    report = import_whole_records(call.request, records, read_document, check=check)
    code = printer.print()
    if report.faults:
        if not call.request.dry_run:
            refused = report.list_refused()
            for source, documents in found.items():
                numbers = {number for each, number in refused if each == source}
                write_refused_documents(source, documents, numbers, rejects)
        count = len(report.faults)
        raise PartlyError(f"{count} record{'' if count == 1 else 's'} refused")
    return code
