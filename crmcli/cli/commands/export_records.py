"""`crm export csv`, `json`, `jsonl`, `parquet`: the records for other programs."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import ExportFolderDocument
from crmcli.domain.localization.translations import translate_plural
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.exchange.export_tables import TABLES
from crmcli.operations.exchange.export_records import export_folder, export_parquet, export_table
from crmcli.operations.request import Request

Table = Annotated[
    str, typer.Argument(metavar="[TABLE]", help="the table to print; or --to"), offers.EXPORT_TABLE
]
JsonTable = Annotated[
    str, typer.Argument(metavar="[TABLE]", help="opportunities or contacts; or --to"), offers.JSON_TABLE
]
Terms = Annotated[
    list[str] | None,
    typer.Argument(metavar="[QUERY]…", help="only these records, as in crm list, with their contacts"),
    offers.QUERY,
]
To = Annotated[str, typer.Option(metavar="DIR", help="write all tables into this folder, a file each")]
Workspaces = Annotated[
    list[str],
    typer.Option(metavar="DIR", help="export this workspace; repeat it for several"),
]


def export_csv(ctx: typer.Context, table: Table = "", terms: Terms = None, to: To = "") -> int:
    """Export the records as CSV, all tables into a folder, or one to standard output.

    Tables: opportunities (with leads), contacts, activities, messages, history, rewards, files,
    addresses, contact_history. The columns have the names that crm set and crm import csv take.

    \b
    Examples:
      crm export csv opportunities > opportunities.csv
      crm export csv activities owner:paul is:any
      crm export csv --to ../export
    """
    return export_format(ctx.obj, "csv", table, terms or [], to)


def export_json(ctx: typer.Context, table: JsonTable = "", terms: Terms = None, to: To = "") -> int:
    """Export whole records as JSON, with everything in their files; crm import json makes them again.

    \b
    Examples:
      crm export json opportunities is:won | jq '.[].record.title'
      crm export json contacts
      crm export json --to ../export
    """
    return export_format(ctx.obj, "json", table, terms or [], to)


def export_jsonl(ctx: typer.Context, table: JsonTable = "", terms: Terms = None, to: To = "") -> int:
    """Export whole records as JSON, one a line; crm import json makes them again.

    \b
    Examples:
      crm export jsonl opportunities | jq -r .record.title
      crm export jsonl contacts
      crm export jsonl --to ../export
    """
    return export_format(ctx.obj, "jsonl", table, terms or [], to)


def export_format(call: CommandContext, format: str, table: str, terms: Sequence[str], to: str) -> int:
    """Print a table, or write all tables into a folder; return the exit code.

    Raises UsageError where both or neither is asked for.
    """
    if to:
        is_table = table in TABLES
        words = [*([] if is_table or not table else [table]), *terms]
        names = export_folder(call.request, format, Path(to), words, [table] if is_table else ())
        return report_folder(call, to, names)
    if not table:
        raise UsageError("what to export is missing", hint=f"crm export {format} TABLE, or --to DIR")
    refuse_other_ways(call, f"export {format}")
    exported = export_table(call.request, format, table, terms)
    if not call.output.quiet:
        print_pieces(exported.pieces)
    return Exit.FAILURE if call.output.empty_fails and not exported.row_count else Exit.OK


def refuse_other_ways(call: CommandContext, command: str) -> None:
    """Check that no option asks for another form of an export, which has only one.

    Raises UsageError.
    """
    other = call.output.other_way or ("" if call.output.headers else "--no-headers")
    if other:
        hint = "lists take it: crm list, crm contact list, crm activity list"
        raise UsageError(f"crm {command} has one form, and {other} asks for another", hint=hint)


def print_pieces(pieces: Iterator[bytes]) -> None:
    """Print an export; on a terminal, control characters are escaped."""
    if sys.stdout.isatty():
        printing.print_text(b"".join(pieces).decode())
        return
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece)


def export_parquet_files(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="a folder for the tables")],
    terms: Terms = None,
    workspace: Workspaces = [],  # noqa: B006
) -> int:
    """Export the records as Parquet: a folder a table, a file a workspace, for DuckDB, Spark or pandas.

    Amounts are decimals, days and instants have their types, tags are lists. The column workspace
    tells several workspaces apart. Needs pyarrow: pip install 'crm-plain[parquet]'.

    \b
    Examples:
      crm export parquet ../lake
      crm export parquet ../lake is:any created:2026
      crm export parquet ../lake --workspace . --workspace .
    """
    call: CommandContext = ctx.obj
    names = export_parquet(name_workspaces(call, workspace), Path(folder), terms or [])
    return report_folder(call, folder, names)


def name_workspaces(call: CommandContext, directories: Sequence[str]) -> dict[str, Request]:
    """Return the requests for workspaces, by the names of their files: those of their directories."""
    requests: dict[str, Request] = {}
    for directory in directories or [""]:
        request = call.request
        if directory:
            request = Request(directory, user=call.request.given_user, now=call.request.given_now)
            request.advise, request.progress, request.search = (
                call.request.advise,
                call.request.progress,
                call.request.search,
            )
        if any(each.workspace.root.samefile(request.workspace.root) for each in requests.values()):
            continue
        requests[free_name(request.workspace.root.resolve().name, requests)] = request
    return requests


def free_name(name: str, taken: dict[str, Request]) -> str:
    """Return a name of a file that none of these has: letters, digits, hyphens, and a number if needed."""
    plain = re.sub(r"[^\w-]+", "-", name).strip("-") or "workspace"
    number = 1
    while (found := plain if number == 1 else f"{plain}-{number}") in taken:
        number += 1
    return found


def report_folder(call: CommandContext, folder: str, names: Sequence[str]) -> int:
    """Print what was written into a folder; return the exit code."""
    said = translate_plural(
        "wrote {count} file into {folder}", "wrote {count} files into {folder}", len(names), folder=folder
    )
    document = ExportFolderDocument(path=folder, files=list(names))
    lines = [said, *(f"  {name}" for name in names)]
    return printing.report_changes(call, lines, [document], columns_of(ExportFolderDocument)).told()
