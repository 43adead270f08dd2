"""`crm calendar sync`: activities and the calendar of a phone, both ways."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.sync_documents import ItemOutcome, SyncedItemDocument
from crmcli.domain.localization.translations import deferred_plural, translate, translate_plural
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.list_entries import unknown_entry

DELETED = ("restore", "cancel")
COUNTS: dict[ItemOutcome, tuple[str, str]] = {
    "added": deferred_plural("{count} item added", "{count} items added"),
    "changed": deferred_plural("{count} item changed", "{count} items changed"),
    "restored": deferred_plural("{count} item written again", "{count} items written again"),
    "removed": deferred_plural("{count} item removed", "{count} items removed"),
    "cancelled": deferred_plural("{count} activity cancelled", "{count} activities cancelled"),
}
TAKEN = deferred_plural(
    "{count} activity changed from the calendar", "{count} activities changed from the calendar"
)


def sync_calendar(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a folder with one .ics file an item")],
    terms: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]…", help="as in crm activity list; default: assignee:me"),
        offers.QUERY,
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="the planned activities of all users")] = False,
    deleted: Annotated[
        str,
        typer.Option(metavar="WHAT", help="an item deleted there: restore, or cancel its activity"),
        offers.DELETED_ITEM,
    ] = "restore",
) -> int:
    """Synchronise activities with a calendar folder of vdirsyncer, both ways.

    What was ticked off, moved, renamed or commented on in the calendar goes into the records, in one
    change that crm undo takes back; then the files are made as the activities are. Fields that both
    sides changed are decided one by one: done before cancelled, added lines of the note are kept,
    otherwise the record's value stays and the other one is named. Items of others are left alone.

    \b
    Examples:
      mkdir -p agenda && crm calendar sync agenda --dry-run
      mkdir -p agenda && crm calendar sync agenda assignee:paul due:..30d
      mkdir -p agenda && crm calendar sync agenda --all -o json
    """
    call: CommandContext = ctx.obj
    if deleted not in DELETED:
        raise unknown_entry("--deleted", deleted, list(DELETED))
    if everybody and terms:
        raise UsageError("--all and a query exclude each other", hint="leave --all out")
    from crmcli.operations.exchange import sync_calendar as operation  # loads icalendar

    query = [] if everybody else terms or None
    report = operation.sync_calendar(call.request, folder, query, cancels_deleted=deleted == "cancel")
    lines = list(describe_items(report.items))
    code = printing.report_changes(call, lines, report.items, columns_of(SyncedItemDocument)).told()
    sys.stdout.flush()  # what was left alone stands below what was done
    for note in (*report.notes, *describe_losses(report.items)):
        messages.print_warning(note)
    for fault in report.faults:
        messages.print_failure(fault)
    return Exit.PARTLY if report.faults else code


def describe_items(items: list[SyncedItemDocument]) -> Iterator[str]:
    """Yield what was done, in lines: the counts, then what came from the calendar."""
    counted = Counter(each.outcome for each in items)
    told = [translate_plural(*words, counted[name]) for name, words in COUNTS.items() if counted[name]]
    taken = [each for each in items if each.taken]
    if taken:
        told.append(translate_plural(*TAKEN, len(taken)))
    if told:
        yield ", ".join(told)
    for each in taken:
        yield f"  {each.id}  {each.name}: {', '.join(each.taken)}"


def describe_losses(items: list[SyncedItemDocument]) -> Iterator[str]:
    """Yield what was deleted or changed in the calendar in vain."""
    for each in items:
        if each.outcome == "restored":
            yield translate(
                "{id} {name} was deleted in the calendar; it is written again", id=each.id, name=each.name
            )
        for lost in each.discarded:
            yield translate(
                "{id} {name}: the record's {field} stays, not {value} of the calendar",
                id=each.id,
                name=each.name,
                field=lost["field"],
                value=repr(lost["value"]),
            )
