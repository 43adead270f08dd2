"""Firing rules on the events of a deal, once per occurrence, recorded in its history."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.recurrence import check_recurrence_rule
from crmcli.domain.localization.translations import deferred, sentence
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import TICK, Change, Effect, Moment, QueueMail, RunProgram
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import append_entry, ever_fired, has_fired, last_firing
from crmcli.domain.model.pipeline import (
    CLOSING_EVENTS,
    ActivityAction,
    Addressee,
    EmailAction,
    Event,
    NotifyAction,
    PlanAction,
    RewardAction,
    Rule,
    RunAction,
    Stage,
)
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Entry,
    HistoryEvent,
    Open,
    Opportunity,
    Reassignment,
    RecordedEffect,
    State,
)
from crmcli.domain.model.recorded_effects import UNCERTAIN
from crmcli.domain.records import draft_activity, plan_start
from crmcli.domain.records.draft_activity import NoDateError, resolve_user
from crmcli.domain.records.editing import assign_field, change_tags
from crmcli.domain.rules import rewards
from crmcli.domain.templates import expressions
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.domain.values.ids import derive_id
from crmcli.domain.values.values import Plain

ADDRESS_OF = {
    Addressee.CONTACT: deferred("an e-mail address of the contact"),
    Addressee.SPONSOR: deferred("an e-mail address of the sponsor"),
}


class Trigger(msgspec.Struct, frozen=True):
    """A rule to fire, with its key and its occurrence in the history."""

    key: str
    rule: Rule
    occurrence: str


def triggers_for_entry(stage: Stage, visit: int) -> list[Trigger]:
    """Return the triggers of the rules on entering a stage."""
    return triggers_of_stage(stage, stage.on_enter, visit)


def triggers_for_exit(stage: Stage, visit: int) -> list[Trigger]:
    """Return the triggers of the rules on leaving a stage."""
    return triggers_of_stage(stage, stage.on_exit, visit)


def triggers_of_stage(stage: Stage, rules: Iterable[Rule], visit: int) -> list[Trigger]:
    """Return the triggers of rules of a stage, for one visit of it."""
    return [build_trigger(f"{stage.id}.{rule.id}", rule, str(visit)) for rule in rules]


def triggers_for_event(event: Event, config: Config, occurrence: str) -> list[Trigger]:
    """Return the triggers of the global rules for an event."""
    return [build_trigger(key, rule, occurrence) for key, rule in config.global_rules() if rule.on is event]


def build_trigger(key: str, rule: Rule, occurrence: str) -> Trigger:
    """Return the trigger of a rule; its occurrence is `1` where it may fire only once per deal.

    That applies to `once: true`, to an e-mail on entry, exit or closing unless `once: false`, and to a
    reward, except for one on `referral-won`, which is granted for each referred deal.
    """
    closing = rule.on in (None, *CLOSING_EVENTS) and rule.in_ is None
    once = rule.once if rule.once is not None else rule.email is not None and closing
    rewards_deal = rule.reward is not None and rule.on is not Event.REFERRAL_WON
    return Trigger(key, rule, "1" if once or rewards_deal else occurrence)


def fire_rules(facts: Facts, triggers: Iterable[Trigger], moment: Moment) -> Change:
    """Return the change that these rules make, each at most once per occurrence."""
    change = Change(before=facts.opportunity, after=facts.opportunity)
    for each in triggers:
        change = change.then(fire_rule(facts.about(change.after), each, moment))
    return change


def fire_rule(facts: Facts, trigger: Trigger, moment: Moment) -> Change:
    """Return the change that a rule makes; none where it has fired before or its condition fails.

    Where a day that it counts from is missing, the rule does nothing; `crm tick` tries it again, other
    events do not. Raises RefusedError naming the rule and the record where an action fails.
    """
    before = facts.opportunity
    try:
        if owes_mail(before, trigger) and moment.by != TICK:
            return fire_mail(facts, trigger, moment)
        if is_over(before, trigger, moment) or not condition_holds(facts, trigger, moment):
            return Change(before=before, after=before)
        return run_actions(facts, trigger, moment)
    except NoDateError as error:
        if moment.by == TICK:
            return Change(before=before, after=before)
        did = (RecordedEffect(nothing=facts.config.language.say(error.what)),)
        after = record_firing(before, trigger.key, trigger.occurrence, did, moment)
        notice = f"{trigger.key}: {error.what}, nothing planned"
        return Change(before=before, after=after, notices=(notice,))
    except CrmError as error:
        where = f"rule {trigger.key} on {before.id}"
        raise RefusedError(error.what, where=where, hint=error.hint) from error


def owes_mail(deal: Opportunity, trigger: Trigger) -> bool:
    """Tell whether a rule has fired, but its mail found no address, or was withdrawn before it was sent."""
    if trigger.rule.email is None:
        return False
    fired = last_firing(deal, trigger.key, trigger.occurrence)
    withdrawn = {each.id for each in deal.messages if each.withdrawn is not None}
    return fired is not None and any(each.waits or each.mail in withdrawn for each in fired.did)


def fire_mail(facts: Facts, trigger: Trigger, moment: Moment) -> Change:
    """Return the change that a rule makes whose other actions have run: its mail, if there is an address."""
    before, action = facts.opportunity, trigger.rule.email
    if action is None or not has_address(facts, action) or not condition_holds(facts, trigger, moment):
        return Change(before=before, after=before)
    rule = Rule(id=trigger.rule.id, email=action)
    return run_actions(facts, Trigger(trigger.key, rule, trigger.occurrence), moment)


def is_over(deal: Opportunity, trigger: Trigger, moment: Moment) -> bool:
    """Tell whether a rule has fired for an occurrence.

    After an undo, only an event caused by a person fires it again, never `crm tick`.
    """
    fired = ever_fired if moment.by == TICK else has_fired
    return fired(deal, trigger.key, trigger.occurrence)


def run_actions(facts: Facts, trigger: Trigger, moment: Moment) -> Change:
    """Return the change that a rule's actions make, with its entry in the history."""
    before = facts.opportunity
    did: tuple[RecordedEffect, ...] = ()
    change = Change(before=before, after=before)
    for name, run in ACTIONS.items():
        action = getattr(trigger.rule, name)
        if action:
            done = run(action, facts.about(change.after), trigger, moment)
            did += done.did
            change = change.then(done.change)
    after = record_firing(change.after, trigger.key, trigger.occurrence, did, moment)
    return change.then(Change(before=before, after=after))


