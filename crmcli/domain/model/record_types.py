"""Types of records: the opportunity with its parts, and the contact. Immutable values only.

The order of the attributes is the order of the keys in the file; a key absent from the file has the
default given here. `extra` keeps keys unknown to this version, in file order.

A field is declared only here: its type says what it contains, and a `Field` in the annotation declares
what differs from the defaults. Setting, showing, queries, merging, erasing, search, SQL and schemas are
derived from these declarations.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, NewType

import msgspec

from crmcli.domain.model.fields import Content, Field, Merge
from crmcli.domain.values.values import Value

Instant = datetime  # always aware, UTC, whole seconds
Money = NewType("Money", Decimal)  # two decimals, in the workspace's currency
Percent = NewType("Percent", Decimal)  # 0 to 100
Priority = NewType("Priority", int)  # 0 to 3 stars
Open = dict[str, Value]  # keys and values as written in the file; typed later, where their types are known

RecordId = Annotated[str, Content.RECORD]
ContactId = Annotated[str, Content.CONTACT]
UserName = Annotated[str, Content.USER]
StageId = Annotated[str, Content.STAGE]
RuleId = Annotated[str, Content.RULE]
Line = Annotated[str, Content.LINE]
Tag = Annotated[str, Content.TAG]
Email = Annotated[str, Content.EMAIL]
Phone = Annotated[str, Content.PHONE]
Place = Annotated[str, Content.PLACE]
FilePath = Annotated[str, Content.FILE]
Mailbox = Annotated[str, Content.MAILBOX]
MessageId = Annotated[str, Content.MESSAGE_ID]
Code = Annotated[str, Content.CODE]  # a word with a fixed spelling


class Kind(StrEnum):
    """The kind of a record. A lead is left out of pipeline figures until it is qualified."""

    LEAD = "lead"
    OPPORTUNITY = "opportunity"


class State(StrEnum):
    """The state of an activity."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Direction(StrEnum):
    """The direction of a message."""

    IN = "in"
    OUT = "out"


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base class of all mappings in a file."""

    shorthand: ClassVar[str | None] = None  # the key set by a scalar in place of the mapping
    extra: Open = msgspec.field(default_factory=dict)


class Marketing(Part, frozen=True, kw_only=True):
    """The origin of the deal: ids of entries of the marketing lists in the configuration."""

    campaign: Annotated[str | None, Content.CAMPAIGN] = None
    medium: Annotated[str | None, Content.MEDIUM] = None
    source: Annotated[str | None, Content.SOURCE] = None


class Referral(Part, frozen=True, kw_only=True):
    """The sponsor who referred the deal, and the kind of link between sponsor and customer."""

    by: ContactId | None = None
    link: Annotated[str | None, Content.LINK] = None


class Project(Part, frozen=True, kw_only=True):
    """The questionnaire of this project, and its answers."""

    questionnaire: Annotated[
        str | None, Content.QUESTIONNAIRE, Field(set_by="crm questionnaire fill REF")
    ] = None
    version: Annotated[int | None, Field(set_by="crm questionnaire fill REF", line=False, queried=False)] = (
        None
    )
    answers: Annotated[Open, Field(set_by="crm questionnaire answer REF QUESTION=ANSWER")] = msgspec.field(
        default_factory=dict
    )


class Reward(Part, frozen=True, kw_only=True):
    """A sponsor's reward for a deal that is won."""

    id: RecordId | None = None
    to: ContactId | None = None
    link: Annotated[str | None, Content.LINK, Field(line=False)] = None
    amount: Money | None = None
    kind: Annotated[str | None, Field(searched=False)] = None
    state: Code | None = None
    at: Instant | None = None
    rule: Annotated[RuleId | None, Field(line=False)] = None


class Activity(Part, frozen=True, kw_only=True):
    """A task with an optional deadline: planned, done or cancelled."""

    id: RecordId | None = None
    type: Annotated[str | None, Content.ACTIVITY_TYPE] = None
    summary: Annotated[str | None, Field(searched=False)] = None
    due: date | None = None
    time: Code | None = None
    assignee: UserName | None = None
    state: State = State.PLANNED
    closed: Instant | None = None
    outcome: Annotated[str | None, Field(searched=False)] = None
    note: Annotated[str | None, Field(searched=False)] = None
    reason: Annotated[str | None, Field(searched=False)] = None
    every: Code | None = None
    recurs_on: date | None = None  # the day and time of the recurrence that was postponed once
    recurs_at: Code | None = None
    plan: Annotated[Code | None, Field(line=False)] = None
    plan_day: Annotated[date | None, Field(queried=False)] = None  # that the offsets of the plan count from
    files: tuple[FilePath, ...] = ()
    rule: Annotated[RuleId | None, Field(line=False)] = None


