"""`crm create`: create a lead or an opportunity."""

from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.output.printing import Printer
from crmcli.cli.selection import Force, New, report_records
from crmcli.domain.model.config import Config
from crmcli.domain.records import editing
from crmcli.domain.records.editing import Assignment, parse_assignment
from crmcli.domain.records.marketing import Link, of_url
from crmcli.operations import opportunities
from crmcli.operations.opportunities import NewOpportunity, first_stage_of


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
        str | None,
        typer.Option(metavar="USER", help='responsible user; default: you; "": nobody'),
        offers.USER,
    ] = None,
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
        "expected_revenue": revenue,
        "probability": probability,
        "priority": priority,
        "description": description,
        "owner": owner or "",
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
    assignments = [*linked.assignments]  # options override these
    assignments += [Assignment(name, "", value) for name, value in simple.items() if value]
    assignments += [Assignment("owner", "", "")] if owner == "" else []
    assignments += [field_assignment(each, call.request.config) for each in field]
    printer = Printer(call, report_records)
    wanted = NewOpportunity(
        title=title,
        contact=contact,
        referred_by=referred_by,
        is_lead=lead,
        stage=stage or first_stage_of(call.request.config, pipeline),
        like=call.record_to_change(call.request.reading(), like) if like else "",
        assignments=tuple(assignments),
    )
    opportunities.create(call.request, wanted, lists_origins=new, force=force, check=printer.prepare)
    return printer.print()


def field_assignment(text: str, config: Config) -> Assignment:
    """Return the assignment of `--field name=value`, to a custom field or to one that every record has.

    Raises UsageError for anything that is not `name=value`.
    """
    given = parse_assignment(text if "=" in text else f"{text} ")
    is_everybodys = given.field in editing.EDITABLE and not config.custom_field(given.field)
    name = given.field if is_everybodys else f"{editing.OWN}{given.field.removeprefix(editing.OWN)}"
    return Assignment(name, "", given.value)
