"""`crm log`: the story of a record."""

from datetime import date
from typing import Annotated

import typer

from crmcli.cli.commands.open import find_file
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.pages.log_page import format_log
from crmcli.domain.documents.review_documents import LogDocument
from crmcli.domain.localization.days import read_days
from crmcli.domain.values.errors import Exit, NotFoundError, UsageError
from crmcli.domain.values.ids import is_id
from crmcli.operations.history.record_log import Days, list_log, list_log_of_deleted
from crmcli.store.reader import Reading


def log(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(metavar="REF", help="a record, or a contact: id, path, words of its title or name"),
        offers.RECORD_OR_CONTACT,
    ],
    since: Annotated[
        str, typer.Option(metavar="DAY", help="from this day on, or the first of a period")
    ] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="to this day, or the last of a period")] = "",
    reverse: Annotated[bool, typer.Option("--reverse", help="oldest first")] = False,
) -> int:
    """Tell the story of a record or a contact, newest first: what happened, when, who did it.

    Mails, moves and notes are in the record itself. Who changed its other fields, and how, comes from
    the commits that changed the file; without git, from the undo records of this machine. A record
    that was deleted is found by its id.

    \b
    Examples:
      crm log xgcej9p8
      crm log longere --since -1mo
      crm log f8dz9xw4 --reverse -o jsonl
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    days = Days(read_end(call, since, is_last=False), read_end(call, until, is_last=True))
    if days.first and days.last and days.last < days.first:
        raise UsageError(f"--until {until} is before --since {since}")
    found = find_log(call, reading, reference, days)
    shown = found[::-1] if reverse else found
    if call.output.is_for_people and shown and not call.output.quiet:
        printing.write_page(call, "\n".join(format_log(shown, call.request.config)))
        return Exit.OK
    return printing.print_rows(call, shown, columns_of(LogDocument, call.request.config))


def find_log(call: CommandContext, reading: Reading, reference: str, days: Days) -> list[LogDocument]:
    """Return the log of the record that a reference identifies; of a deleted one, by its id.

    Raises NotFoundError where there is none.
    """
    try:
        return list_log(call.request, reading, find_file(call, reading, reference), days)
    except NotFoundError:
        found = list_log_of_deleted(call.request, reading, reference, days) if is_id(reference) else []
        if not found:
            raise
        return found


def read_end(call: CommandContext, text: str, *, is_last: bool) -> date | None:
    """Return the first or the last day of what an option names; None where it is not given."""
    if not text:
        return None
    span = read_days(text, call.request.today, call.request.config, is_past=True)
    end = span.high if is_last else span.low
    if not isinstance(end, date):
        raise UsageError(f"{text!r} is not a day or a period", hint="like 2026-11-24, -1mo or 2026-10")
    return end
