"""The contents of `crm.yaml`: stages and their rules, lists, users, locale. Immutable values only."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from crmcli.domain.localization.translations import IN_ENGLISH, Language, find_language, translate
from crmcli.domain.model.pipeline import ActivityType, Outcome, Pipeline, Plan, Rule, Stage
from crmcli.domain.model.record_types import Line, Part, Priority
from crmcli.domain.model.web_forms import WebForm
from crmcli.domain.rules import referral_program
from crmcli.domain.rules.referral_program import ReferralProgram
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import Named, Origin, check_entry, find_label, known_entry, listed_hint

USUAL_LOCALE = "en"
UNSTATED = "unstated"  # the lost reason that is always available


class Company(Part, frozen=True, kw_only=True):
    """The company whose pipeline this is; e-mail templates use it in signatures."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    website: str | None = None


class User(Part, frozen=True, kw_only=True):
    """A user of this pipeline."""

    id: str
    name: str | None = None
    email: str | None = None
    logins: tuple[str, ...] = ()
    timezone: str | None = None
    manager: str | None = None  # the user notified about late activities
    signature: str | None = None  # below the mails of this user, where a template prints it

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The name, if there is one."""
        return (self.name,) if self.name else ()


class Lists(Part, frozen=True, kw_only=True):
    """The campaigns, mediums and sources that marketing figures are grouped by."""

    campaigns: tuple[Origin, ...] = ()
    mediums: tuple[Origin, ...] = ()
    sources: tuple[Origin, ...] = ()


class FieldType(StrEnum):
    """The type of a custom field."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOL = "bool"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    CONTACT = "contact"


class CustomField(Part, frozen=True, kw_only=True):
    """A custom field, stored under `fields` in each opportunity."""

    name: str
    label: str | None = None
    type: FieldType = FieldType.TEXT
    choices: tuple[str, ...] = ()
    default: str | None = None  # the value of a new record unless one is given, as people type it
    required_in: tuple[str, ...] = ()  # stages that a deal cannot enter without it

    @property
    def id(self) -> str:
        """The name, by which records hold its value."""
        return self.name

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The label, if there is one."""
        return (self.label,) if self.label else ()

    @property
    def entries(self) -> tuple[Named, ...]:
        """The choices, as entries that a name is looked up in."""
        return tuple(Named(id=choice) for choice in self.choices)


class Route(Part, frozen=True, kw_only=True):
    """The values of a new record, selected by its message: recipient, sender, subject, headers.

    A message must meet all conditions of a route. `*` in a pattern stands for any characters; case and
    accents do not count.
    """

    to: str | None = None  # an address, or a local part
    from_: str | None = msgspec.field(name="from", default=None)
    subject: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)  # patterns by header
    form: bool = False  # its messages are forms, whatever they look like
    kind: str | None = None
    stage: str | None = None
    owner: str | None = None
    team: str | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    campaign: str | None = None
    medium: str | None = None
    source: str | None = None
    questionnaire: str | None = None
    answers: dict[str, str] = msgspec.field(default_factory=dict)  # as people type them, by question


class Ingest(Part, frozen=True, kw_only=True):
    """How incoming messages become records."""

    default: Route = Route()
    routes: tuple[Route, ...] = ()
    allow: tuple[Line, ...] = ()  # addresses, or @domains, that no limit concerns


class Transport(StrEnum):
    """The way out of the outbox: a mail server, a program like sendmail, or none."""

    NONE = "none"
    SMTP = "smtp"
    SENDMAIL = "sendmail"


class Security(StrEnum):
    """The encryption of the connection to the mail server."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class ReplyToken(StrEnum):
    """How a mail names its record, for programs that answer without the usual headers."""

    NONE = "none"
    PLUS = "plus"  # Reply-To: contact+k7f3q9mx@…
    SUBJECT = "subject"  # … [k7f3q9mx]


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
PASSWORD_VARIABLE = "CRM_SMTP_PASSWORD"  # noqa: S105 - the name of a variable


