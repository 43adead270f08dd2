"""Reasons for a record's state: the rule or person behind its probability, activities, mails and tags."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from crmcli.domain.explain.value_words import ValueWords
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, name_lost_reason
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import has_fired, last_move, own_entries
from crmcli.domain.model.pipeline import Rule
from crmcli.domain.model.record_types import (
    Direction,
    Entry,
    HistoryEvent,
    Instant,
    Opportunity,
    RecordedEffect,
)
from crmcli.domain.model.recorded_effects import (
    describe_effect,
    describe_effects,
    name_activity,
    name_parts,
)
from crmcli.domain.model.status import Provenance, probability_of, stage_of_the_ladder, stages_climbed
from crmcli.domain.records import follow_ups
from crmcli.domain.records.manual_edits import moved_by_hand
from crmcli.domain.templates import expressions
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import RefusedError

NOT_CONFIGURED = deferred("not configured any more")
HOLDS = {True: deferred("as of now {condition} is true"), False: deferred("as of now {condition} is false")}


class Reason(msgspec.Struct, frozen=True):
    """A fact about a record, its reason, and its time and author."""

    what: str
    why: str
    at: Instant | None = None
    by: str | None = None


class ReasonNames(msgspec.Struct, frozen=True):
    """The names for ids in reasons; scripts get the ids."""

    name_stage: Callable[[str], str]
    made: Mapping[str, str]  # by rules and merges: activities and mails
    own: Mapping[str, str]  # by people

    @classmethod
    def for_people(cls, facts: Facts) -> "ReasonNames":
        """Return the names that people know."""
        names = name_parts(facts.opportunity, facts.config)
        return cls(ValueWords(facts.config).name_stage, names, names)

    @classmethod
    def for_scripts(cls, facts: Facts) -> "ReasonNames":
        """Return the ids, which stay the same, and names after them."""
        names = {id: f"{id} {name}" for id, name in name_parts(facts.opportunity, facts.config).items()}
        return cls(str, names, {})


def explain_record(facts: Facts, moment: Moment, names: ReasonNames) -> list[Reason]:
    """Return all reasons known for a record, the probability first; those of rules are from its history."""
    return [
        reason_for_probability(facts, names),
        *reason_for_stage(facts, names),
        *reasons_for_rules(facts, moment, names),
        *reasons_for_merges(facts, names),
        *reasons_for_activities(facts, names),
        *reasons_for_mails(facts, names),
        *reasons_for_tags(facts),
    ]


def reason_for_probability(facts: Facts, names: ReasonNames) -> Reason:
    """Return the probability with its source."""
    deal, config = facts.opportunity, facts.config
    chance, provenance = probability_of(deal, config)
    what = translate("probability {percent} %", percent=f"{chance.normalize():f}")
    if provenance is Provenance.MANUAL:
        given = (e for e in own_entries(deal) if e.event == HistoryEvent.SET and e.field == "probability")
        entry = next(given, None)
        rule = rule_that_set(deal, entry) if entry else None
        why = translate("set by rule {rule}", rule=rule) if rule else translate("set by hand")
        return Reason(what, why, *when_and_who(entry or last_move(deal)))
    if provenance is Provenance.STAGE:
        stage = stage_of_the_ladder(stages_climbed(deal), config)
        source = (
            translate("of stage {stage}", stage=names.name_stage(stage.id))
            if stage
            else translate("no stage gives one")
        )
        return Reason(what, source, *when_and_who(last_move(deal)))
    return Reason(what, translate(str(provenance)), *when_and_who(last_move(deal)))


def rule_that_set(deal: Opportunity, entry: Entry) -> str | None:
    """Return the rule that set a field: the one whose firing follows the entry on the field; or None."""
    later = deal.history[deal.history.index(entry) + 1 :]
    fired = next((each for each in later if each.event != HistoryEvent.SET), None)
    if fired is None or fired.event != HistoryEvent.RULE or fired.at != entry.at:
        return None
    return fired.rule if entry.field in [effect.set for effect in fired.did] else None


def reason_for_stage(facts: Facts, names: ReasonNames) -> Iterator[Reason]:
    """Yield the reason for the present stage."""
    deal = facts.opportunity
    if moved_by_hand(deal, facts.config):
        what = translate("stage {stage}", stage=names.name_stage(deal.stage or ""))
        yield Reason(what, translate("edited in the file, not adopted yet"))
        return
    entry = last_move(deal)
    if entry is not None:
        was = name_lost_reason(facts.config, entry.was)
        parts = [
            translate(str(entry.event)),
            translate("visit {number}", number=entry.visit) if entry.visit else "",
            translate("was lost: {reason}", reason=was) if was else "",
        ]
        what = translate("stage {stage}", stage=names.name_stage(entry.to or ""))
        yield Reason(what, ", ".join(part for part in parts if part), *when_and_who(entry))


def reasons_for_rules(facts: Facts, moment: Moment, names: ReasonNames) -> Iterator[Reason]:
    """Yield the effects of each rule that has fired, and whether its condition holds now."""
    for entry in facts.opportunity.history:
        if entry.event == HistoryEvent.RULE and entry.of is None:
            rule = find_rule(facts.config, entry.rule or "")
            now = describe_rule_now(rule, facts, moment) if rule else describe_unconfigured(entry.rule or "")
            note = f"; {now}" if now else ""
            if not has_fired(facts.opportunity, entry.rule or "", entry.occurrence or ""):
                note += f"; {translate('taken back')}"
            rule_name = translate("rule {rule} ({occurrence})", rule=entry.rule, occurrence=entry.occurrence)
            did = describe_effects(entry.did, names.made)
            yield Reason(did, f"{rule_name}{note}", *when_and_who(entry))


def reasons_for_merges(facts: Facts, names: ReasonNames) -> Iterator[Reason]:
    """Yield the tags and activities that were taken over from merged records, and are there still."""
    deal = facts.opportunity
    taken = {effect: entry for entry in merges_of(facts) for effect in map(effect_key, entry.did)}
    for (tag, activity), entry in taken.items():
        if tag in deal.tags or activity in names.made:
            what = describe_effect(RecordedEffect(tag=tag, activity=activity), names.made)
            why = translate("taken over from {records} by a merge", records=", ".join(entry.ids))
            yield Reason(what, why, *when_and_who(entry))


def effect_key(effect: RecordedEffect) -> tuple[str | None, str | None]:
    """Return the tag and the activity of an effect; one of them is None."""
    return effect.tag, effect.activity


def merges_of(facts: Facts) -> Iterator[Entry]:
    """Yield the history entries on merges into this record."""
    return (each for each in facts.opportunity.history if each.event == HistoryEvent.MERGED)


def reasons_for_activities(facts: Facts, names: ReasonNames) -> Iterator[Reason]:
    """Yield the activities that no rule created, and no merge brought."""
    merged = {effect.activity for entry in merges_of(facts) for effect in entry.did}
    for activity in facts.opportunity.activities:
        if activity.rule is None and activity.id not in merged:
            what = translate("activity {name}", name=names.own.get(activity.id or "", activity.id))
            yield Reason(what, translate("planned by a person: {name}", name=name_activity(activity)))


def reasons_for_mails(facts: Facts, names: ReasonNames) -> Iterator[Reason]:
    """Yield the sent mails that no rule queued."""
    ruled = {effect.mail for effect in effects_of_rules(facts) if effect.mail}
    for message in facts.opportunity.messages:
        if message.direction is Direction.OUT and message.id not in ruled:
            subject = message.subject or ""
            if message.withdrawn:
                subject = translate("{mail} (withdrawn)", mail=subject)
            why = translate("queued by a person: {name}", name=subject)
            yield Reason(
                translate("mail {name}", name=names.own.get(message.id or "", message.id)), why, message.at
            )


def reasons_for_tags(facts: Facts) -> Iterator[Reason]:
    """Yield the tags that no rule added, and no merge brought."""
    ruled = {effect.tag for effect in effects_of_rules(facts)}
    ruled |= {effect.tag for entry in merges_of(facts) for effect in entry.did}
    for tag in facts.opportunity.tags:
        if tag not in ruled:
            yield Reason(translate("tag {name}", name=tag), translate("added by a person or at creation"))


def effects_of_rules(facts: Facts) -> Iterator[RecordedEffect]:
    """Yield the effects of rules on a deal, newest firing first."""
    for entry in own_entries(facts.opportunity):
        if entry.event == HistoryEvent.RULE:
            yield from entry.did


def describe_unconfigured(key: str) -> str:
    """Return a description of a rule that is not in `crm.yaml`: built in, or removed."""
    return translate(follow_ups.BUILT_IN.get(key, NOT_CONFIGURED))


def describe_rule_now(rule: Rule, facts: Facts, moment: Moment) -> str:
    """Return in words whether a rule's condition holds now; empty for a rule without a condition."""
    if rule.when is None:
        return ""
    from crmcli.domain.templates.condition_names import condition_inputs  # imports Jinja

    day = local_day(moment.at, facts.config)
    try:
        holds = expressions.condition_holds_for(rule.when, facts, day)
    except RefusedError as error:
        return translate("as of now {fault}", fault=error.what)
    found = condition_inputs(rule.when, build_variables(facts, day))
    seen = ", ".join(f"{name} = {value}" for name, value in found)
    return translate(HOLDS[holds], condition=rule.when) + (f" ({seen})" if seen else "")


def find_rule(config: Config, key: str) -> Rule | None:
    """Return the rule with this key in histories: `stage.rule`, the id of a global one, or `referral.…`."""
    return dict([*config.global_rules(), *config.staged_rules()]).get(key)


def when_and_who(entry: Entry | None) -> tuple[Instant | None, str | None]:
    """Return the time and the author of a history entry."""
    return (entry.at, entry.by) if entry else (None, None)
