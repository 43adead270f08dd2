"""`crm doctor`: what is set up on this machine, what is missing, and what to do."""

from typing import Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import ExaminedDocument
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.visible_text import visible
from crmcli.operations.workspace.examine_machine import Examined, Health
from crmcli.operations.workspace.examine_setup import examine_setup


def doctor(
    ctx: typer.Context,
    connect: Annotated[
        bool, typer.Option("--connect", help="ask the mail server, too, and send nothing")
    ] = False,
) -> int:
    """Say how this machine and this workspace are set up, a line each: ok, warn or fail, and what to do.

    Outside of a workspace it is about the machine only. Nothing is changed. Exit 1 if something fails.

    \b
    Examples:
      crm doctor
      crm doctor --connect -o json
      crm doctor --fields state,what,hint
    """
    call: CommandContext = ctx.obj
    found = list(examine_setup(call.request, connect=connect))
    if call.output.is_for_people:
        if not call.output.quiet:
            printing.print_text("\n".join(visible(describe(each)) for each in found))
    else:
        documents = [document_of(each) for each in found]
        printing.build_report(call, documents, columns_of(ExaminedDocument)).told()
    return Exit.FAILURE if any(each.state is Health.FAIL for each in found) else Exit.OK


def describe(each: Examined) -> str:
    """Return the line about one thing."""
    hint = f"  ({each.hint})" if each.hint else ""
    return f"{each.state:<4}  {each.what:<9}  {each.found}{hint}"


def document_of(each: Examined) -> ExaminedDocument:
    """Return one thing as `crm.examined/1`."""
    return ExaminedDocument(state=each.state, what=each.what, found=each.found, hint=each.hint)
