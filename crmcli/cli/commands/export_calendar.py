"""`crm export ics`: activities for calendars and phones."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from crmcli.cli.commands.export_records import refuse_other_ways
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.operations.find_records import find_activities, find_touched

MOST = 24 * 60  # minutes


def export_ics(
    ctx: typer.Context,
    terms: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]…", help="as in crm activity list; default: all planned ones"),
        offers.QUERY,
    ] = None,
    alarm: Annotated[
        str, typer.Option(metavar="MINUTES", help="before an event; none for no alarms at all")
    ] = "30",
) -> int:
    """Print activities as iCalendar: tasks for days, events for hours, for calendars and phones.

    An activity keeps its UID, so that a calendar that reads the file again changes it and adds no
    second one. An event takes an hour. The alarm of a task rings at 9 on its day.

    \b
    Examples:
      crm export ics > activities.ics
      crm export ics assignee:paul due:..30d
      crm export ics state:done --alarm none
    """
    call: CommandContext = ctx.obj
    refuse_other_ways(call, "export ics")
    before = read_alarm(alarm)
    found = list(find_activities(call.request, terms or []))
    from crmcli.exchange.calendar_items import write_calendar  # loads icalendar

    content = write_calendar(found, call.request.config, find_touched(call.request), before)
    if sys.stdout.isatty():
        printing.print_text(content.decode())
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    return Exit.FAILURE if call.output.empty_fails and not found else Exit.OK


def read_alarm(text: str) -> timedelta | None:
    """Return how long before an event its alarm rings; None for `none`.

    Raises UsageError for anything but a number of minutes of one day.
    """
    if text == "none":
        return None
    if not text.isascii() or not text.isdecimal() or int(text[:6]) > MOST:
        raise UsageError(f"--alarm {text} is not a number of minutes", hint="like 30, or none")
    return timedelta(minutes=int(text))
