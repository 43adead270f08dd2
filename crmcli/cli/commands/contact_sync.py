"""`crm contact sync`: contacts and the address book of a phone, both ways."""

from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output.sync_page import print_synced
from crmcli.domain.localization.translations import deferred_plural

TAKEN = deferred_plural(
    "{count} contact changed from the address book", "{count} contacts changed from the address book"
)


def sync_contacts(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a folder with one .vcf file a card")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]…", help="as in contact list, or an id; default: all"),
        offers.CONTACT,
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="make contacts of cards of people who are not known")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="remove cards that do not match, even if it is most of them")
    ] = False,
) -> int:
    """Synchronise contacts with an address book folder of vdirsyncer, both ways.

    What was changed in a card goes into the contact, in one change that crm undo takes back; then the
    cards are made as the contacts are. Photos, birthdays and all that crm has no field for stay in the
    card. A card of somebody who is known, by e-mail or phone and the same name, becomes the card of that
    contact; cards of others are left alone, unless --new is given.

    \b
    Examples:
      mkdir -p carnet && crm contact sync carnet --dry-run
      mkdir -p carnet && crm contact sync carnet Quimper
      mkdir -p carnet && crm contact sync carnet --new -o json
    """
    call: CommandContext = ctx.obj
    from crmcli.operations.exchange import sync_contacts as operation  # loads the vCard parser

    report = operation.sync_contacts(
        call.request, folder, words or [], adds_new=new, removes_unmatched=remove
    )
    return print_synced(call, report, TAKEN)
