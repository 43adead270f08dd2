"""The keys of the query language: one table that parsing, evaluation, index, help and completion read.

`sql` is where the index keeps a key's values: an expression over `r` (a record), `s` (what it says), `c`
and `p` (likewise of its contact) and `a` (an activity), or a `SELECT value …` for a key that has several.
"""

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from crmcli.domain import standing
from crmcli.domain.config import Config
from crmcli.domain.folding import folded
from crmcli.domain.history import stage_since, touched
from crmcli.domain.model import Activity, Contact, Instant, Kind, Opportunity, State
from crmcli.domain.natural import plain_items
from crmcli.domain.pipeline import Clock
from crmcli.domain.staleness import stale_before, stale_since
from crmcli.domain.urgency import Urgency, planned, state, urgency
from crmcli.domain.zones import today


class Type(StrEnum):
    """What a key's values are compared as."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    OPEN = "any"  # a field of your own, an answer: what its characters spell


class Subject(NamedTuple):
    """One record as queries see it; in a condition on activities, with the activity looked at."""

    deal: Opportunity
    config: Config
    contact: Contact | None
    at: Instant
    activity: Activity | None = None

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
    sql: str
    aliases: tuple[str, ...] = ()
    choices: Callable[[Config], list[str]] | None = None  # the only values it can have
    scale: int = 0  # decimals of the whole numbers that the index holds instead of decimal ones
    instant: Callable[[Opportunity], Instant | None] | None = None  # asked by its day, sorted to the second
    of_activity: bool = False

    @property
    def instants(self) -> bool:
        """Does the index hold seconds since 1970, of which the day is asked?"""
        return self.instant is not None

    def sorted_by(self, subject: Subject) -> Any:
        """What a record is put in order by; None where it has nothing."""
        if self.instant is not None:
            return self.instant(subject.deal)
        value = next(iter(self.values(subject)), None)
        return folded(value) if isinstance(value, str) else value

    @property
    def has_several(self) -> bool:
        """Can a record have more than one value?"""
        return self.sql.startswith("SELECT")


def one(value: Any) -> Values:
    """A value, or none of it."""
    return () if value is None else (value,)


def held(name: str) -> Callable[[Subject], Values]:
    """An attribute of the record."""
    return lambda s: one(getattr(s.deal, name))


def part(head: str, name: str) -> Callable[[Subject], Values]:
    """An attribute of `marketing` or `referral`."""
    return lambda s: one(getattr(getattr(s.deal, head), name, None))


def planned_thing(name: str) -> Callable[[Subject], Values]:
    """An attribute of the activity looked at."""
    return lambda s: one(getattr(s.activity, name))


def day_of(pick: Callable[[Opportunity], Instant | None]) -> Callable[[Subject], Values]:
    """The workspace's day at an instant of the record."""

    def values(subject: Subject) -> Values:
        at = pick(subject.deal)
        return () if at is None else (today(at, subject.config),)

    return values


def of_contact(pick: Callable[[Contact], Values]) -> Callable[[Subject], Values]:
    """What the record's contact has."""
    return lambda s: pick(s.contact) if s.contact else ()


def contact_values(subject: Subject) -> Values:
    """What a contact can be named by."""
    contact = subject.contact
    return (subject.deal.contact, *one(contact.name if contact else None)) if subject.deal.contact else ()


def weighted(subject: Subject) -> Values:
    """Expected revenue × probability."""
    return one(standing.weighted_revenue(subject.deal, subject.config))


def chance(subject: Subject) -> Values:
    """The probability, wherever it comes from."""
    return (standing.probability(subject.deal, subject.config)[0],)


def state_of(subject: Subject) -> Values:
    """How the activity looked at stands for its assignee."""
    return (state(subject.activity, subject.at, subject.config),) if subject.activity else ()


def pipeline_of(subject: Subject) -> Values:
    """The pipeline that the record's stage belongs to, where pipelines have names."""
    pipeline = subject.config.pipeline(subject.deal.stage)
    return one(pipeline.id if pipeline else None)


def ids(pick: Callable[[Config], Iterable[Any]]) -> Callable[[Config], list[str]]:
    """The ids of a list of the configuration."""
    return lambda config: [each.id for each in pick(config)]


def reasons(config: Config) -> list[str]:
    """The lost reasons there are."""
    return [*(each.id for each in config.lost_reasons), "unstated"]


