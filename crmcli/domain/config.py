"""What `crm.yaml` says: stages and their rules, lists, people, places. Values only, frozen."""

from enum import StrEnum

import msgspec

from crmcli.domain.errors import UsageError
from crmcli.domain.model import Open, Part, Percent
from crmcli.domain.suggest import suggestion

UNSTATED = "unstated"  # the lost reason that is always there


class Named(Part, frozen=True, kw_only=True):
    """An entry of a list that records refer to by its id."""

    id: str
    label: str | None = None

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.id


class Company(Part, frozen=True, kw_only=True):
    """Whose pipeline this is: what e-mail templates sign with."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    website: str | None = None


class User(Part, frozen=True, kw_only=True):
    """Somebody who works with this pipeline."""

    id: str
    name: str | None = None
    email: str | None = None
    logins: tuple[str, ...] = ()
    timezone: str | None = None


class ActivityType(Named, frozen=True, kw_only=True):
    """A kind of activity, with what a new one has unless told otherwise."""

    summary: str | None = None
    due: str | None = None
    assignee: str | None = None


class ActivityAction(Part, frozen=True, kw_only=True):
    """The activity that a rule plans; the summary is a Jinja text."""

    type: str
    summary: str | None = None
    due: str | None = None
    assignee: str | None = None


class EmailAction(Part, frozen=True, kw_only=True):
    """The e-mail that a rule queues."""

    template: str


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


class Rule(Part, frozen=True, kw_only=True):
    """When something happens and a condition holds, do these things, once."""

    id: str
    on: Event | None = None
    when: str | None = None
    once: bool | None = None
    activity: ActivityAction | None = None
    email: EmailAction | None = None
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    set: Open = msgspec.field(default_factory=dict)
    assign: str | None = None


class Outcome(StrEnum):
    """How a stage ends a deal. Lost is no stage: a lost deal keeps the one it died in."""

    WON = "won"


class Stage(Named, frozen=True, kw_only=True):
    """A step of the pipeline; it sets the probability of what stands in it."""

    probability: Percent | None = None
    require: tuple[str, ...] = ()
    stale_after: str | None = None
    won_from: tuple[str, ...] = ()
    outcome: Outcome | None = None
    on_enter: tuple[Rule, ...] = ()
    on_exit: tuple[Rule, ...] = ()


class Lists(Part, frozen=True, kw_only=True):
    """The campaigns, mediums and sources that marketing figures are grouped by."""

    campaigns: tuple[Named, ...] = ()
    mediums: tuple[Named, ...] = ()
    sources: tuple[Named, ...] = ()


class ReferralProgramme(Part, frozen=True, kw_only=True):
    """The kinds of link between a sponsor and who they bring."""

    links: tuple[Named, ...] = ()


class FieldType(StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOL = "bool"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    CONTACT = "contact"


class CustomField(Part, frozen=True, kw_only=True):
    """A field of your own, kept under `fields` in every opportunity."""

    name: str
    label: str | None = None
    type: FieldType = FieldType.TEXT
    choices: tuple[str, ...] = ()


class Route(Part, frozen=True, kw_only=True):
    """What a new record gets by the address its message was sent to."""

    to: str | None = None
    kind: str | None = None
    stage: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    campaign: str | None = None
    medium: str | None = None
    source: str | None = None


class Ingest(Part, frozen=True, kw_only=True):
    """How incoming messages become records."""

    default: Route = Route()
    routes: tuple[Route, ...] = ()


class Mail(Part, frozen=True, kw_only=True):
    """How mail leaves, and what of it is kept in git."""

    from_: str | None = msgspec.field(name="from", default=None)
    sender: str | None = None
    in_git: bool = False


class DateOrder(StrEnum):
    """In which order numbers make a day here, where they are typed: `dmy` reads 25/11/2026."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class Config(Part, frozen=True, kw_only=True):
    """The whole of `crm.yaml`."""

    schema: int = 1
    company: Company = Company()
    locale: str = "en"
    currency: str = "EUR"
    timezone: str = "UTC"
    country: str | None = None
    date_order: DateOrder | None = None
    users: tuple[User, ...] = ()
    tags: tuple[str, ...] = ()
    activity_types: tuple[ActivityType, ...] = ()
    lost_reasons: tuple[Named, ...] = ()
    marketing: Lists = Lists()
    referral: ReferralProgramme = ReferralProgramme()
    fields: tuple[CustomField, ...] = ()
    title: str | None = None
    stages: tuple[Stage, ...]
    rules: tuple[Rule, ...] = ()
    ingest: Ingest = Ingest()
    mail: Mail = Mail()
    queries: dict[str, str] = msgspec.field(default_factory=dict)

    def stage(self, id: str | None) -> Stage | None:
        """The stage with this id; the first for None; None for one that is not configured."""
        if id is None:
            return self.stages[0]
        return next((stage for stage in self.stages if stage.id == id), None)

    @property
    def won_stages(self) -> set[str]:
        """The stages that win a deal."""
        return {stage.id for stage in self.stages if stage.outcome is Outcome.WON}

    def activity_type(self, id: str | None) -> ActivityType | None:
        """The activity type with this id, if it is configured."""
        return next((kind for kind in self.activity_types if kind.id == id), None)

    def user(self, id: str | None) -> User | None:
        """The user with this id, if configured."""
        return next((user for user in self.users if user.id == id), None)

    def custom_field(self, name: str) -> CustomField | None:
        """The custom field with this name, if it is configured."""
        return next((custom for custom in self.fields if custom.name == name), None)


def known_stage(config: Config, id: str) -> Stage:
    """The stage with this id.

    Raises UsageError with the nearest spelling where there is none.
    """
    stage = config.stage(id)
    if stage is None:
        raise unknown("stage", id, [stage.id for stage in config.stages])
    return stage


def unknown(what: str, name: str, known: list[str]) -> UsageError:
    """The error for a name that a list of the configuration does not hold."""
    listed = ", ".join(known) if len(known) <= 12 else f"{', '.join(known[:12])} …"
    hint = suggestion(name, known) or (f"there is: {listed}" if known else "none is configured")
    return UsageError(f"unknown {what} {name!r}", hint=hint)


def checked(what: str, name: str, known: tuple[Named, ...]) -> str:
    """The id of the entry that this name means, compared trimmed and without case.

    Raises UsageError with the nearest spelling where there is none.
    """
    wanted = name.strip().casefold()
    for entry in known:
        if wanted in (entry.id.casefold(), entry.title.casefold()):
            return entry.id
    raise unknown(what, name, [entry.id for entry in known])


def checked_user(config: Config, name: str) -> str:
    """A user's id; any name in a workspace that lists no users.

    Raises UsageError for a name that is not listed.
    """
    if config.users and config.user(name) is None:
        raise unknown("user", name, [user.id for user in config.users])
    return name


def checked_tag(config: Config, tag: str) -> str:
    """A tag as records hold it; any text without blanks where `crm.yaml` lists none.

    Raises UsageError for one that is not listed, or that could not be asked for in a query.
    """
    if not tag.isprintable() or tag.startswith("-") or not tag or any(c in " ,:+" for c in tag):
        raise UsageError(
            f"{tag!r} cannot be a tag", hint="no blanks, commas, colons or plus signs, no - first"
        )
    if config.tags and tag not in config.tags:
        raise unknown("tag", tag, list(config.tags))
    return tag
