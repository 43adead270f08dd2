"""`crm plan …`: list plans, start them on records, and move them to another day."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import (
    KeepGoing,
    Operation,
    Refs,
    Yes,
    change_selected,
    select_records,
)
from crmcli.domain.documents.workspace_documents import PlanDocument
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.localization.days import parse_day
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.records.plan_start import Late, LateError
from crmcli.domain.values.visible_text import visible
from crmcli.operations import activities

LateOption = Annotated[
    Late | None, typer.Option(help="lines that would lie in the past: plan them for today, or skip them")
]


LATE_WORDS = {Late.TODAY: deferred("today"), Late.SKIP: deferred("skip")}  # what people type for them


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
    late: LateOption = None,
    again: Annotated[bool, typer.Option("--again", help="start it though it runs already")] = False,
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
    operation = partial(activities.start_plan, plan=plan, day=day, late=late, again=again)
    return change_or_ask(call, references, operation, yes=yes, keep_going=keep_going)


def move(
    ctx: typer.Context,
    references: Refs,
    on: Annotated[str, typer.Option(metavar="DAY", help="the new day that offsets count from"), offers.DAY],
    plan: Annotated[str, typer.Option(metavar="PLAN", help="which one, if several run"), offers.PLAN] = "",
    since: Annotated[
        str, typer.Option("--from", metavar="DAY", help="the day that it counts from now, if it runs twice")
    ] = "",
    late: LateOption = None,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Move what is still planned of a plan to another day. What is done stays.

    \b
    Examples:
      crm plan start xgcej9p8 --plan pose --on 2027-01-11
      crm plan move xgcej9p8 --on 2027-01-25 --dry-run
      crm plan move xgcej9p8 --plan pose --on tomorrow --late today
    """
    call: CommandContext = ctx.obj
    day = parse_day(on, call.request.today, call.request.config)
    old = parse_day(since, call.request.today, call.request.config) if since else None
    operation = partial(activities.move_plan, day=day, plan=plan, since=old, late=late)
    return change_or_ask(call, references, operation, yes=yes, keep_going=keep_going)


def change_or_ask(
    call: CommandContext, references: Sequence[str], operation: Operation, *, yes: bool, keep_going: bool
) -> int:
    """Run an operation on records; at a terminal, ask what to do with lines in the past."""
    records = select_records(call, references, yes=yes, keep_going=keep_going)
    try:
        return change_selected(call, records, operation, keep_going=keep_going, makes=PartKind.ACTIVITIES)
    except LateError as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        late = ask_late(error)
    return change_selected(
        call, records, partial(operation, late=late), keep_going=keep_going, makes=PartKind.ACTIVITIES
    )


def ask_late(error: LateError) -> Late:
    """Ask whether lines of a plan that would lie in the past are due today, or skipped.

    Raises typer.Abort for anything else.
    """
    sys.stderr.write(f"{visible(error.what)}\n")
    question = translate("Plan them for today (t), skip them (s), or stop?")
    answer = typer.prompt(question, default=translate("stop"), err=True).strip().casefold()
    for late, words in LATE_WORDS.items():
        if answer and any(word.startswith(answer) for word in (late, translate(words))):
            return late
    raise typer.Abort()
