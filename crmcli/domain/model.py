"""What a record holds: the opportunity with all its parts, and the contact. Values only, frozen.

The order of the attributes is the order of the keys in the file; what is absent there has its
default here. `extra` keeps the keys this version does not know, in the file's order.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, NewType

import msgspec

from crmcli.domain.values import Value

Instant = datetime  # always aware, UTC, whole seconds
Money = NewType("Money", Decimal)  # two decimals, in the workspace's currency
Percent = NewType("Percent", Decimal)  # 0 to 100
Priority = NewType("Priority", int)  # 0 to 3 stars
Open = dict[str, Value]  # keys and values as they stand in the file; typed later by who knows them


class Kind(StrEnum):
    """A lead is in no pipeline figure until someone qualifies it."""

    LEAD = "lead"
    OPPORTUNITY = "opportunity"


class State(StrEnum):
    """Where an activity stands."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Direction(StrEnum):
    """Which way a message went."""

    IN = "in"
    OUT = "out"


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything that is a mapping in a record's file."""

    shorthand: ClassVar[str | None] = None  # the key that a lone scalar in place of the mapping fills
    extra: Open = msgspec.field(default_factory=dict)


class Marketing(Part, frozen=True, kw_only=True):
    """Where the deal comes from: ids of the lists in the configuration."""

    campaign: str | None = None
    medium: str | None = None
    source: str | None = None


class Referral(Part, frozen=True, kw_only=True):
    """Who brought the deal, and how the two are linked."""

    by: str | None = None
    link: str | None = None


class Project(Part, frozen=True, kw_only=True):
    """The questionnaire that fits this kind of project, and what has been answered."""

    questionnaire: str | None = None
    version: int | None = None
    answers: Open = msgspec.field(default_factory=dict)


class Reward(Part, frozen=True, kw_only=True):
    """What the sponsor gets when the deal is won."""

    id: str | None = None
    to: str | None = None
    link: str | None = None
    amount: Money | None = None
    kind: str | None = None
    state: str | None = None
    at: Instant | None = None
    rule: str | None = None


class Activity(Part, frozen=True, kw_only=True):
    """Something to do before a date, or done."""

    id: str | None = None
    type: str | None = None
    summary: str | None = None
    due: date | None = None
    time: str | None = None
    assignee: str | None = None
    state: State = State.PLANNED
    closed: Instant | None = None
    outcome: str | None = None
    note: str | None = None
    reason: str | None = None
    every: str | None = None
    plan: str | None = None
    files: tuple[str, ...] = ()
    rule: str | None = None


class Message(Part, frozen=True, kw_only=True):
    """A mail in or out, with where the original lies."""

    id: str | None = None
    at: Instant | None = None
    direction: Direction = Direction.IN
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    subject: str | None = None
    message_id: str | None = None
    file: str | None = None
    text: str | None = None


class HistoryEvent(StrEnum):
    """What an entry of the history tells; a rule waits for a `pipeline.Event` instead."""

    CREATED = "created"
    STAGE = "stage"  # moved to another stage
    HAND = "hand"  # moved or lost in its file
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    QUALIFIED = "qualified"
    NOTE = "note"
    RULE = "rule"  # a rule has fired
    SET = "set"  # a field was changed
    MERGED = "merged"
    UNDONE = "undone"


class ProgramOutcome(StrEnum):
    """How the program of a rule ended, or why it did not run."""

    UNCERTAIN = "uncertain"  # it was started, and nobody has seen its end
    ENDED = "ended"  # with an exit code, or by a signal
    STOPPED = "stopped"  # after its time, in seconds
    NOT_STARTED = "not-started"  # for a reason of the system
    NOT_TRUSTED = "not-trusted"
    INSIDE_PROGRAM = "inside-program"  # a program that crm runs starts no other


class ProgramRun(Part, frozen=True, kw_only=True):
    """A run of a rule's program; the outcome says which of the other keys there are."""

    outcome: ProgramOutcome | str
    code: int | None = None
    signal: int | None = None
    seconds: int | None = None
    reason: str | None = None


class Reassignment(Part, frozen=True, kw_only=True):
    """An activity, and the user whose it has become."""

    activity: str
    to: str


class RecordedEffect(Part, frozen=True, kw_only=True):
    """One thing that came of an event: its only key says what kind of thing.

    This is the table of kinds. The words of each for people follow from its key and value, but for
    those in `recorded_effects.WORDS`.
    """

    activity: str | None = None  # id of the activity that was planned
    reassign: Reassignment | None = None
    mail: str | None = None  # id of the message that was queued
    notify: str | None = None  # the user who was written to
    tag: str | None = None
    untag: str | None = None
    set: str | None = None  # the field
    assign: str | None = None  # the user who owns the deal now
    reward: str | None = None  # id of the reward that was granted
    run: ProgramRun | None = None
    nothing: str | None = None  # why an action of a rule did nothing
    forced: str | None = None  # what the stage requires and the deal lacked
    command: str | None = None  # the command that was taken back


class Entry(Part, frozen=True, kw_only=True):
    """One line of the history: what happened when, by whom. An event that is not known stays a text."""

    at: Instant
    event: HistoryEvent | str
    field: str | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    visit: int | None = None
    closing: int | None = None
    probability: Percent | None = None
    rule: str | None = None
    occurrence: str | None = None
    did: tuple[RecordedEffect, ...] = ()
    id: str | None = None
    text: str | None = None
    ids: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    by: str | None = None
    of: str | None = None


class Opportunity(Part, frozen=True, kw_only=True):
    """A lead or an opportunity: all that is needed to follow a deal to its end."""

    schema: int = 1
    id: str | None = None
    kind: Kind = Kind.OPPORTUNITY
    title: str
    contact: str | None = None
    stage: str | None = None
    lost: str | None = None
    priority: Priority = Priority(0)
    probability: Percent | None = None
    expected_revenue: Money | None = None
    recurring_revenue: Money | None = None
    recurring_months: int | None = None
    budget: Money | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None
    team: str | None = None
    created: Instant | None = None
    closed: Instant | None = None
    expected_close: date | None = None
    description: str | None = None
    fields: Open = msgspec.field(default_factory=dict)
    marketing: Marketing | None = None
    referral: Referral | None = None
    project: Project | None = None
    rewards: tuple[Reward, ...] = ()
    activities: tuple[Activity, ...] = ()
    messages: tuple[Message, ...] = ()
    history: tuple[Entry, ...] = ()


class Address(Part, frozen=True, kw_only=True):
    """A place: where the customer lives, or where the work is."""

    label: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


class Consent(Part, frozen=True, kw_only=True):
    """That this person may be written to, since when and from where it is known."""

    source: str | None = None
    at: Instant | None = None
    purposes: tuple[str, ...] = ()


class ContactKind(StrEnum):
    """A person may belong to a company."""

    PERSON = "person"
    COMPANY = "company"


class Contact(Part, frozen=True, kw_only=True):
    """Somebody to sell to, or who brings customers."""

    schema: int = 1
    id: str | None = None
    kind: ContactKind = ContactKind.PERSON
    name: str
    company: str | None = None
    job: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None
    created: Instant | None = None
    consent: Consent | None = None
    description: str | None = None
    history: tuple[Entry, ...] = ()


Record = Opportunity | Contact
