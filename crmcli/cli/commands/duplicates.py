"""`crm duplicates`, `contact duplicates`: list possible duplicates with the values that they share."""

from collections.abc import Callable

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import phones_style
from crmcli.cli.pages.contact_page import line_of_deal
from crmcli.cli.pages.page_parts import join_parts
from crmcli.domain.documents.review_documents import SimilarDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import Exit
from crmcli.operations.find_duplicates import Duplicates, find_duplicate_contacts, find_duplicates


def duplicates(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """List leads and opportunities that may be the same, in groups.

    They share the contact, the company, a phone, or the domain of an e-mail address; with public
    mail providers, the whole address. Values that more than 20 records share are ignored.

    \b
    Examples:
      crm duplicates
      crm duplicates is:lead owner:marie
      crm duplicates is:any -o jsonl
    """
    call: CommandContext = ctx.obj
    wanted = call.query(terms or [])
    if explain:
        return print_explanation(call, wanted)
    return print_groups(call, find_duplicates(call.request, wanted), format_opportunity, "crm merge")


def contact_duplicates(ctx: typer.Context) -> int:
    """List contacts that may be the same, by full name (in any order), e-mail address or phone.

    \b
    Examples:
      crm contact duplicates
      crm contact duplicates -o json
      crm contact duplicates -o jsonl
    """
    call: CommandContext = ctx.obj
    return print_groups(call, find_duplicate_contacts(call.request), format_contact, "crm contact merge")


def format_opportunity(call: CommandContext, deal: Document) -> str:
    """Return a lead or an opportunity as a line of a group."""
    return f"{line_of_deal(deal, call.request.config)}  {deal['contact_name'] or ''}"


def format_contact(call: CommandContext, held: Document) -> str:
    """Return a contact as a line of a group."""
    phones = phones_style(call.request.config)(held.get("phones"))
    parts = (held.get("id", ""), held["name"], *held.get("emails", ()), phones)
    return "  ".join(part for part in parts if part)


def print_groups(
    call: CommandContext, found: Duplicates, line: Callable[[CommandContext, Document], str], verb: str
) -> int:
    """Print groups: what they share, a line for each record, the command that merges them."""
    if not call.output.is_for_people or not found.groups:
        return printing.print_rows(call, found.documents(), columns_of(SimilarDocument))
    if not call.output.quiet:
        blocks = [
            [
                ", ".join(f"{translate(each.criterion)} {each.value}" for each in group.traits),
                *(f"  {line(call, found.records[id])}" for id in group.ids),
                f"  → {verb} {' '.join(group.ids)}",
            ]
            for group in found.groups
        ]
        printing.print_text(join_parts(blocks))
    return Exit.OK
