"""`crm undo` and `crm redo`: take back the last command, including deletions, and bring it back."""

from collections.abc import Iterable
from typing import Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import ChangeDocument, UndoneDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.record_names import name_record
from crmcli.domain.records import documents
from crmcli.operations.steps.revert_change import Step
from crmcli.operations.undo import UndoReport, list_changes, list_undone
from crmcli.operations.undo import redo as redo_change
from crmcli.operations.undo import undo as undo_change
from crmcli.store.transactions.journal import Journal

SAID = {
    False: (deferred("would undo: {command}"), deferred("undone: {command}")),
    True: (deferred("would redo: {command}"), deferred("redone: {command}")),
}
"""What is printed before and after a change is undone, or redone."""


def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="[N]", help="undo this change, see --list")] = 0,
    listing: Annotated[bool, typer.Option("--list", help="list the changes that can be undone")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="undo files that were changed again since, too")
    ] = False,
) -> int:
    """Undo your last command, including deletions; later changes are kept.

    \b
    Examples:
      crm note xgcej9p8 -m oups && crm undo
      crm undo --list
      crm delete teqcvdqh --yes && crm undo --dry-run
    """
    call: CommandContext = ctx.obj
    if listing:
        return print_changes(call, list_changes(call.request))
    printer = Printer(call, report_undo)
    undo_change(call.request, number, force=force, check=printer.prepare)
    return printer.print()


def redo(
    ctx: typer.Context,
    number: Annotated[
        int, typer.Argument(metavar="[N]", help="redo this change, or take this undo back, see --list")
    ] = 0,
    listing: Annotated[bool, typer.Option("--list", help="list the changes that can be redone")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="redo in files that were changed again since, too")
    ] = False,
) -> int:
    """Redo what you undid last; again for what you undid before. Later changes are kept.

    A command that you gave after the undo ends that: the change is then redone by its number.

    \b
    Examples:
      crm undo && crm redo
      crm redo --list
      crm undo && crm redo --dry-run
    """
    call: CommandContext = ctx.obj
    if listing:
        return print_changes(call, list_undone(call.request))
    printer = Printer(call, report_undo)
    redo_change(call.request, number, force=force, check=printer.prepare)
    return printer.print()


def print_changes(call: CommandContext, changes: Iterable[tuple[int, Journal]]) -> int:
    """Print changes with their numbers."""
    rows = [change_document(*each) for each in changes]
    return printing.print_rows(call, rows, columns_of(ChangeDocument, call.request.config))


def report_undo(call: CommandContext, report: UndoReport) -> Report:
    """Return what was undone or redone, in the output format."""
    planned, made = SAID[report.is_redone]
    said = planned if call.request.dry_run else made
    lines = [translate(said, command=report.command), *(f"  {line(step)}" for step in report.steps)]
    return printing.report_changes(call, lines, map(step_document, report.steps), columns_of(UndoneDocument))


def change_document(number: int, journal: Journal) -> ChangeDocument:
    """Return a finished change as `crm.change/1`."""
    return ChangeDocument(
        id=number,
        at=documents.plain_data(journal.at),
        by=journal.user,
        command=journal.command,
        undoes=journal.undoes,
        paths=[change.path for change in journal.changes],
    )


def line(step: Step) -> str:
    """Return what was done to one file as a line."""
    name = getattr(step.record, "title", None) or getattr(step.record, "name", None)
    what = name_record(step.record.id, name or "") if step.record else step.path
    return translate("{label}: {text}", label=translate(step.did), text=what)


def step_document(step: Step) -> UndoneDocument:
    """Return what undoing did to one file as `crm.undone/1`."""
    return UndoneDocument(id=step.record.id if step.record else None, path=step.path, did=step.did)
