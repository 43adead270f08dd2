"""`crm done`, `crm activity …`: plan, complete, change, postpone, reassign and cancel activities."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output.explain_output import explain_instead
from crmcli.cli.output.questions import ask_yes_no
from crmcli.cli.selection import (
    KeepGoing,
    Operation,
    Refs,
    Yes,
    change_each,
    change_selected,
    confirm_bulk_change,
)
from crmcli.cli.shared_options import with_options_of
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.records import activity_changes
from crmcli.domain.records.follow_ups import suggested_type
from crmcli.domain.values.errors import AmbiguousError, CrmError, NotFoundError, UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.operations import activities
from crmcli.operations.activities import ActivitySelection
from crmcli.query.term_syntax import is_term
from crmcli.store.reader import Reading
from crmcli.store.references import SHORTEST_PREFIX

Things = Annotated[
    list[str],
    typer.Argument(
        metavar="ACTIVITY…",
        help="activity ids or their first letters, @N, records with one planned activity, a query, or -",
    ),
    offers.ACTIVITIES,
]
Files = Annotated[list[str], typer.Option("--file", metavar="PATH", help="attach a file; may be repeated")]


def done(
    ctx: typer.Context,
    things: Things,
    outcome: Annotated[str, typer.Option(metavar="TEXT", help="outcome, in a word")] = "",
    note: Annotated[str, typer.Option("-m", "--note", metavar="TEXT", help="note")] = "",
    file: Files = [],  # noqa: B006
    next: Annotated[
        str, typer.Option(metavar="TYPE", help="plan a next activity of this type"), offers.ACTIVITY_TYPE
    ] = "",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Mark activities done, with their outcome; plan what recurs or follows.

    At a terminal, the suggested next activity is offered.

    \b
    Examples:
      crm done b88tfths
      crm done pat31e4a --outcome joint -m "Veut une pose avant Noël" --next quote
      crm done assignee:paul state:overdue --yes
    """
    call: CommandContext = ctx.obj
    selected = select_activities(call, things, yes=yes, keep_going=keep_going)
    operation = partial(
        activities.complete,
        outcome=outcome,
        note=note,
        files=stored_paths(call, file),
        following={id: next or offered(call, path, id) for path, id in selected.pairs},
    )
    return change_selected(call, selected, operation, keep_going=keep_going, makes=PartKind.ACTIVITIES)


def offered(call: CommandContext, path: str, id: str) -> str:
    """Return the type suggested next if the user at a terminal accepts it, else an empty text."""
    if call.request.dry_run or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    reading = call.request.reading()
    facts = reading.facts(reading.opportunity(path))
    activity = activity_changes.still_to_do(facts.opportunity, id)
    type = suggested_type(facts, activity)
    if type is None:
        return ""
    kind = call.request.config.activity_type(type)
    what = f"{activity.id} {activity.type}{f' « {activity.summary} »' if activity.summary else ''}"
    said = translate("done: {activity} of {deal}", activity=what, deal=name_deal(facts.opportunity))
    sys.stderr.write(visible(said) + "\n")
    question = translate("Plan next: {activity}?", activity=kind.title if kind else type)
    return type if ask_yes_no(question, default=True) else ""


def select_activities(
    call: CommandContext, things: Sequence[str], *, yes: bool, keep_going: bool
) -> ActivitySelection:
    """Return the activities that are given by ids, records, a query or standard input."""
    reading = call.request.reading()
    if all(is_term(thing) for thing in things):
        wanted = call.query(things)
        explain_instead(call, wanted)
        pairs = reading.index.activity_places(wanted, call.request.viewing)
        return ActivitySelection(confirm_bulk_change(pairs, yes or call.request.dry_run, "activities"))
    explain_instead(call, None)
    pairs, failed = [], []
    for thing in streams.read_ids() if list(things) == ["-"] else things:
        try:
            pairs.append(found_by_name(call, reading, thing))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return ActivitySelection(list(dict.fromkeys(pairs)), tuple(failed))


def found_by_name(call: CommandContext, reading: Reading, thing: str) -> tuple[str, str]:
    """Return the record's path and the activity's id for a reference.

    Raises NotFoundError, or AmbiguousError for a record with several planned activities.
    """
    thing = call.row(thing, "activity", "opportunity")
    found = [
        (path, each.id)
        for path in reading.holders_of_activity(thing)
        for each in reading.opportunity(path).activities
        if each.id and fits_activity(each.id, thing)
    ]
    found = [each for each in found if each[1] == thing] or found
    if len({id for _, id in found}) > 1:
        lines = [f"{id}  {name_deal(reading.opportunity(path))}" for path, id in found[:20]]
        raise AmbiguousError(f"{len(found)} activities match {thing!r}:", lines)
    if found:
        return found[0]
    try:
        path = call.record_to_change(reading, thing)
    except NotFoundError:
        raise NotFoundError(f"no activity and no record {thing!r}", hint="crm activity list") from None
    return path, activity_changes.only_planned(reading.opportunity(path)).id or ""


def fits_activity(id: str, word: str) -> bool:
    """Tell whether a word means an activity: its id, or at a terminal its first four letters or more."""
    begins = len(word) >= SHORTEST_PREFIX and id.startswith(word.casefold())
    return id == word or (begins and sys.stdin.isatty())


def change_activities(
    call: CommandContext, things: Sequence[str], operation: Operation, *, yes: bool, keep_going: bool
) -> int:
    """Run an operation on the given activities and print the result; return the exit code."""
    selected = select_activities(call, things, yes=yes, keep_going=keep_going)
    return change_selected(call, selected, operation, keep_going=keep_going, makes=PartKind.ACTIVITIES)


