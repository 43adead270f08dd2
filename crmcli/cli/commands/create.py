"""`crm create`: a new lead or opportunity, with all it can carry or with three words."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from crmcli.cli.commands.set import New, with_id
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.selection import Force, report_records
from crmcli.domain.model.config import Config
from crmcli.domain.model.custom_fields import with_defaults
from crmcli.domain.model.record_types import Kind, Opportunity
from crmcli.domain.records import editing, transitions
from crmcli.domain.records.editing import Assignment, parse_assignment
from crmcli.domain.records.marketing import Link, enlarge_lists, of_url
from crmcli.domain.templates import titles
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import check_entry
from crmcli.operations.apply_change import apply_change
from crmcli.operations.find_or_create_contact import find_or_create_contact
from crmcli.store.writer import Writing

NOT_COPIED = (
    *("id", "stage", "lost", "probability", "created", "closed", "expected_close"),
    *("rewards", "activities", "messages", "history"),
)


def create(
    ctx: typer.Context,
    title: Annotated[
        str, typer.Argument(metavar="[TITLE]", help="default: from the fields or the contact")
    ] = "",
    contact: Annotated[
        str, typer.Option(help="id, e-mail, phone or full name; created if unknown"), offers.CONTACT
    ] = "",
    revenue: Annotated[str, typer.Option(metavar="AMOUNT", help="expected revenue: 8000, '8 000 €'")] = "",
    lead: Annotated[bool, typer.Option("--lead", help="create a lead, to be qualified first")] = False,
    stage: Annotated[str, typer.Option(help="stage, if not the first"), offers.STAGE] = "",
    pipeline: Annotated[
        str, typer.Option(help="start in the first stage of this pipeline"), offers.PIPELINE
    ] = "",
    probability: Annotated[str, typer.Option(metavar="P", help="0 to 100, instead of the stage's")] = "",
    priority: Annotated[str, typer.Option(metavar="0-3", help="stars"), offers.PRIORITY] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="free text")] = "",
    tag: Annotated[list[str], typer.Option(metavar="TAG", help="may be repeated"), offers.TAG] = [],  # noqa: B006
    field: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUE", help="set a custom field, or another field"),
        offers.FIELD,
    ] = [],  # noqa: B006
    owner: Annotated[
        str, typer.Option(metavar="USER", help="responsible user; default: you"), offers.USER
    ] = "",
    team: Annotated[str, typer.Option(help="the team")] = "",
    close: Annotated[
        str, typer.Option(metavar="DAY", help="expected closing: 2026-12-31, 2w, eom"), offers.DAY
    ] = "",
    budget: Annotated[str, typer.Option(metavar="AMOUNT", help="the customer's budget")] = "",
    recurring: Annotated[str, typer.Option(metavar="AMOUNT", help="recurring revenue")] = "",
    months: Annotated[str, typer.Option(metavar="N", help="number of months of the recurring revenue")] = "",
    campaign: Annotated[str, typer.Option(help="marketing campaign"), offers.CAMPAIGN] = "",
    medium: Annotated[str, typer.Option(help="marketing medium"), offers.MEDIUM] = "",
    source: Annotated[str, typer.Option(help="marketing source"), offers.SOURCE] = "",
    from_url: Annotated[
        str, typer.Option(metavar="URL", help="take campaign, medium and source from utm_… values")
    ] = "",
    new: New = False,
    referred_by: Annotated[str, typer.Option(metavar="CONTACT", help="who referred it"), offers.CONTACT] = "",
    link: Annotated[
        str, typer.Option(help="relation to who referred it: neighbour, family …"), offers.LINK
    ] = "",
    force: Force = False,
    like: Annotated[
        str, typer.Option(metavar="REF", help="copy all other values from this record"), offers.COPIED_RECORD
    ] = "",
) -> int:
    """Create an opportunity or a lead.

    \b
    Examples:
      crm create "Poêle pour la véranda" --contact "Anne DUPONT" --revenue "8 000 €"
      crm create --contact f8dz9xw4 --field appliance=PAG --field brand=Rika --field installation=Ventouse
      crm create "Insert" --lead --contact anne@example.org --referred-by "Bernard LEROY" --link client
    """
    call: CommandContext = ctx.obj
    linked = of_url(from_url) if from_url else Link([], [])
    for value in linked.ignored:
        messages.print_warning(f"{value} of the link is ignored")
    simple = {
        "title": title,
        "expected_revenue": revenue,
        "probability": probability,
        "priority": priority,
        "description": description,
        "owner": owner,
        "team": team,
        "expected_close": close,
        "budget": budget,
        "recurring_revenue": recurring,
        "recurring_months": months,
        "marketing.campaign": campaign,
        "marketing.medium": medium,
        "marketing.source": source,
        "referral.link": link,
        "tags": ",".join(tag),
    }
    assignments = [*linked.assignments]  # what is said besides goes before it
    assignments += [Assignment(name, "", value) for name, value in simple.items() if value]
    assignments += [field_assignment(each, call.config) for each in field]
    stage = stage or beginning_of(call.config, pipeline)
    with call.writing() as session:
        if new:
            session.configure(enlarge_lists(session.config, assignments))
        deal = blank(session, call.record_to_change(session, like) if like else "")
        deal = replace(deal, kind=Kind.LEAD if lead else deal.kind, stage=stage or None)
        people = {name: find_or_create_contact(session, text) for name, text in named(contact, referred_by)}
        assignments += [Assignment(name, "", person.id or "") for name, person in people.items()]
        made = [person for person in people.values() if not session.exists(person)]
        assignments = [with_id(session, each) for each in assignments]
        deal = editing.apply_assignments(session.facts(deal), assignments, session.moment)
        facts = session.facts(entitled(deal, session))
        change = transitions.create_deal(facts, session.moment, force=force)
        made_deals = apply_change(session, change.advised(titles.advise_title(change.after, session.config)))
        also = [f"contact {each.id}  {each.name} created" for each in made]
        report = report_records(call, session, made_deals, also)
        call.commit(session)
    return report.told()


def beginning_of(config: Config, pipeline: str) -> str:
    """The first stage of a pipeline; none for the first pipeline, which is where records start anyway.

    Raises UsageError for one that is not configured.
    """
    if not pipeline:
        return ""
    known = check_entry("pipeline", pipeline, config.pipelines)
    named = next(each for each in config.pipelines if each.id == known)
    return "" if named is config.pipelines[0] else named.stages[0].id


def field_assignment(text: str, config: Config) -> Assignment:
    """What `--field name=value` assigns: a custom field, or one that every record has.

    Raises UsageError for anything that is not `name=value`.
    """
    given = parse_assignment(text if "=" in text else f"{text} ")
    is_everybodys = given.field in editing.EDITABLE and not config.custom_field(given.field)
    name = given.field if is_everybodys else f"fields.{given.field.removeprefix('fields.')}"
    return Assignment(name, "", given.value)


def named(contact: str, referred_by: str) -> Iterable[tuple[str, str]]:
    """The fields that name people, with what was typed."""
    return [(name, text) for name, text in (("contact", contact), ("referral.by", referred_by)) if text]


def blank(session: Writing, like: str) -> Opportunity:
    """A new record of this user's, or the copy of the one at a path."""
    fresh = Opportunity(id=session.new_id(), title="", owner=session.moment.by)
    if not like:
        return with_defaults(fresh, session.config)
    model = session.opportunity(like)
    kept: dict[str, Any] = {name: getattr(fresh, name) for name in NOT_COPIED}
    return replace(model, **kept)


def entitled(deal: Opportunity, session: Writing) -> Opportunity:
    """The record with a title: given, from its fields, or from its contact.

    Raises UsageError where nothing says what to call it.
    """
    title = deal.title or titles.title_from_fields(session.config, deal)
    contact = session.contact(deal.contact)
    if not title and contact:
        title = titles.title_of_contact(session.config, contact.name)
    if not title:
        raise UsageError("a title is missing", hint="crm create TITLE, or --contact, or --field")
    return replace(deal, title=title)
