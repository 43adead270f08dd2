"""How an import is run for a command: what is printed, what is refused, and the files that it writes."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.cli.context import CommandContext
from crmcli.cli.output import import_page, messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.progress import Bar
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.rejected_files import check_rejects, write_refused, write_refused_documents
from crmcli.domain.documents.change_documents import ImportDocument
from crmcli.domain.importing.import_map import LeftOut, ReadColumns
from crmcli.domain.localization.translations import translate, translate_plural
from crmcli.domain.records.import_contact import ImportFault
from crmcli.domain.values.errors import CrmError, PartlyError, RefusedError, UsageError
from crmcli.exchange.cell_table import CellTable
from crmcli.exchange.map_stub import write_stub_text
from crmcli.operations.exchange.import_report import CheckImport, ImportedRecord, ImportReport, TableReport
from crmcli.operations.exchange.table_import import ImportOptions
from crmcli.store.outside_files import refuse_inside, write_file

MOST_FAULTS = 50  # lines that name a fault
LABEL = "importing "
Sources = Mapping[str, CellTable | bytes]  # tables, and files of cards, by their names


class ImportCall(NamedTuple):
    """The files and options of one import."""

    sources: Sources
    options: ImportOptions
    keep_going: bool = False
    rejects: str = ""
    write_map: str = ""
    command: str = "crm import csv"  # that imports what was refused
    documents: Mapping[str, Sequence[Any]] = {}  # of JSON files, as they stand there


def run_import(call: CommandContext, what: ImportCall, operate: Callable[[CheckImport], TableReport]) -> int:
    """Import files by an operation, print what became of their rows, and return the exit code.

    Raises UsageError for options that are those of one file, where there are several.
    """
    check_outputs(call, what)
    writes_map = bool(what.write_map)
    call.request.dry_run = call.request.dry_run or writes_map
    show_progress(call)
    printer = Printer(call, partial(describe_tables, sources=what.sources))

    def check(report: ImportReport) -> None:
        printer.prepare(report)
        if not call.request.dry_run:
            refuse_faults(report, what.keep_going)

    report = operate(check)
    if writes_map:
        return write_map(call, report, what.write_map)
    code = printer.print()
    return end_import(call, report, what, code)


def show_progress(call: CommandContext) -> None:
    """Let an import show its progress."""
    call.request.progress = Bar(LABEL)
    call.request.workspace.progress = Bar()


def check_outputs(call: CommandContext, what: ImportCall) -> None:
    """Check the files that an import writes, before it changes anything.

    Raises UsageError for a file among the records, for a folder, for one that is imported, for one file for
    several, and where there is none for what is refused.
    """
    writes = not call.request.dry_run and not what.write_map
    check_rejects(what.sources, what.rejects, keep_going=what.keep_going and writes)
    for option, value in (("--rejects", what.rejects), ("--write-map", what.write_map)):
        if value and len(what.sources) > 1:
            raise UsageError(f"{option} is for one file, not {len(what.sources)}")
        if value and Path(value).is_dir():
            raise UsageError("is a folder", where=value)
        if value:
            refuse_inside(Path(value), call.request.workspace.data)
    if what.write_map not in ("", "-"):
        refuse_map_file(Path(what.write_map))


def refuse_map_file(path: Path) -> None:
    """Check that a mapping can be written to a file.

    Raises UsageError for one that is there already, and may be filled in, and for a missing folder.
    """
    if path.exists():
        raise UsageError("is there already", where=str(path), hint="give another name, or - to print it")
    if not path.parent.is_dir():
        raise UsageError("no such folder", where=str(path.parent))


def write_map(call: CommandContext, report: TableReport, path: str) -> int:
    """Write a mapping to fill in, and return the exit code."""
    columns = next(iter(report.columns.values()), ReadColumns())
    unknown = [word for _, word in report.unknown]
    text = write_stub_text(columns.mapped, columns.left_out, unknown)
    if path == "-":
        sys.stdout.write(text.decode())
        return 0
    write_file(Path(path), text)
    return printing.report_changes(call, [path], [], columns_of(ImportDocument)).told()


def end_import(call: CommandContext, report: TableReport, what: ImportCall, code: int) -> int:
    """Report the rows that were refused, and write them to a file; return the exit code.

    Raises RefusedError for a dry run with faults, PartlyError where the others were imported.
    """
    refused = report.list_refused()
    if call.request.dry_run:
        refuse_faults(report, keep_going=what.keep_going)
    if not refused:
        return code
    if not call.request.dry_run:
        write_rejected(what, report)
    raise PartlyError(f"{len(refused)} of {count_rows(len(refused) + len(report.taken))} refused")


def write_rejected(what: ImportCall, report: TableReport) -> None:
    """Write what was refused of each file to another one."""
    for source, file in what.sources.items():
        problems = report.list_problems(source)
        if source in what.documents:
            write_refused_documents(source, what.documents[source], problems, what.rejects)
        else:
            write_refused(source, file, problems, what.rejects, what.command)


def refuse_faults(report: ImportReport, keep_going: bool) -> None:
    """Print every fault and unknown word, and the notes.

    Raises RefusedError if there is a fault, unless `keep_going`.
    """
    warn_notes(report)
    print_faults(report.faults)
    unknown = report.unknown if isinstance(report, TableReport) else []
    for source, word in unknown:
        messages.print_failure(import_page.describe_unknown(word, source))
    refused = report.list_refused()
    if keep_going or not refused:
        return
    hint = "--write-map FILE maps them" if unknown else "--keep-going imports the others"
    raise RefusedError(f"{count_rows(len(refused))} refused, nothing was imported", hint=hint)


def print_faults(faults: Iterable[tuple[str, ImportFault]]) -> None:
    """Print faults, with file and line; the first of many."""
    listed = list(faults)
    for source, fault in listed[:MOST_FAULTS]:
        messages.print_failure(CrmError(fault.what, where=f"{source}:{fault.line}"))
    warn_more(len(listed))


def warn_notes(report: ImportReport) -> None:
    """Print the notes of an import, and the columns that are not imported though they have values."""
    if isinstance(report, TableReport):
        for source, columns in report.columns.items():
            for heading, count in columns.left_out:
                values = translate_plural("{count} value", "{count} values", count)
                left = translate(
                    "column {heading} is not imported ({values})", heading=repr(heading), values=values
                )
                messages.print_warning(f"{source}:1: {left}")
    for source, note in report.notes[:MOST_FAULTS]:
        messages.print_warning(f"{source}:{note.line}: {note.what}")
    warn_more(len(report.notes))


def describe_left_out(left: LeftOut) -> str:
    """Return a line about a column that is not imported."""
    values = translate_plural("{count} value", "{count} values", left.cells)
    return translate("column {heading} is not imported ({values})", heading=repr(left.heading), values=values)


def warn_more(count: int) -> None:
    """Print how many more there are than are printed."""
    if count > MOST_FAULTS:
        messages.print_warning(translate("… and {count} more", count=count - MOST_FAULTS))


def count_rows(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count} row{'' if count == 1 else 's'}"


def describe_tables(call: CommandContext, report: TableReport, sources: Sources) -> Report:
    """Return the counts of an import; a dry run describes columns and the first records."""
    lines = list(import_page.describe_import(report, sources, call.request))
    rows = [import_document(each) for each in report.taken]
    return printing.report_changes(call, lines, rows, columns_of(ImportDocument))


def import_document(each: ImportedRecord) -> ImportDocument:
    """Return an imported record and its outcome as `crm.imported/1`."""
    return ImportDocument(outcome=str(each.outcome), id=each.id, name=each.name, line=each.line)
