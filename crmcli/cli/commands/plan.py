"""`crm plan …`: list plans, and start them on records."""

from functools import partial
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import (
    KeepGoing,
    Refs,
    Yes,
    change_each,
)
from crmcli.domain.documents.workspace_documents import PlanDocument
from crmcli.domain.localization.days import parse_day
from crmcli.operations import activities


def line_text(line: dict[str, str | None]) -> str:
    """Return a line of a plan as text: offset, type, summary and assignee."""
    who = f", {line['assignee']}" if line["assignee"] else ""
    return f"{line['due']:<5}  {line['type']}" + (f" « {line['summary']} »" if line["summary"] else "") + who


def list_plans(ctx: typer.Context) -> int:
    """List the plans of this workspace with their lines.

    \b
    Examples:
      crm plan list
      crm plan list -o ids
      crm plan list -o json
    """
    call: CommandContext = ctx.obj
    rows = [
        PlanDocument(
            id=plan.id,
            label=plan.title,
            lines=[
                {"type": line.type, "summary": line.summary, "due": line.due, "assignee": line.assignee}
                for line in plan.lines
            ],
        )
        for plan in call.request.config.plans
    ]
    return printing.print_rows(
        call,
        rows,
        columns_of(PlanDocument, shown={"lines": lambda lines: "\n".join(map(line_text, lines or ()))}),
    )


def start(
    ctx: typer.Context,
    references: Refs,
    plan: Annotated[str, typer.Option(metavar="PLAN", help="see crm plan list"), offers.PLAN],
    on: Annotated[
        str, typer.Option(metavar="DAY", help="the day that offsets count from"), offers.DAY
    ] = "today",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Start a plan on records: plan all its activities, each at its offset from a day.

    \b
    Examples:
      crm plan start xgcej9p8 --plan pose --on 2026-12-15 --dry-run
      crm plan start xgcej9p8 --plan pose --on 3w
      crm plan start stage:negotiation --plan pose --on 2027-01-11 --yes
    """
    call: CommandContext = ctx.obj
    day = parse_day(on, call.request.today, call.request.config)
    operation = partial(activities.start_plan, plan=plan, day=day)
    return change_each(call, references, operation, yes=yes, keep_going=keep_going)