class Attachment(Part, frozen=True, kw_only=True):
    """A file that came with a message: its name as sent, its kind, and its size in bytes."""

    name: Annotated[Line | None, Field(searched=False, queried=False)] = None
    type: Annotated[Code | None, Field(queried=False)] = None
    size: Annotated[int | None, Field(queried=False)] = None


class Message(Part, frozen=True, kw_only=True):
    """An incoming or outgoing e-mail, with the path of its file."""

    id: Annotated[RecordId | None, Field(queried=False)] = None
    at: Instant | None = None
    direction: Direction = Direction.IN
    from_: Mailbox | None = msgspec.field(name="from", default=None)
    to: Mailbox | None = None
    subject: Line | None = None
    message_id: Annotated[MessageId | None, Field(queried=False, line=False)] = None
    file: Annotated[FilePath | None, Field(queried=False, line=False)] = None
    text: str | None = None
    automatic: bool | None = None  # a delivery report, or another message that nobody wrote
    held: Annotated[Instant | None, Field(queried=False)] = None  # when a person kept it back
    sending: Annotated[Instant | None, Field(queried=False)] = (
        None  # when the mail server got it, if the outcome is not known
    )
    sent: Instant | None = None  # when the mail server took it
    failed: Instant | None = None  # when the mail server refused it for good
    reason: Annotated[str | None, Field(queried=False)] = None  # of that, in the words of the mail server
    withdrawn: Instant | None = None  # when it was taken out of the outbox, unsent
    bounced: Instant | None = None  # when a mail server said that it did not reach somebody
    stranger: bool | None = None  # its sender is not one of the people of this record
    variant_of: Annotated[RecordId | None, Field(queried=False)] = None  # the first with this Message-ID
    thread: Annotated[
        tuple[MessageId, ...], Field(queried=False, line=False)
    ] = ()  # unknown ids it replies to
    attachments: Annotated[tuple[Attachment, ...], Field(queried=False)] = ()


class KeptFile(Part, frozen=True, kw_only=True):
    """A file kept with a record: a photo, a quote."""

    id: Annotated[RecordId | None, Field(queried=False)] = None
    name: Annotated[str | None, Content.FILE, Field(queried=False)] = None  # as it was given
    type: Annotated[Code | None, Field(queried=False)] = None  # its media type
    size: Annotated[int | None, Field(queried=False)] = None  # bytes
    file: Annotated[FilePath | None, Field(queried=False, line=False)] = None  # below `pipeline_data`
    at: Annotated[Instant | None, Field(queried=False)] = None
    by: Annotated[UserName | None, Field(queried=False)] = None


class HistoryEvent(StrEnum):
    """The kind of a history entry; the events of rules are in `pipeline.Event`."""

    CREATED = "created"
    STAGE = "stage"  # moved to another stage
    HAND = "hand"  # moved or lost by an edit of its file
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    QUALIFIED = "qualified"
    NOTE = "note"
    RULE = "rule"  # a rule has fired
    SET = "set"  # a field was changed
    EDITED = "edited"  # a part of the record was changed, such as its activities
    MERGED = "merged"
    UNDONE = "undone"
    REDONE = "redone"  # an undo was taken back
    RESOLVED = "resolved"  # a conflict of two clones was decided


class ProgramOutcome(StrEnum):
    """How a rule's program ended, or why it did not run."""

    UNCERTAIN = "uncertain"  # it was started, and its end is not recorded
    ENDED = "ended"  # with an exit code, or by a signal
    STOPPED = "stopped"  # after its timeout, in seconds
    NOT_STARTED = "not-started"  # because of a system error
    NOT_TRUSTED = "not-trusted"
    INSIDE_PROGRAM = "inside-program"  # a program run by crm cannot start another


class ProgramRun(Part, frozen=True, kw_only=True):
    """A run of a rule's program; the other keys depend on the outcome."""

    outcome: ProgramOutcome | str
    code: int | None = None
    signal: int | None = None
    seconds: int | None = None
    reason: Annotated[str | None, Field(searched=False)] = None


