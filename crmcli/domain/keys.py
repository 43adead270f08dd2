"""The keys of the query language: one table that parsing, evaluation, help and suggestions read."""

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from crmcli.domain import standing
from crmcli.domain.config import Config
from crmcli.domain.history import stage_since, touched
from crmcli.domain.model import Contact, Instant, Kind, Opportunity
from crmcli.domain.natural import native
from crmcli.domain.urgency import Urgency, planned, urgency
from crmcli.domain.zones import today


class Type(StrEnum):
    """What a key's values are compared as."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


class Subject(NamedTuple):
    """One record as queries see it."""

    deal: Opportunity
    config: Config
    contact: Contact | None
    at: Instant

    @property
    def today(self) -> date:
        """The workspace's day."""
        return today(self.at, self.config)


Values = Iterable[Any]


class Key(NamedTuple):
    """A word before the colon: what it means, and which values of a record it looks at."""

    name: str
    type: Type
    help: str
    values: Callable[[Subject], Values]
    aliases: tuple[str, ...] = ()
    choices: Callable[[Config], list[str]] | None = None  # the only values it can have


def one(value: Any) -> Values:
    """A value, or none of it."""
    return () if value is None else (value,)


def day_of(at: Instant | None, subject: Subject) -> Values:
    """The workspace's day at an instant."""
    return () if at is None else (today(at, subject.config),)


def contact_values(subject: Subject) -> Values:
    """What a contact can be named by."""
    contact = subject.contact
    return (subject.deal.contact, *one(contact.name if contact else None)) if subject.deal.contact else ()


def emails(subject: Subject) -> Values:
    """The contact's addresses."""
    return subject.contact.emails if subject.contact else ()


def phones(subject: Subject) -> Values:
    """The contact's numbers."""
    return subject.contact.phones if subject.contact else ()


def cities(subject: Subject) -> Values:
    """Where the contact lives or builds."""
    return [a.city for a in subject.contact.addresses if a.city] if subject.contact else ()


def marketing(name: str) -> Callable[[Subject], Values]:
    """One of the marketing attributes."""
    return lambda s: one(getattr(s.deal.marketing, name)) if s.deal.marketing else ()


def referral(name: str) -> Callable[[Subject], Values]:
    """One of the referral's attributes."""
    return lambda s: one(getattr(s.deal.referral, name)) if s.deal.referral else ()


def weighted(subject: Subject) -> Values:
    """Expected revenue × probability."""
    return one(standing.weighted_revenue(subject.deal, subject.config))


def chance(subject: Subject) -> Values:
    """The probability, wherever it comes from."""
    return (standing.probability(subject.deal, subject.config)[0],)


def held(name: str) -> Callable[[Subject], Values]:
    """An attribute of the record."""
    return lambda s: one(getattr(s.deal, name))


def stage_ids(config: Config) -> list[str]:
    """The stages there are."""
    return [stage.id for stage in config.stages]


def user_ids(config: Config) -> list[str]:
    """The users there are."""
    return [user.id for user in config.users]


def tag_names(config: Config) -> list[str]:
    """The tags that the configuration lists."""
    return list(config.tags)


def kinds(config: Config) -> list[str]:
    """Lead or opportunity."""
    return list(Kind)


KEYS = (
    Key("stage", Type.TEXT, "the stage it stands in", held("stage"), (), stage_ids),
    Key("title", Type.TEXT, "the title", lambda s: (s.deal.title,)),
    Key("contact", Type.TEXT, "the contact, by id or full name", contact_values),
    Key("email", Type.TEXT, "an e-mail of the contact", emails),
    Key("phone", Type.TEXT, "a phone of the contact", phones),
    Key("city", Type.TEXT, "a city of the contact", cities),
    Key("owner", Type.TEXT, "who looks after it (me: yourself)", held("owner"), ("user",), user_ids),
    Key("team", Type.TEXT, "the team", held("team")),
    Key("tag", Type.TEXT, "a tag (+name for short)", lambda s: s.deal.tags, ("tags",), tag_names),
    Key("kind", Type.TEXT, "lead or opportunity", lambda s: (s.deal.kind,), (), kinds),
    Key("lost", Type.TEXT, "the lost reason", lambda s: one(s.deal.lost), ("reason",)),
    Key("priority", Type.NUMBER, "0 to 3 stars", lambda s: (s.deal.priority,), ("stars",)),
    Key("probability", Type.NUMBER, "the chance of winning in per cent", chance),
    Key("expected_revenue", Type.NUMBER, "the expected revenue", held("expected_revenue"), ("revenue",)),
    Key("recurring_revenue", Type.NUMBER, "the recurring revenue", held("recurring_revenue"), ("recurring",)),
    Key("budget", Type.NUMBER, "the customer's budget", held("budget")),
    Key("weighted", Type.NUMBER, "expected revenue × probability", weighted),
    Key("created", Type.DATE, "the day it was made", lambda s: day_of(s.deal.created, s)),
    Key("closed", Type.DATE, "the day it was won or lost", lambda s: day_of(s.deal.closed, s)),
    Key("expected_close", Type.DATE, "the day it should close", held("expected_close"), ("close",)),
    Key("stage-since", Type.DATE, "the day it came into its stage", lambda s: day_of(stage_since(s.deal), s)),
    Key("touched", Type.DATE, "the day of its last news", lambda s: day_of(touched(s.deal), s)),
    Key("campaign", Type.TEXT, "the marketing campaign", marketing("campaign")),
    Key("medium", Type.TEXT, "the marketing medium", marketing("medium")),
    Key("source", Type.TEXT, "the marketing source", marketing("source")),
    Key("referred_by", Type.TEXT, "the sponsor's id", referral("by"), ("sponsor",)),
    Key("link", Type.TEXT, "how the sponsor is linked", referral("link")),
    Key("id", Type.TEXT, "the record's id", lambda s: one(s.deal.id)),
)  # fmt: skip
PREFIXES = {"field": "a custom field: field.brand:Rika", "answer": "an answer: answer.surface:100.."}
ACTIVITY_KEYS = {
    "due": "the deadline of an activity",
    "type": "the type of an activity",
    "assignee": "who has to do it",
    "state": "overdue, today, planned, done or cancelled",
    "summary": "what is to be done",
}


def by_name() -> dict[str, Key]:
    """All keys under their names and aliases."""
    return {name: key for key in KEYS for name in (key.name, *key.aliases)}


def custom_key(name: str) -> Key:
    """The key of a custom field or an answer."""
    prefix, _, field = name.partition(".")

    def values(subject: Subject) -> Values:
        deal = subject.deal
        held = deal.fields if prefix == "field" else deal.project.answers if deal.project else {}
        value = native(held[field]) if field in held else None
        return value if isinstance(value, list) else one(value)

    return Key(name, Type.TEXT, PREFIXES[prefix], values)


def is_words(config: Config) -> dict[str, Callable[[Subject], bool]]:
    """What `is:` can ask."""
    stands = {
        word: lambda s, word=word: standing.standing(s.deal, config) == word
        for word in ("open", "won", "lost")
    }
    return {
        **stands,
        "closed": lambda s: standing.standing(s.deal, config) != "open",
        "any": lambda s: True,
        "lead": lambda s: s.deal.kind is Kind.LEAD,
        "opportunity": lambda s: s.deal.kind is Kind.OPPORTUNITY,
        "overdue": lambda s: any(urgency(a, s.today) is Urgency.OVERDUE for a in planned(s.deal)),
        "idle": lambda s: not planned(s.deal),
    }
