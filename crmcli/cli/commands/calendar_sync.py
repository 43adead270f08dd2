"""`crm calendar sync`: activities and the calendar of a phone, both ways."""

from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output.sync_page import print_synced
from crmcli.domain.localization.translations import deferred_plural
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import unknown_entry

DELETED = ("restore", "cancel")
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
    remove: Annotated[
        bool, typer.Option("--remove", help="remove items that do not match, even if it is most of them")
    ] = False,
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
    report = operation.sync_calendar(
        call.request, folder, query, cancels_deleted=deleted == "cancel", removes_unmatched=remove
    )
    return print_synced(call, report, TAKEN)