class Reassignment(Part, frozen=True, kw_only=True):
    """An activity, and its new assignee."""

    activity: RecordId
    to: UserName


class RecordedEffect(Part, frozen=True, kw_only=True):
    """One effect of an event: its only key is the kind of effect.

    This class is the list of kinds. The description of each for people is its key and value, except for
    those in `recorded_effects.WORDS`.
    """

    activity: RecordId | None = None  # id of the activity that was planned
    reassign: Reassignment | None = None
    mail: RecordId | None = None  # id of the message that was queued
    notify: UserName | None = None  # the user who was notified by e-mail
    tag: Tag | None = None
    untag: Tag | None = None
    set: Code | None = None  # the field
    assign: UserName | None = None  # the new owner of the deal
    reward: RecordId | None = None  # id of the reward that was granted
    run: ProgramRun | None = None
    nothing: Annotated[str | None, Field(searched=False)] = None  # why an action of a rule had no effect
    waits: Annotated[str | None, Field(searched=False)] = None  # what the rule's mail waits for
    forced: Annotated[str | None, Field(searched=False)] = None  # what the stage requires and the deal lacked
    command: Annotated[str | None, Field(searched=False)] = None  # the command that was undone, or redone


class Entry(Part, frozen=True, kw_only=True):
    """One entry of the history: time, event, author. An unknown event is kept as a text."""

    at: Instant
    event: HistoryEvent | str
    field: Code | None = None
    from_: Annotated[str | None, Field(searched=False)] = msgspec.field(name="from", default=None)
    to: Annotated[str | None, Field(searched=False)] = None
    visit: int | None = None
    closing: int | None = None
    probability: Percent | None = None
    was: Annotated[str | None, Content.LOST_REASON] = None  # the lost reason that a reopening ended
    rule: RuleId | None = None
    occurrence: RuleId | None = None
    did: tuple[RecordedEffect, ...] = ()
    id: RecordId | None = None
    text: str | None = None
    ids: tuple[RecordId, ...] = ()
    rules: tuple[RuleId, ...] = ()
    by: UserName | None = None
    of: RecordId | None = None


class Opportunity(Part, frozen=True, kw_only=True):
    """A lead or an opportunity, with its activities, messages and history."""

    schema: Annotated[int, Field(set_by="crm itself", merge=Merge.OWN, line=False, queried=False)] = 1
    id: Annotated[RecordId | None, Field(set_by="an id stays for ever", merge=Merge.OWN, line=False)] = None
    kind: Annotated[Kind, Field(set_by="crm qualify REF", merge=Merge.OWN, line=False)] = Kind.OPPORTUNITY
    title: Annotated[Line, Field(line=False)]
    contact: Annotated[ContactId | None, Field(merge=Merge.ITSELF)] = None
    contact_unsure: Annotated[  # who the contact may be instead: the name in the message, or of others
        Line | None, Field(set_by="crm set REF contact=WHO", merge=Merge.ITSELF, line=False)
    ] = None
    stage: Annotated[StageId | None, Field(set_by="crm move REF --to STAGE", line=False)] = None
    lost: Annotated[
        str | None,
        Content.LOST_REASON,
        Field(merge=Merge.OWN, recorded=True, line=False),
    ] = None
    priority: Annotated[Priority, Field(merge=Merge.HIGHEST, line=False)] = Priority(0)
    probability: Annotated[Percent | None, Field(recorded=True, merge=Merge.MASTER, line=False)] = None
    expected_revenue: Annotated[Money | None, Field(recorded=True, line=False)] = None
    recurring_revenue: Annotated[Money | None, Field("Recurring", recorded=True, merge=Merge.ITSELF)] = None
    recurring_months: Annotated[int | None, Field(merge=Merge.ITSELF, line=False)] = None
    budget: Annotated[Money | None, Field(line=False)] = None
    tags: Annotated[tuple[Tag, ...], Field(merge=Merge.UNITED)] = ()
    owner: Annotated[UserName | None, Field(recorded=True)] = None
    team: Annotated[str | None, Field(recorded=True, searched=False, line=False)] = None
    created: Annotated[Instant | None, Field(set_by="crm edit REF", merge=Merge.OWN)] = None
    closed: Annotated[
        Instant | None, Field(set_by="crm win, crm lose, crm reopen", merge=Merge.OWN, line=False)
    ] = None
    expected_close: Annotated[date | None, Field("Close", recorded=True)] = None
    description: Annotated[str | None, Field(merge=Merge.JOINED, line=False)] = None
    fields: Annotated[Open, Field(merge=Merge.BY_KEY)] = msgspec.field(default_factory=dict)
    marketing: Annotated[Marketing | None, Field("Origin", merge=Merge.BY_KEY)] = None
    referral: Annotated[Referral | None, Field("Referred by")] = None
    project: Annotated[Project | None, Field(merge=Merge.ITSELF, line=False)] = None
    rewards: Annotated[
        tuple[Reward, ...],
        Field(set_by="crm win REF, crm reward pay REWARD", merge=Merge.ITSELF, line=False),
    ] = ()
    activities: Annotated[
        tuple[Activity, ...],
        Field(set_by="crm activity add REF, crm activity edit ACTIVITY", merge=Merge.ITSELF, line=False),
    ] = ()
    messages: Annotated[
        tuple[Message, ...],
        Field(set_by="crm email REF, crm ingest", merge=Merge.ITSELF, line=False),
    ] = ()
    files: Annotated[
        tuple[KeptFile, ...],
        Field(set_by="crm attach REF FILE", merge=Merge.UNITED, line=False, searched=False, queried=False),
    ] = ()
    external_ids: Annotated[  # that other programs gave it, such as `odoo:42`
        tuple[Code, ...], Field(set_by="crm import csv FILE", merge=Merge.UNITED, searched=False)
    ] = ()
    history: Annotated[tuple[Entry, ...], Field(set_by="crm note REF", merge=Merge.OWN, line=False)] = ()


