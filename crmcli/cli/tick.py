"""`crm tick`: what time alone brings about, done once; for cron, every minute if you like."""

from datetime import timedelta

import typer

from crmcli.cli import beside, output
from crmcli.cli.explaining import Explain, explained
from crmcli.cli.find import QueryTerms
from crmcli.cli.invocation import Invocation
from crmcli.cli.selection import said
from crmcli.domain.changes import TICK, Change
from crmcli.domain.errors import CrmError, PartlyError
from crmcli.domain.query import Is, Query
from crmcli.domain.ticking import ticked
from crmcli.mail.consequences import carried_out
from crmcli.store import ticked as memory
from crmcli.store.session import Writing

LONG = timedelta(hours=36)  # without a tick that is worth a word


def tick(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Do what has come due: rules that wait, stages changed by hand, stale deals, late and recurring things.

    Safe at any time, on any number of machines, however often; nothing is done twice.

    \b
    Examples:
      crm tick
      crm tick --dry-run
      crm tick stage:quoted --now 2027-01-15
    """
    call: Invocation = ctx.obj
    wanted = everywhere(call.query(terms or []))
    if explain:
        return explained(call, wanted)
    failed: list[CrmError] = []
    with call.writing(by=TICK) as session:
        made = [change for path in ripe(call, session, wanted) for change in looked_at(session, path, failed)]
        report = said(call, session, made)
        call.commit(session)
        caught_up(call, session, len(made))
    code = report.told()
    for failure in failed:
        beside.failed(failure)
    if failed:
        raise PartlyError(f"{len(made)} changed, {len(failed)} could not be")
    return code


def everywhere(query: Query) -> Query:
    """The query over open, won and lost records, unless it says which."""
    return query if query.names_closed else query._replace(terms=(*query.terms, Is(("any",))))


def ripe(call: Invocation, session: Writing, wanted: Query) -> list[str]:
    """The records in which something may have come due, those that the query means."""
    output.warn_about(session, wanted)
    found = session.index.ripe(call.viewing)
    if wanted.terms == (Is(("any",)),):
        return found
    meant = {path for path, _ in session.index.places(wanted, call.viewing)}
    return [path for path in found if path in meant]


def looked_at(session: Writing, path: str, failed: list[CrmError]) -> list[Change]:
    """What has come due in one record, put into the session; what could not be done is remembered."""
    try:
        facts = session.facts(session.opportunity(path))
        change = ticked(facts, session.moment)
        return [] if change.after == change.before else carried_out(session, change)
    except CrmError as error:
        failed.append(error)
        return []


def caught_up(call: Invocation, session: Writing, count: int) -> None:
    """Say that it had not run for long, and remember that it has."""
    private = session.workspace.private
    before = memory.last(private)
    if before is not None and call.at - before > LONG and not call.quiet:
        days = (call.at - before).days
        beside.warn(f"the last tick was {days} days ago; caught up with {count} records, each once")
    if not call.dry_run:
        memory.now(private, call.at)
