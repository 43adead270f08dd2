"""Records as documents for scripts, in JSON types: the content of the file and values derived from it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.elapsed import Reach
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.history import last_touched, stage_since
from crmcli.domain.model.mail_state import FindFolder, settle_state, state_of_message
from crmcli.domain.model.pipeline import Clock
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Instant,
    Message,
    Opportunity,
    Part,
    Percent,
    Project,
    State,
)
from crmcli.domain.model.staleness import stale_from
from crmcli.domain.model.status import Status, chance_of, stages_climbed, status_in
from crmcli.domain.model.urgency import urgency_on
from crmcli.domain.values.money import monthly_amount, weighted_cents
from crmcli.domain.values.untyped_values import as_written, plain_value, type_values
from crmcli.domain.values.values import Plain

if TYPE_CHECKING:
    from crmcli.domain.model.deal_context import Facts
    from crmcli.domain.model.questionnaires import Known

TOLD_APART = {"schema", "id", "kind", "title", "stage", "probability", "activities"}
SINCE = {Clock.STAGE: "stage_since", Clock.TOUCHED: "touched"}
PLAIN_ACTIVITY = {"id", "type", "summary", "due", "assignee", "state"}  # keys that nearly all have


DECIDED = (FieldType.NUMBER, FieldType.MONEY, FieldType.BOOL)  # types that are numbers or booleans in JSON
QUEUED = b'"state":"queued"'  # in the JSON of messages
CLOSED = (State.DONE, State.CANCELLED)
UNDATED = "~"  # after any day
LONG = ("messages", "history")  # the longest keys; a document passes them on as JSON


class IndexedRecord(msgspec.Struct, frozen=True):
    """The part of a document that depends only on the record, not on configuration, day or contact."""

    held: Document  # by the keys of the file
    long: dict[str, msgspec.Raw]  # by the keys of the file, as JSON
    ladder: tuple[str | None, ...]
    stage_since: str | None
    touched: str | None


def index_record(deal: Opportunity) -> IndexedRecord:
    """Return the part of a document that depends only on this record."""
    held = plain_data(deal)
    if deal.messages:
        held["messages"] = [describe_message(each) for each in deal.messages]
    long = {key: msgspec.Raw(msgspec.json.encode(held.pop(key))) for key in LONG if key in held}
    return IndexedRecord(
        held, long, tuple(stages_climbed(deal)), plain_data(stage_since(deal)), plain_data(last_touched(deal))
    )


def describe_message(message: Message) -> Document:
    """Return a message in JSON types, with its state as its record tells it."""
    return {**plain_data(message), "state": str(state_of_message(message))}


class Chance(msgspec.Struct, frozen=True):
    """A probability in millionths of a per cent, as documents show it, and where it comes from."""

    millionths: int
    shown: int | float
    provenance: str


class ContactBrief(NamedTuple):
    """What lists tell of the contact of a record, of activities too."""

    name: str | None
    phone: str | None = None  # the first one
    city: str | None = None  # of the first address with one


NOBODY = ContactBrief(None)
NOTHING: Document = {}


class Standing(NamedTuple):
    """What follows from the stage of a deal and its lost reason."""

    stage: str
    label: str | None
    pipeline: dict[str, str | None]  # as a key of documents, where the workspace has pipelines
    outcome: str
    reach: Reach | None  # since when a deal that stands here is stale; None if it never is
    clock: Clock


class DocumentBuilder:
    """A builder of documents of records, for a configuration and an instant.

    With `find_folder`, the states of mails are as their files tell them.
    """

    def __init__(
        self,
        config: Config,
        at: Instant,
        questionnaires: "Callable[[], Known]" = dict,
        find_folder: FindFolder | None = None,
    ) -> None:
        self.config = config
        self.find_folder = find_folder
        self.at = at
        self.questionnaires = questionnaires  # called only when needed
        self.standing = cache(self.standing_of)
        self.chance = cache(self.chance_of)
        self.state = cache(self.state_of)
        self.days = cache(self.count_days)
        self.urgency = cache(self.urgency_of)
        self.today = cache(lambda user: local_day(at, config, user).isoformat())
        self.first_stage = config.stages[0].id
        self.labels = {stage.id: stage.title for stage in config.stages}
        self.pipeline = cache(self.pipeline_of)
        self.types = {kind.id: kind.title for kind in config.activity_types}
        self.decided = {field.name for field in config.fields if field.type in DECIDED}

    def standing_of(self, stage: str | None, lost: str | None) -> Standing:
        """Return what follows from the stage of a deal and its lost reason."""
        id = stage or self.first_stage
        known, status = self.config.stage(id), status_in(stage, lost, self.config)
        reach = stale_from(known, self.config, self.at) if known and status is Status.OPEN else None
        return Standing(
            id,
            self.labels.get(id) or stage,
            {"pipeline": self.pipeline(stage)} if self.config.pipelines else {},
            str(status),
            Reach(plain_data(reach.before), plain_data(reach.ranges)) if reach else None,
            known.stale_after.since if known and known.stale_after else Clock.STAGE,
        )

    def chance_of(self, lost: str | None, manual: float | None, climbed: tuple[str | None, ...]) -> Chance:
        """Return the probability of a deal, and where it comes from."""
        given = None if manual is None else Percent(Decimal(str(manual)))
        share, provenance = chance_of(lost, given, climbed, self.config)
        return Chance(int(share.scaleb(6)), plain_data(share), str(provenance))

    def pipeline_of(self, stage: str | None) -> str | None:
        """Return the id of the pipeline of a stage, or None."""
        pipeline = self.config.pipeline(stage)
        return pipeline.id if pipeline else None

    def opportunity(self, kept: IndexedRecord, contact: ContactBrief) -> Document:
        """Return a lead or an opportunity as `crm.opportunity/1`."""
        held = kept.held
        told = held.get
        lost, amount = told("lost"), told("expected_revenue")
        standing = self.standing(told("stage"), lost)
        chance = self.chance(lost, told("probability"), kept.ladder)
        activities = [self.activity(held, each, contact) for each in told("activities", ())]
        document = {
            "schema": "crm.opportunity/1",
            "id": told("id", ""),
            "kind": told("kind", "opportunity"),
            "title": held["title"],
            "contact_name": contact.name,
            "contact_phone": contact.phone,
            "contact_city": contact.city,
            **standing.pipeline,
            "stage": standing.stage,
            "stage_label": standing.label,
            "stage_since": kept.stage_since,
            "stale": standing.reach is not None and is_stale(kept, standing.reach, standing.clock),
            "outcome": standing.outcome,
            "probability": chance.shown,
            "probability_from": chance.provenance,
            "priority": told("priority", 0),
            "expected_revenue": amount,
            "weighted_revenue": None if amount is None else weighted_amount(amount, chance),
            **(by_month(held, chance) if "recurring_revenue" in held else NOTHING),
            "tags": told("tags", []),
            "owner": told("owner"),
            "touched": kept.touched,
            "next": find_next_activity(activities) if activities else None,
        }
        document |= {key: value for key, value in held.items() if key not in TOLD_APART}
        if "fields" in held:
            document.update(self.own_fields(held))
        document.update(self.settle_mails(kept.long) if "messages" in kept.long else kept.long)
        document["activities"] = activities
        return document

    def settle_mails(self, long: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
        """Return the longest keys of a document, with the states of queued mails as their files tell them."""
        raw = long["messages"]
        if self.find_folder is None or QUEUED not in bytes(raw):
            return long
        told = msgspec.json.decode(raw)
        for each in told:
            each["state"] = self.state_of_mail(each["state"], each.get("file"))
        return {**long, "messages": msgspec.Raw(msgspec.json.encode(told))}

    def state_of_mail(self, state: str, file: str | None) -> str:
        """Return the state of a message that its record calls so, by where its file lies."""
        return str(settle_state(state, file, self.find_folder)) if self.find_folder else state

    def own_fields(self, held: Document) -> Document:
        """Return `fields` with values typed as `crm.yaml` declares; nothing where no value needs it."""
        fields = held.get("fields")
        if not fields or self.decided.isdisjoint(fields):
            return {}
        return {
            "fields": {
                key: plain_data(plain_value(value))
                if key in self.decided and isinstance(value, str)
                else value
                for key, value in fields.items()
            }
        }

    def activity(self, deal: Document, held: Document, contact: ContactBrief) -> Document:
        """Return an activity, with data of its deal, as `crm.activity/1`."""
        told = held.get
        type, due, assignee = told("type"), told("due"), told("assignee")
        label, state, days = self.urgency(type, held["state"], due, assignee)
        document = {
            "schema": "crm.activity/1",
            "id": told("id"),
            "type": type,
            "type_label": label,
            "summary": told("summary"),
            "due": due,
            "assignee": assignee,
            "state": state,
            "days": days,
            "opportunity": deal.get("id", ""),
            "title": deal["title"],
            "stage": deal.get("stage") or self.first_stage,
            "owner": deal.get("owner"),
            "contact": deal.get("contact"),
            "contact_name": contact.name,
            "contact_phone": contact.phone,
            "contact_city": contact.city,
        }
        if held.keys() <= PLAIN_ACTIVITY:
            return document
        return document | {key: value for key, value in held.items() if key not in document}

    def urgency_of(
        self, type: str | None, state: str, due: str | None, assignee: str | None
    ) -> tuple[str | None, str, int | None]:
        """Return what follows from an activity and the day: its type's label, its state, days until due."""
        now = self.state(state, due, assignee)
        days = None if due is None or now in CLOSED else self.days(due, assignee)
        return self.types.get(type or "") or type, now, days

    def state_of(self, state: str, due: str | None, assignee: str | None) -> str:
        """Return `overdue`, `today` or `planned` by the assignee's day; `done` or `cancelled` once closed."""
        if state != State.PLANNED:
            return state
        return urgency_on(due, self.today(assignee)).value

    def count_days(self, due: str | None, assignee: str | None) -> int | None:
        """Return the days from the assignee's day until a deadline; None without one."""
        if due is None:
            return None
        return (date.fromisoformat(due) - date.fromisoformat(self.today(assignee))).days


