"""What fires when something happens to a deal: once per occurrence, recorded in its history."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain import expressions, planning
from crmcli.domain.changes import Change, Moment, QueueMail
from crmcli.domain.config import ActivityAction, Config, Event, Rule, Stage
from crmcli.domain.editing import assigned, tagged
from crmcli.domain.errors import RefusedError
from crmcli.domain.facts import Facts
from crmcli.domain.history import appended, has_fired
from crmcli.domain.ids import derived
from crmcli.domain.model import Activity, Entry, Opportunity, State
from crmcli.domain.values import Plain
from crmcli.domain.zones import today


class Trigger(NamedTuple):
    """A rule that an event calls, under the key that the history knows it by."""

    key: str
    rule: Rule
    occurrence: str


def entering(stage: Stage, visit: int) -> list[Trigger]:
    """The rules of coming into a stage."""
    return [trigger(f"{stage.id}.{rule.id}", rule, str(visit)) for rule in stage.on_enter]


def leaving(stage: Stage, visit: int) -> list[Trigger]:
    """The rules of going out of a stage."""
    return [trigger(f"{stage.id}.{rule.id}", rule, str(visit)) for rule in stage.on_exit]


def on(event: Event, config: Config, occurrence: str) -> list[Trigger]:
    """The global rules that wait for an event."""
    return [trigger(rule.id, rule, occurrence) for rule in config.rules if rule.on is event]


def trigger(key: str, rule: Rule, occurrence: str) -> Trigger:
    """The rule with the occurrence it fires for: `1` for what may happen only once in a deal's life.

    That is the default of an e-mail on entry, exit or closing, and of `once: true`.
    """
    closing = rule.on in (None, Event.WON, Event.LOST, Event.REOPENED)
    once = rule.once if rule.once is not None else rule.email is not None and closing
    return Trigger(key, rule, "1" if once else occurrence)


def fire(facts: Facts, triggers: Iterable[Trigger], moment: Moment) -> Change:
    """The record after these rules, each at most once per occurrence."""
    change = Change(before=facts.opportunity, after=facts.opportunity)
    for each in triggers:
        change = change.then(fire_one(facts.about(change.after), each, moment))
    return change


def fire_one(facts: Facts, trigger: Trigger, moment: Moment) -> Change:
    """The record after one rule; unchanged where it has fired before or its condition fails."""
    before = facts.opportunity
    if has_fired(before, trigger.key, trigger.occurrence) or not applies(facts, trigger, moment):
        return Change(before=before, after=before)
    did: tuple[str, ...] = ()
    change = Change(before=before, after=before)
    for action in ACTIONS:
        done = action(facts.about(change.after), trigger, moment)
        did += done.did
        change = change.then(done.change)
    entry = Entry(
        at=moment.at,
        event="rule",
        rule=trigger.key,
        occurrence=trigger.occurrence,
        did=", ".join(did) or "nothing",
        by=moment.by,
    )
    return change.then(Change(before=before, after=appended(change.after, entry)))


def applies(facts: Facts, trigger: Trigger, moment: Moment) -> bool:
    """Whether the condition of a rule holds; a rule without one always applies."""
    condition = trigger.rule.when
    if condition is None:
        return True
    try:
        return expressions.holds(condition, facts, today(moment.at, facts.config))
    except RefusedError as error:
        raise RefusedError(error.what, where=f"rule {trigger.key}") from error


class Done(NamedTuple):
    """What one action of a rule did, in the words of the history."""

    change: Change
    did: tuple[str, ...] = ()


def nothing(facts: Facts, *reasons: str, notices: tuple[str, ...] = ()) -> Done:
    """An action that leaves the record as it is."""
    deal = facts.opportunity
    return Done(Change(before=deal, after=deal, notices=notices), reasons)


def done(facts: Facts, after: Opportunity, *did: str) -> Done:
    """An action that changed the record."""
    return Done(Change(before=facts.opportunity, after=after), did)


def plan_activity(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Plan the activity, unless the rule's earlier one is still planned."""
    action = trigger.rule.activity
    if action is None:
        return nothing(facts)
    deal = facts.opportunity
    for earlier in deal.activities:
        if earlier.rule == trigger.key and earlier.state is State.PLANNED:
            return nothing(facts, f"nothing: activity {earlier.id} is still planned")
    activity = activity_of(action, facts, trigger, moment)
    after = replace(deal, activities=(*deal.activities, activity))
    return done(facts, after, f"activity {activity.id}")


def activity_of(action: ActivityAction, facts: Facts, trigger: Trigger, moment: Moment) -> Activity:
    """The activity itself; its id is the same on every machine that fires this rule."""
    id = derived(facts.opportunity.id or "", trigger.key, trigger.occurrence, "activity")
    draft = planning.drafted(
        facts, moment, id=id, type=action.type, summary=action.summary, assignee=action.assignee
    )
    day = today(moment.at, facts.config, draft.assignee)
    due = planning.after(day, action.due, facts) if action.due else draft.due
    return replace(draft, due=due, rule=trigger.key)


def queue_mail(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Queue the e-mail; without an address there is nobody to write to."""
    if trigger.rule.email is None:
        return nothing(facts)
    if facts.contact is None or not facts.contact.emails:
        notice = f"{trigger.key}: no e-mail queued, the contact has no address"
        return nothing(facts, "nothing: no e-mail address", notices=(notice,))
    deal = facts.opportunity
    mail = QueueMail(
        opportunity=deal.id or "",
        template=trigger.rule.email.template,
        message=derived(deal.id or "", trigger.key, trigger.occurrence, "email"),
    )
    change = Change(before=deal, after=deal, mails=(mail,))
    return Done(change, (f"mail {mail.message}",))


def retag(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Put tags on and take tags off."""
    deal, rule = facts.opportunity, trigger.rule
    did = [f"untag {tag}" for tag in rule.untag if tag in deal.tags]
    did += [f"tag {tag}" for tag in rule.tag if tag not in deal.tags]
    return done(facts, tagged(deal, add=rule.tag, remove=rule.untag), *did)


def set_values(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Set fields; their values are Jinja texts."""
    deal = facts.opportunity
    day = today(moment.at, facts.config)
    for field, value in trigger.rule.set.items():
        template = value.text if isinstance(value, Plain) else str(value)
        deal = assigned(facts.about(deal), field, expressions.text(template, facts, day), moment)
    return done(facts, deal, *(f"set {field}" for field in trigger.rule.set))


def assign_owner(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Hand the deal to a user."""
    owner = trigger.rule.assign
    if owner is None:
        return nothing(facts)
    return done(facts, assigned(facts, "owner", owner, moment), f"assign {owner}")


ACTIONS = (retag, set_values, assign_owner, plan_activity, queue_mail)
