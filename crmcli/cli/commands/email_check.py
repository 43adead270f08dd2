"""`crm email check`: render the e-mail templates for the records of the workspace."""

from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import FindingDocument
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.places import format_place, place_of
from crmcli.domain.values.visible_text import visible
from crmcli.operations.messages.check_templates import TemplateFault, check_templates


def check(
    ctx: typer.Context,
    terms: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]…", help="only for these records"),
        offers.QUERY,
    ] = None,
    template: Annotated[
        list[str],
        typer.Option("--template", "-t", metavar="NAME", help="only this one; may be repeated"),
        offers.TEMPLATE,
    ] = [],  # noqa: B006
) -> int:
    """Render every e-mail template for all records, and name what fails. Exit 5 on problems.

    Each file of a template is rendered, for any language. Addresses are not needed: a record without
    one gets no mail. A fault is listed once, with its line, and the records where it occurs.

    \b
    Examples:
      crm email check
      crm email check -t relance-devis is:open
      crm email check stage:quoted -o json
    """
    call: CommandContext = ctx.obj
    found = check_templates(call.request, call.query(terms or ["is:any"]), template)
    if not call.output.is_for_people:
        printing.print_rows(call, list(map(document_of, found)), columns_of(FindingDocument))
    elif not call.output.quiet:
        printing.print_text("\n".join(visible(describe_fault(each)) for each in found))
        messages.print_remark("" if found else "no problems found")
    return Exit.REFUSED if found else Exit.OK


def describe_fault(fault: TemplateFault) -> str:
    """Return a fault as a line."""
    where = format_place(fault.path, place_of(fault.line, fault.column))
    return f"{where}: {fault.what} ({describe_records(fault)})"


def describe_records(fault: TemplateFault) -> str:
    """Return the records in which a fault occurs: the first of them, and how many there are."""
    first = ", ".join(fault.records[:3])
    more = len(fault.records) - 3
    return f"{first} and {more} more" if more > 0 else first


def document_of(fault: TemplateFault) -> FindingDocument:
    """Return a fault as `crm.finding/1`."""
    return FindingDocument(
        path=fault.path,
        line=fault.line,
        column=fault.column,
        field="",
        what=fault.what,
        hint=describe_records(fault),
    )
