"""The keys of the query language: one table that parsing, evaluation, index, help and completion read.

`store/index/key_columns.py` declares where the index keeps the values of a key.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from crmcli.domain.model.config import UNSTATED, Config, FieldType
from crmcli.domain.model.custom_fields import Wanted
from crmcli.domain.model.fields import Content, FieldSpec, fields_of
from crmcli.domain.model.history import last_touched, stage_since
from crmcli.domain.model.record_types import (
    Activity,
    Address,
    Consent,
    Contact,
    ContactKind,
    Direction,
    Instant,
    Kind,
    Marketing,
    Message,
    Money,
    Opportunity,
    Part,
    Percent,
    Priority,
    Project,
    Referral,
    Reward,
    State,
)
from crmcli.domain.model.status import Provenance
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.records.contact_matching import parse_asked_phone
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.list_entries import Listed, Named
from crmcli.domain.values.untyped_values import plain_items
from crmcli.query.key_values import (
    FieldValues,
    QueryRecord,
    Values,
    company_values,
    consent_values,
    contact_field,
    contact_values,
    days_of,
    deal_field,
    instant_of,
    next_deadline,
    order_value,
    phone_values,
    pipeline_of,
    probability_values,
    provenance_values,
    state_of,
    weighted_values,
)


class Type(StrEnum):
    """The type as which a key's values are compared."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    OPEN = "any"  # a custom field or an answer: the type that its text has


class Key(msgspec.Struct, frozen=True):
    """A key of the query language: its name, type and help, and the values of a record that it compares."""

    name: str
    type: Type
    help: str
    values: Callable[[QueryRecord], Values]
    aliases: tuple[str, ...] = ()
    choices: Callable[[Config], Sequence[Listed]] | None = None  # the only values it can have
    scale: int = 0  # decimal places; the index holds values as integers in this unit
    instants: Callable[[QueryRecord], Iterable[Instant]] | None = None  # compared by day, sorted by second
    of_activity: bool = False
    of_next: Callable[[QueryRecord], Any] | None = (
        None  # of a record's next activity; records are sorted by it
    )
    several: bool = False  # whether a record can have more than one value
    covers: tuple[str, ...] = ()  # further fields that it compares, like `contact.phones`
    read_as: Type | None = None  # the type of its values, where known more precisely
    spelled: Callable[[str, Config], str] | None = None  # converts a value of a query to its form in records

    @property
    def aliases_and_name(self) -> tuple[str, ...]:
        """All names of the key."""
        return (self.name, *self.aliases)

    def sorted_by(self, subject: QueryRecord) -> Any:
        """Return the value that a record is sorted by, or None."""
        if self.of_next is not None and subject.activity is None:
            return self.of_next(subject)
        if self.instants is not None:
            return next(iter(self.instants(subject)), None)
        value = next(iter(self.values(subject)), None)
        if self.type is Type.OPEN:
            return None if value is None else order_value(value)
        return fold_text(value) if isinstance(value, str) else value

    @property
    def source(self) -> "FieldValues | None":
        """The field whose values are compared unchanged, or None."""
        found = self.values if self.instants is None else self.instants
        return found if isinstance(found, FieldValues) else None

    @property
    def content(self) -> Content | None:
        """The content of the text in that field, or None."""
        return spec_of(self.source).content if self.source else None


def date_key(
    name: str,
    help: str,
    instants: Callable[[QueryRecord], Iterable[Instant]],
    aliases: tuple[str, ...] = (),
    *,
    of_activity: bool = False,
    several: bool = False,
) -> Key:
    """Return a key for instants, which are compared by day."""
    values = days_of(instants)
    return Key(
        name,
        Type.DATE,
        help,
        values,
        aliases,
        instants=instants,
        of_activity=of_activity,
        several=several,
    )


def entries_of(ids: Iterable[str]) -> tuple[Named, ...]:
    """Return ids without labels as entries of a list."""
    return tuple(Named(id=str(id)) for id in ids)


def lost_reasons(config: Config) -> Sequence[Listed]:
    """Return the lost reasons of the configuration, and `unstated`."""
    return [*config.lost_reasons, Named(id=UNSTATED)]


