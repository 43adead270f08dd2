"""The records that `crm tick` has to examine, from the index, so that records at rest are not opened.

Each condition is that of `domain/rules/timed_rules.py` as far as SQL can express it: it may include a
record in which nothing happens, since a rule's `when` is tested on the record itself, but it omits none.
"""

from collections.abc import Iterator
from datetime import timedelta

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import fired_rules as fired
from crmcli.domain.model.pipeline import Clock, Event, Rule
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.model.staleness import day_begins, last_reaching
from crmcli.domain.records.follow_ups import AGAIN
from crmcli.domain.rules.fire_rules import build_trigger
from crmcli.domain.rules.timed_rules import AT_ONCE, LATE
from crmcli.store.index.key_columns import sql_literal, stale_in

FROM = "FROM record r JOIN record_course k ON k.record = r.rowid"
APART = "\x1f"  # separates firings; occurs in none of them
ISO = "'%Y-%m-%dT%H:%M:%SZ'"
OCCURRENCES = {
    Clock.STAGE: f"strftime({ISO}, r.stage_since, 'unixepoch')",
    Clock.TOUCHED: f"strftime({ISO}, r.touched, 'unixepoch')",
    Clock.CREATED: f"strftime({ISO}, r.created, 'unixepoch')",
}


def firings_text(deal: Opportunity) -> str:
    """Return the rules that have fired on a record, with their occurrences, as one text."""
    return APART.join(["", *fired(deal), ""])


def due_select(config: Config, at: Instant) -> str:
    """Return the SELECT for the paths of records in which something may be due."""
    parts = [
        f"SELECT r.path {FROM} WHERE r.id IS NOT NULL AND ({changed_by_hand(config)})",
        f"SELECT r.path {FROM} JOIN activity a ON a.record = r.rowid WHERE r.id IS NOT NULL AND a.id IS NULL",
        *waiting_select(config, at),
        *stale_select(config, at),
        *late_select(config, at),
        f"SELECT r.path {FROM} JOIN activity a ON a.record = r.rowid WHERE r.id IS NOT NULL "
        "AND a.state = 'done' AND json_extract(a.document, '$.every') IS NOT NULL "
        f"AND {not_fired(AGAIN, 'a.id')}",
    ]
    return " UNION ".join(parts)


def changed_by_hand(config: Config) -> str:
    """Return the SQL condition that the stage or the loss differs from the history."""
    first = sql_literal(config.stages[0].id)
    won = ", ".join(map(sql_literal, sorted(config.won_stages)))
    return (
        f"COALESCE(r.stage, {first}) IS NOT k.recorded "
        f"OR (k.recorded_lost AND k.recorded NOT IN ({won})) <> (r.lost IS NOT NULL)"
    )


def not_fired(key: str, occurrence: str) -> str:
    """Return the SQL condition that a rule has not fired yet for an occurrence, given as SQL."""
    begin = sql_literal(f"{APART}{key} ")
    return f"instr(k.firings, {begin} || {occurrence} || {sql_literal(APART)}) = 0"


def waiting_select(config: Config, at: Instant) -> Iterator[str]:
    """Yield SELECTs for records that have been in their stage as long as one of its rules waits."""
    first = sql_literal(config.stages[0].id)
    for stage in config.stages:
        for rule in stage.after:
            last = last_reaching(rule.in_ or AT_ONCE, local_day(at, config), config)
            before = int(day_begins(last + timedelta(days=1), config).timestamp())
            yield (
                f"SELECT r.path {FROM} WHERE r.id IS NOT NULL AND r.lost IS NULL "
                f"AND COALESCE(r.stage, {first}) = {sql_literal(stage.id)} AND r.stage_since < {before} "
                f"AND {not_fired(f'{stage.id}.{rule.id}', occurrence_of(rule, 'k.visit'))}"
            )


def occurrence_of(rule: Rule, usual: str) -> str:
    """Return the occurrence of a rule as SQL: '1' for a rule that fires once, else the usual one."""
    return "'1'" if build_trigger("", rule, "").occurrence else usual


def stale_select(config: Config, at: Instant) -> Iterator[str]:
    """Yield SELECTs for records that have become stale, if rules wait for that."""
    rules = [rule for rule in config.rules if rule.on is Event.STALE]
    clocks = {stage.stale_after.since for stage in config.stages if stage.stale_after}
    for rule in rules:
        for clock in sorted(clocks):
            yield (
                f"SELECT r.path {FROM} WHERE r.id IS NOT NULL AND ({stale_in(config, at)}) "
                f"AND {not_fired(rule.id, occurrence_of(rule, OCCURRENCES[clock]))}"
            )


def late_select(config: Config, at: Instant) -> Iterator[str]:
    """Yield SELECTs for activities that are as late as a rule waits for, in any time zone."""
    for rule in config.rules:
        if rule.on is Event.OVERDUE:
            last = last_reaching(rule.in_ or LATE, local_day(at, config) + timedelta(days=1), config)
            yield (
                f"SELECT r.path {FROM} JOIN activity a ON a.record = r.rowid WHERE r.id IS NOT NULL "
                f"AND a.state = 'planned' AND a.due <= {sql_literal(last.isoformat())} "
                f"AND {not_fired(rule.id, occurrence_of(rule, 'a.id || {slash} || a.due'.format(slash=sql_literal('/'))))}"
            )