def is_stale(kept: IndexedRecord, reach: Reach, clock: Clock) -> bool:
    """Tell whether a deal has exceeded the limit of its stage, by the clock that the stage goes by."""
    since = kept.held.get("created") if clock is Clock.CREATED else getattr(kept, SINCE[clock])
    return since is not None and reach.holds(since)


def find_next_activity(activities: Sequence[Document]) -> Document | None:
    """Return what is to be done next on a record: its first planned activity, undated ones last."""
    planned = [each for each in activities if each["state"] not in CLOSED]
    if not planned:
        return None
    first = min(planned, key=lambda each: (each["due"] or UNDATED, each.get("time") or ""))
    return {
        "id": first["id"],
        "summary": first["summary"] or first["type_label"],
        "due": first["due"],
        "state": first["state"],
        "days": first["days"],
    }


def by_month(held: Document, chance: Chance) -> Document:
    """Return the monthly revenue of a deal, and weighted; nothing where no number of months is given."""
    amount, months = held.get("recurring_revenue"), held.get("recurring_months")
    if amount is None or not months:
        return {}
    each = plain_data(monthly_amount(Decimal(str(amount)), months))
    return {"monthly_revenue": each, "weighted_monthly_revenue": weighted_amount(each, chance)}


def weighted_amount(amount: float, chance: Chance) -> int | float:
    """Return an amount × a probability, as documents show it."""
    whole, cents = divmod(weighted_cents(round(amount * 100), chance.millionths), 100)
    return (whole * 100 + cents) / 100 if cents else whole