def stored_paths(call: CommandContext, paths: Sequence[str]) -> tuple[str, ...]:
    """Return paths as a record stores them: relative inside the workspace, absolute elsewhere.

    Raises UsageError for a file that does not exist.
    """
    root = os.path.realpath(call.request.workspace.root)
    found = []
    for path in paths:
        whole = os.path.realpath(os.path.expanduser(path))
        if not os.path.exists(whole):
            raise UsageError("does not exist", where=path)
        inside = os.path.commonpath([root, whole]) == root
        found.append(os.path.relpath(whole, root) if inside else whole)
    return tuple(found)


def field_options(
    summary: Annotated[str, typer.Option(metavar="TEXT", help="what is to be done")] = "",
    due: Annotated[
        str, typer.Option(metavar="DAY", help="2026-12-31, tomorrow, 3d, 2bd, eom, +4h"), offers.DAY
    ] = "",
    time: Annotated[str, typer.Option(metavar="HH:MM", help="time of day")] = "",
    assignee: Annotated[
        str, typer.Option(metavar="USER", help="who does it; owner: the record's owner"), offers.ASSIGNEE
    ] = "",
    every: Annotated[
        str,
        typer.Option(metavar="SPAN", help="repeat after completion: 1y; or FREQ=MONTHLY;BYDAY=1MO"),
        offers.SPAN,
    ] = "",
    note: Annotated[str, typer.Option("-m", "--note", metavar="TEXT", help="note")] = "",
    file: Files = [],  # noqa: B006
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> None:
    """Declare the options of commands that write fields of activities."""


@with_options_of(field_options)
def add(
    ctx: typer.Context,
    references: Refs,
    type: Annotated[
        str, typer.Option(metavar="TYPE", help="one of crm.yaml's activity_types"), offers.ACTIVITY_TYPE
    ],
    **options: Any,
) -> int:
    """Plan an activity on records. Its type provides the defaults.

    \b
    Examples:
      crm activity add xgcej9p8 --type call --due 2bd
      crm activity add xgcej9p8 --type sweep --due 2027-09-15 --every 1y --assignee paul
      crm activity add stage:quoted --type call --summary "Relancer" --due 1w --yes
    """
    yes, keep_going = options.pop("yes"), options.pop("keep_going")
    operation = partial(activities.add, type=type, fields=read_fields(ctx.obj, options))
    return change_each(
        ctx.obj, references, operation, yes=yes, keep_going=keep_going, makes=PartKind.ACTIVITIES
    )


def read_fields(call: CommandContext, options: dict[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """Return the fields of an activity as they were typed, and its files as a record stores them."""
    texts = {name: value for name, value in options.items() if name != "file"}
    return {**texts, "files": stored_paths(call, options["file"])}


@with_options_of(field_options)
def edit(
    ctx: typer.Context,
    things: Things,
    type: Annotated[
        str, typer.Option(metavar="TYPE", help="change only the type"), offers.ACTIVITY_TYPE
    ] = "",
    **options: Any,
) -> int:
    """Change activities, planned or closed; a lone - clears a field.

    \b
    Examples:
      crm activity edit b88tfths --due 2026-12-04 --time 14:00
      crm activity edit b88tfths --type meeting
      crm activity edit qv3tgzst --every 1y --file templates/email/relance.j2
    """
    yes, keep_going = options.pop("yes"), options.pop("keep_going")
    fields = {"type": type, **read_fields(ctx.obj, options)}
    if not any(fields.values()):
        raise UsageError("no change given", hint="--due DAY, --summary TEXT, --type TYPE …")
    operation = partial(activities.edit, fields=fields)
    return change_activities(ctx.obj, things, operation, yes=yes, keep_going=keep_going)


def cancel(
    ctx: typer.Context,
    things: Things,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="reason; kept in the file")] = "",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Cancel activities; they stay in the file with the reason. Recurring ones end.

    \b
    Examples:
      crm activity cancel b88tfths --reason "Client parti"
      crm activity cancel type:call state:overdue --reason doublon --yes
      crm activity cancel qv3tgzst --dry-run
    """
    operation = partial(activities.cancel, reason=reason)
    return change_activities(ctx.obj, things, operation, yes=yes, keep_going=keep_going)


def snooze(
    ctx: typer.Context,
    things: Things,
    by: Annotated[str, typer.Option(metavar="SPAN", help="3d, 1w, 2bd, 4h"), offers.ELAPSED] = "7d",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Postpone activities, counted from their deadline, or from today if that has passed.

    \b
    Examples:
      crm activity snooze b88tfths
      crm activity snooze b88tfths --by 2bd
      crm activity snooze assignee:paul state:overdue --by 1w --yes
    """
    operation = partial(activities.snooze, by=by)
    return change_activities(ctx.obj, things, operation, yes=yes, keep_going=keep_going)


def reassign(
    ctx: typer.Context,
    things: Things = [],  # noqa: B006
    *,
    to: Annotated[str, typer.Option(metavar="USER", help="new assignee"), offers.ASSIGNEE],
    from_: Annotated[
        str,
        typer.Option("--from", metavar="USER", help="all that is planned for this user, even one who left"),
        offers.ASSIGNEE,
    ] = "",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Assign activities to another user.

    \b
    Examples:
      crm activity reassign b88tfths --to sophie
      crm activity reassign assignee:paul due:..7d --to marie --yes
      crm activity reassign --from paul --to marie --yes
    """
    if not things and not from_:
        raise UsageError("no activity is given", hint="ACTIVITY…, or --from USER")
    if from_ and not all(is_term(each) for each in things):
        raise UsageError("--from is for a query, not for activities by name", hint="leave it out")
    things = [*things, f"assignee:{from_}"] if from_ else things
    operation = partial(activities.reassign, to=to)
    return change_activities(ctx.obj, things, operation, yes=yes, keep_going=keep_going)