WRITTEN_OUT = (
    Key("stage", Type.TEXT, "the stage", deal_field("stage"), choices=lambda c: c.stages),
    Key("pipeline", Type.TEXT, "the pipeline of its stage", pipeline_of, choices=lambda c: c.pipelines),
    Key("title", Type.TEXT, "the title", deal_field("title")),
    Key("owner", Type.TEXT, "the owner (me: you)", deal_field("owner"), aliases=("user",),
        choices=lambda c: c.users),
    Key("team", Type.TEXT, "the team", deal_field("team")),
    Key("tag", Type.TEXT, "a tag (+name for short)", deal_field("tags"), aliases=("tags",),
        choices=lambda c: entries_of(c.tags), several=True),
    Key("kind", Type.TEXT, "lead or opportunity", deal_field("kind"), choices=lambda c: entries_of(Kind)),
    Key("lost", Type.TEXT, "the lost reason", deal_field("lost"), aliases=("reason",), choices=lost_reasons),
    Key("priority", Type.NUMBER, "0 to 3 stars", deal_field("priority"), aliases=("stars",)),
    Key("probability", Type.NUMBER, "the probability of winning in per cent", probability_values, scale=6,
        covers=("deal.probability",)),
    Key("probability_from", Type.TEXT, "where the probability comes from", provenance_values,
        choices=lambda c: entries_of(Provenance)),
    Key("expected_revenue", Type.NUMBER, "the expected revenue", deal_field("expected_revenue"), aliases=("revenue",),
        scale=2),
    Key("recurring_revenue", Type.NUMBER, "the recurring revenue", deal_field("recurring_revenue"),
        aliases=("recurring",), scale=2),
    Key("recurring_months", Type.NUMBER, "the months of the recurring revenue", deal_field("recurring_months")),
    Key("budget", Type.NUMBER, "the customer's budget", deal_field("budget"), scale=2),
    Key("weighted", Type.NUMBER, "expected revenue × probability", weighted_values, aliases=("weighted_revenue",), scale=2),
    date_key("created", "the day it was created", deal_field("created")),
    date_key("closed", "the day it was won or lost", deal_field("closed")),
    Key("expected_close", Type.DATE, "the expected closing day", deal_field("expected_close"), aliases=("close",)),
    date_key("stage-since", "the day it entered its stage", instant_of(stage_since), aliases=("stage_since",)),
    date_key("touched", "the day of the last news: a person's change, or a message received", instant_of(last_touched)),
    Key("campaign", Type.TEXT, "the marketing campaign", FieldValues("marketing", "campaign"),
        aliases=("marketing.campaign",), choices=lambda c: c.marketing.campaigns),
    Key("medium", Type.TEXT, "the marketing medium", FieldValues("marketing", "medium"),
        aliases=("marketing.medium",), choices=lambda c: c.marketing.mediums),
    Key("source", Type.TEXT, "the marketing source", FieldValues("marketing", "source"),
        aliases=("marketing.source",), choices=lambda c: c.marketing.sources),
    Key("referred_by", Type.TEXT, "the sponsor's id", FieldValues("referral", "by"),
        aliases=("sponsor", "referral.by")),
    Key("link", Type.TEXT, "the relation to the sponsor", FieldValues("referral", "link"), aliases=("referral.link",),
        choices=lambda c: c.referral.links),
    Key("questionnaire", Type.TEXT, "the project's questionnaire", FieldValues("project", "questionnaire"),
        aliases=("project.questionnaire",)),
    Key("description", Type.TEXT, "the description", deal_field("description")),
    Key("id", Type.TEXT, "the record's id", deal_field("id")),
    Key("contact", Type.TEXT, "the contact, by id or full name", contact_values, aliases=("contact_name",),
        several=True, covers=("deal.contact", "contact.id", "contact.name")),
    Key("email", Type.TEXT, "an e-mail of the contact", FieldValues("contact", "emails"), aliases=("emails",),
        several=True),
    Key("phone", Type.TEXT, "a phone, however it is written", phone_values, aliases=("phones",),
        spelled=lambda text, c: parse_asked_phone(text, c.country), several=True, covers=("contact.phones",)),
    Key("city", Type.TEXT, "a town of the contact", FieldValues("addresses", "city"), several=True),
    Key("postcode", Type.TEXT, "a postcode of the contact", FieldValues("addresses", "postcode"), several=True),
    Key("street", Type.TEXT, "a street of the contact", FieldValues("addresses", "street"), several=True),
    Key("country", Type.TEXT, "a country of the contact", FieldValues("addresses", "country"), several=True),
    Key("company", Type.TEXT, "the contact's company, by id or name", company_values, aliases=("company_name",),
        several=True, covers=("contact.company",)),
    Key("job", Type.TEXT, "the contact's job", FieldValues("contact", "job")),
    Key("language", Type.TEXT, "the contact's language", FieldValues("contact", "language")),
    Key("consent", Type.TEXT, "source, purpose or day of the consent", contact_field(consent_values), several=True,
        covers=("consent.source", "consent.at", "consent.purposes")),
    Key("contact_tag", Type.TEXT, "a tag of the contact", FieldValues("contact", "tags"),
        choices=lambda c: entries_of(c.tags), several=True),
    Key("contact_kind", Type.TEXT, "person or company", FieldValues("contact", "kind"),
        choices=lambda c: entries_of(ContactKind)),
    Key("contact_owner", Type.TEXT, "the contact's owner", FieldValues("contact", "owner"),
        choices=lambda c: c.users),
    date_key("contact_created", "the day the contact was created", FieldValues("contact", "created")),
    Key("message", Type.TEXT, "the subject of a message", FieldValues("messages", "subject"), aliases=("subject",),
        several=True),
    Key("message_from", Type.TEXT, "the sender of a message", FieldValues("messages", "from_"), several=True),
    Key("message_to", Type.TEXT, "the recipient of a message", FieldValues("messages", "to"), several=True),
    Key("direction", Type.TEXT, "in or out, of a message", FieldValues("messages", "direction"),
        choices=lambda c: entries_of(Direction), several=True),
    date_key("message_at", "the day of a message", FieldValues("messages", "at"), several=True),
    Key("reward", Type.TEXT, "the state of a reward", FieldValues("rewards", "state"),
        choices=lambda c: entries_of(("due", "paid", "void")), several=True),
    Key("reward_to", Type.TEXT, "the id of the contact who gets a reward", FieldValues("rewards", "to"), several=True),
    Key("reward_amount", Type.NUMBER, "the amount of a reward", FieldValues("rewards", "amount"), scale=2,
        several=True),
    date_key("reward_at", "the day of a reward", FieldValues("rewards", "at"), several=True),
    Key("due", Type.DATE, "its deadline", FieldValues("activity", "due"), of_activity=True,
        of_next=next_deadline),
    Key("type", Type.TEXT, "its type", FieldValues("activity", "type"), aliases=("type_label",),
        choices=lambda c: c.activity_types, of_activity=True),
    Key("assignee", Type.TEXT, "the assignee", FieldValues("activity", "assignee"), aliases=("for",),
        choices=lambda c: c.users, of_activity=True),
    Key("state", Type.TEXT, "its state", state_of, covers=("activity.state",),
        choices=lambda c: entries_of((*Urgency, State.DONE, State.CANCELLED)), of_activity=True),
    Key("summary", Type.TEXT, "its summary", FieldValues("activity", "summary"), of_activity=True),
    Key("outcome", Type.TEXT, "its outcome", FieldValues("activity", "outcome"), of_activity=True),
    Key("note", Type.TEXT, "its note", FieldValues("activity", "note"), of_activity=True),
    Key("time", Type.TEXT, "its time, like 09:30", FieldValues("activity", "time"), of_activity=True),
    Key("every", Type.TEXT, "its recurrence", FieldValues("activity", "every"), of_activity=True),
    Key("plan", Type.TEXT, "the plan it belongs to", FieldValues("activity", "plan"), of_activity=True),
    Key("rule", Type.TEXT, "the rule that planned it", FieldValues("activity", "rule"), of_activity=True),
    Key("why_cancelled", Type.TEXT, "why it was cancelled", FieldValues("activity", "reason"), of_activity=True),
    date_key("finished", "the day it was done or cancelled", FieldValues("activity", "closed"), of_activity=True ),
    Key("activity", Type.TEXT, "its id", FieldValues("activity", "id"), of_activity=True),
)  # fmt: skip
PARTS: dict[str, tuple[type[Part], str, str]] = {  # holders of fields: type, prefix of keys, help
    "deal": (Opportunity, "", "the {}"),
    "marketing": (Marketing, "marketing_", "the {} of the marketing"),
    "referral": (Referral, "referral_", "the {} of the referral"),
    "project": (Project, "project_", "the {} of the project"),
    "rewards": (Reward, "reward_", "the {} of a reward"),
    "messages": (Message, "message_", "the {} of a message"),
    "contact": (Contact, "contact_", "the {} of the contact"),
    "addresses": (Address, "address_", "the {} of an address of the contact"),
    "consent": (Consent, "consent_", "the {} of the contact's consent"),
    "activity": (Activity, "", "its {}"),
}
HELP = {  # of fields whose label is not a noun
    "deal.contact_unsure": "who the contact may be instead",
    "messages.automatic": "whether nobody wrote a message, as a report or an answer by itself",
    "messages.sent": "the day a message was sent",
    "messages.failed": "the day the sending of a message failed",
    "messages.withdrawn": "the day a message was withdrawn",
    "messages.bounced": "the day a message came back undelivered",
    "messages.stranger": "whether a message is from somebody who is not among its people",
    "contact.undeliverable": "the addresses of the contact that mail does not reach",
    "activity.recurs_on": "the day of the recurrence that was postponed once",
    "activity.recurs_at": "the time of the recurrence that was postponed once",
    "activity.files": "the files kept with it",
}
TYPES: dict[Any, Type] = {
    date: Type.DATE,
    int: Type.NUMBER,
    Money: Type.NUMBER,
    Percent: Type.NUMBER,
    Priority: Type.NUMBER,
}


