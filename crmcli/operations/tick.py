"""Time-based changes, each made once: delayed rules, stale deals, late and recurring activities."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.localization.zones import local_days
from crmcli.domain.model.changes import TICK, Change
from crmcli.domain.model.record_types import Instant
from crmcli.domain.rules.timed_rules import apply_due_rules
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError
from crmcli.operations.change_records import ChangeReport, Check
from crmcli.operations.request import Request, Terms, accept
from crmcli.operations.steps.apply_change import apply_change
from crmcli.query.query_model import Is, Query
from crmcli.store.index.due_records import Ripe
from crmcli.store.local_state import last_tick
from crmcli.store.local_state.idle_records import Rest, describe_surroundings
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

BATCH = 500  # records that are changed in one transaction; other writers may run in between
ANY = Is(("any",))


class TickReport(NamedTuple):
    """The result of one run."""

    changed: int  # records, those of sponsors included
    failed: list[CrmError]
    previous: Instant | None  # the run before; None for the first


def tick(request: Request, terms: Terms = (), *, check: Check = accept) -> TickReport:
    """Process what is due in the matching records, open and closed; safe at any time, nothing is done twice.

    Each batch of records is one transaction; `check` is called with the report of each before it is
    stored. A record that cannot be changed is reported, and the others are still processed.
    """
    wanted = include_closed(request.query(terms))
    reading = request.reading_for(wanted)
    found = find_ripe(request, reading, wanted)
    rest = open_memory(request, reading)
    awake = rest.awake(found)
    paths, changed, failed, idle = list(awake), 0, list[CrmError](), list[str]()
    for start in range(0, len(paths), BATCH):
        changes, faults, quiet = change_batch(request, paths[start : start + BATCH], check)
        changed += len(changes)
        failed += faults
        idle += quiet
    derived = request.workspace.derived
    previous = last_tick.read_last_tick(derived)
    if not request.dry_run:
        rest.remember({path: awake[path] for path in idle}, found)
        last_tick.write_last_tick(derived, request.at)
    return TickReport(changed, failed, previous)


def include_closed(query: Query) -> Query:
    """Return the query over open, won and lost records, unless it names a status."""
    return query if query.names_closed else replace(query, terms=(*query.terms, ANY))


def find_ripe(request: Request, reading: Reading, wanted: Query) -> dict[str, list[Ripe]]:
    """Return what may have come due in the matching records, by path."""
    found: dict[str, list[Ripe]] = {}
    for each in reading.index.ripe(request.viewing):
        found.setdefault(each.path, []).append(each)
    if wanted.terms == (ANY,):
        return found
    matching = {path for path, _ in reading.index.places(wanted, request.viewing)}
    return {path: due for path, due in found.items() if path in matching}


def open_memory(request: Request, reading: Reading) -> Rest:
    """Return the memory of idle records, for the current day of each user."""
    config, workspace = request.config, request.workspace
    days = local_days(request.at, config)
    around = describe_surroundings(workspace.read_config_file(), reading.index.seen.folders, days)
    return Rest(workspace.root, workspace.derived, around)


def change_batch(
    request: Request, paths: Sequence[str], check: Check
) -> tuple[list[Change], list[CrmError], list[str]]:
    """Process what is due in a batch in one transaction; return changes, errors and idle records."""
    failed: list[CrmError] = []
    with request.changing(by=TICK) as session:
        by_path = {path: apply_due(session, path, failed) for path in paths}
        changes = [change for made in by_path.values() for change in made]
        check(ChangeReport(changes, (), session))
    idle = [] if failed else [path for path, made in by_path.items() if not made]
    return changes, failed, idle


def apply_due(session: Writing, path: str, failed: list[CrmError]) -> list[Change]:
    """Put the changes due in one record into the session and return them; append errors to `failed`."""
    try:
        facts = session.facts(session.opportunity(path))
        change = apply_due_rules(facts, session.moment)
        failed += change.faults
        if change.after == change.before:
            return []
        with session.attempt():
            return apply_change(session, change)
    except NotFoundError:
        return []  # removed meanwhile
    except CrmError as error:
        failed.append(RefusedError(error.what, where=error.where or path, hint=error.hint))
        return []
