"""The keys of the query language: one table that parsing, evaluation, index, help and completion read.

`sql` is where the index keeps a key's values: an expression over `r` (a record), `s` (what it says), `c`
and `p` (likewise of its contact) and `a` (an activity), or a `SELECT value …` for a key that has several.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from crmcli.domain import questionnaires, standing
from crmcli.domain.config import Config, FieldType
from crmcli.domain.custom import Wanted, choice_called
from crmcli.domain.documents import LONG
from crmcli.domain.folding import folded
from crmcli.domain.history import stage_since, touched
from crmcli.domain.model import (
    Activity,
    Address,
    Contact,
    ContactKind,
    Direction,
    Instant,
    Kind,
    Opportunity,
    State,
)
from crmcli.domain.natural import plain_items
from crmcli.domain.people import asked_phone, dialled
from crmcli.domain.pipeline import Clock
from crmcli.domain.questionnaires import Known
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
    company: Contact | None = None  # the contact's
    questionnaires: Known = MappingProxyType({})  # what is asked about each kind of project

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
    instants: Callable[[Subject], Iterable[Instant]] | None = (
        None  # asked by their days, sorted to the second
    )
    of_activity: bool = False
    read_as: Type | None = None  # how its values are typed, where that is known better than its type
    spelled: Callable[[str, Config], str] | None = (
        None  # a value asked for as the records' values are compared
    )

    @property
    def aliases_and_name(self) -> tuple[str, ...]:
        """All that it is called."""
        return (self.name, *self.aliases)

    def sorted_by(self, subject: Subject) -> Any:
        """What a record is put in order by; None where it has nothing."""
        if self.instants is not None:
            return next(iter(self.instants(subject)), None)
        value = next(iter(self.values(subject)), None)
        if self.type is Type.OPEN:
            return None if value is None else in_order(value)
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


def in_order(value: Any) -> tuple[bool, Any]:
    """Where a value of any type stands among others: numbers first, then days and texts."""
    if isinstance(value, int | Decimal):
        return False, float(value)
    return True, value.isoformat() if isinstance(value, date) else folded(value)


def days_of(instants: Callable[[Subject], Iterable[Instant]]) -> Callable[[Subject], Values]:
    """The workspace's days at instants."""
    return lambda s: [today(at, s.config) for at in instants(s)]


def dated(
    name: str,
    help: str,
    sql: str,
    instants: Callable[[Subject], Iterable[Instant]],
    aliases: tuple[str, ...] = (),
    *,
    of_activity: bool = False,
) -> Key:
    """The key of instants, which are asked by their days."""
    values = days_of(instants)
    return Key(name, Type.DATE, help, values, sql, aliases, instants=instants, of_activity=of_activity)


def at(pick: Callable[[Opportunity], Instant | None]) -> Callable[[Subject], Iterable[Instant]]:
    """An instant of the record."""
    return lambda s: one(pick(s.deal))


def of_each(head: str, name: str) -> Callable[[Subject], Values]:
    """An attribute of each of the record's messages or rewards."""
    return lambda s: [value for part in getattr(s.deal, head) if (value := getattr(part, name)) is not None]


def of_contact(pick: Callable[[Contact], Values]) -> Callable[[Subject], Values]:
    """What the record's contact has."""
    return lambda s: pick(s.contact) if s.contact else ()


def place(name: str) -> Callable[[Subject], Values]:
    """A part of each of the contact's addresses."""
    return of_contact(lambda c: [value for a in c.addresses if (value := getattr(a, name))])


def in_place(name: str) -> str:
    """The same as SQL."""
    assert name in Address.__struct_fields__
    return f"SELECT json_extract(e.value, '$.{name}') AS value FROM json_each(p.document, '$.addresses') e"


def in_contact(name: str) -> str:
    """What the contact's file says, as SQL."""
    return f"json_extract(p.document, '$.{name}')"


def in_activity(name: str) -> str:
    """What an activity holds, as SQL."""
    return f"json_extract(a.document, '$.{name}')"


def in_each(head: str, name: str) -> str:
    """What each of the messages or rewards holds, as SQL."""
    place = "long" if head in LONG else "held"
    return (
        f"SELECT json_extract(e.value, '$.{name}') AS value FROM json_each(s.document, '$.{place}.{head}') e"
    )


