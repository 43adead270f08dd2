"""What the keys of the query language look at: one record with all around it, and the values that it has."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import msgspec

from crmcli.domain.model import status
from crmcli.domain.model.config import Config
from crmcli.domain.values.folding import folded
from crmcli.domain.model.record_types import Activity, Contact, ContactKind, Instant, Opportunity
from crmcli.domain.records.contact_matching import dialled
from crmcli.domain.model.questionnaires import Known
from crmcli.domain.model.urgency import state
from crmcli.domain.localization.zones import today


class Subject(NamedTuple):
    """One record as queries see it; in a condition on activities, with the activity looked at."""

    deal: Opportunity
    config: Config
    contact: Contact | None
    at: Instant
    activity: Activity | None = None
    company: Contact | None = None  # the contact's
    questionnaires: Known = MappingProxyType({})  # what is asked about each kind of project

    @property
    def today(self) -> date:
        """The workspace's day."""
        return today(self.at, self.config)


Values: TypeAlias = Iterable[Any]


def one(value: Any) -> Values:
    """A value, or none of it."""
    return () if value is None else (value,)


HOLDERS: dict[str, Callable[[Subject], Iterable[Any]]] = {  # where the parts with fields stand
    "deal": lambda s: (s.deal,),
    "marketing": lambda s: one(s.deal.marketing),
    "referral": lambda s: one(s.deal.referral),
    "project": lambda s: one(s.deal.project),
    "rewards": lambda s: s.deal.rewards,
    "messages": lambda s: s.deal.messages,
    "contact": lambda s: one(s.contact),
    "addresses": lambda s: s.contact.addresses if s.contact else (),
    "consent": lambda s: one(s.contact.consent if s.contact else None),
    "activity": lambda s: one(s.activity),
}


class FieldValues(msgspec.Struct, frozen=True):
    """The values of one field of a record, of its contact, or of a part of them."""

    holder: str
    name: str

    @property
    def path(self) -> str:
        """The field as `covers` names it."""
        return f"{self.holder}.{self.name}"

    def __call__(self, subject: Subject) -> Values:
        """Return all that a record has there."""
        held = [getattr(each, self.name) for each in HOLDERS[self.holder](subject)]
        items = [item for value in held for item in (value if isinstance(value, tuple) else (value,))]
        return [item for item in items if item is not None]


def held(name: str) -> FieldValues:
    """A field of the record."""
    return FieldValues("deal", name)


def in_order(value: Any) -> tuple[bool, Any]:
    """Where a value of any type stands among others: numbers first, then days and texts."""
    if isinstance(value, int | Decimal):
        return False, float(value)
    return True, value.isoformat() if isinstance(value, date) else folded(value)


def days_of(instants: Callable[[Subject], Iterable[Instant]]) -> Callable[[Subject], Values]:
    """The workspace's days at instants."""
    return lambda s: [today(at, s.config) for at in instants(s)]


def at(pick: Callable[[Opportunity], Instant | None]) -> Callable[[Subject], Iterable[Instant]]:
    """An instant of the record."""
    return lambda s: one(pick(s.deal))


def of_contact(pick: Callable[[Contact], Values]) -> Callable[[Subject], Values]:
    """What the record's contact has."""
    return lambda s: pick(s.contact) if s.contact else ()


def phones(subject: Subject) -> Values:
    """The contact's phones however they may be dialled."""
    country = subject.config.country
    return (
        [way for phone in subject.contact.phones for way in dialled(phone, country)]
        if subject.contact
        else ()
    )


def companies(subject: Subject) -> Values:
    """The company of the contact by its id and name, or the contact that is one."""
    contact, company = subject.contact, subject.company
    if contact is None:
        return ()
    own = one(contact.name) if contact.kind is ContactKind.COMPANY else ()
    return (*one(contact.company), *one(company.name if company else None), *own)


def consents(contact: Contact) -> Values:
    """Where a consent comes from, what it is for, and its day."""
    given = contact.consent
    return (
        ()
        if given is None
        else (*one(given.source), *given.purposes, *one(given.at and f"{given.at:%Y-%m-%d}"))
    )


def provenance(subject: Subject) -> Values:
    """Where the probability comes from."""
    return (str(status.probability(subject.deal, subject.config)[1]),)


def contact_values(subject: Subject) -> Values:
    """What a contact can be named by."""
    contact = subject.contact
    return (subject.deal.contact, *one(contact.name if contact else None)) if subject.deal.contact else ()


def weighted(subject: Subject) -> Values:
    """Expected revenue × probability."""
    return one(status.weighted_revenue(subject.deal, subject.config))


def chance(subject: Subject) -> Values:
    """The probability, wherever it comes from."""
    return (status.probability(subject.deal, subject.config)[0],)


def state_of(subject: Subject) -> Values:
    """How the activity looked at stands for its assignee."""
    return (state(subject.activity, subject.at, subject.config),) if subject.activity else ()


def pipeline_of(subject: Subject) -> Values:
    """The pipeline that the record's stage belongs to, where pipelines have names."""
    pipeline = subject.config.pipeline(subject.deal.stage)
    return one(pipeline.id if pipeline else None)
