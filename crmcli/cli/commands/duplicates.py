"""`crm duplicates`, `contact duplicates`: records that look like the same one, with what they share."""

from collections.abc import Callable, Sequence

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.contact_page import line_of_deal
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.pages import join_parts
from crmcli.cli.output.value_format import phones_style
from crmcli.domain.merging.similarity import Group, group_records
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import Exit
from crmcli.store.index.duplicates import traits_of_contacts, traits_of_deals

COLUMNS = (Column("criteria", wraps=True), Column("ids", wraps=True), Column("names", wraps=True))


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
    reading = call.request.reading()
    query = call.query(terms or [])
    if explain:
        return print_explanation(call, query)
    printing.warn_about(reading, query)
    found = {
        deal["id"]: deal for deal in reading.index.opportunities(query, call.request.viewing) if deal["id"]
    }
    alike = group_records(traits_of_deals(reading.index, call.request.config, found))

    def line(id: str) -> str:
        deal = found[id]
        return f"{line_of_deal(deal, call.request.config)}  {deal['contact_name'] or ''}"

    return listed(call, alike, "opportunity", line, lambda each: str(found[each]["title"]), "crm merge")


def contact_duplicates(ctx: typer.Context) -> int:
    """List contacts that may be the same, by full name, e-mail address or phone.

    \b
    Examples:
      crm contact duplicates
      crm contact duplicates -o json
      crm contact duplicates -o jsonl
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    printing.warn_unreadable(reading, "contacts")
    found = {held.get("id", ""): held for held, _ in reading.index.contacts([])}
    alike = group_records(traits_of_contacts(reading.index, call.request.config))

    def line(id: str) -> str:
        held = found[id]
        phones = phones_style(call.request.config)(held.get("phones"))
        return "  ".join(part for part in (id, held["name"], *held.get("emails", ()), phones) if part)

    return listed(call, alike, "contact", line, lambda each: str(found[each]["name"]), "crm contact merge")


def listed(
    call: CommandContext,
    alike: Sequence[Group],
    kind: str,
    line: Callable[[str], str],
    name: Callable[[str], str],
    verb: str,
) -> int:
    """Print groups: what they share, a line a record, the command that merges them."""
    rows = [document(group, kind, name) for group in alike]
    if not call.output.is_for_people or not rows:
        return printing.print_rows(call, rows, COLUMNS)
    if not call.output.quiet:
        blocks = [
            [
                ", ".join(f"{each.criterion} {each.value}" for each in group.traits),
                *(f"  {line(id)}" for id in group.ids),
                f"  → {verb} {' '.join(group.ids)}",
            ]
            for group in alike
        ]
        printing.print_text(join_parts(blocks))
    return Exit.OK


def document(group: Group, kind: str, name: Callable[[str], str]) -> Document:
    """`crm.similar/1`: records that are like each other, and by what."""
    return {
        "schema": "crm.similar/1",
        "kind": kind,
        "criteria": [each._asdict() for each in group.traits],
        "ids": list(group.ids),
        "names": [name(id) for id in group.ids],
    }
