"""The records that a command changes, from references, a query or standard input, and their change."""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.explain_output import explain_instead
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.questions import refuse_without_yes, require_yes
from crmcli.cli.output.table_columns import record_columns
from crmcli.domain.explain import change_summary
from crmcli.domain.explain.changed_parts import PartKind, name_changed_parts
from crmcli.domain.localization.translations import deferred_plural, translate, translate_plural
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
Operation = Callable[..., ChangeReport]  # a function of `crmcli.operations` on selected records


def select_records(
    call: CommandContext, references: Sequence[str], *, yes: bool, keep_going: bool = False
) -> Selection:
    """Return the records for a writing command; no lock is held while the user is asked to confirm.

    Raises UsageError for a mixture of references and a query, or an unconfirmed bulk change.
    """
    reading = call.request.reading()
    known = reading.opportunity_references
    terms = [each for each in references if is_term(each)]
    if not terms:
        explain_instead(call, None)
    if list(references) == ["-"]:
        return resolve_references(streams.read_ids(), known.exact, keep_going)
    if terms and len(terms) < len(references):
        raise UsageError("references and a query cannot be mixed", hint="text:word searches")
    if terms:
        wanted = call.query(terms)
        explain_instead(call, wanted)
        paths = [path for path, id in reading.index.places(wanted, call.request.viewing) if id]
        return Selection(confirm_bulk_change(paths, yes or call.request.dry_run), wanted)
    if sys.stdin.isatty():
        return resolve_references(references, lambda word: call.record(reading, word), keep_going)
    return resolve_references([call.row(each, "opportunity") for each in references], known.exact, keep_going)


def resolve_references(
    references: Iterable[str], path_of: Callable[[str], str], keep_going: bool
) -> Selection:
    """Return the paths of referenced records, each once; `keep_going` collects failures."""
    paths, failed = [], []
    for reference in references:
        try:
            paths.append(path_of(reference))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return Selection(list(dict.fromkeys(paths)), failed=tuple(failed))


QUESTIONS = {
    "records": deferred_plural("Change {count} record?", "Change {count} records?"),
    "activities": deferred_plural("Change {count} activity?", "Change {count} activities?"),
}


def confirm_bulk_change(found: list[T], yes: bool, noun: str = "records") -> list[T]:
    """Return what a query found, after the user's confirmation if it is more than one.

    Raises UsageError if it is needed without a terminal, typer.Abort if the user declines.
    """
    if len(found) <= 1 or yes:
        return found
    if not sys.stdin.isatty():
        refuse_without_yes(f"this would change {len(found)} {noun}")
    one, many = QUESTIONS[noun]
    require_yes(translate_plural(one, many, len(found)))
    return found


def change_each(
    call: CommandContext,
    references: Sequence[str],
    operation: Operation,
    *,
    yes: bool = False,
    keep_going: bool = False,
    makes: PartKind | None = None,
) -> int:
    """Select records, run an operation on them, print what it did, and return the exit code."""
    records = select_records(call, references, yes=yes, keep_going=keep_going)
    return change_selected(call, records, operation, keep_going=keep_going, makes=makes)


def change_selected(
    call: CommandContext,
    selected: Any,
    operation: Operation,
    *,
    keep_going: bool = False,
    makes: PartKind | None = None,
) -> int:
    """Run an operation on a selection, print what it did, and return the exit code.

    `makes` is the kind of part whose ids `-o ids` prints, instead of those of the records.
    """
    printer = Printer(call, partial(report_records, makes=makes))
    report = operation(call.request, selected, keep_going=keep_going, check=printer.prepare)
    return printer.print() if not report.failed else print_partly(printer, report)


def print_partly(printer: Printer[ChangeReport], report: ChangeReport) -> NoReturn:
    """Print the changes, then the failures.

    Raises PartlyError with the numbers of both.
    """
    printer.print()
    for failure in report.failed:
        messages.print_failure(failure)
    raise PartlyError(f"{len(report.changes)} changed, {len(report.failed)} failed")


def report_records(call: CommandContext, report: ChangeReport, makes: PartKind | None = None) -> Report:
    """Return the report on changes, made or planned, and on what else was done; print their notices."""
    config = call.request.config
    lead = [translate("would change:")] if call.request.dry_run and report.changes else []
    wording = change_summary.Wording(config, report.reading.name_contact)
    lines = [
        line for change in report.changes for line in change_summary.summarize_change(change, config, wording)
    ]
    for notice in report.notices:
        messages.print_notice(notice)
    made = call.output.format == "ids" and makes
    changes = ((change.before, change.after) for change in report.changes)
    shown = name_changed_parts(changes, made) if made else report.documents(call.request)
    return printing.report_changes(call, [*lead, *lines, *report.also], shown, record_columns(config))
