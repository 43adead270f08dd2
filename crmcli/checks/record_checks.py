"""Checks of valid records and configurations: unknown names, missing references, values not allowed."""

import re
from collections.abc import Collection, Iterable
from functools import partial
from itertools import pairwise

from crmcli.checks import rule_checks
from crmcli.checks.form_checks import check_forms
from crmcli.checks.id_checks import check_ids
from crmcli.checks.mail_checks import check_mail
from crmcli.checks.saved_query_checks import check_saved_queries
from crmcli.domain.incoming import form_fields
from crmcli.domain.incoming.routing import has_conditions
from crmcli.domain.localization.locale import known_currency, known_locale
from crmcli.domain.localization.recurrence import describe_skipped
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.config import UNSTATED, Config, CustomField, FieldType, Route
from crmcli.domain.model.custom_fields import read_field
from crmcli.domain.model.problems import (
    Path,
    Problem,
    Problems,
    check_known,
    check_listed,
    check_template,
    check_user,
    check_value,
)
from crmcli.domain.model.record_types import Activity, Contact, Instant, Kind, Opportunity, State
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records.manual_edits import moved_by_hand
from crmcli.domain.templates import titles
from crmcli.domain.values.clean_records import list_hidden
from crmcli.domain.values.list_entries import Named
from crmcli.domain.values.values import Plain

BY_HAND = "stage or loss was edited in the file"
KINDS = ("lead", "opportunity")


def check_opportunity(deal: Opportunity, config: Config, contacts: Collection[str]) -> Problems:
    """Yield the problems of a lead or an opportunity; `contacts` are the known ids."""
    yield from check_listed(("stage",), "stage", deal.stage, config.stages)
    yield from check_listed(("lost",), "reason", deal.lost, [Named(id=UNSTATED), *config.lost_reasons])
    yield from check_reference(("contact",), deal.contact, contacts)
    if deal.contact_unsure:
        what = f"the contact may be {deal.contact_unsure} instead"
        yield Problem(("contact_unsure",), what, f"crm set {deal.id} contact=WHO settles it")
    yield from check_reference(("referral", "by"), deal.referral.by if deal.referral else None, contacts)
    yield from check_tags(deal.tags, config)
    yield from check_hidden(deal)
    yield from check_marketing(deal, config)
    yield from check_activities(deal, config)
    yield from check_custom_values(deal, config)
    yield from check_order(deal)
    if deal.closed is not None and status_of(deal, config) is Status.OPEN:
        yield Problem(("closed",), "is set, but the deal is open", "remove the line")
    if deal.kind is Kind.LEAD and status_of(deal, config) is Status.WON:
        yield Problem(("kind",), "is a lead in a won stage", "write kind: opportunity, or an open stage")
    if deal.id and config.stage(deal.stage) is not None and moved_by_hand(deal, config):
        hint = "the next command that writes it adopts that"
        yield Problem(("stage",), BY_HAND, hint)


def check_order(deal: Opportunity) -> Problems:
    """Yield a problem for each time of a record that lies before one that it follows."""
    own = [(index, each.at) for index, each in enumerate(deal.history) if each.of is None]
    for (_, earlier), (index, at) in pairwise(own):
        if at < earlier:
            yield Problem(
                ("history", index, "at"), f"{spell(at)} is before the entry above, {spell(earlier)}"
            )
    born = deal.created
    if born is None:
        return
    if deal.closed is not None and deal.closed < born:
        yield Problem(("closed",), f"{spell(deal.closed)} is before created, {spell(born)}")
    if own and own[0][1] < born:
        yield Problem(("created",), f"{spell(born)} is after the first entry, {spell(own[0][1])}")
    for index, each in enumerate(deal.activities):
        if each.closed is not None and each.closed < born:
            what = f"{spell(each.closed)} is before the record was created, {spell(born)}"
            yield Problem(("activities", index, "closed"), what)


