"""`crm check --titles`: the titles that do not follow the workspace's pattern, and giving those that do."""

from collections.abc import Sequence, Set
from typing import Any

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.value_format import spell_value
from crmcli.cli.selection import (
    change_each,
)
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records.documents import Document, decode_value, plain_data
from crmcli.domain.templates import titles
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.values import Plain, Value
from crmcli.operations import opportunities
from crmcli.operations.opportunities import refuse_without_pattern
from crmcli.store.reader import Reading


def listed(call: CommandContext, terms: Sequence[str]) -> int:
    """List the titles off the pattern, of open opportunities unless the query says otherwise.

    The exit code is 5 if there are any.

    Raises RefusedError where crm.yaml has no pattern.
    """
    refuse_without_pattern(call.request.config)
    wanted = call.query(terms)
    wanted = wanted if wanted.names_kind else wanted.only_opportunities
    reading = call.request.reading()
    printing.warn_about(reading, wanted)
    in_pattern = {field.name for field in titles.fields_in_title(call.request.config)}
    documents = reading.index.opportunities(wanted, call.request.viewing)
    deals = (titled(reading, document, in_pattern) for document in documents)
    found = [(deal, titles.off_pattern(deal, call.request.config)) for deal in deals]
    rows: list[Document] = [
        {
            "schema": "crm.title/1",
            "id": deal.id or "",
            "title": deal.title,
            "proposal": off.proposal,
            "fields": plain_data(off.recognised),
            "lacking": list(off.lacking),
        }
        for deal, off in found
        if off is not None
    ]
    code = printing.print_rows(call, rows, COLUMNS)
    return code or (Exit.REFUSED if rows else Exit.OK)


def titled(reading: Reading, document: Document, in_pattern: Set[str]) -> Opportunity:
    """What a title is made of, from what the index holds of a record.

    Where the pattern has numbers, from its file: they stand in the title as they were typed, 8.50.
    """
    given = decode_value(document.get("fields", {}))
    if any(type(value) in (int, float) for name, value in given.items() if name in in_pattern):
        return reading.opportunity(document["path"])
    fields = {name: held(value) for name, value in given.items()}
    return Opportunity(id=document["id"], title=document["title"], fields=fields)


def held(value: Any) -> Value:
    """A value of a document as a record holds it."""
    if isinstance(value, list):
        return [held(each) for each in value]
    return value if isinstance(value, str) else Plain(str(value).lower())


def retitle(call: CommandContext, references: Sequence[str], *, yes: bool, keep_going: bool) -> int:
    """Give these records the title that the pattern makes, and the fields that were read from the old one."""
    return change_each(call, references, opportunities.retitle, yes=yes, keep_going=keep_going)


def fields_text(held: Document | None) -> str:
    """Fields with their values."""
    return ", ".join(f"{name}={spell_value(value)}" for name, value in (held or {}).items())


COLUMNS = (
    Column("id"),
    Column("title", wraps=True),
    Column("proposal", wraps=True),
    Column("fields", "read from the title", fields_text, wraps=True),
    Column("lacking", shown=", ".join),
)
