"""What is wrong in a record or a configuration that reads well: names that mean nothing, and the like."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import partial
from typing import NamedTuple

from jinja2 import TemplateError

from crmcli.domain import planning, query, sandbox
from crmcli.domain.config import UNSTATED, Config, FieldType, Route, Rule, Stage
from crmcli.domain.editing import EDITABLE
from crmcli.domain.errors import CrmError
from crmcli.domain.locale import known_currency, known_locale
from crmcli.domain.model import Contact, Opportunity
from crmcli.domain.moves import moved_by_hand
from crmcli.domain.offsets import parse_offset
from crmcli.domain.query import Asker
from crmcli.domain.suggest import suggestion
from crmcli.domain.values import Plain
from crmcli.domain.workdays import worked_in
from crmcli.domain.zones import zone

Path = tuple[str | int, ...]
BY_HAND = "stage or loss differ from the history: changed by hand"
KINDS = ("lead", "opportunity")
SOME_DAY = date(2000, 1, 1)  # whether a query can be asked does not depend on the day


class Problem(NamedTuple):
    """Something wrong: which key of the file, what about it, and what to do."""

    path: Path
    what: str
    hint: str = ""


Problems = Iterator[Problem]


def unknown(path: Path, what: str, name: str | None, known: Collection[str]) -> Problems:
    """A name that its list does not hold."""
    if name is not None and name not in known:
        yield Problem(path, f"unknown {what} {name!r}", suggestion(name, known))


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
        if each.id in seen:
            yield Problem(("activities", index, "id"), f"the id {each.id} stands twice")
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


def of_config(config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in a configuration; `templates` are the e-mail templates there are."""
    yield from of_place(config)
    yield from doubles(config)
    for index, stage in enumerate(config.stages):
        yield from of_stage(stage, ("stages", index), config, templates)
    for index, rule in enumerate(config.rules):
        yield from of_rule(rule, ("rules", index), config, templates)
        if rule.on is None:
            yield Problem(("rules", index), f"rule {rule.id} has no `on`, so it never fires")
    for index, route in enumerate(config.ingest.routes):
        yield from of_route(route, ("ingest", "routes", index), config)
    yield from of_route(config.ingest.default, ("ingest", "default"), config)
    for index, kind in enumerate(config.activity_types):
        yield from of_offset(("activity_types", index, "due"), kind.due)
        yield from of_assignee(("activity_types", index, "assignee"), kind.assignee, config)
    yield from of_queries(config)
    if config.title is not None:
        yield from of_template(("title",), config.title)


def of_place(config: Config) -> Problems:
    """A time zone, locale, currency or country that does not exist."""
    yield from said((), "timezone", lambda: zone(config.timezone))
    yield from said((), "locale", lambda: known_locale(config.locale))
    yield from said((), "currency", lambda: known_currency(config.currency))
    yield from said((), "country", lambda: worked_in(config.country))
    for index, user in enumerate(config.users):
        if user.timezone is not None:
            yield from said(("users", index), "timezone", partial(zone, user.timezone))


def doubles(config: Config) -> Problems:
    """Ids that stand twice in their list."""
    lists = {
        ("stages",): [each.id for each in config.stages],
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
                yield Problem((*path, index), f"{id!r} stands twice")


def of_stage(stage: Stage, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in a stage and its rules."""
    known = [*Opportunity.__struct_fields__, *(field.name for field in config.fields)]
    for index, field in enumerate(stage.require):
        yield from unknown((*path, "require", index), "field", field, known)
    for index, other in enumerate(stage.won_from):
        yield from unknown((*path, "won_from", index), "stage", other, [each.id for each in config.stages])
    yield from of_offset((*path, "stale_after"), stage.stale_after)
    for name, rules in (("on_enter", stage.on_enter), ("on_exit", stage.on_exit)):
        for index, rule in enumerate(rules):
            yield from of_rule(rule, (*path, name, index), config, templates)
            if rule.id in [each.id for each in rules[:index]]:
                yield Problem((*path, name, index, "id"), f"{rule.id!r} stands twice")


def of_rule(rule: Rule, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in a rule: names, offsets, conditions, texts."""
    if rule.when is not None:
        yield from said(path, "when", lambda: sandbox.compiled_condition(rule.when or ""))
    if rule.activity is not None:
        types = [kind.id for kind in config.activity_types]
        inner = (*path, "activity")
        yield from unknown((*inner, "type"), "activity type", rule.activity.type, types)
        yield from of_offset((*inner, "due"), rule.activity.due)
        yield from of_assignee((*inner, "assignee"), rule.activity.assignee, config)
        yield from of_template((*inner, "summary"), rule.activity.summary or "")
    if rule.email is not None:
        yield from unknown((*path, "email", "template"), "template", rule.email.template, templates)
    if rule.assign is not None:
        yield from of_assignee((*path, "assign"), rule.assign, config)
    for index, tag in enumerate(rule.tag):
        if config.tags:
            yield from unknown((*path, "tag", index), "tag", tag, config.tags)
    settable = [*EDITABLE, *(field.name for field in config.fields)]
    for field in rule.set:
        yield from unknown((*path, "set", field), "field", field.removeprefix("fields."), settable)


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
        yield from said(("queries",), name, partial(query.parse, [f"@{name}"], asker))


def of_assignee(path: Path, name: str | None, config: Config) -> Problems:
    """Somebody who is no user."""
    if config.users:
        yield from unknown(path, "user", name, [planning.OWNER, *(user.id for user in config.users)])


def of_offset(path: Path, text: str | None) -> Problems:
    """A time span that is none."""
    if text is not None:
        yield from said(path[:-1], str(path[-1]), lambda: parse_offset(text))


def of_template(path: Path, text: str) -> Problems:
    """A Jinja text that does not compile."""
    yield from said(path[:-1], str(path[-1]), lambda: sandbox.sandbox().from_string(text))


def said(path: Path, key: str, attempt: Callable[[], object]) -> Problems:
    """What an attempt to understand a value says is wrong with it."""
    try:
        attempt()
    except CrmError as error:
        yield Problem((*path, key), error.what, error.hint)
    except TemplateError as error:
        yield Problem((*path, key), error.message or "cannot be read")