CONTACT_VALUE = "SELECT value FROM contact_value WHERE contact = c.rowid AND key = "
KEYS = (
    Key("stage", Type.TEXT, "the stage it stands in", held("stage"), "r.stage", (), ids(lambda c: c.stages)),
    Key("pipeline", Type.TEXT, "the pipeline of its stage", pipeline_of, "pipeline(r.stage)", (),
        ids(lambda c: c.pipelines)),
    Key("title", Type.TEXT, "the title", held("title"), "r.title"),
    Key("contact", Type.TEXT, "the contact, by id or full name", contact_values,
        "SELECT r.contact AS value UNION ALL SELECT c.name WHERE r.contact IS NOT NULL"),
    Key("email", Type.TEXT, "an e-mail of the contact", of_contact(lambda c: c.emails), f"{CONTACT_VALUE}'email'"),
    Key("phone", Type.TEXT, "a phone of the contact", of_contact(lambda c: c.phones), f"{CONTACT_VALUE}'phone'"),
    Key("city", Type.TEXT, "a town of the contact",
        of_contact(lambda c: [a.city for a in c.addresses if a.city]), f"{CONTACT_VALUE}'city'"),
    Key("postcode", Type.TEXT, "a postcode of the contact",
        of_contact(lambda c: [a.postcode for a in c.addresses if a.postcode]), f"{CONTACT_VALUE}'postcode'"),
    Key("job", Type.TEXT, "what the contact does", of_contact(lambda c: one(c.job)), "json_extract(p.document, '$.job')"),
    Key("owner", Type.TEXT, "who looks after it (me: yourself)", held("owner"), "r.owner", ("user",),
        ids(lambda c: c.users)),
    Key("team", Type.TEXT, "the team", held("team"), "r.team"),
    Key("tag", Type.TEXT, "a tag (+name for short)", lambda s: s.deal.tags,
        "SELECT value FROM tag WHERE record = r.rowid", ("tags",), lambda c: list(c.tags)),
    Key("kind", Type.TEXT, "lead or opportunity", held("kind"), "r.kind", (), lambda c: list(Kind)),
    Key("lost", Type.TEXT, "the lost reason", held("lost"), "r.lost", ("reason",), reasons),
    Key("priority", Type.NUMBER, "0 to 3 stars", held("priority"), "r.priority", ("stars",)),
    Key("probability", Type.NUMBER, "the chance of winning in per cent", chance,
        "chance(r.stage, r.lost, r.probability, r.ladder)", scale=6),
    Key("expected_revenue", Type.NUMBER, "the expected revenue", held("expected_revenue"), "r.expected_revenue",
        ("revenue",), scale=2),
    Key("recurring_revenue", Type.NUMBER, "the recurring revenue", held("recurring_revenue"), "r.recurring_revenue",
        ("recurring",), scale=2),
    Key("recurring_months", Type.NUMBER, "for how many months it recurs", held("recurring_months"),
        "json_extract(s.document, '$.held.recurring_months')"),
    Key("budget", Type.NUMBER, "the customer's budget", held("budget"), "r.budget", scale=2),
    Key("weighted", Type.NUMBER, "expected revenue × probability", weighted,
        "weighted(r.expected_revenue, chance(r.stage, r.lost, r.probability, r.ladder))", scale=2),
    Key("created", Type.DATE, "the day it was made", day_of(lambda d: d.created), "r.created", instant=lambda d: d.created),
    Key("closed", Type.DATE, "the day it was won or lost", day_of(lambda d: d.closed), "r.closed", instant=lambda d: d.closed),
    Key("expected_close", Type.DATE, "the day it should close", held("expected_close"), "r.expected_close", ("close",)),
    Key("stage-since", Type.DATE, "the day it came into its stage", day_of(stage_since), "r.stage_since", instant=stage_since),
    Key("touched", Type.DATE, "the day of its last news", day_of(touched), "r.touched", instant=touched),
    Key("campaign", Type.TEXT, "the marketing campaign", part("marketing", "campaign"), "r.campaign", (),
        ids(lambda c: c.marketing.campaigns)),
    Key("medium", Type.TEXT, "the marketing medium", part("marketing", "medium"), "r.medium", (),
        ids(lambda c: c.marketing.mediums)),
    Key("source", Type.TEXT, "the marketing source", part("marketing", "source"), "r.source", (),
        ids(lambda c: c.marketing.sources)),
    Key("referred_by", Type.TEXT, "the sponsor's id", part("referral", "by"), "r.referred_by", ("sponsor",)),
    Key("link", Type.TEXT, "how the sponsor is linked", part("referral", "link"), "r.link", (),
        ids(lambda c: c.referral.links)),
    Key("questionnaire", Type.TEXT, "the project's questionnaire", part("project", "questionnaire"),
        "r.questionnaire"),
    Key("description", Type.TEXT, "the description", held("description"),
        "json_extract(s.document, '$.held.description')"),
    Key("id", Type.TEXT, "the record's id", held("id"), "r.id"),
    Key("due", Type.DATE, "an activity's deadline", planned_thing("due"), "a.due", of_activity=True),
    Key("type", Type.TEXT, "an activity's type", planned_thing("type"), "a.type", (),
        ids(lambda c: c.activity_types), of_activity=True),
    Key("assignee", Type.TEXT, "who has to do an activity", planned_thing("assignee"), "a.assignee", ("for",),
        ids(lambda c: c.users), of_activity=True),
    Key("state", Type.TEXT, "how an activity stands", state_of, "state(a.state, a.due, a.assignee)", (),
        lambda c: [*Urgency, State.DONE, State.CANCELLED], of_activity=True),
    Key("summary", Type.TEXT, "what an activity is about", planned_thing("summary"), "a.summary", of_activity=True),
    Key("outcome", Type.TEXT, "what came of an activity", planned_thing("outcome"),
        "json_extract(a.document, '$.outcome')", of_activity=True),
    Key("note", Type.TEXT, "what was noted of it when it was done", planned_thing("note"),
        "json_extract(a.document, '$.note')", of_activity=True),
)  # fmt: skip
PREFIXES = {"field": "a field of your own: field.brand:Rika", "answer": "an answer: answer.surface:100.."}
PEOPLE = ("owner", "assignee")  # the keys in which `me` is whoever asks


