"""`crm contact new-opportunity`: `crm create` for a contact that exists."""

from typing import Annotated, Any

import typer

from crmcli.cli.commands.create import create
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.shared_options import with_options_of
from crmcli.operations.steps.find_or_create_contact import find_contact

Who = Annotated[
    str, typer.Argument(metavar="CONTACT", help="id, path, e-mail, phone or full name"), offers.CONTACT
]
GIVEN = "contact"  # the option of `create` that is an argument here


@with_options_of(create, leaving_out=[GIVEN])
def new_opportunity(ctx: typer.Context, who: Who, **options: Any) -> int:
    """Create an opportunity for a contact, with the contact's name as title and the contact's owner.

    \b
    Examples:
      crm contact new-opportunity f8dz9xw4
      crm contact new-opportunity "Bernard LEROY" "Insert à granulés" --revenue "6 500 €"
      crm contact new-opportunity b.leroy@example.com --field appliance=PAG --field brand=Rika
    """
    call: CommandContext = ctx.obj
    person = find_contact(call.request.reading(), call.row(who, "contact"))
    owner = person.owner if options["owner"] is None else options["owner"]
    return create(ctx, **{**options, GIVEN: person.id or "", "owner": owner})
