"""Time-based changes, each made once: delayed rules, stale deals, late and recurring activities."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.localization.zones import local_days
from crmcli.domain.model.changes import TICK, Change
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Instant
from crmcli.domain.rules.releases import Gates, Release, TimedRule, timed_rules
from crmcli.domain.rules.timed_rules import apply_due_rules
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError, UsageError
from crmcli.domain.values.suggest import suggest_name
from crmcli.operations.change_records import ChangeReport, Check
from crmcli.operations.messages.web_forms import file_spooled
from crmcli.operations.request import Request, Terms, accept
from crmcli.operations.steps.admit_rules import HeldRule, admit_rules, count_due
from crmcli.operations.steps.apply_change import apply_change
from crmcli.operations.steps.filed import Filed
from crmcli.query.query_model import Is, Query
from crmcli.store.index.due_records import Ripe
from crmcli.store.local_state import last_tick
from crmcli.store.local_state.idle_records import Rest, describe_surroundings
from crmcli.store.reader import Reading
from crmcli.store.rule_releases import path_of_release, write_release
from crmcli.store.writer import Writing

BATCH = 500  # records that are changed in one transaction; other writers may run in between
ANY = Is(("any",))


class TickReport(NamedTuple):
    """The result of one run."""

    changed: int  # records, those of sponsors included
    failed: list[CrmError]
    previous: Instant | None  # the run before; None for the first
    held: Sequence[HeldRule] = ()  # new rules that wait for their release
    forms: Sequence[Filed] = ()  # web forms that waited to be filed


class ReleaseReport(NamedTuple):
    """A rule that was released, and the number of records for which it was due then."""

    release: Release
    due: int


def tick(request: Request, terms: Terms = (), *, check: Check = accept) -> TickReport:
    """Process what is due in the matching records, open and closed; safe at any time, nothing is done twice.

    Each batch of records is one transaction; `check` is called with the report of each before it is
    stored. A record that cannot be changed is reported, and the others are still processed.
    """
    with request.one_commit():
        return process_due(request, terms, check)


def process_due(request: Request, terms: Terms, check: Check) -> TickReport:
    """Process what is due in the matching records, and remember the others."""
    wanted = include_closed(request.query(terms))
    forms = file_spooled(request) if wanted.terms == (ANY,) else ()
    reading = request.reading_for(wanted)
    ripe = reading.index.ripe(request.viewing)
    admission = admit_rules(request, reading, ripe)
    found = select_ripe(request, reading, wanted, admission.gates.admitted(ripe))
    rest = open_memory(request, reading, admission.gates)
    awake = rest.awake(found)
    paths, changed, failed, idle = list(awake), 0, list[CrmError](), list[str]()
    for start in range(0, len(paths), BATCH):
        part = paths[start : start + BATCH]
        changes, faults, quiet = change_batch(request, part, admission.gates, check)
        changed += len(changes)
        failed += faults
        idle += quiet
    record_seen(request, admission.fresh)
    derived = request.workspace.derived
    previous = last_tick.read_last_tick(derived)
    if not request.dry_run:
        rest.remember({path: awake[path] for path in idle}, found)
        last_tick.write_last_tick(derived, request.at)
    return TickReport(changed, failed, previous, admission.held, forms)


def record_seen(request: Request, fresh: Sequence[Release]) -> None:
    """Record the rules that are seen for the first time and may fire, so that they go on firing."""
    if request.dry_run or not fresh:
        return
    with request.storing(by=TICK) as session:
        for each in fresh:
            path = path_of_release(each)
            session.put(path, write_release(each), before=session.content(path))


def find_held(request: Request) -> list[HeldRule]:
    """Return the rules that the next run will hold back."""
    reading = request.reading()
    return admit_rules(request, reading, reading.index.ripe(request.viewing)).held


def release_rule(request: Request, key: str, *, has_all: bool) -> ReleaseReport:
    """Let a timed rule fire: for all that is due, with `has_all`, else for what comes due from now on.

    Raises UsageError for a rule that `tick` does not fire.
    """
    rule = find_timed_rule(request.config, key)
    reading = request.reading()
    due = count_due(request, reading, rule, reading.index.ripe(request.viewing))
    since = None if has_all else request.at
    release = Release(rule=rule.key, timing=rule.timing, from_=since, at=request.at, by=request.user)
    with request.changing() as session:
        path = path_of_release(release)
        session.put(path, write_release(release), before=session.content(path))
    return ReleaseReport(release, due)


def find_timed_rule(config: Config, key: str) -> TimedRule:
    """Return the rule with this key that fires by time.

    Raises UsageError, with a suggestion, for any other.
    """
    rules = {each.key: each for each in timed_rules(config)}
    if key in rules:
        return rules[key]
    if key in dict([*config.global_rules(), *config.staged_rules()]):
        raise UsageError(f"rule {key} fires on an event, so it never waits")
    hint = suggest_name(key, rules) or f"like {next(iter(rules), 'quoted.chase')}"
    raise UsageError(f"unknown rule {key!r}", hint=hint)


def include_closed(query: Query) -> Query:
    """Return the query over open, won and lost records, unless it names a status."""
    return query if query.names_closed else replace(query, terms=(*query.terms, ANY))


def select_ripe(
    request: Request, reading: Reading, wanted: Query, ripe: Sequence[Ripe]
) -> dict[str, list[Ripe]]:
    """Return what may have come due in the matching records, by path."""
    found: dict[str, list[Ripe]] = {}
    for each in ripe:
        found.setdefault(each.path, []).append(each)
    if wanted.terms == (ANY,):
        return found
    matching = {path for path, _ in reading.index.places(wanted, request.viewing)}
    return {path: due for path, due in found.items() if path in matching}


def open_memory(request: Request, reading: Reading, gates: Gates) -> Rest:
    """Return the memory of idle records, for the current day of each user and the released rules."""
    config, workspace = request.config, request.workspace
    days = local_days(request.at, config)
    content = workspace.read_config_file() + repr(sorted(gates.since.items())).encode()
    around = describe_surroundings(content, reading.index.seen.folders, days)
    return Rest(workspace.root, workspace.derived, around)


def change_batch(
    request: Request, paths: Sequence[str], gates: Gates, check: Check
) -> tuple[list[Change], list[CrmError], list[str]]:
    """Process what is due in a batch in one transaction; return changes, errors and idle records."""
    failed: list[CrmError] = []
    with request.changing(by=TICK) as session:
        by_path = {path: apply_due(session, path, gates, failed) for path in paths}
        changes = [change for made in by_path.values() for change in made]
        check(ChangeReport(changes, (), session))
    idle = [] if failed else [path for path, made in by_path.items() if not made]
    return changes, failed, idle


def apply_due(session: Writing, path: str, gates: Gates, failed: list[CrmError]) -> list[Change]:
    """Put the changes due in one record into the session and return them; append errors to `failed`."""
    try:
        facts = session.facts(session.opportunity(path))
        change = apply_due_rules(facts, session.moment, gates)
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