class Address(Part, frozen=True, kw_only=True):
    """A postal address of a customer, or of the place of work."""

    label: Place | None = None
    street: Place | None = None
    postcode: Annotated[Place | None, Field(searched=True)] = None
    city: Annotated[Place | None, Field(searched=True)] = None
    country: Place | None = None


class Consent(Part, frozen=True, kw_only=True):
    """Consent to be contacted: its source, its time and its purposes."""

    source: Annotated[str | None, Field(searched=False)] = None
    at: Instant | None = None
    purposes: Annotated[tuple[str, ...], Field(searched=False)] = ()


class ContactKind(StrEnum):
    """The kind of a contact. A person may belong to a company."""

    PERSON = "person"
    COMPANY = "company"


class Contact(Part, frozen=True, kw_only=True):
    """A person or company to sell to, or a sponsor who refers customers."""

    schema: Annotated[int, Field(set_by="crm itself", merge=Merge.OWN, line=False, queried=False)] = 1
    id: Annotated[RecordId | None, Field(set_by="an id stays for ever", merge=Merge.OWN, line=False)] = None
    kind: Annotated[ContactKind, Field(merge=Merge.OWN, line=False)] = ContactKind.PERSON
    name: Annotated[Line, Field(line=False)]
    company: ContactId | None = None
    job: Annotated[str | None, Field(line=False, searched=False)] = None
    emails: Annotated[tuple[Email, ...], Field("E-mail", merge=Merge.UNITED, searched=True)] = ()
    undeliverable: Annotated[  # addresses that mail came back from
        tuple[Email, ...], Field("Undeliverable", merge=Merge.UNITED)
    ] = ()
    phones: Annotated[tuple[Phone, ...], Field("Phone", merge=Merge.UNITED, searched=True)] = ()
    addresses: Annotated[tuple[Address, ...], Field("Address", merge=Merge.ITSELF)] = ()
    language: Code | None = None
    tags: Annotated[tuple[Tag, ...], Field(merge=Merge.UNITED, searched=True)] = ()
    owner: UserName | None = None
    created: Annotated[Instant | None, Field(set_by="crm contact edit CONTACT", merge=Merge.OWN)] = None
    consent: Consent | None = None
    description: Annotated[str | None, Field(merge=Merge.JOINED, line=False, searched=False)] = None
    external_ids: Annotated[  # that other programs gave it, such as `odoo:42`
        tuple[Code, ...], Field(set_by="crm import csv FILE", merge=Merge.UNITED, searched=False)
    ] = ()
    history: Annotated[
        tuple[Entry, ...],
        Field(set_by="crm contact note CONTACT", merge=Merge.OWN, line=False, searched=False),
    ] = ()

    @property
    def reachable_emails(self) -> tuple[str, ...]:
        """The addresses that no mail came back from."""
        marked = {each.casefold() for each in self.undeliverable}
        return tuple(each for each in self.emails if each.casefold() not in marked)
