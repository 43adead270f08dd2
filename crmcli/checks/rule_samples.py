"""Tests of rules on sample records: failing conditions, texts and values, unreachable stages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from crmcli.checks.rule_checks import locate_stages
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, CustomField, FieldType
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.fields import Content, fields_of
from crmcli.domain.model.pipeline import Addressee, Event, Rule, Stage
from crmcli.domain.model.problems import Path, Problem, Problems
from crmcli.domain.model.record_types import (
    Activity,
    Address,
    Contact,
    Entry,
    HistoryEvent,
    Marketing,
    Money,
    Opportunity,
    Part,
    Priority,
    Project,
    Referral,
)
from crmcli.domain.records import stage_requirements
from crmcli.domain.records.editing import assign_field
from crmcli.domain.rules import referral_program, satisfiability
from crmcli.domain.templates import expressions
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.domain.values.values import Plain, Value

DAY = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
PERSON = Contact(
    id="x2a9c4d8",
    name="Anne DUPONT",
    job="gérante",
    emails=("anne@example.org",),
    phones=("06 12 34 56 78",),
    addresses=(Address(street="1 rue du Port", postcode="56300", city="Pontivy", country="FR"),),
    language="fr",
)
KNOWN = {  # sample values of the fields that a stage can require
    "contact": PERSON.id,
    "priority": Priority(2),
    "expected_revenue": Money(Decimal("8000.00")),
    "recurring_revenue": Money(Decimal("120.00")),
    "recurring_months": 12,
    "budget": Money(Decimal("7500.00")),
    "tags": ("sample",),
    "team": "ventes",
    "expected_close": date(2026, 7, 31),
    "description": "Un poêle pour le séjour.",
    "referral": Referral(by="b4n8t2wz", link="client"),
    "marketing": Marketing(),
    "project": Project(questionnaire="sample", answers={}),
}


def check_rules_on_samples(config: Config) -> Problems:
    """Yield the problems found by testing the rules on samples."""
    yield from find_unreachable_stages(config)
    for path, rule, stage in list_rules(config):
        yield from check_condition_on_sample(rule, path, config, stage)
        yield from check_texts_on_samples(rule, path, config, stage)
    yield from check_summaries(config)


def list_rules(config: Config) -> Iterator[tuple[Path, Rule, Stage | None]]:
    """Yield every rule with its path, and the stage that it belongs to."""
    for path, stage in locate_stages(config):
        for name, rules in (("on_enter", stage.on_enter), ("on_exit", stage.on_exit), ("after", stage.after)):
            yield from (((*path, name, index), rule, stage) for index, rule in enumerate(rules))
    yield from ((("rules", index), rule, None) for index, rule in enumerate(config.rules))
    yield from (
        (("referral", *path), rule, None) for _, path, rule in referral_program.program_rules(config.referral)
    )


def find_unreachable_stages(config: Config) -> Problems:
    """Yield a problem for each stage that no record can reach, and each pipeline that starts closed."""
    for path, stage in locate_stages(config):
        beside = config.stages_beside(stage.id)
        if stage.id not in find_reachable_stages(beside):
            ways = ", ".join(stage.won_from)
            yield Problem((*path, "won_from"), f"no deal can reach {stage.id}", f"nothing leads to {ways}")
        if stage is beside[0] and stage.outcome is not None:
            yield Problem(
                (*path, "outcome"), f"every new deal is {stage.outcome} at once", "put an open stage first"
            )


def find_reachable_stages(stages: tuple[Stage, ...]) -> set[str]:
    """Return the stages that a record can reach, starting with those without `won_from`."""
    found = {stage.id for stage in stages if not stage.won_from}
    while True:
        more = {stage.id for stage in stages if set(stage.won_from) & (found - {stage.id})} - found
        if not more:
            return found
        found |= more


def check_condition_on_sample(rule: Rule, path: Path, config: Config, stage: Stage | None) -> Problems:
    """Yield a problem for a condition that fails on a full record, or holds for no record."""
    if rule.when is None:
        return
    try:
        expressions.condition_holds_for(rule.when, build_full_sample(config, rule, stage), DAY)
    except RefusedError as error:
        yield Problem((*path, "when"), error.what, error.hint)
        return
    if satisfiability.never_holds(rule.when, config, rule, stage.id if stage else None):
        yield Problem((*path, "when"), f"{rule.when} never holds", "no record can have such values")


def check_texts_on_samples(rule: Rule, path: Path, config: Config, stage: Stage | None) -> Problems:
    """Yield a problem for each text that cannot be rendered for a full record or a bare one."""
    for where, text in list_texts(rule):
        yield from check_text_on_sample((*path, *where), text, build_full_sample(config, rule, stage), "")
    yield from check_set_values(rule, path, build_full_sample(config, rule, stage))
    least = build_bare_sample(config, rule, stage)
    if rule.when is not None and not holds_for_sample(rule.when, least):
        return
    for where, text in list_texts(rule):
        hint = "write {{ name or 'something' }}, or have the stage require it"
        yield from check_text_on_sample((*path, *where), text, least, hint)


def check_set_values(rule: Rule, path: Path, facts: Facts) -> Problems:
    """Yield a problem for each value that a rule sets and its field cannot have."""
    moment = Moment(at=AT, by="sample")
    for field, value in rule.set.items():
        template = value.text if isinstance(value, Plain) else str(value)
        try:
            assign_field(facts, field, expressions.render_text(template, facts, DAY), moment)
        except CrmError as error:
            yield Problem((*path, "set", field), error.what, error.hint)


def holds_for_sample(condition: str, facts: Facts) -> bool:
    """Tell whether a condition holds for a sample; False where it fails."""
    try:
        return expressions.condition_holds_for(condition, facts, DAY)
    except RefusedError:
        return False


def check_text_on_sample(path: Path, text: str, facts: Facts, hint: str) -> Problems:
    """Yield a problem for a text that cannot be rendered for a sample."""
    try:
        expressions.render_text(text, facts, DAY)
    except RefusedError as error:
        who = (
            "a deal with nothing but a title and what its stage requires"
            if hint
            else "a deal that has everything"
        )
        yield Problem(path, f"cannot be written for {who}: {error.what}", error.hint or hint)


def list_texts(rule: Rule) -> Iterator[tuple[Path, str]]:
    """Yield the Jinja texts of a rule with their paths: declared ones, and the values that it sets."""
    yield from list_texts_in(rule)
    for field, value in rule.set.items():
        yield ("set", field), value.text if isinstance(value, Plain) else str(value)


def list_texts_in(part: Part) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a mapping of `crm.yaml` that are declared as Jinja, at any depth."""
    for spec in fields_of(type(part)):
        value = getattr(part, spec.name)
        if isinstance(value, Part):
            yield from (((spec.key, *inner), text) for inner, text in list_texts_in(value))
        elif spec.content is Content.JINJA and value:
            yield (spec.key,), value


