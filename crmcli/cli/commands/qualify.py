"""`crm qualify`: turn leads into opportunities with a contact and an owner; list similar records."""

from functools import partial
from typing import Annotated

import typer

from crmcli.cli.commands.move import To
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.selection import Force, KeepGoing, Refs, Yes, change_each
from crmcli.domain.model.config import checked_user
from crmcli.operations import qualify_leads


def qualify(
    ctx: typer.Context,
    references: Refs,
    priority: Annotated[str, typer.Option(metavar="0-3", help="stars"), offers.PRIORITY] = "",
    contact: Annotated[
        str, typer.Option(help="id, e-mail, phone or full name; created if unknown"), offers.CONTACT
    ] = "",
    company: Annotated[
        str, typer.Option(metavar="NAME", help="the contact's company; created if unknown"), offers.CONTACT
    ] = "",
    owner: Annotated[str, typer.Option(metavar="USER,USER…", help="owners, in turn"), offers.USER] = "",
    to: To = "",
    force: Force = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Turn leads into opportunities in their present stage; --to moves them as well.

    A lead without a contact gets the contact with the e-mail of its sender, or with the e-mail, or
    the phone and name, in its file (contact_name, company_name, email, phone); an unknown one is
    created. Open records of the same contact or e-mail are listed, for crm merge.

    \b
    Examples:
      crm qualify kkvsm4kq --priority 2
      crm qualify esdwgtts enk3gr0s --owner marie,sophie
      crm qualify is:lead is:open tag:devis --yes --dry-run
    """
    call: CommandContext = ctx.obj
    config = call.request.config
    owners = [checked_user(config, each.strip()) for each in owner.split(",") if each.strip()]
    operation = partial(
        qualify_leads.qualify,
        priority=priority,
        contact=contact,
        company=company,
        owners=owners,
        to=to,
        force=force,
    )
    return change_each(call, references, operation, yes=yes, keep_going=keep_going)