def seconds(select: str) -> str:
    """Instants in ISO form as seconds since 1970, as SQL."""
    if not select.startswith("SELECT"):
        return f"CAST(strftime('%s', {select}) AS INTEGER)"
    return f"SELECT CAST(strftime('%s', value) AS INTEGER) AS value FROM ({select})"


def cents(select: str) -> str:
    """Amounts as whole cents, as SQL."""
    return f"SELECT CAST(ROUND(value * 100) AS INTEGER) AS value FROM ({select})"


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
    return (str(standing.probability(subject.deal, subject.config)[1]),)


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
CONSENT = (
    f"SELECT {in_contact('consent.source')} AS value UNION ALL "
    "SELECT value FROM json_each(p.document, '$.consent.purposes') UNION ALL "
    f"SELECT substr({in_contact('consent.at')}, 1, 10)"
)
COMPANY = (
    "SELECT c.company AS value UNION ALL "
    "SELECT name FROM contact WHERE rowid = (SELECT MIN(rowid) FROM contact WHERE id = c.company) UNION ALL "
    f"SELECT c.name WHERE {in_contact('kind')} = 'company'"
)
CHANCE = "r.stage, r.lost, r.probability, r.ladder"
KEYS = (
    Key("stage", Type.TEXT, "the stage it stands in", held("stage"), "r.stage", (), ids(lambda c: c.stages)),
    Key("pipeline", Type.TEXT, "the pipeline of its stage", pipeline_of, "pipeline(r.stage)", (),
        ids(lambda c: c.pipelines)),
    Key("title", Type.TEXT, "the title", held("title"), "r.title"),
    Key("owner", Type.TEXT, "who looks after it (me: yourself)", held("owner"), "r.owner", ("user",),
        ids(lambda c: c.users)),
    Key("team", Type.TEXT, "the team", held("team"), "r.team"),
    Key("tag", Type.TEXT, "a tag (+name for short)", lambda s: s.deal.tags,
        "SELECT value FROM tag WHERE record = r.rowid", ("tags",), lambda c: list(c.tags)),
    Key("kind", Type.TEXT, "lead or opportunity", held("kind"), "r.kind", (), lambda c: list(Kind)),
    Key("lost", Type.TEXT, "the lost reason", held("lost"), "r.lost", ("reason",), reasons),
    Key("priority", Type.NUMBER, "0 to 3 stars", held("priority"), "r.priority", ("stars",)),
    Key("probability", Type.NUMBER, "the chance of winning in per cent", chance, f"chance({CHANCE})", scale=6),
    Key("probability_from", Type.TEXT, "where that chance comes from", provenance, f"chance_from({CHANCE})", (),
        lambda c: list(standing.Provenance)),
    Key("expected_revenue", Type.NUMBER, "the expected revenue", held("expected_revenue"), "r.expected_revenue",
        ("revenue",), scale=2),
    Key("recurring_revenue", Type.NUMBER, "the recurring revenue", held("recurring_revenue"), "r.recurring_revenue",
        ("recurring",), scale=2),
    Key("recurring_months", Type.NUMBER, "for how many months it recurs", held("recurring_months"),
        "json_extract(s.document, '$.held.recurring_months')"),
    Key("budget", Type.NUMBER, "the customer's budget", held("budget"), "r.budget", scale=2),
    Key("weighted", Type.NUMBER, "expected revenue × probability", weighted,
        f"weighted(r.expected_revenue, chance({CHANCE}))", ("weighted_revenue",), scale=2),
    dated("created", "the day it was made", "r.created", at(lambda d: d.created)),
    dated("closed", "the day it was won or lost", "r.closed", at(lambda d: d.closed)),
    Key("expected_close", Type.DATE, "the day it should close", held("expected_close"), "r.expected_close", ("close",)),
    dated("stage-since", "the day it came into its stage", "r.stage_since", at(stage_since), ("stage_since",)),
    dated("touched", "the day of its last news", "r.touched", at(touched)),
    Key("campaign", Type.TEXT, "the marketing campaign", part("marketing", "campaign"), "r.campaign",
        ("marketing.campaign",), ids(lambda c: c.marketing.campaigns)),
    Key("medium", Type.TEXT, "the marketing medium", part("marketing", "medium"), "r.medium",
        ("marketing.medium",), ids(lambda c: c.marketing.mediums)),
    Key("source", Type.TEXT, "the marketing source", part("marketing", "source"), "r.source",
        ("marketing.source",), ids(lambda c: c.marketing.sources)),
    Key("referred_by", Type.TEXT, "the sponsor's id", part("referral", "by"), "r.referred_by",
        ("sponsor", "referral.by")),
    Key("link", Type.TEXT, "how the sponsor is linked", part("referral", "link"), "r.link", ("referral.link",),
        ids(lambda c: c.referral.links)),
    Key("questionnaire", Type.TEXT, "the project's questionnaire", part("project", "questionnaire"),
        "r.questionnaire", ("project.questionnaire",)),
    Key("description", Type.TEXT, "the description", held("description"),
        "json_extract(s.document, '$.held.description')"),
    Key("id", Type.TEXT, "the record's id", held("id"), "r.id"),
    Key("contact", Type.TEXT, "the contact, by id or full name", contact_values,
        "SELECT r.contact AS value UNION ALL SELECT c.name WHERE r.contact IS NOT NULL", ("contact_name",)),
    Key("email", Type.TEXT, "an e-mail of the contact", of_contact(lambda c: c.emails), f"{CONTACT_VALUE}'email'",
        ("emails",)),
    Key("phone", Type.TEXT, "a phone, however it is written", phones,
        f"SELECT d.value FROM ({CONTACT_VALUE}'phone') p, json_each(dialled(p.value)) d", ("phones",),
        spelled=lambda text, c: asked_phone(text, c.country)),
    Key("city", Type.TEXT, "a town of the contact", place("city"), f"{CONTACT_VALUE}'city'"),
    Key("postcode", Type.TEXT, "a postcode of the contact", place("postcode"), f"{CONTACT_VALUE}'postcode'"),
    Key("street", Type.TEXT, "a street of the contact", place("street"), in_place("street")),
    Key("country", Type.TEXT, "a country of the contact", place("country"), in_place("country")),
    Key("company", Type.TEXT, "the contact's company, by id or name", companies, COMPANY, ("company_name",)),
    Key("job", Type.TEXT, "what the contact does", of_contact(lambda c: one(c.job)), in_contact("job")),
    Key("language", Type.TEXT, "the contact's language", of_contact(lambda c: one(c.language)), in_contact("language")),
    Key("consent", Type.TEXT, "what the contact consented to, or where", of_contact(consents), CONSENT),
    Key("contact_tag", Type.TEXT, "a tag of the contact", of_contact(lambda c: c.tags),
        "SELECT value FROM json_each(p.document, '$.tags')", (), lambda c: list(c.tags)),
    Key("contact_kind", Type.TEXT, "person or company", of_contact(lambda c: one(c.kind)), in_contact("kind"), (),
        lambda c: list(ContactKind)),
    Key("contact_owner", Type.TEXT, "who looks after the contact", of_contact(lambda c: one(c.owner)),
        in_contact("owner"), (), ids(lambda c: c.users)),
    dated("contact_created", "the day the contact was made", "c.created",
          lambda s: one(s.contact.created if s.contact else None)),
    Key("message", Type.TEXT, "the subject of a message", of_each("messages", "subject"), in_each("messages", "subject"),
        ("subject",)),
    Key("message_from", Type.TEXT, "who wrote a message", of_each("messages", "from_"), in_each("messages", "from")),
    Key("message_to", Type.TEXT, "whom a message went to", of_each("messages", "to"), in_each("messages", "to")),
    Key("direction", Type.TEXT, "in or out, of a message", of_each("messages", "direction"),
        in_each("messages", "direction"), (), lambda c: list(Direction)),
    dated("message_at", "the day of a message", seconds(in_each("messages", "at")), of_each("messages", "at")),
    Key("reward", Type.TEXT, "how a reward stands", of_each("rewards", "state"), in_each("rewards", "state"), (),
        lambda c: ["due", "paid", "void"]),
    Key("reward_to", Type.TEXT, "the id of who gets a reward", of_each("rewards", "to"), in_each("rewards", "to")),
    Key("reward_amount", Type.NUMBER, "the amount of a reward", of_each("rewards", "amount"),
        cents(in_each("rewards", "amount")), scale=2),
    dated("reward_at", "the day of a reward", seconds(in_each("rewards", "at")), of_each("rewards", "at")),
    Key("due", Type.DATE, "its deadline", planned_thing("due"), "a.due", of_activity=True),
    Key("type", Type.TEXT, "its type", planned_thing("type"), "a.type", ("type_label",),
        ids(lambda c: c.activity_types), of_activity=True),
    Key("assignee", Type.TEXT, "who has to do it", planned_thing("assignee"), "a.assignee", ("for",),
        ids(lambda c: c.users), of_activity=True),
    Key("state", Type.TEXT, "how it stands", state_of, "state(a.state, a.due, a.assignee)", (),
        lambda c: [*Urgency, State.DONE, State.CANCELLED], of_activity=True),
    Key("summary", Type.TEXT, "what it is about", planned_thing("summary"), "a.summary", of_activity=True),
    Key("outcome", Type.TEXT, "what came of it", planned_thing("outcome"), in_activity("outcome"), of_activity=True),
    Key("note", Type.TEXT, "what was noted of it", planned_thing("note"), in_activity("note"), of_activity=True),
    Key("time", Type.TEXT, "the hour, like 09:30", planned_thing("time"), in_activity("time"), of_activity=True),
    Key("every", Type.TEXT, "after how long it is due again", planned_thing("every"), in_activity("every"),
        of_activity=True),
    Key("plan", Type.TEXT, "the plan it belongs to", planned_thing("plan"), in_activity("plan"), of_activity=True),
    Key("rule", Type.TEXT, "the rule that planned it", planned_thing("rule"), in_activity("rule"), of_activity=True),
    Key("why_cancelled", Type.TEXT, "why it was cancelled", planned_thing("reason"), in_activity("reason"),
        of_activity=True),
    dated("finished", "the day it was done or cancelled", seconds(in_activity("closed")),
          lambda s: one(s.activity.closed if s.activity else None), of_activity=True),
    Key("activity", Type.TEXT, "its id", planned_thing("id"), "a.id", of_activity=True),
)  # fmt: skip
PREFIXES = {"field": "a field of your own: field.brand:Rika", "answer": "an answer: answer.surface:100.."}
PEOPLE = ("owner", "assignee", "contact_owner")  # the keys in which `me` is whoever asks
READ_AS = {FieldType.NUMBER: Type.NUMBER, FieldType.MONEY: Type.NUMBER, FieldType.DATE: Type.DATE}
YES_OR_NO = ["yes", "no", "true", "false", "oui", "non", "on", "off"]


