"""What fires when something happens to a deal: once per occurrence, recorded in its history."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.templates import expressions
from crmcli.domain.records import draft_activity, plan_start
from crmcli.domain.rules import rewards
from crmcli.domain.model.changes import TICK, Change, Effect, Moment, QueueMail, RunProgram
from crmcli.domain.model.config import Config
from crmcli.domain.records.editing import assigned, tagged
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import appended, ever_fired, has_fired
from crmcli.domain.values.ids import derived
from crmcli.domain.model.record_types import Activity, Entry, HistoryEvent, Opportunity, Reassignment, RecordedEffect, State
from crmcli.domain.model.pipeline import CLOSING_EVENTS, ActivityAction, Addressee, Event, Rule, Stage
from crmcli.domain.records.draft_activity import NoDateError
from crmcli.domain.model.recorded_effects import UNCERTAIN
from crmcli.domain.localization.recurrence import understood
from crmcli.domain.values.values import Plain
from crmcli.domain.localization.zones import today

MANAGER, ASSIGNEE = "manager", "assignee"  # of whom a rule speaks, besides the owner and users


class Trigger(NamedTuple):
    """A rule that an event calls, under the key that the history knows it by."""

    key: str
    rule: Rule
    occurrence: str


def entering(stage: Stage, visit: int) -> list[Trigger]:
    """The rules of coming into a stage."""
    return staged(stage, stage.on_enter, visit)


def leaving(stage: Stage, visit: int) -> list[Trigger]:
    """The rules of going out of a stage."""
    return staged(stage, stage.on_exit, visit)


def staged(stage: Stage, rules: Iterable[Rule], visit: int) -> list[Trigger]:
    """Rules of a stage, for one visit of it."""
    return [trigger(f"{stage.id}.{rule.id}", rule, str(visit)) for rule in rules]


def on(event: Event, config: Config, occurrence: str) -> list[Trigger]:
    """The global rules that wait for an event."""
    return [trigger(key, rule, occurrence) for key, rule in config.global_rules() if rule.on is event]


def trigger(key: str, rule: Rule, occurrence: str) -> Trigger:
    """The rule with the occurrence it fires for: `1` for what may happen only once in a deal's life.

    That is a reward, an e-mail on entry, exit or closing unless `once: false`, and `once: true`.
    """
    closing = rule.on in (None, *CLOSING_EVENTS) and rule.in_ is None
    once = rule.once if rule.once is not None else rule.email is not None and closing
    return Trigger(key, rule, "1" if once or rule.reward is not None else occurrence)


def fire(facts: Facts, triggers: Iterable[Trigger], moment: Moment) -> Change:
    """The record after these rules, each at most once per occurrence."""
    change = Change(before=facts.opportunity, after=facts.opportunity)
    for each in triggers:
        change = change.then(fire_one(facts.about(change.after), each, moment))
    return change


def fire_one(facts: Facts, trigger: Trigger, moment: Moment) -> Change:
    """The record after one rule; unchanged where it has fired before or its condition fails.

    Where a day that it counts from is missing it does nothing; time asks it again, other events do not.
    Raises RefusedError naming the rule and the record where it cannot do what it says.
    """
    before = facts.opportunity
    try:
        if is_over(before, trigger, moment) or not applies(facts, trigger, moment):
            return Change(before=before, after=before)
        return acted(facts, trigger, moment)
    except NoDateError as error:
        if moment.by == TICK:
            return Change(before=before, after=before)
        did = (RecordedEffect(nothing=error.what),)
        after = recorded(before, trigger.key, trigger.occurrence, did, moment)
        notice = f"{trigger.key}: {error.what}, nothing planned"
        return Change(before=before, after=after, notices=(notice,))
    except CrmError as error:
        where = f"rule {trigger.key} on {before.id}"
        raise RefusedError(error.what, where=where, hint=error.hint) from error


def is_over(deal: Opportunity, trigger: Trigger, moment: Moment) -> bool:
    """Has the rule fired for this? What a person took back only a person makes happen again."""
    fired = ever_fired if moment.by == TICK else has_fired
    return fired(deal, trigger.key, trigger.occurrence)


def acted(facts: Facts, trigger: Trigger, moment: Moment) -> Change:
    """The record after what a rule does, and the line of its history that says so."""
    before = facts.opportunity
    did: tuple[RecordedEffect, ...] = ()
    change = Change(before=before, after=before)
    for action in ACTIONS:
        done = action(facts.about(change.after), trigger, moment)
        did += done.did
        change = change.then(done.change)
    after = recorded(change.after, trigger.key, trigger.occurrence, did, moment)
    return change.then(Change(before=before, after=after))


def recorded(
    deal: Opportunity, key: str, occurrence: str, did: tuple[RecordedEffect, ...], moment: Moment
) -> Opportunity:
    """The record with the line that says what a rule did; that line is what keeps it from doing so again."""
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.RULE,
        rule=key,
        occurrence=occurrence,
        did=did,
        by=moment.by,
    )
    return appended(deal, entry)


def applies(facts: Facts, trigger: Trigger, moment: Moment) -> bool:
    """Whether the condition of a rule holds; a rule without one always applies."""
    condition = trigger.rule.when
    if condition is None:
        return True
    return expressions.holds(condition, facts, today(moment.at, facts.config))


class Done(NamedTuple):
    """What one action of a rule did, as the history records it."""

    change: Change
    did: tuple[RecordedEffect, ...] = ()


def nothing(facts: Facts, *reasons: str, notices: tuple[str, ...] = ()) -> Done:
    """An action that leaves the record as it is."""
    deal = facts.opportunity
    did = tuple(RecordedEffect(nothing=reason) for reason in reasons)
    return Done(Change(before=deal, after=deal, notices=notices), did)


def done(facts: Facts, after: Opportunity, *did: RecordedEffect) -> Done:
    """An action that changed the record."""
    return Done(Change(before=facts.opportunity, after=after), did)


def outside(facts: Facts, effect: Effect, *did: RecordedEffect) -> Done:
    """An action that leaves the record as it is, and has something done besides."""
    deal = facts.opportunity
    return Done(Change(before=deal, after=deal, effects=(effect,)), did)


def plan_activity(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Plan the activity, unless the rule's earlier one is still planned."""
    action = trigger.rule.activity
    if action is None:
        return nothing(facts)
    if earlier := still_planned(facts, trigger.key, None):
        return nothing(facts, f"activity {earlier.id} is still planned")
    return planned(facts, [activity_of(action, facts, trigger, moment)])


