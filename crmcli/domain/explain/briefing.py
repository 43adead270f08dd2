"""What one wants to know before a call: the last contacts, and what the rules will do next."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from crmcli.domain.localization.offsets import HOUR, parse_span, shift_day
from crmcli.domain.localization.zones import zone_of
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import highest_visit, own_entries, stage_since
from crmcli.domain.model.mail_state import MailState, state_of_message
from crmcli.domain.model.record_types import (
    Direction,
    HistoryEvent,
    Instant,
    Opportunity,
    RecordedEffect,
    State,
)
from crmcli.domain.model.recorded_effects import describe_effects, name_parts
from crmcli.domain.model.staleness import still_since
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.rules import fire_rules, timed_rules
from crmcli.domain.rules.releases import OPEN

TICK = "tick"
SHOWN = 3  # contacts


class LastContact(msgspec.Struct, frozen=True):
    """A mail, an activity done or a note: when, what, by whom, and what was said."""

    at: Instant
    what: str  # received, sent, a type of activity, or note
    who: str | None
    text: str


class ComingRule(msgspec.Struct, frozen=True):
    """A rule that will fire if nothing happens before: when, and what it would do as of now."""

    at: Instant
    rule: str
    does: str


def last_contacts(deal: Opportunity, count: int = SHOWN) -> list[LastContact]:
    """Return the last mails, activities done and notes of a record, the newest first."""
    return sorted(all_contacts(deal), key=lambda each: each.at, reverse=True)[:count]


def all_contacts(deal: Opportunity) -> Iterator[LastContact]:
    """Yield the mails that came or left, the activities done, and the notes."""
    for message in deal.messages:
        is_out = message.direction is Direction.OUT
        has_left = not is_out or state_of_message(message) is MailState.SENT
        if message.at is not None and has_left and not message.automatic:
            who = message.to if is_out else message.from_
            said = " · ".join(filter(None, (message.subject, begin_text(message.text))))
            yield LastContact(message.sent or message.at, "sent" if is_out else "received", who, said)
    for activity in deal.activities:
        if activity.state is State.DONE and activity.closed:
            said = " · ".join(filter(None, (activity.summary, activity.outcome, activity.note)))
            yield LastContact(activity.closed, activity.type or "", activity.assignee, said)
    for entry in own_entries(deal):
        if entry.event == HistoryEvent.NOTE and entry.text:
            yield LastContact(entry.at, "note", entry.by, entry.text)


def begin_text(text: str | None) -> str:
    """Return the first two lines of a text that are not empty; the first one is often a greeting.

    >>> begin_text("Bonjour Marie,\\n\\nd’accord.\\n\\nPierre")
    'Bonjour Marie, d’accord.'
    """
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return " ".join(lines[:2])


def coming_rules(facts: Facts, moment: Moment) -> list[ComingRule]:
    """Return the timed rules that will fire on a deal in its present stage, the next first.

    Their conditions are judged by what is known now; nothing is changed.
    """
    if status_of(facts.opportunity, facts.config) is not Status.OPEN:
        return []
    found = [*rules_of_stage(facts, moment), *rules_of_stale(facts, moment)]
    return sorted(found, key=lambda each: each.at)


def rules_of_stage(facts: Facts, moment: Moment) -> Iterator[ComingRule]:
    """Yield the rules that wait for a time in the stage."""
    deal = facts.opportunity
    stage, since = facts.config.stage(deal.stage), stage_since(deal)
    if stage is None or since is None:
        return
    for rule in stage.after:
        at = max(moment.at, end_of_span(facts, since, rule.in_ or timed_rules.AT_ONCE))
        triggers = fire_rules.triggers_of_stage(stage, [rule], highest_visit(deal, stage.id))
        change = timed_rules.each_fired(facts, triggers, Moment(at=at, by=TICK))
        yield from told_rules(facts, change, at)


def rules_of_stale(facts: Facts, moment: Moment) -> Iterator[ComingRule]:
    """Yield the rules for stale deals, at the time when this one becomes stale."""
    stage = facts.config.stage(facts.opportunity.stage)
    if stage is None or stage.stale_after is None:
        return
    since = still_since(facts.opportunity, stage.stale_after.since)
    if since is not None:
        at = max(moment.at, end_of_span(facts, since, stage.stale_after.after) + timedelta(seconds=1))
        yield from told_rules(facts, timed_rules.stood_still(facts, Moment(at=at, by=TICK), OPEN), at)


def told_rules(facts: Facts, change: Change, at: Instant) -> Iterator[ComingRule]:
    """Yield the rules that fire in a change, with what they do in words."""
    names = name_parts(change.after, facts.config)
    for entry in change.after.history[len(facts.opportunity.history) :]:
        if entry.event == HistoryEvent.RULE and does_anything(entry.did):
            yield ComingRule(at, entry.rule or "", describe_effects(entry.did, names))


def does_anything(effects: tuple[RecordedEffect, ...]) -> bool:
    """Tell whether a rule has an effect."""
    return any(effect.nothing is None for effect in effects)


def end_of_span(facts: Facts, since: Instant, span: str) -> Instant:
    """Return when a span has elapsed since an instant: at the same time of day, or after so many hours."""
    offset = parse_span(span)
    if offset.unit == HOUR:
        return since + timedelta(hours=offset.number)
    zone = zone_of(facts.config)
    local = since.astimezone(zone)
    day = shift_day(local.date(), offset, facts.worked)
    return datetime.combine(day, local.time(), zone).astimezone(UTC)
