"""The records that `crm tick` has to examine, from the index, so that records at rest are not opened.

Each condition is that of `domain/rules/timed_rules.py` as far as SQL can express it: it may include a
record in which nothing happens, since a rule's `when` is tested on the record itself, but it omits none.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crmcli.domain.localization.offsets import is_in_hours
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import fired_rules as fired
from crmcli.domain.model.pipeline import Clock, Event, Rule
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.model.staleness import elapsed
from crmcli.domain.model.urgency import late_limit
from crmcli.domain.records.follow_ups import AGAIN
from crmcli.domain.rules.fire_rules import build_trigger
from crmcli.domain.rules.rewards import sponsor_rules
from crmcli.domain.rules.timed_rules import AT_ONCE, LATE
from crmcli.domain.rules.waiting_mails import waiting_firings
from crmcli.store.index.key_columns import has_elapsed, sql_literal, stale_in

FROM = "FROM record r JOIN record_course k ON k.record = r.rowid"
WAITS = "?"  # in place of a firing: a rule's mail waits for an address
APART = "\x1f"  # separates firings; occurs in none of them
ISO = "'%Y-%m-%dT%H:%M:%SZ'"
TIME = "json_extract(a.document, '$.time')"
OCCURRENCES = {
    Clock.STAGE: f"strftime({ISO}, r.stage_since, 'unixepoch')",
    Clock.TOUCHED: f"strftime({ISO}, r.touched, 'unixepoch')",
    Clock.CREATED: f"strftime({ISO}, r.created, 'unixepoch')",
}


def firings_text(deal: Opportunity) -> str:
    """Return the rules that have fired on a record, with their occurrences, and WAITS, as one text."""
    waits = [WAITS] if any(waiting_firings(deal)) else []
    return APART.join(["", *fired(deal), *waits, ""])


class Ripe(NamedTuple):
    """A record in which something may be due: a timed rule, for one occurrence; or anything else."""

    path: str
    rule: str  # empty for anything else
    occurrence: str


def due_select(config: Config, at: Instant) -> str:
    """Return the SELECT for what may be due in records, as the columns of `Ripe`."""
    parts = [
        f"SELECT r.path, '', 'edited' {FROM} WHERE r.id IS NOT NULL AND ({changed_by_hand(config)})",
        *misdirected_select(config),
        f"SELECT r.path, '', 'no id' {FROM} JOIN activity a ON a.record = r.rowid WHERE r.id IS NOT NULL "
        "AND a.id IS NULL",
        f"SELECT r.path, '', 'address' {FROM} WHERE r.id IS NOT NULL AND {has_waiting_mail()}",
        *waiting_select(config, at),
        *stale_select(config, at),
        *late_select(config, at),
        f"SELECT r.path, '', a.id {FROM} JOIN activity a ON a.record = r.rowid WHERE r.id IS NOT NULL "
        "AND a.state = 'done' AND json_extract(a.document, '$.every') IS NOT NULL "
        f"AND {not_fired(AGAIN, 'a.id')}",
    ]
    return " UNION ".join(parts)


def ripe_columns(rule: str, occurrence: str) -> str:
    """Return the columns of `Ripe` for a rule, and its occurrence as SQL."""
    return f"r.path, {sql_literal(rule)}, {occurrence}"


def changed_by_hand(config: Config) -> str:
    """Return the SQL condition that the stage or the loss differs from the history."""
    first = sql_literal(config.stages[0].id)
    won = ", ".join(map(sql_literal, sorted(config.won_stages)))
    return (
        f"COALESCE(r.stage, {first}) IS NOT k.recorded "
        f"OR (k.recorded_lost AND k.recorded NOT IN ({won})) <> (r.lost IS NOT NULL)"
    )


def misdirected_select(config: Config) -> Iterator[str]:
    """Yield the SELECT for won deals where a reward is due for another sponsor or link than the file has."""
    keys = ", ".join(sorted({sql_literal(key) for key, _ in sponsor_rules(config)}))
    if keys:
        reward = {name: f"json_extract(w.value, '$.{name}')" for name in ("state", "rule", "to", "link")}
        yield (
            f"SELECT r.path, '', 'sponsor' {FROM} JOIN record_said s ON s.record = r.rowid "
            "WHERE r.id IS NOT NULL AND r.closed IS NOT NULL AND EXISTS "
            f"(SELECT 1 FROM json_each(s.document, '$.held.rewards') w WHERE {reward['state']} = 'due' "
            f"AND {reward['rule']} IN ({keys}) "
            f"AND ({reward['to']} IS NOT r.referred_by OR {reward['link']} IS NOT r.link))"
        )


def not_fired(key: str, occurrence: str) -> str:
    """Return the SQL condition that a rule has not fired yet for an occurrence, given as SQL."""
    begin = sql_literal(f"{APART}{key} ")
    return f"instr(k.firings, {begin} || {occurrence} || {sql_literal(APART)}) = 0"


def has_waiting_mail() -> str:
    """Return the SQL condition that the mail of a rule waits for an address."""
    return f"instr(k.firings, {sql_literal(f'{APART}{WAITS}{APART}')}) > 0"


def ever_fired(key: str) -> str:
    """Return the SELECT for a record on which a rule has fired."""
    return f"SELECT 1 FROM record_course WHERE instr(firings, {sql_literal(f'{APART}{key} ')}) > 0 LIMIT 1"


def waiting_select(config: Config, at: Instant) -> Iterator[str]:
    """Yield SELECTs for records that have been in their stage as long as one of its rules waits."""
    first = sql_literal(config.stages[0].id)
    for stage in config.stages:
        for rule in stage.after:
            key, occurrence = f"{stage.id}.{rule.id}", occurrence_of(rule, "k.visit")
            reach = elapsed(rule.in_ or AT_ONCE, at, config)
            yield (
                f"SELECT {ripe_columns(key, occurrence)} {FROM} WHERE r.id IS NOT NULL AND r.lost IS NULL "
                f"AND COALESCE(r.stage, {first}) = {sql_literal(stage.id)} "
                f"AND {has_elapsed('r.stage_since', reach)} AND {not_fired(key, occurrence)}"
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
            occurrence = occurrence_of(rule, OCCURRENCES[clock])
            yield (
                f"SELECT {ripe_columns(rule.id, occurrence)} {FROM} WHERE r.id IS NOT NULL "
                f"AND ({stale_in(config, at)}) AND {not_fired(rule.id, occurrence)}"
            )


def late_select(config: Config, at: Instant) -> Iterator[str]:
    """Yield SELECTs for activities that are as late as a rule waits for, for their assignees."""
    for rule in config.rules:
        if rule.on is Event.OVERDUE:
            span = rule.in_ or LATE
            clock = f" || COALESCE('T' || {TIME}, '')" if is_in_hours(span) else ""
            occurrence = occurrence_of(rule, f"a.id || '/' || a.due{clock}")
            yield (
                f"SELECT {ripe_columns(rule.id, occurrence)} {FROM} JOIN activity a ON a.record = r.rowid "
                f"WHERE r.id IS NOT NULL AND a.state = 'planned' AND {late_by(span, at, config)} "
                f"AND {not_fired(rule.id, occurrence)}"
            )


def late_by(span: str, at: Instant, config: Config) -> str:
    """Return the condition that an activity is late by a span, as `is_late` decides it."""
    users = " ".join(
        f"WHEN {sql_literal(each.id)} THEN {sql_literal(late_limit(span, at, config, each.id))}"
        for each in config.users
        if each.timezone
    )
    usual = late_limit(span, at, config, None)
    limit = f"CASE a.assignee {users} ELSE {sql_literal(usual)} END" if users else sql_literal(usual)
    if not is_in_hours(span):
        return f"a.due <= {limit}"
    on_time = f"a.due || 'T' || {TIME} <= {limit}"
    return f"CASE WHEN {TIME} IS NULL THEN a.due < substr({limit}, 1, 10) ELSE {on_time} END"