def by_name() -> dict[str, Key]:
    """All keys under their names and aliases."""
    return {name: key for key in KEYS for name in key.aliases_and_name}


def custom_key(name: str, wanted: Wanted | None = None) -> Key:
    """The key of a custom field or an answer; what is declared of it says how its values are typed."""
    prefix, _, own = name.partition(".")

    def values(subject: Subject) -> Values:
        deal = subject.deal
        held = deal.fields if prefix == "field" else deal.project.answers if deal.project else {}
        return plain_items(held.get(own, []))

    sql = f"SELECT value FROM custom WHERE record = r.rowid AND name = {literal(name)}"
    if wanted is None:
        return Key(name, Type.OPEN, PREFIXES[prefix], values, sql)
    listed = wanted.choices
    chosen = YES_OR_NO if wanted.type is FieldType.BOOL else [choice.id for choice in listed]
    read_as = READ_AS.get(wanted.type) or (Type.TEXT if chosen else None)

    def spelled(text: str, config: Config) -> str:
        choice = choice_called(text, listed)
        return choice.id if choice else text

    return Key(
        name, Type.OPEN, wanted.name, values, sql, choices=lambda c: chosen, read_as=read_as, spelled=spelled
    )


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


def is_unanswered(subject: Subject) -> bool:
    """Lacks the record an answer that its questionnaire requires?"""
    from crmcli.domain import asking  # where somebody asks for that

    deal = subject.deal
    given = deal.project.answers if deal.project else {}
    return asking.is_unanswered(questionnaires.of(deal, subject.questionnaires), given, deal.fields)


OF_ONES_OWN = (  # fields and answers of a record as the index keeps them
    "SELECT json_group_array(json_array(name, value)) FROM "
    "(SELECT name, value FROM custom WHERE record = r.rowid ORDER BY rowid)"
)
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
    "unanswered": IsWord("lacks an answer that its questionnaire requires", is_unanswered,
        lambda c, at: f"unanswered(r.questionnaire, ({OF_ONES_OWN}))"),
    "idle": IsWord("nothing is planned", lambda s: not planned(s.deal), lambda c, at: f"NOT EXISTS ({A_PLANNED_ONE})"),
}  # fmt: skip
