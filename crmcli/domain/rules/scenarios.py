"""Scenarios: tests of rules with a deal, events at given times, and the expected results. Without I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from crmcli.domain.incoming.routing import Envelope, routed_answers, routed_deal
from crmcli.domain.localization.days import parse_day
from crmcli.domain.localization.zones import find_zone, local_day
from crmcli.domain.model.changes import TICK, Change, Moment, QueueMail
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Direction,
    Message,
    Opportunity,
    Part,
    Percent,
    Priority,
    State,
)
from crmcli.domain.model.status import probability_of, status_of
from crmcli.domain.model.urgency import planned_activities
from crmcli.domain.records import activity_changes, editing, plan_start, transitions
from crmcli.domain.records.editing import Assignment
from crmcli.domain.rules import own_referrals
from crmcli.domain.rules.sponsor_change import follow_sponsor
from crmcli.domain.rules.timed_rules import apply_due_rules
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.ids import derive_id

ID = "k7f3q9mx"  # of the deal in a scenario


class ExpectedActivity(Part, frozen=True, kw_only=True):
    """The expected values of an activity; keys left out are not checked, except that it must be planned."""

    type: str | None = None
    summary: str | None = None
    due: date | None = None
    assignee: str | None = None
    state: State = State.PLANNED
    outcome: str | None = None
    reason: str | None = None
    every: str | None = None
    plan: str | None = None


class IncomingMail(Part, frozen=True, kw_only=True):
    """A message that creates the record of a scenario, as far as routes look at it."""

    to: tuple[str, ...] = ()
    from_: str | None = msgspec.field(name="from", default=None)
    subject: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class Expectation(Part, frozen=True, kw_only=True):
    """The expected state of the deal; keys left out are not checked. Lists are compared as a whole."""

    stage: str | None = None
    outcome: str | None = None
    probability: Percent | None = None
    owner: str | None = None
    tags: tuple[str, ...] | None = None
    activities: tuple[ExpectedActivity, ...] | None = None
    mails: tuple[str, ...] | None = None  # templates queued so far; `template to user` for a user
    rewards: tuple[str, ...] | None = None  # states of the rewards
    runs: tuple[str, ...] | None = None  # programs that would have run so far
    refused: str | None = None  # a part of the message if the event is refused
    kind: str | None = None
    team: str | None = None
    priority: Priority | None = None
    campaign: str | None = None
    medium: str | None = None
    source: str | None = None
    questionnaire: str | None = None
    answers: dict[str, str] | None = None  # those that the route gives


class Step(Part, frozen=True, kw_only=True):
    """One event and the expected result. A step without an event only checks."""

    at: str  # a day (noon) or an instant, in the workspace's time zone unless it names another
    by: str | None = None
    move: str | None = None
    win: bool | None = None
    lose: str | None = None
    reopen: bool | None = None
    qualify: bool | None = None
    hand: str | None = None  # the stage set by an edit of the file
    set: dict[str, str] | None = None
    tag: tuple[str, ...] | None = None
    untag: tuple[str, ...] | None = None
    reply: str | None = None
    ingested: str | None = None  # the subject of a message that came in
    referral_won: str | None = None  # the title of a deal that the contact referred
    done: str | None = None  # the type of a planned activity; of several, the earliest
    cancel: str | None = None
    snooze: str | None = None
    reassign: str | None = None  # the new assignee of the earliest planned activity
    plan: str | None = None
    tick: bool | None = None
    outcome: str | None = None  # of the activity in `done`
    force: bool = False
    expect: Expectation | None = None


class Scenario(Part, frozen=True, kw_only=True):
    """A deal, or the message that creates it, with its contact and sponsor, and its steps."""

    name: str
    record: Opportunity | None = None
    mail: IncomingMail | None = None  # in place of `record`: its route gives the values
    contact: Contact | None = None
    sponsor: Contact | None = None
    steps: tuple[Step, ...] = ()


class Script(Part, frozen=True, kw_only=True):
    """A file of scenarios."""

    scenarios: tuple[Scenario, ...] = ()


class Failure(NamedTuple):
    """A difference from an expectation: the number of the step, from 1, its time, and the difference."""

    step: int
    at: str
    what: str


class Played(NamedTuple):
    """The state of a running scenario: the record, and the mails and programs so far."""

    facts: Facts
    mails: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    answers: Mapping[str, str] = {}  # that the route gives

    def after(self, change: Change) -> "Played":
        """Return the state after a change."""
        return Played(
            self.facts.about(change.after),
            self.mails + tuple(map(mail_text, change.mails)),
            self.runs + tuple(each.action.program for each in change.programs),
            self.answers,
        )


def mail_text(mail: QueueMail) -> str:
    """Return the name of a mail in expectations."""
    return f"{mail.template} to {mail.user}" if mail.user else mail.template


def play_scenario(scenario: Scenario, config: Config) -> list[Failure]:
    """Return the differences between a scenario and its expectations; none if it passes.

    The record is created at the first step, by the same rules as any other record.
    """
    if not scenario.steps:
        return [Failure(0, "", "it has no steps")]
    if (scenario.record is None) == (scenario.mail is None):
        return [Failure(0, "", "it needs a record or a mail, and not both")]
    if wrong := list(find_malformed(scenario.steps, config)):
        return wrong
    failures: list[Failure] = []
    try:
        state = begin_scenario(scenario, config)
    except CrmError as error:
        return [Failure(1, scenario.steps[0].at, f"the record cannot be created: {error}")]
    for number, step in enumerate(scenario.steps, start=1):
        refusal = None
        try:
            state = state.after(play_step(state.facts, step, config))
        except CrmError as error:
            refusal = str(error)
        failures += [Failure(number, step.at, what) for what in list_failures(step, state, refusal)]
    return failures


def begin_scenario(scenario: Scenario, config: Config) -> Played:
    """Return the initial state: the record as created, with its contact and sponsor."""
    contact = scenario.contact and replace(scenario.contact, id=scenario.contact.id or "x2a9c4d8")
    sponsor = scenario.sponsor and replace(scenario.sponsor, id=scenario.sponsor.id or "b4n8t2wz")
    moment = moment_of(scenario.steps[0], config)
    envelope = envelope_of(scenario.mail) if scenario.mail else None
    blank = scenario.record or Opportunity(title=envelope.subject if envelope else "")
    deal = replace(routed_deal(config, envelope, blank) if envelope else blank, id=ID)
    if contact and deal.contact is None:
        deal = replace(deal, contact=contact.id)
    if sponsor and deal.referral and deal.referral.by is None:
        deal = replace(deal, referral=replace(deal.referral, by=sponsor.id))
    facts = Facts(opportunity=deal, config=config, contact=contact, sponsor=sponsor)
    change = transitions.create_deal(facts, moment, force=True)
    if envelope is None:
        return Played(facts).after(change)
    message = build_message(facts, envelope.subject, moment)
    received = transitions.receive_message(facts.about(change.after), message, moment, Event.INGESTED)
    return Played(facts, answers=routed_answers(config, envelope)).after(change.then(received))


def envelope_of(mail: IncomingMail) -> Envelope:
    """Return what routes look at."""
    recipients = tuple(address.casefold() for address in mail.to)
    return Envelope(
        recipients, (mail.from_ or "").casefold(), mail.subject or "", tuple(mail.headers.items())
    )


def moment_of(step: Step, config: Config) -> Moment:
    """Return the time and user of a step.

    Raises UsageError for an invalid time.
    """
    try:
        at = datetime.fromisoformat(step.at)
    except ValueError:
        raise UsageError(
            f"{step.at!r} is not an instant", hint="like 2026-11-24 or 2026-11-24T09:00"
        ) from None
    at = at if "T" in step.at or " " in step.at else at.replace(hour=12)
    at = at if at.tzinfo else at.replace(tzinfo=find_zone(config.timezone))
    somebody = config.users[0].id if config.users else "somebody"
    return Moment(at=at.astimezone(find_zone("UTC")), by=TICK if step.tick else step.by or somebody)


def play_step(facts: Facts, step: Step, config: Config) -> Change:
    """Return the change that a step's event makes.

    Raises CrmError if it is refused.
    """
    named = events_of(step)
    nothing = Change(before=facts.opportunity, after=facts.opportunity)
    return EVENTS[named[0]](facts, step, moment_of(step, config)) if named else nothing


def events_of(step: Step) -> list[str]:
    """Return the events of a step; adding and removing tags is one event."""
    named = [name for name in EVENTS if getattr(step, name) not in (None, False)]
    return named[:1] if set(named) == {"tag", "untag"} else named


def find_malformed(steps: Sequence[Step], config: Config) -> Iterator[Failure]:
    """Yield a failure for each step that is not valid, independent of its expectations."""
    last: datetime | None = None
    for number, step in enumerate(steps, start=1):
        if len(named := events_of(step)) > 1:
            yield Failure(number, step.at, f"a step has one event, not {' and '.join(named)}")
        if step.outcome is not None and step.done is None:
            yield Failure(number, step.at, "an outcome is of what is done")
        try:
            at = moment_of(step, config).at
        except UsageError as error:
            yield Failure(number, step.at, str(error))
            continue
        if last is not None and at < last:
            yield Failure(number, step.at, "lies before the step before it")
        last = at


def play_move(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.move_deal(facts, step.move or "", moment, force=step.force)


def play_win(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.win_deal(facts, moment, force=step.force)


def play_loss(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.lose_deal(facts, step.lose, moment)


def play_reopen(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.reopen_deal(facts, moment)


def play_qualify(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.qualify_lead(facts, moment)


def by_hand(facts: Facts, step: Step, moment: Moment) -> Change:
    """Change the stage as by an edit of the file; the next tick adopts it."""
    deal = facts.opportunity
    return Change(before=deal, after=replace(deal, stage=step.hand))


def fields_set(facts: Facts, step: Step, moment: Moment) -> Change:
    given = [
        Assignment(editing.ALIASES.get(name, name), "", value) for name, value in (step.set or {}).items()
    ]
    after = editing.apply_assignments(facts, given, moment)
    followed = follow_sponsor(facts.about(after), facts.opportunity, moment)
    return Change(before=facts.opportunity, after=after).then(followed)


def play_tags(facts: Facts, step: Step, moment: Moment) -> Change:
    after = editing.change_tags(facts.opportunity, add=step.tag or (), remove=step.untag or ())
    return Change(before=facts.opportunity, after=after)


def play_reply(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.receive_message(facts, build_message(facts, step.reply, moment), moment, Event.REPLIED)


def came_in(facts: Facts, step: Step, moment: Moment) -> Change:
    return transitions.receive_message(
        facts, build_message(facts, step.ingested, moment), moment, Event.INGESTED
    )


def build_message(facts: Facts, subject: str | None, moment: Moment) -> Message:
    """Return a message from the contact."""
    id = derive_id("scenario", str(len(facts.opportunity.messages)))
    return Message(id=id, at=moment.at, direction=Direction.IN, subject=subject, text=subject)


def referral_won(facts: Facts, step: Step, moment: Moment) -> Change:
    other = Opportunity(id=derive_id("referred", step.referral_won or ""), title=step.referral_won or "")
    return own_referrals.win_referral(replace(facts, referred=other), moment)


def play_reassign(facts: Facts, step: Step, moment: Moment) -> Change:
    return activity_changes.reassign_activity(
        facts, earliest_planned(facts.opportunity, ""), step.reassign or "", moment
    )


def play_done(facts: Facts, step: Step, moment: Moment) -> Change:
    id = earliest_planned(facts.opportunity, step.done or "")
    return activity_changes.complete_activity(facts, id, moment, outcome=step.outcome, note=None)


def play_cancel(facts: Facts, step: Step, moment: Moment) -> Change:
    return activity_changes.cancel_activity(
        facts, earliest_planned(facts.opportunity, step.cancel or ""), None, moment
    )


def play_snooze(facts: Facts, step: Step, moment: Moment) -> Change:
    """Postpone the earliest planned activity: `snooze: 7d`."""
    return activity_changes.snooze_activity(
        facts, earliest_planned(facts.opportunity, ""), step.snooze or "", moment
    )


def plan_started(facts: Facts, step: Step, moment: Moment) -> Change:
    """Start a plan on a day: `plan: pose 2026-12-15`; refused while it runs, or for days in the past."""
    name, _, day = (step.plan or "").partition(" ")
    here = local_day(moment.at, facts.config)
    deal, plan = facts.opportunity, plan_start.find_plan(facts.config, name)
    plan_start.refuse_running(deal, plan)
    started = plan_start.start_plan(
        facts,
        moment,
        plan=plan,
        day=parse_day(day, here, facts.config) if day else here,
        id_of=lambda number: derive_id(ID, "plan", name, str(len(deal.activities) + number)),
    )
    admitted = plan_start.admit_late(started, facts, moment, None, "leaves them out")
    return Change(before=deal, after=replace(deal, activities=(*deal.activities, *admitted)))


def time_passed(facts: Facts, step: Step, moment: Moment) -> Change:
    return apply_due_rules(facts, moment)


EVENTS: dict[str, Callable[[Facts, Step, Moment], Change]] = {
    "move": play_move,
    "win": play_win,
    "lose": play_loss,
    "reopen": play_reopen,
    "qualify": play_qualify,
    "hand": by_hand,
    "set": fields_set,
    "tag": play_tags,
    "untag": play_tags,
    "reply": play_reply,
    "ingested": came_in,
    "referral_won": referral_won,
    "reassign": play_reassign,
    "done": play_done,
    "cancel": play_cancel,
    "snooze": play_snooze,
    "plan": plan_started,
    "tick": time_passed,
}


def earliest_planned(deal: Opportunity, type: str) -> str:
    """Return the id of the planned activity of a type with the earliest deadline; an empty type matches all.

    Raises UsageError if there is none.
    """
    found = [each for each in planned_activities(deal) if type in ("", each.type)]
    if not found:
        raise UsageError(f"no {type or 'activity'} is planned")
    return found[0].id or ""


def list_failures(step: Step, state: Played, refusal: str | None) -> Iterator[str]:
    """Yield the differences from what a step expects."""
    wanted = step.expect or Expectation()
    if refusal is not None:
        if wanted.refused is None or wanted.refused not in refusal:
            yield f"refused: {refusal}"
        return
    if wanted.refused is not None:
        yield f"expected to be refused ({wanted.refused}), was not"
    deal, config = state.facts.opportunity, state.facts.config
    is_now: dict[str, Any] = {
        "stage": deal.stage,
        "outcome": str(status_of(deal, config)),
        "probability": probability_of(deal, config)[0],
        "owner": deal.owner,
        "tags": deal.tags,
        "mails": state.mails,
        "rewards": tuple(each.state for each in deal.rewards),
        "runs": state.runs,
        "kind": str(deal.kind),
        "team": deal.team,
        "priority": deal.priority,
        "questionnaire": deal.project.questionnaire if deal.project else None,
        "answers": dict(state.answers),
        **{name: getattr(deal.marketing, name, None) for name in ("campaign", "medium", "source")},
    }
    for name, value in is_now.items():
        expected = getattr(wanted, name)
        if expected is not None and expected != value:
            yield f"{name}: expected {spell_expected(expected)}, is {spell_expected(value)}"
    if wanted.activities is not None:
        yield from activity_differences(wanted.activities, deal.activities)


def activity_differences(wanted: tuple[ExpectedActivity, ...], found: tuple[Activity, ...]) -> Iterator[str]:
    """Yield the differences between expected and actual activities, in the order they were created."""
    if len(wanted) != len(found):
        are = "; ".join(map(describe_planned, found)) or "none"
        yield f"activities: expected {len(wanted)}, are {len(found)}: {are}"
        return
    for expected, each in zip(wanted, found, strict=True):
        for name in expected.__struct_fields__:
            value = getattr(expected, name)
            if name != "extra" and value is not None and value != getattr(each, name):
                yield f"activity {describe_planned(each)}: expected {name} {value}"


def describe_planned(each: Activity) -> str:
    """Return an activity as text in a failure."""
    who = f", {each.assignee}" if each.assignee else ""
    return f"{each.type} « {each.summary or ''} » due {each.due}, {each.state}{who}"


def spell_expected(value: Any) -> str:
    """Return a value as text in a failure."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
