"""What `crm.yaml` says: stages and their rules, lists, people, places. Values only, frozen."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from crmcli.domain.model.pipeline import ActivityType, Outcome, Pipeline, Plan, Rule, Stage
from crmcli.domain.model.record_types import Part
from crmcli.domain.rules import referral_program
from crmcli.domain.rules.referral_program import ReferralProgram
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import Named, Origin, unknown_entry

UNSTATED = "unstated"  # the lost reason that is always there


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
    manager: str | None = None  # whom late work is told


class Lists(Part, frozen=True, kw_only=True):
    """The campaigns, mediums and sources that marketing figures are grouped by."""

    campaigns: tuple[Origin, ...] = ()
    mediums: tuple[Origin, ...] = ()
    sources: tuple[Origin, ...] = ()


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
    default: str | None = None  # what a new record has unless told otherwise, as people type it
    required_in: tuple[str, ...] = ()  # stages that a deal may not come into without it


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
    region: str | None = None
    date_order: DateOrder | None = None
    users: tuple[User, ...] = ()
    tags: tuple[str, ...] = ()
    activity_types: tuple[ActivityType, ...] = ()
    lost_reasons: tuple[Named, ...] = ()
    marketing: Lists = Lists()
    referral: ReferralProgram = ReferralProgram()
    fields: tuple[CustomField, ...] = ()
    title: str | None = None
    only_stages: tuple[Stage, ...] = msgspec.field(name="stages", default=())
    pipelines: tuple[Pipeline, ...] = ()
    rules: tuple[Rule, ...] = ()
    plans: tuple[Plan, ...] = ()
    ingest: Ingest = Ingest()
    mail: Mail = Mail()
    public_mail: tuple[str, ...] = ()  # more mailbox providers whose domain says nothing about who writes
    queries: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of all pipelines in their order; where there is one only, it has no name."""
        return self.only_stages or tuple(stage for each in self.pipelines for stage in each.stages)

    def pipeline(self, stage: str | None) -> Pipeline | None:
        """The named pipeline that a stage belongs to; None where pipelines have no names."""
        if stage is None:
            return self.pipelines[0] if self.pipelines else None
        return next((each for each in self.pipelines if stage in [own.id for own in each.stages]), None)

    def stages_beside(self, stage: str | None) -> tuple[Stage, ...]:
        """The stages of the pipeline that a stage belongs to; all for one that is not configured."""
        pipeline = self.pipeline(stage)
        return pipeline.stages if pipeline else self.stages

    def staged_rules(self) -> Iterator[tuple[str, Rule]]:
        """The rules of all stages, each with the key that histories know it by."""
        return ((f"{stage.id}.{rule.id}", rule) for stage in self.stages for rule in stage.rules)

    def global_rules(self) -> Iterator[tuple[str, Rule]]:
        """The rules for any stage, those of the programme too, each with its key in histories."""
        yield from ((rule.id, rule) for rule in self.rules)
        yield from ((key, rule) for key, _, rule in referral_program.program_rules(self.referral))

    def required(self, stage: Stage) -> tuple[str, ...]:
        """The fields that a deal needs to come into a stage: its own list, then the fields that say so."""
        own = (each.name for each in self.fields if stage.id in each.required_in)
        return tuple(dict.fromkeys([*stage.require, *own]))

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
        raise unknown_entry("stage", id, [stage.id for stage in config.stages])
    return stage


def checked_user(config: Config, name: str) -> str:
    """A user's id; any name in a workspace that lists no users.

    Raises UsageError for a name that is not listed.
    """
    if config.users and config.user(name) is None:
        raise unknown_entry("user", name, [user.id for user in config.users])
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
        raise unknown_entry("tag", tag, list(config.tags))
    return tag