def check_summaries(config: Config) -> Problems:
    """Yield a problem for each summary of activity types and plans that a sample cannot render."""
    hint = "write {{ name or 'something' }}"
    named: list[tuple[Path, str | None]] = [
        (("activity_types", index, "summary"), kind.summary)
        for index, kind in enumerate(config.activity_types)
    ]
    named += [
        (("plans", number, "lines", index, "summary"), line.summary)
        for number, plan in enumerate(config.plans)
        for index, line in enumerate(plan.lines)
    ]
    for path, summary in named:
        if summary:
            found = list(check_text_on_sample(path, summary, build_full_sample(config, None, None), ""))
            yield from found or check_text_on_sample(
                path, summary, build_bare_sample(config, None, None), hint
            )


def build_full_sample(config: Config, rule: Rule | None, stage: Stage | None) -> Facts:
    """Return a record with all values, and all related people."""
    deal = build_sample_record(
        config, stage, {**KNOWN, "owner": config.users[0].id if config.users else "somebody"}
    )
    fields = {field.name: sample_value(field) for field in config.fields}
    return surround_sample(replace(deal, fields=fields), config, rule, PERSON)


def build_bare_sample(config: Config, rule: Rule | None, stage: Stage | None) -> Facts:
    """Return a record with a title, and the values that its stage requires."""
    required = set(config.required(stage)) if stage else set()
    values = {name: value for name, value in KNOWN.items() if name in required}
    fields = {field.name: sample_value(field) for field in config.fields if field.name in required}
    written_to = rule.email.to if rule and rule.email else None
    contact = build_bare_contact(required, writes=written_to is Addressee.CONTACT)
    deal = build_sample_record(
        config, stage, {**values, "fields": fields, "contact": contact.id if contact else None}
    )
    brought = "referral" in required or written_to is Addressee.SPONSOR
    return surround_sample(deal, config, rule, contact, sponsor=brought)


