"""What is wrong in a record or a configuration that reads well: names that mean nothing, and the like."""

import re
from collections.abc import Collection, Iterable
from datetime import date
from functools import partial

from crmcli.query import query_parser
from crmcli.checks import rule_checks
from crmcli.domain.templates import titles
from crmcli.domain.model.config import UNSTATED, Config, CustomField, FieldType, Route
from crmcli.domain.model.custom_fields import read_field
from crmcli.domain.localization.locale import known_currency, known_locale
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.transitions import moved_by_hand
from crmcli.domain.model.problems import Path, Problem, Problems, of_assignee, of_due, of_template, said, unknown
from crmcli.query.query_parser import Asker
from crmcli.domain.model.status import Standing, standing
from crmcli.domain.values.values import Plain
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.localization.zones import zone

BY_HAND = "stage or loss was edited in the file"
KINDS = ("lead", "opportunity")
SOME_DAY = date(2000, 1, 1)  # whether a query can be asked does not depend on the day


def of_opportunity(deal: Opportunity, config: Config, contacts: Collection[str]) -> Problems:
    """What is wrong in a lead or an opportunity; `contacts` are the ids there are."""
    users = [user.id for user in config.users]
    yield from unknown(("stage",), "stage", deal.stage, [stage.id for stage in config.stages])
    yield from unknown(("lost",), "reason", deal.lost, [UNSTATED, *(each.id for each in config.lost_reasons)])
    if users:
        yield from unknown(("owner",), "user", deal.owner, users)
    yield from dangling(("contact",), deal.contact, contacts)
    yield from dangling(("referral", "by"), deal.referral.by if deal.referral else None, contacts)
    yield from of_tags(deal.tags, config)
    yield from of_marketing(deal, config)
    yield from of_activities(deal, config, users)
    yield from of_fields(deal, config)
    if deal.closed is not None and standing(deal, config) is Standing.OPEN:
        yield Problem(("closed",), "is set, but the deal is open", "remove the line")
    if deal.id and config.stage(deal.stage) is not None and moved_by_hand(deal, config):
        hint = "the next command that writes it adopts that"
        yield Problem(("stage",), BY_HAND, hint)


def of_contact(person: Contact, config: Config, contacts: Collection[str]) -> Problems:
    """What is wrong in a contact; `contacts` are the ids there are."""
    yield from dangling(("company",), person.company, contacts)
    yield from of_tags(person.tags, config)
    if config.users:
        yield from unknown(("owner",), "user", person.owner, [user.id for user in config.users])


def dangling(path: Path, id: str | None, known: Collection[str]) -> Problems:
    """A reference to a contact that is not there."""
    if id is not None and id not in known:
        yield Problem(path, f"no contact {id!r}")


def of_tags(tags: Iterable[str], config: Config) -> Problems:
    """Tags that the configuration does not list, where it lists any."""
    for index, tag in enumerate(tags):
        if config.tags:
            yield from unknown(("tags", index), "tag", tag, config.tags)


def of_marketing(deal: Opportunity, config: Config) -> Problems:
    """Origins and links that the configuration does not list."""
    lists = config.marketing
    if deal.marketing is not None:
        campaigns, mediums, sources = (
            [each.id for each in listed] for listed in (lists.campaigns, lists.mediums, lists.sources)
        )
        yield from unknown(("marketing", "campaign"), "campaign", deal.marketing.campaign, campaigns)
        yield from unknown(("marketing", "medium"), "medium", deal.marketing.medium, mediums)
        yield from unknown(("marketing", "source"), "source", deal.marketing.source, sources)
    if deal.referral is not None:
        links = [each.id for each in config.referral.links]
        yield from unknown(("referral", "link"), "kind of link", deal.referral.link, links)


def of_activities(deal: Opportunity, config: Config, users: Collection[str]) -> Problems:
    """Types and users that are not configured; ids that stand twice."""
    seen: set[str] = set()
    types = [kind.id for kind in config.activity_types]
    for index, each in enumerate(deal.activities):
        if types:
            yield from unknown(("activities", index, "type"), "activity type", each.type, types)
        if users:
            yield from unknown(("activities", index, "assignee"), "user", each.assignee, users)
        if each.id is None:
            hint = "the next command that writes the record, or crm tick, gives it one"
            yield Problem(("activities", index), "this activity has no id yet", hint)
        elif each.id in seen:
            yield Problem(("activities", index, "id"), f"the id {each.id} is used twice")
        seen |= {each.id} if each.id else set()


def of_fields(deal: Opportunity, config: Config) -> Problems:
    """Custom fields that are not configured, and choices that there are not."""
    for name, value in deal.fields.items():
        field = config.custom_field(name)
        if field is None:
            yield from unknown(("fields", name), "custom field", name, [each.name for each in config.fields])
        elif field.type in (FieldType.CHOICE, FieldType.CHOICES):
            for choice in value if isinstance(value, list) else [value]:
                text = choice.text if isinstance(choice, Plain) else str(choice)
                yield from unknown(("fields", name), name, text, field.choices)
        elif isinstance(value, str | Plain):
            text = value.text if isinstance(value, Plain) else value
            yield from said(("fields",), name, partial(read_field, config, name, text))
        else:
            yield Problem(("fields", name), f"is not a valid {field.type}")


