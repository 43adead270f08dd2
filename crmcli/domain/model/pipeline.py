"""The way a deal goes by itself, as `crm.yaml` says it: pipelines, stages, rules, activity types, plans."""

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
Recurrence = Annotated[str, Content.RECURRENCE]
Program = Annotated[str, Content.PROGRAM]  # words as a shell splits them; no shell runs them


class Due(Part, frozen=True, kw_only=True):
    """When something is due: a distance from a day. A lone text is the distance from today.

    `from` is `today`, `stage` (the day it came into its stage), `deadline` (of the activity before),
    `created`, `closed`, `expected_close`, or `fields.NAME` for a date of your own.
    """

    shorthand: ClassVar[str | None] = "offset"
    from_: str = msgspec.field(name="from", default="today")
    offset: str = "0d"


class ActivityType(Named, frozen=True, kw_only=True):
    """A kind of activity, with what a new one has unless told otherwise, and what comes after it."""

    summary: JinjaText | None = None
    due: Due | None = None
    assignee: Someone | None = None
    suggests: ActivityTypeId | None = None  # the type offered next when one is done
    triggers: ActivityTypeId | None = None  # the type planned at once when one is done


class ActivityAction(Part, frozen=True, kw_only=True):
    """The activity that a rule plans; the summary is a Jinja text."""

    type: ActivityTypeId
    summary: JinjaText | None = None
    due: Due | None = None
    assignee: Someone | None = None
    every: Recurrence | None = None


class Addressee(StrEnum):
    """Whom an e-mail of a rule goes to."""

    CONTACT = "contact"
    SPONSOR = "sponsor"


class EmailAction(Part, frozen=True, kw_only=True):
    """The e-mail that a rule queues: to the contact, or to the sponsor who brought the deal."""

    shorthand: ClassVar[str | None] = "template"
    template: MailTemplate
    to: Addressee = Addressee.CONTACT


class NotifyAction(Part, frozen=True, kw_only=True):
    """The e-mail to one of us: `manager` (the owner's), `owner`, `assignee`, or a user."""

    to: Someone
    template: MailTemplate


class PlanAction(Part, frozen=True, kw_only=True):
    """The plan that a rule starts, around a day."""

    shorthand: ClassVar[str | None] = "plan"
    plan: PlanId
    date: Due = Due()


class RewardAction(Part, frozen=True, kw_only=True):
    """What the sponsor gets: an amount, or a kind of thing. `to` is `referral.by` or a contact's id."""

    amount: Money | None = None
    kind: str | None = None
    to: str = "referral.by"


class RunAction(Part, frozen=True, kw_only=True):
    """The program that a rule runs once it is committed, with one JSON document on its standard input."""

    shorthand: ClassVar[str | None] = "program"
    program: Program
    timeout: int = 10  # seconds


class Event(StrEnum):
    """What a rule of the global list can wait for."""

    CREATED = "created"
    QUALIFIED = "qualified"
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    INGESTED = "ingested"
    REPLIED = "replied"
    ACTIVITY_DONE = "activity-done"
    REFERRAL_WON = "referral-won"  # a deal that this record's contact brought was won
    STALE = "stale"  # the deal has stood still for as long as its stage allows
    OVERDUE = "overdue"  # an activity is late, by `in` if that is given


CLOSING_EVENTS = (Event.WON, Event.LOST, Event.REOPENED)


class Rule(Part, frozen=True, kw_only=True):
    """When something happens and a condition holds, do these things, once.

    What it does are the keys of `rules.ACTIONS`; what `rules check` looks at follows from their types.
    """

    id: str
    on: Event | None = None
    in_: Offset | None = msgspec.field(name="in", default=None)
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
    reassign: Someone | None = None  # whose the late activity becomes
    reward: RewardAction | None = None
    run: RunAction | None = None


class Outcome(StrEnum):
    """How a stage ends a deal. Lost is not a stage: a lost deal keeps the one it died in."""

    WON = "won"
    NOTE = nonmember("lost deals keep their stage")


class Clock(StrEnum):
    """Since when a deal is counted as standing still."""

    STAGE = "stage"
    TOUCHED = "touched"
    CREATED = "created"


class Staleness(Part, frozen=True, kw_only=True):
    """How long a deal may stand still before it counts as forgotten, and by which clock."""

    shorthand: ClassVar[str | None] = "after"
    after: str
    since: Clock = Clock.STAGE


class Stage(Named, frozen=True, kw_only=True):
    """A step of the pipeline; it sets the probability of what stands in it."""

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
    """One of several ways that deals go; the ids of its stages are those of no other."""

    stages: tuple[Stage, ...] = ()


class PlanLine(Part, frozen=True, kw_only=True):
    """One activity of a plan, before (`-3d`) or after (`2w`) the plan's day."""

    type: ActivityTypeId
    summary: JinjaText | None = None
    due: Offset = "0d"
    assignee: Someone | None = None


class Plan(Named, frozen=True, kw_only=True):
    """Activities that belong together, around one day."""

    lines: tuple[PlanLine, ...] = ()
