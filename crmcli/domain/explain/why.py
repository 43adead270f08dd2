"""Reasons for a record's state: the rule or person behind its probability, activities, mails and tags."""

from collections.abc import Iterator

import msgspec

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import has_fired, last_move, own_entries
from crmcli.domain.model.pipeline import Rule
from crmcli.domain.model.record_types import (
    Activity,
    Direction,
    Entry,
    HistoryEvent,
    Instant,
    Message,
    Opportunity,
    RecordedEffect,
)
from crmcli.domain.model.recorded_effects import NOTHING, describe_effect
from crmcli.domain.model.status import Provenance, probability_of, stage_of_the_ladder, stages_climbed
from crmcli.domain.records import follow_ups
from crmcli.domain.records.manual_edits import moved_by_hand
from crmcli.domain.templates import expressions
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.list_entries import find_label


class Reason(msgspec.Struct, frozen=True):
    """A fact about a record, its reason, and its time and author."""

    what: str
    why: str
    at: Instant | None = None
    by: str | None = None


def explain_record(facts: Facts, moment: Moment) -> list[Reason]:
    """Return all reasons known for a record, the probability first; those of rules are from its history."""
    return [
        reason_for_probability(facts),
        *reason_for_stage(facts),
        *reasons_for_rules(facts, moment),
        *reasons_for_merges(facts),
        *reasons_for_activities(facts),
        *reasons_for_mails(facts),
        *reasons_for_tags(facts),
    ]


def reason_for_probability(facts: Facts) -> Reason:
    """Return the probability with its source."""
    deal, config = facts.opportunity, facts.config
    chance, provenance = probability_of(deal, config)
    what = f"probability {chance.normalize():f} %"
    if provenance is Provenance.MANUAL:
        given = (e for e in own_entries(deal) if e.event == HistoryEvent.SET and e.field == "probability")
        entry = next(given, None)
        rule = rule_that_set(deal, entry) if entry else None
        why = f"set by rule {rule}" if rule else "set by hand"
        return Reason(what, why, *when_and_who(entry or last_move(deal)))
    if provenance is Provenance.STAGE:
        stage = stage_of_the_ladder(stages_climbed(deal), config)
        return Reason(
            what, f"of stage {stage.id}" if stage else "no stage gives one", *when_and_who(last_move(deal))
        )
    return Reason(what, str(provenance), *when_and_who(last_move(deal)))


def rule_that_set(deal: Opportunity, entry: Entry) -> str | None:
    """Return the rule that set a field: the one whose firing follows the entry on the field; or None."""
    later = deal.history[deal.history.index(entry) + 1 :]
    fired = next((each for each in later if each.event != HistoryEvent.SET), None)
    if fired is None or fired.event != HistoryEvent.RULE or fired.at != entry.at:
        return None
    return fired.rule if entry.field in [effect.set for effect in fired.did] else None


def reason_for_stage(facts: Facts) -> Iterator[Reason]:
    """Yield the reason for the present stage."""
    deal = facts.opportunity
    if moved_by_hand(deal, facts.config):
        yield Reason(f"stage {deal.stage}", "edited in the file, not adopted yet")
        return
    entry = last_move(deal)
    if entry is not None:
        visit = f", visit {entry.visit}" if entry.visit else ""
        was = f", was lost: {find_label(facts.config.lost_reasons, entry.was)}" if entry.was else ""
        yield Reason(f"stage {entry.to}", f"{entry.event}{visit}{was}", *when_and_who(entry))


def reasons_for_rules(facts: Facts, moment: Moment) -> Iterator[Reason]:
    """Yield the effects of each rule that has fired, and whether its condition holds now."""
    for entry in facts.opportunity.history:
        if entry.event == HistoryEvent.RULE and entry.of is None:
            rule = find_rule(facts.config, entry.rule or "")
            now = describe_rule_now(rule, facts, moment) if rule else describe_unconfigured(entry.rule or "")
            note = f"; {now}" if now else ""
            if not has_fired(facts.opportunity, entry.rule or "", entry.occurrence or ""):
                note += "; taken back"
            yield Reason(
                describe_firing(entry, facts),
                f"rule {entry.rule} ({entry.occurrence}){note}",
                *when_and_who(entry),
            )


def describe_firing(entry: Entry, facts: Facts) -> str:
    """Return the effects of a rule in words, with the names of the activities and mails it created."""
    deal = facts.opportunity
    names = {each.id: f"« {name_activity(each)} »" for each in deal.activities if each.id}
    names |= {each.id: name_message(each) for each in deal.messages if each.id}
    return ", ".join(describe_by_name(each, names) for each in entry.did) or NOTHING


