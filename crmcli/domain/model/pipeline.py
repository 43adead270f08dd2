"""Types of the automation in `crm.yaml`: pipelines, stages, rules, activity types, plans."""

from enum import StrEnum, nonmember
from typing import Annotated, ClassVar

import msgspec

from crmcli.domain.model.fields import Content
from crmcli.domain.model.record_types import Money, Open, Part, Percent, Tag
from crmcli.domain.values.list_entries import Named

ActivityTypeId = Annotated[str, Content.ACTIVITY_TYPE]
PlanId = Annotated[str, Content.PLAN]
Someone = Annotated[str, Content.SOMEONE]
MailTemplate = Annotated[str, Content.MAIL_TEMPLATE]
JinjaText = Annotated[str, Content.JINJA]
Condition = Annotated[str, Content.CONDITION]
Offset = Annotated[str, Content.OFFSET]
Span = Annotated[str, Content.SPAN]
Recurrence = Annotated[str, Content.RECURRENCE]
Program = Annotated[str, Content.PROGRAM]  # a command line, split as by a shell but run without one


class Due(Part, frozen=True, kw_only=True):
    """A deadline: an offset from a day. A plain text is an offset from today.

    `from` is `today`, `stage` (the day the deal entered its stage), `deadline` (of the previous activity),
    `created`, `closed`, `expected_close`, or `fields.NAME` for a custom date field.
    """

    shorthand: ClassVar[str | None] = "offset"
    from_: str = msgspec.field(name="from", default="today")
    offset: str = "0d"


class ActivityType(Named, frozen=True, kw_only=True):
    """A type of activity, with the defaults of a new one and the types that follow it."""

    summary: JinjaText | None = None
    due: Due | None = None
    assignee: Someone | None = None
    suggests: ActivityTypeId | None = None  # the type suggested next when one is done
    triggers: ActivityTypeId | None = None  # the type planned at once when one is done


class ActivityAction(Part, frozen=True, kw_only=True):
    """The activity that a rule plans; its summary is a Jinja text."""

    type: ActivityTypeId
    summary: JinjaText | None = None
    due: Due | None = None
    assignee: Someone | None = None
    every: Recurrence | None = None


class Addressee(StrEnum):
    """The receiver of a rule's e-mail."""

    CONTACT = "contact"
    SPONSOR = "sponsor"


class EmailAction(Part, frozen=True, kw_only=True):
    """The e-mail that a rule queues, to the contact or to the sponsor of the deal."""

    shorthand: ClassVar[str | None] = "template"
    template: MailTemplate
    to: Addressee = Addressee.CONTACT


class NotifyAction(Part, frozen=True, kw_only=True):
    """The e-mail that a rule queues to a user: `manager` (the owner's), `owner`, `assignee`, or a user id."""

    to: Someone
    template: MailTemplate


class PlanAction(Part, frozen=True, kw_only=True):
    """The plan that a rule starts, relative to a day."""

    shorthand: ClassVar[str | None] = "plan"
    plan: PlanId
    date: Due = Due()


class RewardAction(Part, frozen=True, kw_only=True):
    """The sponsor's reward: an amount, or a kind of reward. `to` is `referral.by` or a contact's id."""

    amount: Money | None = None
    kind: str | None = None
    to: str = "referral.by"


class RunAction(Part, frozen=True, kw_only=True):
    """The program that a rule runs after the change is committed, with a JSON document on standard input."""

    shorthand: ClassVar[str | None] = "program"
    program: Program
    timeout: int = 10  # seconds


class Event(StrEnum):
    """An event that a global rule can fire on."""

    CREATED = "created"
    QUALIFIED = "qualified"
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    INGESTED = "ingested"
    REPLIED = "replied"
    ACTIVITY_DONE = "activity-done"
    REFERRAL_WON = "referral-won"  # a deal that this record's contact referred was won
    STALE = "stale"  # the deal has been inactive longer than its stage allows
    OVERDUE = "overdue"  # an activity is overdue, by `in` if that is given


CLOSING_EVENTS = (Event.WON, Event.LOST, Event.REOPENED)


class Rule(Part, frozen=True, kw_only=True):
    """When an event happens and a condition holds, run these actions, once.

    The keys of `fire_rules.ACTIONS` are the actions; `rules check` derives its checks from their types.
    """

    id: str
    on: Event | None = None
    in_: Span | None = msgspec.field(name="in", default=None)
    when: Condition | None = None
    once: bool | None = None
    activity: ActivityAction | None = None
    plan: PlanAction | None = None
    email: EmailAction | None = None
    notify: NotifyAction | None = None
    tag: tuple[Tag, ...] = ()
    untag: tuple[str, ...] = ()
    set: Open = msgspec.field(default_factory=dict)
    assign: Someone | None = None
    reassign: Someone | None = None  # the new assignee of the overdue activity
    reward: RewardAction | None = None
    run: RunAction | None = None


class Outcome(StrEnum):
    """The outcome of a stage. Lost is not a stage: a lost deal keeps the stage it was lost in."""

    WON = "won"
    NOTE = nonmember("lost deals keep their stage")


class Clock(StrEnum):
    """The start of the period after which a deal is stale."""

    STAGE = "stage"
    TOUCHED = "touched"
    CREATED = "created"


class Staleness(Part, frozen=True, kw_only=True):
    """The time after which a deal without progress is stale, and the clock that measures it."""

    shorthand: ClassVar[str | None] = "after"
    after: str
    since: Clock = Clock.STAGE


class Stage(Named, frozen=True, kw_only=True):
    """A stage of the pipeline; it sets the probability of the deals in it."""

    probability: Percent | None = None
    require: tuple[str, ...] = ()
    stale_after: Staleness | None = None
    won_from: tuple[str, ...] = ()
    outcome: Outcome | None = None
    on_enter: tuple[Rule, ...] = ()
    on_exit: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules of this stage."""
        return (*self.on_enter, *self.on_exit, *self.after)


class Pipeline(Named, frozen=True, kw_only=True):
    """One of several pipelines; stage ids are unique across them."""

    stages: tuple[Stage, ...] = ()


class PlanLine(Part, frozen=True, kw_only=True):
    """One activity of a plan, before (`-3d`) or after (`2w`) the plan's day."""

    type: ActivityTypeId
    summary: JinjaText | None = None
    due: Offset = "0d"
    assignee: Someone | None = None


class Plan(Named, frozen=True, kw_only=True):
    """A set of activities planned together, relative to one day."""

    lines: tuple[PlanLine, ...] = ()