def of_config(config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in a configuration; `templates` are the e-mail templates there are."""
    yield from of_place(config)
    yield from doubles(config)
    yield from rule_checks.of_pipelines(config, templates)
    for index, route in enumerate(config.ingest.routes):
        yield from of_route(route, ("ingest", "routes", index), config)
    yield from of_route(config.ingest.default, ("ingest", "default"), config)
    for index, kind in enumerate(config.activity_types):
        yield from of_due(("activity_types", index, "due"), kind.due, config)
        for name in ("suggests", "triggers"):
            types = [each.id for each in config.activity_types]
            yield from unknown(("activity_types", index, name), "activity type", getattr(kind, name), types)
        yield from of_assignee(("activity_types", index, "assignee"), kind.assignee, config)
    yield from of_queries(config)
    for index, field in enumerate(config.fields):
        yield from of_custom_field(field, ("fields", index), config)
    if config.title is not None:
        yield from of_title(config)


def of_custom_field(field: CustomField, path: Path, config: Config) -> Problems:
    """A field that cannot be named, has no choices, or a default that it cannot hold."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", field.name):
        hint = "small letters, digits and _, a letter first"
        yield Problem((*path, "name"), f"{field.name!r} cannot be a field's name", hint)
    if field.name in Opportunity.__struct_fields__:
        yield Problem((*path, "name"), f"{field.name!r} is a standard field")
    chooses = field.type in (FieldType.CHOICE, FieldType.CHOICES)
    if chooses and not field.choices:
        yield Problem((*path, "choices"), f"{field.name} has no choices", "choices: [one, other]")
    if field.choices and not chooses:
        yield Problem((*path, "choices"), f"are not for a {field.type}", "type: choice")
    if field.default is not None:
        yield from said(path, "default", partial(read_field, config, field.name, field.default))
    for index, stage in enumerate(field.required_in):
        known = [each.id for each in config.stages]
        yield from unknown((*path, "required_in", index), "stage", stage, known)


def of_title(config: Config) -> Problems:
    """A pattern for titles that cannot be written, or that speaks of no field."""
    pattern = config.title or ""
    yield from of_template(("title",), pattern)
    if not titles.named_in(config):
        yield Problem(("title",), "uses no custom field", "like {{ appliance }} {{ brand }}")


def of_place(config: Config) -> Problems:
    """A time zone, locale, currency or country that does not exist."""
    yield from said((), "timezone", lambda: zone(config.timezone))
    yield from said((), "locale", lambda: known_locale(config.locale))
    yield from said((), "currency", lambda: known_currency(config.currency))
    yield from said((), "country", lambda: worked_in(config.country))
    if config.region is not None:
        yield from said((), "region", lambda: worked_in(config.country, config.region))
    for index, user in enumerate(config.users):
        if user.timezone is not None:
            yield from said(("users", index), "timezone", partial(zone, user.timezone))


def doubles(config: Config) -> Problems:
    """Ids that stand twice in their list."""
    lists = {
        ("pipelines",): [each.id for each in config.pipelines],
        ("plans",): [each.id for each in config.plans],
        ("rules",): [each.id for each in config.rules],
        ("users",): [each.id for each in config.users],
        ("activity_types",): [each.id for each in config.activity_types],
        ("lost_reasons",): [each.id for each in config.lost_reasons],
        ("fields",): [each.name for each in config.fields],
        ("marketing", "campaigns"): [each.id for each in config.marketing.campaigns],
        ("marketing", "mediums"): [each.id for each in config.marketing.mediums],
        ("marketing", "sources"): [each.id for each in config.marketing.sources],
        ("referral", "links"): [each.id for each in config.referral.links],
    }
    for path, ids in lists.items():
        for index, id in enumerate(ids):
            if id in ids[:index]:
                yield Problem((*path, index), f"{id!r} is used twice")


def of_route(route: Route, path: Path, config: Config) -> Problems:
    """What is wrong in an ingest route."""
    lists = config.marketing
    yield from unknown((*path, "stage"), "stage", route.stage, [each.id for each in config.stages])
    yield from unknown((*path, "kind"), "kind", route.kind, KINDS)
    yield from unknown((*path, "campaign"), "campaign", route.campaign, [each.id for each in lists.campaigns])
    yield from unknown((*path, "medium"), "medium", route.medium, [each.id for each in lists.mediums])
    yield from unknown((*path, "source"), "source", route.source, [each.id for each in lists.sources])
    yield from of_assignee((*path, "owner"), route.owner, config)
    for index, tag in enumerate(route.tags):
        if config.tags:
            yield from unknown((*path, "tags", index), "tag", tag, config.tags)


def of_queries(config: Config) -> Problems:
    """Saved queries that cannot be asked."""
    asker = Asker(config, SOME_DAY, me=lambda: config.users[0].id if config.users else "somebody")
    for name in config.queries:
        yield from said(("queries",), name, partial(query_parser.parse, [f"@{name}"], asker))
