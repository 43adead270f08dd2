"""`crm tick`: what time alone brings about, done once; for cron, every minute if you like."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import record_columns
from crmcli.cli.selection import report_records
from crmcli.domain.explain import change_summary
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import TICK, Change
from crmcli.domain.records import documents
from crmcli.domain.records.documents import Document
from crmcli.domain.rules.timed_rules import apply_due_rules
from crmcli.domain.values.errors import CrmError, NotFoundError, PartlyError, RefusedError
from crmcli.operations.apply_change import apply_change
from crmcli.operations.change_records import ChangeReport
from crmcli.query.query_model import Is, Query
from crmcli.store.local_state import last_tick as memory
from crmcli.store.local_state.idle_records import Rest, describe_surroundings
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

BATCH = 500  # records that are changed at a time; in between others may write
LONG = timedelta(hours=36)  # without a tick that is worth a word


def tick(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Run delayed rules and handle stale deals, late and recurring activities, and stages edited in files.

    Safe to run at any time, on any number of machines; nothing is done twice.

    \b
    Examples:
      crm tick
      crm tick --dry-run
      crm tick stage:quoted --now 2027-01-15
    """
    call: CommandContext = ctx.obj
    wanted = everywhere(call.query(terms or []))
    if explain:
        return print_explanation(call, wanted)
    reading = call.request.reading()
    found = ripe(call, reading, wanted)
    rest = resting(call, reading)
    awake = rest.awake(found)
    done = Done([], [], [], [])
    for start in range(0, len(awake), BATCH):
        done += looked_at(call, list(awake)[start : start + BATCH])
    if not call.request.dry_run:
        rest.remember({path: awake[path] for path in done.resting}, found)
    caught_up(call, len(done.lines))
    lead = ["would change:"] if call.request.dry_run and done.lines else []
    lines = [line for record in done.lines for line in record]
    code = printing.report_changes(
        call, [*lead, *lines], done.shown, record_columns(call.request.config)
    ).told()
    for failure in done.failed:
        messages.print_failure(failure)
    if done.failed:
        raise PartlyError(f"{len(done.lines)} changed, {len(done.failed)} failed")
    return code


class Done(NamedTuple):
    """What came due: the lines about each record, documents of them for scripts, what could not be done."""

    lines: list[list[str]]
    shown: list[Document]
    failed: list[CrmError]
    resting: list[str]  # the records in which nothing did

    def __add__(self, more: "Done") -> "Done":  # type: ignore[override]
        return Done(
            self.lines + more.lines,
            self.shown + more.shown,
            self.failed + more.failed,
            self.resting + more.resting,
        )


def everywhere(query: Query) -> Query:
    """The query over open, won and lost records, unless it says which."""
    return query if query.names_closed else query._replace(terms=(*query.terms, Is(("any",))))


def ripe(call: CommandContext, reading: Reading, wanted: Query) -> list[str]:
    """The records in which something may have come due, those that the query means."""
    printing.warn_about(reading, wanted)
    found = reading.index.ripe(call.request.viewing)
    if wanted.terms == (Is(("any",)),):
        return found
    meant = {path for path, _ in reading.index.places(wanted, call.request.viewing)}
    return [path for path in found if path in meant]


def looked_at(call: CommandContext, paths: Sequence[str]) -> Done:
    """What has come due in some records, in one transaction; then others may write."""
    failed: list[CrmError] = []
    with call.request.changing(by=TICK) as session:
        by_path = {path: come_due(session, path, failed) for path in paths}
        made = [change for changes in by_path.values() for change in changes]
        report_records(
            call, ChangeReport(made, (), session)
        )  # what cannot be printed is told before anything is stored
        wording = change_summary.Wording(call.request.config)
        lines = [change_summary.summarize_change(change, call.request.config, wording) for change in made]
        facts = [] if call.output.is_for_people else [session.facts(change.after) for change in made]
        shown = [documents.build_opportunity(each, call.request.at) for each in facts]
    resting = [] if failed else [path for path, changes in by_path.items() if not changes]
    return Done(lines, shown, failed, resting)


def resting(call: CommandContext, reading: Reading) -> Rest:
    """The records that were found at rest, on the days that it is now for those who work here."""
    workspace = call.request.workspace
    config = workspace.read_config_file()
    days = {
        local_day(call.request.at, call.request.config, user)
        for user in (None, *(each.id for each in call.request.config.users))
    }
    around = describe_surroundings(config, reading.index.seen.folders, days)
    return Rest(workspace.root, workspace.derived, around)


def come_due(session: Writing, path: str, failed: list[CrmError]) -> list[Change]:
    """What has come due in one record, put into the session; what could not be done is remembered."""
    try:
        facts = session.facts(session.opportunity(path))
        change = apply_due_rules(facts, session.moment)
        failed += change.faults
        if change.after == change.before:
            return []
        with session.attempt():
            return apply_change(session, change)
    except NotFoundError:
        return []  # removed since it was asked for
    except CrmError as error:
        place = error.where or path
        failed.append(RefusedError(error.what, where=place, hint=error.hint))
        return []


def caught_up(call: CommandContext, count: int) -> None:
    """Say that it had not run for long, and remember that it has."""
    derived = call.request.workspace.derived
    before = memory.read_last_tick(derived)
    if before is not None and call.request.at - before > LONG and not call.output.quiet:
        days = (call.request.at - before).days
        messages.print_warning(
            f"the last tick was {days} days ago; caught up with {count} records, each once"
        )
    if not call.request.dry_run:
        memory.write_last_tick(derived, call.request.at)
