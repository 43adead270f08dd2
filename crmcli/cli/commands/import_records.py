"""`crm import csv`, `import json`: records from other programs, and from our own exports."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from crmcli.cli.commands.exchange import KEYS as CONTACT_KEYS
from crmcli.cli.commands.exchange import bring_in_contacts, content_of, pair
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import import_page, messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.progress import Bar
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import ImportDocument
from crmcli.domain.importing.import_map import TABLES, ImportMap
from crmcli.domain.values.decoding import decode_text
from crmcli.domain.values.errors import CrmError, PartlyError, RefusedError, UsageError
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.exchange.cell_table import CellTable, read_csv_table, read_object_table
from crmcli.exchange.import_presets import join_maps, load_map, load_preset
from crmcli.exchange.json_records import decode_documents, is_record, read_document
from crmcli.exchange.map_stub import write_stub_text
from crmcli.exchange.rejected_rows import write_rejected_rows
from crmcli.operations.exchange.import_activities import import_activities
from crmcli.operations.exchange.import_records import KEYS, ImportOptions, TableReport, import_opportunities
from crmcli.operations.exchange.import_report import ImportedRecord, ImportReport
from crmcli.operations.exchange.restore_records import import_whole_records
from crmcli.store.outside_files import write_file

MOST_FAULTS = 50  # lines that name a fault
LABEL = "importing "

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
New = Annotated[bool, typer.Option("--new", help="add unknown campaigns, mediums and sources to crm.yaml")]


class ImportCall(NamedTuple):
    """The options of one import."""

    source: str
    options: ImportOptions
    keep_going: bool
    rejects: str
    write_map: str


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
    encoding: Annotated[str, typer.Option(metavar="NAME", help="the encoding, if it is not recognized")] = "",
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
    options = read_options(call, into, preset, map, field, key, rules, new)
    content = content_of(source)
    if into == "contacts":
        return bring_in_contacts(
            call, {source: content}, options.map, options.given, CONTACT_KEYS.get(key, ""), keep_going
        )
    try:
        table = read_csv_table(content, encoding=encoding)
    except UsageError as error:
        raise in_file(source, error) from None
    return import_table(call, table, ImportCall(source, options, keep_going, rejects, write_map))


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
    options = read_options(call, into, preset, map, field, key, rules, new)
    found = {source: read_json(source) for source in sources}
    whole = [is_record(each) for documents in found.values() for each in documents]
    if whole and all(whole):
        return import_whole(call, found, keep_going)
    if any(whole) or len(found) > 1:
        raise UsageError("whole records of crm and objects of other programs are imported one by one")
    [(source, documents)] = found.items()
    try:
        table = read_object_table(documents)
    except UsageError as error:
        raise in_file(source, error) from None
    if into == "contacts":
        raise UsageError("contacts of other programs are imported from CSV", hint="crm import csv")
    return import_table(call, table, ImportCall(source, options, keep_going, rejects, write_map))


def read_options(
    call: CommandContext,
    into: str,
    preset: str,
    map: str,
    fields: Sequence[str],
    key: str,
    rules: bool,
    new: bool,
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
    known = join_maps(known, load_map(Path(map)) if map else ImportMap(), into)
    given = dict(pair(each, "--field") for each in fields)
    return ImportOptions(table=into, map=known, given=given, key=key, fires_rules=rules, lists_origins=new)


def read_json(source: str) -> list[object]:
    """Return the documents of a JSON file.

    Raises UsageError for a file that is not JSON, with the line.
    """
    try:
        return decode_documents(decode_text(content_of(source)))
    except UsageError as error:
        raise in_file(source, error) from None


def in_file(source: str, error: UsageError) -> UsageError:
    """Return an error with the file before the line."""
    if error.where.startswith(source):
        return error
    return UsageError(error.what, where=f"{source}:{error.where}" if error.where else source, hint=error.hint)


def import_table(call: CommandContext, table: CellTable, what: ImportCall) -> int:
    """Import a table, print what became of its rows, and return the exit code."""
    dry, writes_map = call.request.dry_run, bool(what.write_map)
    call.request.dry_run = dry or writes_map
    call.request.progress = Bar(LABEL)
    call.request.workspace.progress = Bar()
    printer = Printer(call, partial(describe_table, table=table))

    def check(report: ImportReport) -> None:
        printer.prepare(report)
        if not call.request.dry_run:
            refuse_faults(report, what.keep_going)

    operation = import_activities if what.options.table == "activities" else import_opportunities
    report = operation(call.request, what.source, table, what.options, check=check)
    if writes_map:
        write_file(Path(what.write_map), write_stub_text(report.columns, report.left_out, report.unknown))
        return printing.report_changes(call, [what.write_map], [], columns_of(ImportDocument)).told()
    code = printer.print()
    return end_import(call, report, table, what, code)


def end_import(
    call: CommandContext, report: TableReport, table: CellTable, what: ImportCall, code: int
) -> int:
    """Report the rows that were refused, and write them to a file; return the exit code.

    Raises RefusedError for a dry run with faults, PartlyError where the others were imported.
    """
    if not (report.faults or report.unknown):
        warn_notes(report)
        return code
    if call.request.dry_run:
        refuse_faults(report, keep_going=False)
    lines = {fault.line for _, fault in report.faults} | set(report.unknown_lines)
    path = what.rejects or ("" if what.source == "-" else f"{what.source}.rejected.csv")
    if path:
        write_file(Path(path), write_rejected_rows(table, report.problems))
        messages.print_warning(f"refused rows are in {path}; mend them, and import that file")
    raise PartlyError(f"{len(lines)} of {count_rows(len(table.rows))} refused")


def refuse_faults(report: ImportReport, keep_going: bool) -> None:
    """Print every fault and unknown word, and the notes.

    Raises RefusedError if there is a fault, unless `keep_going`.
    """
    warn_notes(report)
    for source, fault in report.faults[:MOST_FAULTS]:
        messages.print_failure(CrmError(fault.what, where=f"{source}:{fault.line}"))
    if len(report.faults) > MOST_FAULTS:
        messages.print_warning(f"… and {len(report.faults) - MOST_FAULTS} more")
    unknown = report.unknown if isinstance(report, TableReport) else []
    for each in unknown:
        messages.print_failure(import_page.describe_unknown(each, report.source))
    if keep_going or not (report.faults or unknown):
        return
    count = len({fault.line for _, fault in report.faults} | set(getattr(report, "unknown_lines", ())))
    hint = "--write-map FILE maps them" if unknown else "--keep-going imports the others"
    raise RefusedError(f"{count_rows(count)} refused, nothing was imported", hint=hint)


def count_rows(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count} row{'' if count == 1 else 's'}"


def warn_notes(report: ImportReport) -> None:
    """Print the notes of an import."""
    for source, note in report.notes[:MOST_FAULTS]:
        messages.print_warning(f"{source}:{note.line}: {note.what}")
    if len(report.notes) > MOST_FAULTS:
        messages.print_warning(f"… and {len(report.notes) - MOST_FAULTS} more")


def describe_table(call: CommandContext, report: TableReport, table: CellTable) -> Report:
    """Return the counts of an import; a dry run describes columns and the first records."""
    lines = list(import_page.describe_import(report, table, call.request.dry_run))
    rows = [import_document(each) for each in report.taken]
    return printing.report_changes(call, lines, rows, columns_of(ImportDocument))


def import_document(each: ImportedRecord) -> ImportDocument:
    """Return an imported record and its outcome as `crm.imported/1`."""
    return ImportDocument(outcome=str(each.outcome), id=each.id, name=each.name, line=each.line)


def import_whole(call: CommandContext, found: dict[str, list[object]], keep_going: bool) -> int:
    """Import whole records, all files in one transaction; print the counts, and return the exit code."""
    call.request.progress = Bar(LABEL)
    call.request.workspace.progress = Bar()

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
        count = len(report.faults)
        raise PartlyError(f"{count} record{'' if count == 1 else 's'} refused")
    return code
