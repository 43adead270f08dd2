"""`crm export vcf`: contacts for other programs."""

from collections.abc import Sequence
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.domain.model.record_types import Contact
from crmcli.domain.values.errors import Exit
from crmcli.operations.find_records import fold_words
from crmcli.store.reader import Reading


def export_vcf(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]…", help="as in contact list, or an id; default: all"),
        offers.CONTACT,
    ] = None,
) -> int:
    """Print contacts as vCards, for khard, phones and mail programs.

    \b
    Examples:
      crm export vcf > contacts.vcf
      crm export vcf f8dz9xw4
      crm export vcf pontivy
    """
    call: CommandContext = ctx.obj
    from crmcli.exchange import vcard

    reading = call.request.reading_all("contacts")
    people = [person for person in meant(reading, words or []) if person is not None]
    companies = {id: reading.contact(id) for person in people if (id := person.company)}
    for person in people:
        company = companies.get(person.company or "")
        printing.print_text(vcard.write_vcard(person, company.name if company else None, call.request.config))
    return Exit.FAILURE if call.output.empty_fails and not people else Exit.OK


def meant(reading: Reading, words: Sequence[str]) -> list[Contact | None]:
    """Return the contacts with these ids, else those whose texts contain these words."""
    by_id = [reading.contact(word) for word in words]
    if words and all(by_id):
        return by_id
    return [reading.contact(held.get("id")) for held, _ in reading.index.contacts(fold_words(words))]