def record_firing(
    deal: Opportunity, key: str, occurrence: str, did: tuple[RecordedEffect, ...], moment: Moment
) -> Opportunity:
    """Return the record with an entry on the firing of a rule, which keeps it from firing again."""
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.RULE,
        rule=key,
        occurrence=occurrence,
        did=did,
        by=moment.by,
    )
    return append_entry(deal, entry)


def condition_holds(facts: Facts, trigger: Trigger, moment: Moment) -> bool:
    """Tell whether the condition of a rule holds; a rule without one always applies."""
    condition = trigger.rule.when
    if condition is None:
        return True
    return expressions.condition_holds_for(condition, facts, local_day(moment.at, facts.config))


class ActionResult(msgspec.Struct, frozen=True):
    """The change that one action of a rule made, and its effects as the history records them."""

    change: Change
    did: tuple[RecordedEffect, ...] = ()


def do_nothing(facts: Facts, *reasons: str, notices: tuple[str, ...] = ()) -> ActionResult:
    """Return the result of an action that changes nothing, with the reasons."""
    deal = facts.opportunity
    did = tuple(RecordedEffect(nothing=facts.config.language.say(reason)) for reason in reasons)
    return ActionResult(Change(before=deal, after=deal, notices=notices), did)


def do_without(named: str, facts: Facts, trigger: Trigger) -> ActionResult:
    """Return the result of an action for a user who does not exist; somebody who has left is reported."""
    left = named not in (draft_activity.OWNER, draft_activity.ASSIGNEE, draft_activity.MANAGER)
    notices = (f"{trigger.key}: nothing done, {named} is not in users",) if left else ()
    return do_nothing(facts, sentence("no {user}", user=named), notices=notices)


def change_record(facts: Facts, after: Opportunity, *did: RecordedEffect) -> ActionResult:
    """Return the result of an action that changed the record."""
    return ActionResult(Change(before=facts.opportunity, after=after), did)


def cause_effect(facts: Facts, effect: Effect, *did: RecordedEffect) -> ActionResult:
    """Return the result of an action with an effect outside the record."""
    deal = facts.opportunity
    return ActionResult(Change(before=deal, after=deal, effects=(effect,)), did)


