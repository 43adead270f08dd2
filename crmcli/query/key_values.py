"""The values that the keys of the query language read from a record."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model import status
from crmcli.domain.model.config import Config
from crmcli.domain.model.questionnaires import Known
from crmcli.domain.model.record_types import Activity, Contact, ContactKind, Instant, Opportunity, State
from crmcli.domain.model.urgency import activity_state
from crmcli.domain.records.contact_matching import ways_to_dial
from crmcli.domain.values.folding import fold_text


class QueryRecord(msgspec.Struct, frozen=True):
    """A record with what queries need around it; `activity` is set for conditions on activities."""

    deal: Opportunity
    config: Config
    contact: Contact | None
    at: Instant
    activity: Activity | None = None
    company: Contact | None = None  # the contact's
    questionnaires: Known = MappingProxyType({})  # by id

    @property
    def today(self) -> date:
        """The current day in the workspace's time zone."""
        return local_day(self.at, self.config)


def next_deadline(subject: QueryRecord) -> date | None:
    """Return the earliest deadline of a record's planned activities."""
    planned = (each.due for each in subject.deal.activities if each.state is State.PLANNED)
    return min((due for due in planned if due), default=None)


Values: TypeAlias = Iterable[Any]


def none_or_one(value: Any) -> Values:
    """Return a value as a sequence of one; empty for None."""
    return () if value is None else (value,)


HOLDERS: dict[str, Callable[[QueryRecord], Iterable[Any]]] = {  # parts of a record that hold fields
    "deal": lambda s: (s.deal,),
    "marketing": lambda s: none_or_one(s.deal.marketing),
    "referral": lambda s: none_or_one(s.deal.referral),
    "project": lambda s: none_or_one(s.deal.project),
    "rewards": lambda s: s.deal.rewards,
    "messages": lambda s: s.deal.messages,
    "contact": lambda s: none_or_one(s.contact),
    "addresses": lambda s: s.contact.addresses if s.contact else (),
    "consent": lambda s: none_or_one(s.contact.consent if s.contact else None),
    "activity": lambda s: none_or_one(s.activity),
}


class FieldValues(msgspec.Struct, frozen=True):
    """The values of one field of a record, of its contact, or of a part of them."""

    holder: str
    name: str

    @property
    def path(self) -> str:
        """The name of the field in `covers`."""
        return f"{self.holder}.{self.name}"

    def __call__(self, subject: QueryRecord) -> Values:
        """Return all values of the field in a record, lists flattened, without None."""
        held = [getattr(each, self.name) for each in HOLDERS[self.holder](subject)]
        items = [item for value in held for item in (value if isinstance(value, tuple) else (value,))]
        return [item for item in items if item is not None]


def deal_field(name: str) -> FieldValues:
    """Return a reader of a field of the record itself."""
    return FieldValues("deal", name)


def order_value(value: Any) -> tuple[bool, Any]:
    """Return a sort key for a value of any type: numbers first, then days and texts."""
    if isinstance(value, int | Decimal):
        return False, float(value)
    return True, value.isoformat() if isinstance(value, date) else fold_text(value)


def days_of(instants: Callable[[QueryRecord], Iterable[Instant]]) -> Callable[[QueryRecord], Values]:
    """Return a reader of the days of instants, in the workspace's time zone."""
    return lambda s: [local_day(at, s.config) for at in instants(s)]


def instant_of(pick: Callable[[Opportunity], Instant | None]) -> Callable[[QueryRecord], Iterable[Instant]]:
    """Return a reader of an instant of the record."""
    return lambda s: none_or_one(pick(s.deal))


def contact_field(pick: Callable[[Contact], Values]) -> Callable[[QueryRecord], Values]:
    """Return a reader of values of the record's contact."""
    return lambda s: pick(s.contact) if s.contact else ()


def phone_values(subject: QueryRecord) -> Values:
    """Return the contact's phone numbers, in every form in which they can be dialled."""
    country = subject.config.country
    return (
        [way for phone in subject.contact.phones for way in ways_to_dial(phone, country)]
        if subject.contact
        else ()
    )


def company_values(subject: QueryRecord) -> Values:
    """Return the id and name of the contact's company, and the contact's name if it is a company."""
    contact, company = subject.contact, subject.company
    if contact is None:
        return ()
    own = none_or_one(contact.name) if contact.kind is ContactKind.COMPANY else ()
    return (*none_or_one(contact.company), *none_or_one(company.name if company else None), *own)


def consent_values(contact: Contact) -> Values:
    """Return the source, the purposes and the day of a contact's consent."""
    given = contact.consent
    return (
        ()
        if given is None
        else (*none_or_one(given.source), *given.purposes, *none_or_one(given.at and f"{given.at:%Y-%m-%d}"))
    )


def provenance_values(subject: QueryRecord) -> Values:
    """Return where the probability comes from."""
    return (str(status.probability_of(subject.deal, subject.config)[1]),)


def contact_values(subject: QueryRecord) -> Values:
    """Return the id and the name of the record's contact."""
    contact = subject.contact
    return (
        (subject.deal.contact, *none_or_one(contact.name if contact else None))
        if subject.deal.contact
        else ()
    )


def weighted_values(subject: QueryRecord) -> Values:
    """Return the weighted revenue: expected revenue × probability."""
    return none_or_one(status.weighted_revenue(subject.deal, subject.config))


def probability_values(subject: QueryRecord) -> Values:
    """Return the probability, whether set or derived."""
    return (status.probability_of(subject.deal, subject.config)[0],)


def state_of(subject: QueryRecord) -> Values:
    """Return the activity's state on its assignee's day; empty without an activity."""
    return (activity_state(subject.activity, subject.at, subject.config),) if subject.activity else ()


def pipeline_of(subject: QueryRecord) -> Values:
    """Return the named pipeline of the record's stage; empty where there is none."""
    pipeline = subject.config.pipeline(subject.deal.stage)
    return none_or_one(pipeline.id if pipeline else None)
