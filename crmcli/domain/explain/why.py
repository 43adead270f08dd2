"""Why a record is as it is: each probability, activity, mail and tag with the rule or person behind it."""

from collections.abc import Iterator
from typing import NamedTuple

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import has_fired, last_move, own_entries
from crmcli.domain.model.pipeline import Rule
from crmcli.domain.model.record_types import Activity, Direction, Entry, HistoryEvent, Instant, RecordedEffect
from crmcli.domain.model.recorded_effects import NOTHING, describe_effect
from crmcli.domain.model.status import Provenance, probability_of, stage_of_the_ladder, stages_climbed
from crmcli.domain.records import follow_ups
from crmcli.domain.records.manual_edits import moved_by_hand
from crmcli.domain.templates import expressions
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import RefusedError


class Reason(NamedTuple):
    """Something about a record, why it is so, since when and by whom."""

    what: str
    why: str
    at: Instant | None = None
    by: str | None = None


def explain_record(facts: Facts, moment: Moment) -> list[Reason]:
    """All that can be explained about a record, the probability first; rules from its history."""
    return [
        reason_for_probability(facts),
        *reason_for_stage(facts),
        *reasons_for_rules(facts, moment),
        *reasons_for_activities(facts),
        *reasons_for_mails(facts),
        *reasons_for_tags(facts),
    ]


def reason_for_probability(facts: Facts) -> Reason:
    """Where the probability comes from."""
    deal, config = facts.opportunity, facts.config
    chance, provenance = probability_of(deal, config)
    what = f"probability {chance.normalize():f} %"
    if provenance is Provenance.MANUAL:
        given = (e for e in own_entries(deal) if e.event == HistoryEvent.SET and e.field == "probability")
        entry = next(given, None)
        return Reason(what, "set by hand", *when_and_who(entry or last_move(deal)))
    if provenance is Provenance.STAGE:
        stage = stage_of_the_ladder(stages_climbed(deal), config)
        return Reason(
            what, f"of stage {stage.id}" if stage else "no stage gives one", *when_and_who(last_move(deal))
        )
    return Reason(what, str(provenance), *when_and_who(last_move(deal)))


def reason_for_stage(facts: Facts) -> Iterator[Reason]:
    """How it came to stand where it does."""
    deal = facts.opportunity
    if moved_by_hand(deal, facts.config):
        yield Reason(f"stage {deal.stage}", "edited in the file, not adopted yet")
        return
    entry = last_move(deal)
    if entry is not None:
        visit = f", visit {entry.visit}" if entry.visit else ""
        yield Reason(f"stage {entry.to}", f"{entry.event}{visit}", *when_and_who(entry))


def reasons_for_rules(facts: Facts, moment: Moment) -> Iterator[Reason]:
    """What each rule did that has fired, and how its condition stands now."""
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
    """What a rule did, with the activities and mails it made called by name."""
    deal = facts.opportunity
    names = {each.id: name_activity(each) for each in deal.activities if each.id}
    names |= {each.id: each.subject or "" for each in deal.messages if each.id}
    return ", ".join(describe_by_name(each, names) for each in entry.did) or NOTHING


def describe_by_name(effect: RecordedEffect, names: dict[str, str]) -> str:
    """Return an effect in words, with the name of the activity or mail that it made."""
    name = names.get(effect.activity or effect.mail or "")
    return f"{describe_effect(effect)} « {name} »" if name else describe_effect(effect)


def reasons_for_activities(facts: Facts) -> Iterator[Reason]:
    """The activities that no rule made."""
    for activity in facts.opportunity.activities:
        if activity.rule is None:
            yield Reason(f"activity {activity.id}", f"planned by a person: {name_activity(activity)}")


def reasons_for_mails(facts: Facts) -> Iterator[Reason]:
    """The mails that left and that no rule queued."""
    ruled = {effect.mail for effect in effects_of_rules(facts) if effect.mail}
    for message in facts.opportunity.messages:
        if message.direction is Direction.OUT and message.id not in ruled:
            yield Reason(f"mail {message.id}", f"queued by a person: {message.subject or ''}", message.at)


def reasons_for_tags(facts: Facts) -> Iterator[Reason]:
    """Each tag that it has and that no rule put on."""
    ruled = {effect.tag for effect in effects_of_rules(facts)}
    for tag in facts.opportunity.tags:
        if tag not in ruled:
            yield Reason(f"tag {tag}", "added by a person or at creation")


def effects_of_rules(facts: Facts) -> Iterator[RecordedEffect]:
    """Yield what rules did to a deal, newest firing first."""
    for entry in own_entries(facts.opportunity):
        if entry.event == HistoryEvent.RULE:
            yield from entry.did


def describe_unconfigured(key: str) -> str:
    """What is known of a rule that `crm.yaml` does not hold: one that is built in, or was taken out."""
    return follow_ups.BUILT_IN.get(key, "not configured any more")


def name_activity(activity: Activity) -> str:
    """How an activity is named."""
    return activity.summary or activity.type or ""


def describe_rule_now(rule: Rule, facts: Facts, moment: Moment) -> str:
    """Whether a rule's condition holds as of now; nothing for a rule without one."""
    if rule.when is None:
        return ""
    from crmcli.domain.templates.condition_names import condition_inputs  # Jinja, where there is a condition

    day = local_day(moment.at, facts.config)
    try:
        holds = expressions.condition_holds_for(rule.when, facts, day)
    except RefusedError as error:
        return f"as of now {error.what}"
    found = condition_inputs(rule.when, build_variables(facts, day))
    seen = ", ".join(f"{name} = {value}" for name, value in found)
    return f"as of now {rule.when} is {'true' if holds else 'false'}" + (f" ({seen})" if seen else "")


def find_rule(config: Config, key: str) -> Rule | None:
    """The rule that a history knows by this key: `stage.rule`, the id of a global one, `referral.…`."""
    return dict([*config.global_rules(), *config.staged_rules()]).get(key)


def when_and_who(entry: Entry | None) -> tuple[Instant | None, str | None]:
    """The instant and the person of a history entry."""
    return (entry.at, entry.by) if entry else (None, None)