def name_message(message: Message) -> str:
    """Return the subject of a mail in quotes, and whether it was withdrawn before it was sent."""
    return f"« {message.subject or ''} »{' (withdrawn)' if message.withdrawn else ''}"


def describe_by_name(effect: RecordedEffect, names: dict[str, str]) -> str:
    """Return an effect in words, with the name of the activity or mail that it created."""
    name = names.get(effect.activity or effect.mail or "")
    return f"{describe_effect(effect)} {name}" if name else describe_effect(effect)


def reasons_for_merges(facts: Facts) -> Iterator[Reason]:
    """Yield the tags and activities that were taken over from merged records, and are there still."""
    deal = facts.opportunity
    names = {each.id: f"« {name_activity(each)} »" for each in deal.activities if each.id}
    taken = {effect: entry for entry in merges_of(facts) for effect in map(effect_key, entry.did)}
    for (tag, activity), entry in taken.items():
        if tag in deal.tags or activity in names:
            what = describe_by_name(RecordedEffect(tag=tag, activity=activity), names)
            yield Reason(what, f"taken over from {', '.join(entry.ids)} by a merge", *when_and_who(entry))


def effect_key(effect: RecordedEffect) -> tuple[str | None, str | None]:
    """Return the tag and the activity of an effect; one of them is None."""
    return effect.tag, effect.activity


def merges_of(facts: Facts) -> Iterator[Entry]:
    """Yield the history entries on merges into this record."""
    return (each for each in facts.opportunity.history if each.event == HistoryEvent.MERGED)


def reasons_for_activities(facts: Facts) -> Iterator[Reason]:
    """Yield the activities that no rule created, and no merge brought."""
    merged = {effect.activity for entry in merges_of(facts) for effect in entry.did}
    for activity in facts.opportunity.activities:
        if activity.rule is None and activity.id not in merged:
            yield Reason(f"activity {activity.id}", f"planned by a person: {name_activity(activity)}")


def reasons_for_mails(facts: Facts) -> Iterator[Reason]:
    """Yield the sent mails that no rule queued."""
    ruled = {effect.mail for effect in effects_of_rules(facts) if effect.mail}
    for message in facts.opportunity.messages:
        if message.direction is Direction.OUT and message.id not in ruled:
            withdrawn = " (withdrawn)" if message.withdrawn else ""
            why = f"queued by a person: {message.subject or ''}{withdrawn}"
            yield Reason(f"mail {message.id}", why, message.at)


def reasons_for_tags(facts: Facts) -> Iterator[Reason]:
    """Yield the tags that no rule added, and no merge brought."""
    ruled = {effect.tag for effect in effects_of_rules(facts)}
    ruled |= {effect.tag for entry in merges_of(facts) for effect in entry.did}
    for tag in facts.opportunity.tags:
        if tag not in ruled:
            yield Reason(f"tag {tag}", "added by a person or at creation")


def effects_of_rules(facts: Facts) -> Iterator[RecordedEffect]:
    """Yield the effects of rules on a deal, newest firing first."""
    for entry in own_entries(facts.opportunity):
        if entry.event == HistoryEvent.RULE:
            yield from entry.did


def describe_unconfigured(key: str) -> str:
    """Return a description of a rule that is not in `crm.yaml`: built in, or removed."""
    return follow_ups.BUILT_IN.get(key, "not configured any more")


def name_activity(activity: Activity) -> str:
    """Return the summary of an activity, else its type."""
    return activity.summary or activity.type or ""


def describe_rule_now(rule: Rule, facts: Facts, moment: Moment) -> str:
    """Return in words whether a rule's condition holds now; empty for a rule without a condition."""
    if rule.when is None:
        return ""
    from crmcli.domain.templates.condition_names import condition_inputs  # imports Jinja

    day = local_day(moment.at, facts.config)
    try:
        holds = expressions.condition_holds_for(rule.when, facts, day)
    except RefusedError as error:
        return f"as of now {error.what}"
    found = condition_inputs(rule.when, build_variables(facts, day))
    seen = ", ".join(f"{name} = {value}" for name, value in found)
    return f"as of now {rule.when} is {'true' if holds else 'false'}" + (f" ({seen})" if seen else "")


def find_rule(config: Config, key: str) -> Rule | None:
    """Return the rule with this key in histories: `stage.rule`, the id of a global one, or `referral.…`."""
    return dict([*config.global_rules(), *config.staged_rules()]).get(key)


def when_and_who(entry: Entry | None) -> tuple[Instant | None, str | None]:
    """Return the time and the author of a history entry."""
    return (entry.at, entry.by) if entry else (None, None)
