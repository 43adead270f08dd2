"""`crm done`, `activity add`: things to do, planned and done."""

import sys
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from crmcli.cli.invocation import Invocation
from crmcli.cli.selection import (
    Chosen,
    KeepGoing,
    Refs,
    Yes,
    change_chosen,
    change_each,
    confirmed,
    from_stdin,
)
from crmcli.domain import activities
from crmcli.domain.changes import Change
from crmcli.domain.errors import CrmError, NotFoundError
from crmcli.domain.facts import Facts
from crmcli.domain.ids import is_id
from crmcli.domain.query import is_term
from crmcli.store.reading import Reading
from crmcli.store.session import Writing

Things = Annotated[
    list[str],
    typer.Argument(
        metavar="ACTIVITY…", help="activity ids, records with one planned activity, a query, or -"
    ),
]


def done(
    ctx: typer.Context,
    things: Things,
    outcome: Annotated[str, typer.Option(metavar="TEXT", help="what came of it, in a word")] = "",
    note: Annotated[str, typer.Option("-m", "--note", metavar="TEXT", help="what was said")] = "",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Mark activities done, with what came of them.

    \b
    Examples:
      crm done b88tfths
      crm done pat31e4a --outcome joint -m "Veut une pose avant Noël"
      crm done assignee:paul state:overdue --yes
    """
    call: Invocation = ctx.obj
    picked = meant(call, things, yes=yes, keep_going=keep_going)
    wanted: dict[str, list[str]] = {}
    for path, activity in picked.pairs:
        wanted.setdefault(path, []).append(activity)

    def decide(session: Writing, facts: Facts) -> Change:
        change = Change(before=facts.opportunity, after=facts.opportunity)
        for id in wanted[session.places[facts.opportunity.id or ""]]:
            about = facts.about(change.after)
            change = change.then(
                activities.complete(about, id, session.moment, outcome=outcome or None, note=note or None)
            )
        return change

    chosen = Chosen(list(wanted), failed=picked.failed)
    return change_chosen(call, chosen, decide, keep_going=keep_going)


class Meant(NamedTuple):
    """The activities that a command names, each with its record's path, and names that mean nothing."""

    pairs: list[tuple[str, str]]
    failed: tuple[CrmError, ...] = ()


def meant(call: Invocation, things: Sequence[str], *, yes: bool, keep_going: bool) -> Meant:
    """The activities that ids, records, a query or standard input name."""
    reading = call.reading()
    if all(is_term(thing) for thing in things):
        pairs = reading.index.activity_places(call.query(things), call.viewing)
        return Meant(confirmed(pairs, yes or call.dry_run, "activities"))
    pairs, failed = [], []
    for thing in from_stdin() if list(things) == ["-"] else things:
        try:
            pairs.append(found_by_name(reading, thing))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return Meant(pairs, tuple(failed))


def found_by_name(reading: Reading, thing: str) -> tuple[str, str]:
    """The record's path and the activity's id that a word means.

    Raises NotFoundError, or AmbiguousError for a record with several planned activities.
    """
    if is_id(thing):
        for path in reading.index.activity(thing):
            deal = reading.opportunity(path)
            if any(each.id == thing for each in deal.activities):
                return path, thing
    known = reading.opportunity_references
    try:
        path = known.loose(thing) if sys.stdin.isatty() else known.exact(thing)
    except NotFoundError:
        raise NotFoundError(f"no activity and no record {thing!r}", hint="crm activity list") from None
    return path, activities.only_planned(reading.opportunity(path)).id or ""


def add(
    ctx: typer.Context,
    references: Refs,
    type: Annotated[str, typer.Option(metavar="TYPE", help="one of crm.yaml's activity_types")],
    summary: Annotated[str, typer.Option(metavar="TEXT", help="what is to be done")] = "",
    due: Annotated[str, typer.Option(metavar="DAY", help="2026-12-31, tomorrow, 3d, 2bd, eom")] = "",
    time: Annotated[str, typer.Option(metavar="HH:MM", help="the hour, if it matters")] = "",
    assignee: Annotated[str, typer.Option(metavar="USER", help="who does it; the owner if absent")] = "",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Plan an activity on records; its type says what is not given.

    \b
    Examples:
      crm activity add xgcej9p8 --type call --due 2bd
      crm activity add xgcej9p8 --type visit --due 2026-12-04 --time 14:00 --assignee paul
      crm activity add stage:quoted --type call --summary "Relancer" --due 1w --yes
    """

    def decide(session: Writing, facts: Facts) -> Change:
        activity = activities.new(
            facts,
            session.moment,
            id=session.new_id(),
            type=type,
            summary=summary or None,
            due=due or None,
            time=time or None,
            assignee=assignee or None,
        )
        return Change(before=facts.opportunity, after=activities.added(facts.opportunity, activity))

    return change_each(ctx.obj, references, decide, yes=yes, keep_going=keep_going)