def spec_of(source: FieldValues) -> FieldSpec:
    """Return the declaration of the field that these values come from."""
    return next(each for each in fields_of(PARTS[source.holder][0]) if each.name == source.name)


def keys_of_fields() -> Iterator[Key]:
    """Yield a key for every field that is declared as queried and has none above."""
    covered = {name for key in WRITTEN_OUT for name in key.covers}
    covered |= {key.source.path for key in WRITTEN_OUT if key.source}
    for holder, (part, prefix, phrase) in PARTS.items():
        for spec in fields_of(part):
            is_asked = spec.declared.queried and not spec.is_part and not spec.is_open
            if is_asked and f"{holder}.{spec.name}" not in covered:
                help = HELP.get(f"{holder}.{spec.name}") or phrase.format(spec.label.lower())
                yield key_of_field(holder, spec, f"{prefix}{spec.key}", help)


def key_of_field(holder: str, spec: FieldSpec, name: str, help: str) -> Key:
    """Return the key for the values of a field."""
    values = FieldValues(holder, spec.name)
    several = spec.is_list or holder in ("rewards", "messages", "addresses")
    if spec.type is datetime:
        return date_key(name, help, values, of_activity=holder == "activity", several=several)
    return Key(
        name,
        TYPES.get(spec.type, Type.TEXT),
        help,
        values,
        of_activity=holder == "activity",
        several=several,
        scale=2 if spec.type is Money else 6 if spec.type is Percent else 0,
    )