def build_bare_contact(required: set[str], *, writes: bool) -> Contact | None:
    """Return a contact with a name, and what a stage requires of it; None where it requires no contact."""
    prefix = stage_requirements.OF_CONTACT
    asked = {name.removeprefix(prefix) for name in required if name.startswith(prefix)}
    if not (asked or writes or "contact" in required):
        return None
    held = {stage_requirements.FIRST_OF.get(name, name) for name in asked} | ({"emails"} if writes else set())
    place = {name: getattr(PERSON.addresses[0], name) for name in held if name in stage_requirements.PLACE}
    values = {name: getattr(PERSON, name) for name in held - place.keys()}
    addresses = (Address(**place),) if place else ()
    return replace(Contact(id=PERSON.id, name=PERSON.name, addresses=addresses), **values)


def build_sample_record(config: Config, stage: Stage | None, values: dict[str, Any]) -> Opportunity:
    """Return a sample record in a stage."""
    standing = stage.id if stage else config.stages[0].id
    begun = Entry(at=AT, event=HistoryEvent.CREATED, to=standing, visit=1, by="sample")
    return Opportunity(
        id="k7f3q9mx", title="Poêle à granulés", stage=standing, created=AT, history=(begun,), **values
    )


def surround_sample(
    deal: Opportunity, config: Config, rule: Rule | None, contact: Contact | None, *, sponsor: bool = True
) -> Facts:
    """Return a sample with its related people, and the activity or record of its rule's event."""
    kind = config.activity_types[0].id if config.activity_types else "todo"
    thing = Activity(
        id="c9d2e7fa", type=kind, summary="Appeler", due=DAY, assignee=deal.owner, outcome="joint"
    )
    waits = rule.on if rule else None
    return Facts(
        opportunity=deal,
        config=config,
        contact=contact,
        company=Contact(id="c0mpany0", name="SARL Dupont") if contact else None,
        sponsor=Contact(id="b4n8t2wz", name="Paul MARTIN", emails=("paul@example.org",)) if sponsor else None,
        activity=thing if waits in (Event.ACTIVITY_DONE, Event.OVERDUE) else None,
        referred=Opportunity(id="r3ferred", title="Insert") if waits is Event.REFERRAL_WON else None,
    )


def sample_value(field: CustomField) -> Value:
    """Return a valid value of a custom field."""
    if field.choices:
        return [field.choices[0]] if field.type is FieldType.CHOICES else field.choices[0]
    return SAMPLES.get(field.type, "texte")


SAMPLES: dict[FieldType, Value] = {
    FieldType.NUMBER: Plain("8"),
    FieldType.MONEY: Plain("100.00"),
    FieldType.BOOL: Plain("true"),
    FieldType.DATE: Plain("2026-09-15"),
    FieldType.CONTACT: "x2a9c4d8",
}