def still_planned(facts: Facts, key: str, plan: str | None) -> Activity | None:
    """The activity that this rule planned earlier, alone or with a plan, and that is still to do."""
    own = (each for each in facts.opportunity.activities if each.rule == key and each.plan == plan)
    return next((each for each in own if each.state is State.PLANNED), None)


def planned(facts: Facts, activities: Iterable[Activity]) -> Done:
    """The record with these activities, but for those that it has already."""
    deal = facts.opportunity
    known = {each.id for each in deal.activities}
    fresh = tuple(each for each in activities if each.id not in known)
    did = [RecordedEffect(activity=each.id) for each in fresh]
    did = did or [RecordedEffect(nothing="its activity exists already")]
    return done(facts, replace(deal, activities=(*deal.activities, *fresh)), *did)


def activity_of(action: ActivityAction, facts: Facts, trigger: Trigger, moment: Moment) -> Activity:
    """The activity itself; its id is the same on every machine that fires this rule."""
    id = derived(facts.opportunity.id or "", trigger.key, trigger.occurrence, "activity")
    if action.every is not None:
        understood(action.every)
    draft = draft_activity.drafted(
        facts,
        moment,
        id=id,
        type=action.type,
        summary=action.summary,
        due=action.due,
        assignee=someone(action.assignee, facts),
    )
    return replace(draft, every=action.every, rule=trigger.key)