def spell(at: Instant) -> str:
    """Return an instant as files have it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def check_contact(person: Contact, config: Config, contacts: Collection[str]) -> Problems:
    """Yield the problems of a contact; `contacts` are the known ids."""
    yield from check_reference(("company",), person.company, contacts)
    yield from check_tags(person.tags, config)
    yield from check_hidden(person)


def check_hidden(record: Contact | Opportunity) -> Problems:
    """Yield a problem for each field with invisible characters, or letters in two parts (Unicode NFD)."""
    for key in list_hidden(record):
        yield Problem((key,), "has invisible characters, or accents apart from their letters", "type it anew")


def check_reference(path: Path, id: str | None, known: Collection[str]) -> Problems:
    """Yield a problem for a reference to a contact that does not exist."""
    if id is not None and id not in known:
        yield Problem(path, f"no contact {id!r}")


def check_tags(tags: Iterable[str], config: Config) -> Problems:
    """Yield a problem for each tag that the configuration does not list, where it lists any."""
    for index, tag in enumerate(tags):
        if config.tags:
            yield from check_known(("tags", index), "tag", tag, config.tags)


def check_marketing(deal: Opportunity, config: Config) -> Problems:
    """Yield a problem for each origin and referral link that the configuration does not list."""
    lists = config.marketing
    if deal.marketing is not None:
        origin = deal.marketing
        yield from check_listed(("marketing", "campaign"), "campaign", origin.campaign, lists.campaigns)
        yield from check_listed(("marketing", "medium"), "medium", origin.medium, lists.mediums)
        yield from check_listed(("marketing", "source"), "source", origin.source, lists.sources)
    if deal.referral is not None:
        links = config.referral.links
        yield from check_listed(("referral", "link"), "kind of link", deal.referral.link, links)


def check_activities(deal: Opportunity, config: Config) -> Problems:
    """Yield a problem for each unconfigured type, and for missing and repeated ids."""
    seen: set[str] = set()
    for index, each in enumerate(deal.activities):
        if config.activity_types:
            path: Path = ("activities", index, "type")
            yield from check_listed(path, "activity type", each.type, config.activity_types)
        yield from check_recurrence(each, ("activities", index, "every"))
        if each.id is None:
            hint = "the next command that writes the record, or crm tick, gives it one"
            yield Problem(("activities", index), "this activity has no id yet", hint)
        elif each.id in seen:
            yield Problem(("activities", index, "id"), f"the id {each.id} is used twice")
        seen |= {each.id} if each.id else set()


def check_recurrence(activity: Activity, path: Path) -> Problems:
    """Yield a problem for a recurrence of a planned activity that is not valid, or skips months."""
    if activity.every is None or activity.state is not State.PLANNED:
        return
    problems = list(rule_checks.check_recurrence(path, activity.every))
    yield from problems
    first = activity.recurs_on or activity.due
    if problems or first is None or "BYDAY" in activity.every.upper():
        return
    if said := describe_skipped(activity.every, first):
        yield Problem(path, said)


def check_custom_values(deal: Opportunity, config: Config) -> Problems:
    """Yield a problem for each unconfigured custom field, unknown choice and value of a wrong type."""
    for name, value in deal.fields.items():
        field = config.custom_field(name)
        if field is None:
            yield from check_known(
                ("fields", name), "custom field", name, [each.name for each in config.fields]
            )
        elif field.type in (FieldType.CHOICE, FieldType.CHOICES):
            for choice in value if isinstance(value, list) else [value]:
                text = choice.text if isinstance(choice, Plain) else str(choice)
                yield from check_known(("fields", name), name, text, field.choices)
        elif isinstance(value, str | Plain):
            text = value.text if isinstance(value, Plain) else value
            yield from check_value(("fields",), name, partial(read_field, config, name, text))
        else:
            yield Problem(("fields", name), f"is not a valid {field.type}")


def check_config(config: Config, templates: Collection[str]) -> Problems:
    """Yield the problems of a configuration; `templates` are the names of the e-mail templates."""
    yield from check_localization(config)
    yield from check_ids(config)
    yield from rule_checks.check_pipelines(config, templates)
    for index, route in enumerate(config.ingest.routes):
        yield from check_route(route, ("ingest", "routes", index), config)
        if not (route.to or has_conditions(route)):
            what, hint = "no message takes it", "give it to, from, subject or headers"
            yield Problem(("ingest", "routes", index), what, hint)
    yield from check_route(config.ingest.default, ("ingest", "default"), config)
    fields = [*form_fields.NAMES, *(field.name for field in config.fields)]
    for name in config.mail.form_fields:
        yield from check_known(("mail", "form_fields"), "form field", name, fields)
    for index, kind in enumerate(config.activity_types):
        yield from rule_checks.check_contents(
            kind, ("activity_types", index), rule_checks.Known(config, templates)
        )
    yield from check_mail(config)
    yield from check_forms(config)
    yield from check_saved_queries(config)
    for index, field in enumerate(config.fields):
        yield from check_custom_field(field, ("fields", index), config)
    if config.title is not None:
        yield from check_title_pattern(config)


def check_custom_field(field: CustomField, path: Path, config: Config) -> Problems:
    """Yield the problems of a custom field: its name, its choices, its default, its stages."""
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
        yield from check_value(path, "default", partial(read_field, config, field.name, field.default))
    for index, stage in enumerate(field.required_in):
        known = [each.id for each in config.stages]
        yield from check_known((*path, "required_in", index), "stage", stage, known)


def check_title_pattern(config: Config) -> Problems:
    """Yield a problem for a title pattern that is not valid, or uses no custom field."""
    pattern = config.title or ""
    yield from check_template(("title",), pattern)
    if not titles.fields_in_title(config):
        yield Problem(("title",), "uses no custom field", "like {{ appliance }} {{ brand }}")


def check_localization(config: Config) -> Problems:
    """Yield a problem for a time zone, locale, currency, country or region that does not exist."""
    yield from check_value((), "timezone", lambda: find_zone(config.timezone))
    yield from check_value((), "locale", lambda: known_locale(config.locale))
    yield from check_value((), "currency", lambda: known_currency(config.currency))
    yield from check_value((), "country", lambda: worked_in(config.country))
    if config.region is not None:
        yield from check_value((), "region", lambda: worked_in(config.country, config.region))
    for index, user in enumerate(config.users):
        yield from check_user(("users", index, "manager"), user.manager, config)
        if user.timezone is not None:
            yield from check_value(("users", index), "timezone", partial(find_zone, user.timezone))


def check_route(route: Route, path: Path, config: Config) -> Problems:
    """Yield the problems of an ingest route."""
    lists = config.marketing
    yield from check_known((*path, "stage"), "stage", route.stage, [each.id for each in config.stages])
    yield from check_known((*path, "kind"), "kind", route.kind, KINDS)
    yield from check_known(
        (*path, "campaign"), "campaign", route.campaign, [each.id for each in lists.campaigns]
    )
    yield from check_known((*path, "medium"), "medium", route.medium, [each.id for each in lists.mediums])
    yield from check_known((*path, "source"), "source", route.source, [each.id for each in lists.sources])
    yield from check_user((*path, "owner"), route.owner, config)
    for index, tag in enumerate(route.tags):
        if config.tags:
            yield from check_known((*path, "tags", index), "tag", tag, config.tags)