def by_name() -> dict[str, Key]:
    """All keys under their names and aliases."""
    return {name: key for key in KEYS for name in (key.name, *key.aliases)}


def custom_key(name: str) -> Key:
    """The key of a custom field or an answer."""
    prefix, _, field = name.partition(".")

    def values(subject: Subject) -> Values:
        deal = subject.deal
        held = deal.fields if prefix == "field" else deal.project.answers if deal.project else {}
        return plain_items(held.get(field, []))

    literal = name.replace("'", "''")
    sql = f"SELECT value FROM custom WHERE record = r.rowid AND name = '{literal}'"
    return Key(name, Type.OPEN, PREFIXES[prefix], values, sql)


class IsWord(NamedTuple):
    """A word behind `is:`: what it asks, of a record and of the index."""

    help: str
    holds: Callable[[Subject], bool]
    sql: Callable[[Config, Instant], str]


def stands(word: str) -> Callable[[Subject], bool]:
    """Is the record open, won or lost?"""
    return lambda s: standing.standing(s.deal, s.config) == word


def won_in(config: Config) -> str:
    """Does a record stand in a won stage? As SQL."""
    first = literal(config.stages[0].id)
    return f"COALESCE(r.stage, {first}) IN ({', '.join(map(literal, sorted(config.won_stages)))})"


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def is_stale(subject: Subject) -> bool:
    """Has the record stood still for too long?"""
    return stale_since(subject.deal, subject.config, subject.at) is not None


CLOCKS = {Clock.STAGE: "r.stage_since", Clock.TOUCHED: "r.touched", Clock.CREATED: "r.created"}


def stale_in(config: Config, at: Instant) -> str:
    """Has a record stood still for too long? As SQL."""
    cases = [
        f"WHEN {literal(stage.id)} THEN {CLOCKS[stage.stale_after.since]} < {int(limit.timestamp())}"
        for stage in config.stages
        if stage.stale_after and stage.outcome is None and (limit := stale_before(stage, config, at))
    ]
    if not cases:
        return "0"
    return f"r.lost IS NULL AND CASE COALESCE(r.stage, {literal(config.stages[0].id)}) {' '.join(cases)} END"


A_PLANNED_ONE = "SELECT 1 FROM activity a WHERE a.record = r.rowid AND a.state = 'planned'"
IS_WORDS = {
    "open": IsWord("neither won nor lost", stands("open"), lambda c, at: f"r.lost IS NULL AND NOT {won_in(c)}"),
    "won": IsWord("won", stands("won"), lambda c, at: f"r.lost IS NULL AND {won_in(c)}"),
    "lost": IsWord("lost", stands("lost"), lambda c, at: "r.lost IS NOT NULL"),
    "closed": IsWord("won or lost", lambda s: not stands("open")(s), lambda c, at: f"r.lost IS NOT NULL OR {won_in(c)}"),
    "any": IsWord("open, won or lost", lambda s: True, lambda c, at: "1"),
    "lead": IsWord("a lead", lambda s: s.deal.kind is Kind.LEAD, lambda c, at: "r.kind = 'lead'"),
    "opportunity": IsWord("no lead", lambda s: s.deal.kind is not Kind.LEAD, lambda c, at: "r.kind <> 'lead'"),
    "overdue": IsWord(
        "something planned is late",
        lambda s: any(urgency(each, s.today) is Urgency.OVERDUE for each in planned(s.deal)),
        lambda c, at: f"EXISTS ({A_PLANNED_ONE} AND a.due < :today)",
    ),
    "stale": IsWord("has stood still for longer than its stage allows", is_stale, stale_in),
    "idle": IsWord("nothing is planned", lambda s: not planned(s.deal), lambda c, at: f"NOT EXISTS ({A_PLANNED_ONE})"),
}  # fmt: skip