def start_plan(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Start a plan around its day; the ids of its activities are the same on every machine."""
    action = trigger.rule.plan
    if action is None:
        return nothing(facts)
    if earlier := still_planned(facts, trigger.key, action.plan):
        return nothing(facts, f"activity {earlier.id} is still planned")
    day = draft_activity.due_day(action.date, facts, today(moment.at, facts.config))
    id = facts.opportunity.id or ""
    try:
        started = plan_start.started(
            facts,
            moment,
            plan=plan_start.known(facts.config, action.plan),
            day=day,
            id_of=lambda number: derived(id, trigger.key, trigger.occurrence, f"line {number}"),
        )
    except plan_start.NobodyError as error:  # no reason to refuse what has happened
        return nothing(facts, error.what, notices=(f"{trigger.key}: {error.what}",))
    return planned(facts, [replace(each, rule=trigger.key) for each in started])


def queue_mail(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Queue the e-mail; without an address there is nobody to write to."""
    action = trigger.rule.email
    if action is None:
        return nothing(facts)
    facts.refuse_unread(action.to)
    person = facts.sponsor if action.to is Addressee.SPONSOR else facts.contact
    if person is None or not person.emails:
        notice = f"{trigger.key}: no e-mail queued, the {action.to} has no address"
        return nothing(facts, "no e-mail address", notices=(notice,))
    id = facts.opportunity.id or ""
    mail = QueueMail(
        opportunity=id,
        template=action.template,
        message=derived(id, trigger.key, trigger.occurrence, "email"),
        to=action.to,
        activity=facts.activity.id if facts.activity else None,
    )
    return outside(facts, mail, RecordedEffect(mail=mail.message))


def notify(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Queue an e-mail to one of us."""
    action = trigger.rule.notify
    if action is None:
        return nothing(facts)
    user = facts.config.user(someone(action.to, facts))
    if user is None:
        return nothing(facts, f"no {action.to}")
    if user.email is None:
        who = f"{user.id} has no e-mail address"
        return nothing(facts, who, notices=(f"{trigger.key}: nobody notified, {who}",))
    id = facts.opportunity.id or ""
    mail = QueueMail(
        opportunity=id,
        template=action.template,
        message=derived(id, trigger.key, trigger.occurrence, "notify"),
        user=user.id,
        activity=facts.activity.id if facts.activity else None,
    )
    return outside(facts, mail, RecordedEffect(notify=user.id))


def someone(named: str | None, facts: Facts) -> str | None:
    """The user whom a rule means: a user, or the deal's owner, their manager, the activity's assignee."""
    deal = facts.opportunity
    if named == draft_activity.OWNER:
        return deal.owner
    if named == ASSIGNEE:
        return facts.activity.assignee if facts.activity else deal.owner
    if named == MANAGER:
        user = facts.config.user(deal.owner or (facts.activity.assignee if facts.activity else None))
        return user.manager if user else None
    return named


def reassign(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Give the activity that the rule is about to somebody else."""
    named, late = trigger.rule.reassign, facts.activity
    if named is None or late is None:
        return nothing(facts)
    who = someone(named, facts)
    if who is None:
        return nothing(facts, f"no {named}")
    if who == late.assignee:
        return nothing(facts, f"activity {late.id} is assigned to {who} already")
    deal = facts.opportunity
    activities = tuple(
        replace(each, assignee=who) if each.id == late.id else each for each in deal.activities
    )
    given = Reassignment(activity=late.id or "", to=who)
    return done(facts, replace(deal, activities=activities), RecordedEffect(reassign=given))


def retag(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Put tags on and take tags off."""
    deal, rule = facts.opportunity, trigger.rule
    did = [RecordedEffect(untag=tag) for tag in rule.untag if tag in deal.tags]
    did += [RecordedEffect(tag=tag) for tag in rule.tag if tag not in deal.tags]
    return done(facts, tagged(deal, add=rule.tag, remove=rule.untag), *did)


def set_values(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Set fields; their values are Jinja texts."""
    deal = facts.opportunity
    day = today(moment.at, facts.config)
    for field, value in trigger.rule.set.items():
        template = value.text if isinstance(value, Plain) else str(value)
        deal = assigned(facts.about(deal), field, expressions.text(template, facts, day), moment)
    return done(facts, deal, *(RecordedEffect(set=field) for field in trigger.rule.set))


def assign_owner(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Hand the deal to a user."""
    named = trigger.rule.assign
    if named is None:
        return nothing(facts)
    owner = someone(named, facts)
    if owner is None:
        return nothing(facts, f"no {named}")
    return done(facts, assigned(facts, "owner", owner, moment), RecordedEffect(assign=owner))


def grant_reward(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Grant the sponsor a reward, which is due from now on."""
    action = trigger.rule.reward
    if action is None:
        return nothing(facts)
    reward = rewards.granted(action, facts, trigger.key, moment)
    if reward is None:
        return nothing(facts, "no sponsor to reward")
    deal = facts.opportunity
    if reward.id in [each.id for each in deal.rewards]:
        return nothing(facts, f"reward {reward.id} exists already")
    return done(facts, replace(deal, rewards=(*deal.rewards, reward)), RecordedEffect(reward=reward.id))


def run_program(facts: Facts, trigger: Trigger, moment: Moment) -> Done:
    """Have a program run after the commit; that it has been started is written before."""
    action = trigger.rule.run
    if action is None:
        return nothing(facts)
    program = RunProgram(
        opportunity=facts.opportunity.id or "",
        rule=trigger.key,
        occurrence=trigger.occurrence,
        action=action,
    )
    return outside(facts, program, RecordedEffect(run=UNCERTAIN))


ACTIONS = (
    *(retag, set_values, assign_owner, reassign, plan_activity, start_plan),
    *(grant_reward, queue_mail, notify, run_program),
)