class Mail(Part, frozen=True, kw_only=True):
    """The sender of e-mails, how they leave, whether files are kept in git, and how forms are recognized."""

    from_: str | None = msgspec.field(name="from", default=None)
    sender: str | None = None  # the only machine that sends
    transport: Transport = Transport.NONE
    host: str | None = None
    port: int | None = None  # the usual one of the security where absent
    security: Security = Security.STARTTLS
    user: str | None = None
    password_command: str | None = None  # prints the password; it never stands in this file
    password_variable: str = PASSWORD_VARIABLE  # of the environment, without a command
    token_command: str | None = None  # prints an access token of OAuth 2, instead of a password
    program: str | None = None  # of the transport `sendmail`; it gets the recipients as arguments
    timeout: int = 30  # seconds for an answer; one mail altogether takes at most ten times as long
    most_per_run: int | None = None  # mails that one `outbox send` sends
    reply_token: ReplyToken = ReplyToken.NONE
    in_git: bool = False
    portals: tuple[str, ...] = ()  # more domains and addresses of portals and form services
    form_fields: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)  # more labels, by field

    @property
    def server_port(self) -> int:
        """The port of the mail server."""
        return self.port or PORTS[self.security]


class AutoCommit(StrEnum):
    """When changes are committed to git: by nobody but people, or each with the command that made it."""

    OFF = "off"
    COMMAND = "command"


class Git(Part, frozen=True, kw_only=True):
    """How crm works with the git repository of the workspace."""

    commit: AutoCommit = AutoCommit.OFF

    @property
    def is_on(self) -> bool:
        """Tell whether each command commits what it changed."""
        return self.commit is AutoCommit.COMMAND


class DateOrder(StrEnum):
    """The order of the numbers in a typed date: `dmy` reads 25/11/2026."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class View(Part, frozen=True, kw_only=True):
    """Columns of a list, with the query and the order of its rows.

    One named `list`, `due` or `contacts` changes the columns of that list.
    """

    query: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()

    @property
    def terms(self) -> str:
        """The terms of its query, its order among them."""
        return f"{self.query} sort:{self.sort}" if self.sort else self.query


class Config(Part, frozen=True, kw_only=True):
    """The whole of `crm.yaml`."""

    schema: int = 1
    company: Company = Company()
    stated_locale: str | None = msgspec.field(name="locale", default=None)
    currency: str = "EUR"
    timezone: str = "UTC"
    country: str | None = None
    region: str | None = None
    date_order: DateOrder | None = None
    users: tuple[User, ...] = ()
    tags: tuple[str, ...] = ()
    activity_types: tuple[ActivityType, ...] = ()
    lost_reasons: tuple[Named, ...] = ()
    lost_reason_required: bool = False
    marketing: Lists = Lists()
    referral: ReferralProgram = ReferralProgram()
    fields: tuple[CustomField, ...] = ()
    title: str | None = None
    only_stages: tuple[Stage, ...] = msgspec.field(name="stages", default=())
    pipelines: tuple[Pipeline, ...] = ()
    rules: tuple[Rule, ...] = ()
    plans: tuple[Plan, ...] = ()
    ingest: Ingest = Ingest()
    forms: tuple[WebForm, ...] = ()
    mail: Mail = Mail()
    git: Git = Git()
    public_mail: tuple[str, ...] = ()  # more mailbox providers, whose domains do not identify a company
    queries: dict[str, str] = msgspec.field(default_factory=dict)
    views: dict[str, View] = msgspec.field(default_factory=dict)

    @property
    def saved_queries(self) -> dict[str, str]:
        """The texts of saved queries by name, those of views among them."""
        return {**{name: view.terms for name, view in self.views.items()}, **self.queries}

    @property
    def locale(self) -> str:
        """The locale of amounts, days and stored texts; English where none is stated."""
        return self.stated_locale or USUAL_LOCALE

    @property
    def language(self) -> Language:
        """The language of what is stored in the workspace, or sent from it, whoever writes it."""
        return find_language(self.locale) or IN_ENGLISH

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of all pipelines in order; a single pipeline has no name."""
        return self.only_stages or tuple(stage for each in self.pipelines for stage in each.stages)

    def pipeline(self, stage: str | None) -> Pipeline | None:
        """Return the named pipeline of a stage, the first for None; None if pipelines have no names."""
        if stage is None:
            return self.pipelines[0] if self.pipelines else None
        return next((each for each in self.pipelines if stage in [own.id for own in each.stages]), None)

    def stages_beside(self, stage: str | None) -> tuple[Stage, ...]:
        """Return the stages of the same pipeline as a stage; all stages if it is not configured."""
        pipeline = self.pipeline(stage)
        return pipeline.stages if pipeline else self.stages

    def staged_rules(self) -> Iterator[tuple[str, Rule]]:
        """Yield the rules of all stages, with their keys in histories."""
        return ((f"{stage.id}.{rule.id}", rule) for stage in self.stages for rule in stage.rules)

    def global_rules(self) -> Iterator[tuple[str, Rule]]:
        """Yield the rules for any stage and those of the referral programme, with their keys in histories."""
        yield from ((rule.id, rule) for rule in self.rules)
        yield from ((key, rule) for key, _, rule in referral_program.program_rules(self.referral))

    def required(self, stage: Stage) -> tuple[str, ...]:
        """Return the fields required to enter a stage: its own list, then custom fields required in it."""
        own = (each.name for each in self.fields if stage.id in each.required_in)
        return tuple(dict.fromkeys([*stage.require, *own]))

    def stage(self, id: str | None) -> Stage | None:
        """Return the stage with this id, the first stage for None; None if it is not configured."""
        if id is None:
            return self.stages[0]
        return next((stage for stage in self.stages if stage.id == id), None)

    @property
    def won_stages(self) -> set[str]:
        """The ids of the stages whose outcome is won."""
        return {stage.id for stage in self.stages if stage.outcome is Outcome.WON}

    def activity_type(self, id: str | None) -> ActivityType | None:
        """Return the activity type with this id, or None."""
        return next((kind for kind in self.activity_types if kind.id == id), None)

    def user(self, id: str | None) -> User | None:
        """Return the user with this id, or None."""
        return next((user for user in self.users if user.id == id), None)

    def custom_field(self, name: str) -> CustomField | None:
        """Return the custom field with this name, or None."""
        return next((custom for custom in self.fields if custom.name == name), None)