def plan_activity(action: ActivityAction, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Plan the activity, unless the rule's earlier one is still planned."""
    if earlier := still_planned(facts, trigger.key):
        return do_nothing(facts, sentence("activity {activity} is still planned", activity=earlier.id))
    return add_planned(facts, [activity_of(action, facts, trigger, moment)])


def still_planned(facts: Facts, key: str) -> Activity | None:
    """Return the activity that this rule planned earlier, not with a plan, if it is still planned."""
    own = (each for each in facts.opportunity.activities if each.rule == key and each.plan is None)
    return next((each for each in own if each.state is State.PLANNED), None)


def add_planned(facts: Facts, activities: Iterable[Activity]) -> ActionResult:
    """Return the result of adding these activities, without those that the record already has."""
    deal = facts.opportunity
    known = {each.id for each in deal.activities}
    fresh = tuple(each for each in activities if each.id not in known)
    did = [RecordedEffect(activity=each.id) for each in fresh]
    did = did or [RecordedEffect(nothing=facts.config.language.translate("its activity exists already"))]
    return change_record(facts, replace(deal, activities=(*deal.activities, *fresh)), *did)


def activity_of(action: ActivityAction, facts: Facts, trigger: Trigger, moment: Moment) -> Activity:
    """Return the activity of an action; its id is the same on every machine that fires this rule."""
    id = derive_id(facts.opportunity.id or "", trigger.key, trigger.occurrence, "activity")
    if action.every is not None:
        check_recurrence_rule(action.every)
    draft = draft_activity.draft_activity(
        facts,
        moment,
        id=id,
        type=action.type,
        summary=action.summary,
        due=action.due,
        assignee=action.assignee,
    )
    return replace(draft, every=action.every, rule=trigger.key)


def start_plan(action: PlanAction, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Start a plan around its day; the ids of its activities are the same on every machine."""
    if running := plan_start.planned_of(facts.opportunity, action.plan):
        return do_nothing(facts, sentence("activity {activity} is still planned", activity=running[0].id))
    day = draft_activity.due_day(action.date, facts, local_day(moment.at, facts.config))
    id = facts.opportunity.id or ""
    try:
        started = plan_start.start_plan(
            facts,
            moment,
            plan=plan_start.find_plan(facts.config, action.plan),
            day=day,
            id_of=lambda number: derive_id(id, trigger.key, trigger.occurrence, f"line {number}"),
        )
    except plan_start.NobodyError as error:  # must not refuse the event itself
        return do_nothing(facts, error.what, notices=(f"{trigger.key}: {error.what}",))
    behind = [each for each in started if plan_start.is_late(each, facts, moment)]
    started = plan_start.admit_late(started, facts, moment, plan_start.Late.TODAY, "")
    added = add_planned(facts, [replace(each, rule=trigger.key) for each in started])
    notices = tuple(
        f"{trigger.key}: planned for today instead of {plan_start.describe_late(each)}" for each in behind
    )
    return replace(added, change=replace(added.change, notices=(*added.change.notices, *notices)))


def queue_mail(action: EmailAction, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Queue the e-mail; where no address of the recipient works, it waits for one."""
    facts.refuse_unread(action.to)
    if not has_address(facts, action):
        person = recipient_of(facts, action)
        what = sentence(ADDRESS_OF[action.to])
        why = f" (mail to {person.emails[0]} came back)" if person and person.emails else ""
        deal = facts.opportunity
        notice = f"{trigger.key}: the e-mail waits for {what}{why}"
        change = Change(before=deal, after=deal, notices=(notice,))
        return ActionResult(change, (RecordedEffect(waits=facts.config.language.say(what)),))
    mail = compose_mail(action, facts, trigger, "email", to=action.to)
    return cause_effect(facts, mail, RecordedEffect(mail=mail.message))


def has_address(facts: Facts, action: EmailAction) -> bool:
    """Tell whether an address of the recipient of an e-mail works."""
    person = recipient_of(facts, action)
    return person is not None and bool(person.reachable_emails)


def recipient_of(facts: Facts, action: EmailAction) -> Contact | None:
    """Return whom an e-mail goes to."""
    return facts.sponsor if action.to is Addressee.SPONSOR else facts.contact


def notify_user(action: NotifyAction, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Queue an e-mail to a user."""
    user = facts.config.user(resolve_user(action.to, facts))
    if user is None:
        return do_without(action.to, facts, trigger)
    if user.email is None:
        who = sentence("{user} has no e-mail address", user=user.id)
        return do_nothing(facts, who, notices=(f"{trigger.key}: nobody notified, {who}",))
    mail = compose_mail(action, facts, trigger, "notify", user=user.id)
    return cause_effect(facts, mail, RecordedEffect(notify=user.id))


def compose_mail(
    action: EmailAction | NotifyAction,
    facts: Facts,
    trigger: Trigger,
    kind: str,
    *,
    to: Addressee = Addressee.CONTACT,
    user: str | None = None,
) -> QueueMail:
    """Return the e-mail that an action queues; its id is the same on every machine that fires this rule."""
    id = facts.opportunity.id or ""
    return QueueMail(
        opportunity=id,
        template=action.template,
        message=derive_id(id, trigger.key, trigger.occurrence, kind),
        to=to,
        user=user,
        activity=facts.activity.id if facts.activity else None,
    )


def reassign_late(named: str, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Assign the activity that the rule is about to another user."""
    late = facts.activity
    if late is None:
        return do_nothing(facts)
    who = resolve_user(named, facts)
    if who is None:
        return do_without(named, facts, trigger)
    if who == late.assignee:
        return do_nothing(
            facts, sentence("activity {activity} is assigned to {user} already", activity=late.id, user=who)
        )
    deal = facts.opportunity
    activities = tuple(
        replace(each, assignee=who) if each.id == late.id else each for each in deal.activities
    )
    given = Reassignment(activity=late.id or "", to=who)
    return change_record(facts, replace(deal, activities=activities), RecordedEffect(reassign=given))


def remove_tags(tags: tuple[str, ...], facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Remove tags."""
    deal = facts.opportunity
    did = [RecordedEffect(untag=tag) for tag in tags if tag in deal.tags]
    return change_record(facts, change_tags(deal, remove=tags), *did)


def add_tags(tags: tuple[str, ...], facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Add tags."""
    deal = facts.opportunity
    did = [RecordedEffect(tag=tag) for tag in tags if tag not in deal.tags]
    return change_record(facts, change_tags(deal, add=tags), *did)


def set_values(values: Open, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Set fields; their values are Jinja templates."""
    deal = facts.opportunity
    day = local_day(moment.at, facts.config)
    for field, value in values.items():
        template = value.text if isinstance(value, Plain) else str(value)
        deal = assign_field(facts.about(deal), field, expressions.render_text(template, facts, day), moment)
    return change_record(facts, deal, *(RecordedEffect(set=field) for field in values))


def assign_owner(named: str, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Assign the deal to a user."""
    owner = resolve_user(named, facts)
    if owner is None:
        return do_without(named, facts, trigger)
    return change_record(facts, assign_field(facts, "owner", owner, moment), RecordedEffect(assign=owner))


def grant_reward(action: RewardAction, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Grant the sponsor a reward, which is due from now on."""
    reward = rewards.build_reward(action, facts, trigger.key, moment)
    if reward is None:
        return do_nothing(facts, sentence("no sponsor to reward"))
    deal = facts.opportunity
    if reward.id in [each.id for each in deal.rewards]:
        return do_nothing(facts, sentence("reward {reward} exists already", reward=reward.id))
    return change_record(
        facts, replace(deal, rewards=(*deal.rewards, reward)), RecordedEffect(reward=reward.id)
    )


def run_program(action: RunAction, facts: Facts, trigger: Trigger, moment: Moment) -> ActionResult:
    """Schedule a program to run after the commit; its start is recorded with the change."""
    program = RunProgram(
        opportunity=facts.opportunity.id or "",
        rule=trigger.key,
        occurrence=trigger.occurrence,
        action=action,
    )
    return cause_effect(facts, program, RecordedEffect(run=UNCERTAIN))


ACTIONS: dict[
    str, Callable[[Any, Facts, Trigger, Moment], ActionResult]
] = {  # keys of a rule, in the order they run
    "untag": remove_tags,
    "tag": add_tags,
    "set": set_values,
    "assign": assign_owner,
    "reassign": reassign_late,
    "activity": plan_activity,
    "plan": start_plan,
    "reward": grant_reward,
    "email": queue_mail,
    "notify": notify_user,
    "run": run_program,
}
