"""`crm contact new-opportunity`: what `crm create` makes, for a contact that is known."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from crmcli.cli.commands.create import create
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.operations.steps.find_or_create_contact import find_contact

Who = Annotated[
    str, typer.Argument(metavar="CONTACT", help="id, path, e-mail, phone or full name"), offers.CONTACT
]
GIVEN = "contact"  # the option of `create` that is an argument here


def with_options_of_create(command: Callable[..., int]) -> Callable[..., int]:
    """The command with all options that `create` has, but for the contact."""
    known = inspect.signature(create, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True).parameters
    first = [each for each in own.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    others = [each for name, each in known.items() if name not in (*own, GIVEN)]
    parameters = [*(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*first, *others))]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


@with_options_of_create
def new_opportunity(ctx: typer.Context, who: Who, **options: Any) -> int:
    """Create an opportunity for a contact, with the contact's name as title and the contact's owner.

    \b
    Examples:
      crm contact new-opportunity f8dz9xw4
      crm contact new-opportunity "Bernard LEROY" "Insert à granulés" --revenue "6 500 €"
      crm contact new-opportunity b.leroy@example.com --field appliance=PAG --field brand=Rika
    """
    call: CommandContext = ctx.obj
    person = find_contact(call.request.reading(), who)
    return create(ctx, **{**options, GIVEN: person.id or "", "owner": options["owner"] or person.owner or ""})