def known_stage(config: Config, id: str) -> Stage:
    """Return the stage with this id or label; see `known_entry` for its errors."""
    return known_entry("stage", id, config.stages)


def known_lost_reason(config: Config, name: str) -> str:
    """Return the id of the lost reason with this id or label; `unstated` for an empty name.

    Raises UsageError for one that is not listed, and for `unstated` where a reason is required.
    """
    if name not in ("", UNSTATED):
        return check_entry("reason", name, config.lost_reasons)
    if config.lost_reason_required:
        listed = listed_hint([each.id for each in config.lost_reasons])
        raise UsageError("a reason is required (lost_reason_required)", hint=f"--reason REASON; {listed}")
    return UNSTATED


def name_lost_reason(config: Config, id: str | None) -> str:
    """Return the label of a lost reason; what is said where none was given; the id of an unknown one."""
    listed = any(each.id == id for each in config.lost_reasons)
    if id == UNSTATED and not listed:
        return translate("no reason given")
    return find_label(config.lost_reasons, id)


def checked_user(config: Config, name: str) -> str:
    """Return the id of the user with this id or name; any name is valid in a workspace that lists no users.

    Raises UsageError for a name that is not listed, AmbiguousError for one that several have.
    """
    return check_entry("user", name, config.users) if config.users else name


def checked_tag(config: Config, tag: str) -> str:
    """Return a valid tag; if `crm.yaml` lists no tags, any tag that a query can name is valid.

    Raises UsageError for a tag that is not listed, or that a query cannot name.
    """
    tag = clean_text(tag)
    if not tag.isprintable() or tag.startswith("-") or not tag or any(c in " ,:+" for c in tag):
        raise UsageError(
            f"{tag!r} cannot be a tag", hint="no blanks, commas, colons or plus signs, no - first"
        )
    if not config.tags:
        return tag
    return check_entry("tag", tag, [Named(id=each) for each in config.tags])