KEYS = (*WRITTEN_OUT, *keys_of_fields())
PREFIXES = {"field": "a custom field: field.brand:Rika", "answer": "an answer: answer.surface:100.."}
PEOPLE = tuple(key.name for key in KEYS if key.content is Content.USER)  # in which `me` is the acting user
USERS = ("owner", "assignee", "contact_owner")
READ_AS = {FieldType.NUMBER: Type.NUMBER, FieldType.MONEY: Type.NUMBER, FieldType.DATE: Type.DATE}
YES_OR_NO = ["yes", "no", "true", "false", "oui", "non", "on", "off"]


def keys_by_name() -> dict[str, Key]:
    """Return all keys by their names and aliases."""
    return {name: key for key in KEYS for name in key.aliases_and_name}


def custom_key(name: str, wanted: Wanted | None = None) -> Key:
    """Return the key of a custom field or an answer; `wanted` declares the type of its values."""
    prefix, _, own = name.partition(".")

    def values(subject: QueryRecord) -> Values:
        deal = subject.deal
        held = deal.fields if prefix == "field" else deal.project.answers if deal.project else {}
        return plain_items(held.get(own, []))

    if wanted is None:
        return Key(name, Type.OPEN, PREFIXES[prefix], values, several=True)
    chosen = entries_of(YES_OR_NO) if wanted.type is FieldType.BOOL else wanted.choices
    read_as = READ_AS.get(wanted.type) or (Type.TEXT if chosen else None)
    return Key(
        name,
        Type.OPEN,
        wanted.name,
        values,
        several=True,
        choices=lambda c: chosen,
        read_as=read_as,
    )