def build_opportunity(facts: "Facts", at: Instant) -> Document:
    """Return a record as `crm.opportunity/1`."""
    builder = DocumentBuilder(facts.config, at, find_folder=facts.mail_folder)
    return builder.opportunity(index_record(facts.opportunity), brief_contact(facts.contact))


def build_activity(builder: DocumentBuilder, facts: "Facts", activity: Activity) -> Document:
    """Return an activity of a record as `crm.activity/1`."""
    deal = facts.opportunity
    held = {
        "id": deal.id,
        "title": deal.title,
        "stage": deal.stage,
        "owner": deal.owner,
        "contact": deal.contact,
    }
    return builder.activity(held, plain_data(activity), brief_contact(facts.contact))


def decode_value(value: Any) -> Any:
    """Return a value of a document, decoded where it is passed on as JSON."""
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


def brief_contact(person: Contact | None) -> ContactBrief:
    """Return what lists tell of a contact."""
    return ContactBrief(person.name, first_phone(person), first_city(person)) if person else NOBODY


def first_phone(person: Contact) -> str | None:
    """Return the first phone number of a contact, as it is written; None without one."""
    return next(iter(person.phones), None)


def first_city(person: Contact) -> str | None:
    """Return the first town in the addresses of a contact; None without one."""
    return next((place.city for place in person.addresses if place.city), None)


def name_of_contact(person: Contact | None) -> str | None:
    """Return the name of a contact, or None."""
    return person.name if person else None


def build_contact(held: Document, company_name: str | None) -> Document:
    """Return a contact, from the content of its file, as `crm.contact/1`."""
    return {
        "schema": "crm.contact/1",
        "id": held.get("id", ""),
        "kind": held["kind"],
        "name": held["name"],
        "company_name": company_name,
        **{key: value for key, value in held.items() if key not in ("schema", "id", "kind", "name")},
    }


@cache
def keys_of(part: type[Part]) -> list[tuple[str, str]]:
    """Return (attribute, key) for each field of a part, in the order of the file."""
    return [(spec.name, spec.encode_name) for spec in msgspec.structs.fields(part) if spec.name != "extra"]


def plain_data(value: Any) -> Any:
    """Return any value of a record in JSON types: numbers, ISO dates, texts, lists, mappings."""
    match value:
        case Project(answers=answers) if answers:
            return {
                **plain_data(msgspec.structs.replace(value, answers={})),
                "answers": plain_data(type_values(answers)),
            }
        case Part():
            held = ((key, getattr(value, name)) for name, key in keys_of(type(value)))
            present = {key: plain_data(each) for key, each in held if each not in (None, (), {})}
            if value.shorthand and value == type(value)(**{value.shorthand: getattr(value, value.shorthand)}):
                return present[value.shorthand]  # as people write it
            return {**present, **plain_data(value.extra)}
        case Plain(text=text):
            return plain_data(as_written(text))
        case Mapping():
            return {key: plain_data(item) for key, item in value.items()}
        case tuple() | list():
            return [plain_data(item) for item in value]
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case str():
            return str(value)
    return value
