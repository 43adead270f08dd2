"""Which records `crm tick` has to look at: asked of the index, so that nothing that rests is opened.

Each condition is the one of `domain/ticking.py` as far as SQL can tell: it may name a record in which
nothing happens, for a rule's `when` is asked of the record itself, but leaves none out.
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
APART = "\x1f"  # between two firings; found in none of them
ISO = "'%Y-%m-%dT%H:%M:%SZ'"
OCCURRENCES = {
    Clock.STAGE: f"strftime({ISO}, r.stage_since, 'unixepoch')",
    Clock.TOUCHED: f"strftime({ISO}, r.touched, 'unixepoch')",
    Clock.CREATED: f"strftime({ISO}, r.created, 'unixepoch')",
}


def firings_text(deal: Opportunity) -> str:
    """The rules that have fired on a deal with their occurrences, as one text."""
    return APART.join(["", *fired(deal), ""])


def due_select(config: Config, at: Instant) -> str:
    """The SELECT of the paths of records in which something may have come due."""
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
    """Does the stage or the loss differ from the history?"""
    first = sql_literal(config.stages[0].id)
    won = ", ".join(map(sql_literal, sorted(config.won_stages)))
    return (
        f"COALESCE(r.stage, {first}) IS NOT k.recorded "
        f"OR (k.recorded_lost AND k.recorded NOT IN ({won})) <> (r.lost IS NOT NULL)"
    )


def not_fired(key: str, occurrence: str) -> str:
    """Has a rule not fired yet for an occurrence, which is SQL?"""
    begin = sql_literal(f"{APART}{key} ")
    return f"instr(k.firings, {begin} || {occurrence} || {sql_literal(APART)}) = 0"


def waiting_select(config: Config, at: Instant) -> Iterator[str]:
    """Deals that have been in their stage for as long as one of its rules waits."""
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
    """What a rule fires for: once for good, or the usual thing; SQL."""
    return "'1'" if build_trigger("", rule, "").occurrence else usual


def stale_select(config: Config, at: Instant) -> Iterator[str]:
    """Deals that have begun to be stale, where rules wait for that."""
    rules = [rule for rule in config.rules if rule.on is Event.STALE]
    clocks = {stage.stale_after.since for stage in config.stages if stage.stale_after}
    for rule in rules:
        for clock in sorted(clocks):
            yield (
                f"SELECT r.path {FROM} WHERE r.id IS NOT NULL AND ({stale_in(config, at)}) "
                f"AND {not_fired(rule.id, occurrence_of(rule, OCCURRENCES[clock]))}"
            )


def late_select(config: Config, at: Instant) -> Iterator[str]:
    """Activities that are as late as a rule waits for, somewhere on earth."""
    for rule in config.rules:
        if rule.on is Event.OVERDUE:
            last = last_reaching(rule.in_ or LATE, local_day(at, config) + timedelta(days=1), config)
            yield (
                f"SELECT r.path {FROM} JOIN activity a ON a.record = r.rowid WHERE r.id IS NOT NULL "
                f"AND a.state = 'planned' AND a.due <= {sql_literal(last.isoformat())} "
                f"AND {not_fired(rule.id, occurrence_of(rule, 'a.id || {slash} || a.due'.format(slash=sql_literal('/'))))}"
            )
