"""Which records a command is about: references, a query, or ids on standard input; then each in turn."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.explain_output import explain_instead
from crmcli.cli.output.printing import Report
from crmcli.cli.output.table_columns import record_columns
from crmcli.domain.explain import change_summary
from crmcli.domain.values.errors import CrmError, PartlyError, UsageError
from crmcli.operations.change_records import ChangeReport, Selection
from crmcli.query.term_syntax import is_term

Refs = Annotated[
    list[str], typer.Argument(metavar="REF…", help="ids, paths, a query, or - for stdin"), offers.RECORDS
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="change all matching records")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="skip and report failures, exit 7")]
Force = Annotated[bool, typer.Option("--force", help="override stage requirements (recorded)")]
New = Annotated[bool, typer.Option("--new", help="add an unknown campaign, medium or source to crm.yaml")]
T = TypeVar("T")
Operation = Callable[..., ChangeReport]  # of `crmcli.operations`, on what is selected


def select_records(
    call: CommandContext, references: Sequence[str], *, yes: bool, keep_going: bool = False
) -> Selection:
    """The records that a writing command names; nothing is locked while somebody is asked.

    Raises UsageError for a mixture of references and a query, or an unconfirmed bulk change.
    """
    reading = call.request.reading()
    known = reading.opportunity_references
    terms = [each for each in references if is_term(each)]
    if not terms:
        explain_instead(call, None)
    if list(references) == ["-"]:
        return resolve_references(from_stdin(), known.exact, keep_going)
    if terms and len(terms) < len(references):
        raise UsageError("references and a query cannot be mixed", hint="text:word searches")
    if terms:
        wanted = call.query(terms)
        explain_instead(call, wanted)
        paths = [path for path, id in reading.index.places(wanted, call.request.viewing) if id]
        return Selection(confirm_bulk_change(paths, yes or call.request.dry_run), wanted)
    if sys.stdin.isatty():
        return resolve_references(references, lambda word: call.record(reading, word), keep_going)
    return resolve_references([call.row("opportunity", each) for each in references], known.exact, keep_going)


def resolve_references(
    references: Iterable[str], path_of: Callable[[str], str], keep_going: bool
) -> Selection:
    """The files that references mean, each once."""
    paths, failed = [], []
    for reference in references:
        try:
            paths.append(path_of(reference))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return Selection(list(dict.fromkeys(paths)), failed=tuple(failed))


def from_stdin() -> list[str]:
    """The ids on standard input: one a line, or JSON objects with an `id`."""
    return [id_of(line.strip()) for line in streams.read_stdin().splitlines() if line.strip()]


def id_of(line: str) -> str:
    """The id in a line of standard input."""
    if not line.startswith("{"):
        return line.split()[0]
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"no id in {line[:60]!r}", where="standard input") from None


def confirm_bulk_change(found: list[T], yes: bool, noun: str = "records") -> list[T]:
    """What a query found, if changing several at once is meant."""
    if len(found) <= 1 or yes:
        return found
    if not sys.stdin.isatty():
        raise UsageError(f"this would change {len(found)} {noun}", hint="--yes, or --dry-run to preview")
    if not typer.confirm(f"Change {len(found)} {noun}?", err=True):
        raise typer.Abort()
    return found


def change_each(
    call: CommandContext,
    references: Sequence[str],
    operation: Operation,
    *,
    yes: bool = False,
    keep_going: bool = False,
) -> int:
    """Run an operation on every record named, and print what it did; the exit code."""
    records = select_records(call, references, yes=yes, keep_going=keep_going)
    return change_selected(call, records, operation, keep_going=keep_going)


def change_selected(
    call: CommandContext, selected: Any, operation: Operation, *, keep_going: bool = False
) -> int:
    """Run an operation on what was selected, and print what it did; the exit code."""
    printer = ChangePrinter(call)
    return printer.print(operation(call.request, selected, keep_going=keep_going, check=printer.prepare))


class ChangePrinter:
    """Prints what an operation did; a wrong column stops it before anything is stored.

    Its `prepare` is the `check` of an operation.
    """

    def __init__(self, call: CommandContext) -> None:
        self.call = call
        self.prepared = Report("")

    def prepare(self, report: ChangeReport) -> None:
        """Work out what will be printed."""
        self.prepared = report_records(self.call, report)

    def print(self, report: ChangeReport) -> int:
        """Print what was done, then what could not be done; the exit code.

        Raises PartlyError where something could not be done.
        """
        code = self.prepared.told()
        for failure in report.failed:
            messages.print_failure(failure)
        if report.failed:
            raise PartlyError(f"{len(report.changes)} changed, {len(report.failed)} failed")
        return code


def report_records(call: CommandContext, report: ChangeReport) -> Report:
    """What changes do, or would do, and what is done besides."""
    config = call.request.config
    lead = ["would change:"] if call.request.dry_run and report.changes else []
    wording = change_summary.Wording(config)
    lines = [
        line for change in report.changes for line in change_summary.summarize_change(change, config, wording)
    ]
    for notice in report.notices:
        messages.print_warning(notice)
    shown = report.documents(call.request)
    return printing.report_changes(call, [*lead, *lines, *report.also], shown, record_columns(config))
