"""`crm check --titles`: list titles that do not follow the workspace's pattern, and correct them."""

from collections.abc import Sequence

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import spell_value
from crmcli.cli.selection import change_each
from crmcli.domain.documents.review_documents import TitleDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.values.errors import Exit
from crmcli.operations.check_titles import find_off_titles
from crmcli.operations.check_titles import retitle as correct_titles


def print_off_titles(call: CommandContext, terms: Sequence[str]) -> int:
    """Print the titles that do not follow the pattern; return the exit code, 5 if there are any."""
    rows = find_off_titles(call.request, call.query(terms))
    code = printing.print_rows(call, rows, columns_of(TitleDocument, shown={"fields": fields_text}))
    return code or (Exit.REFUSED if rows else Exit.OK)


def retitle(call: CommandContext, references: Sequence[str], *, yes: bool, keep_going: bool) -> int:
    """Set the titles of these records by the pattern, and the fields that were read from the old titles."""
    return change_each(call, references, correct_titles, yes=yes, keep_going=keep_going)


def fields_text(held: Document | None) -> str:
    """Return fields with their values as text."""
    return ", ".join(f"{name}={spell_value(value)}" for name, value in (held or {}).items())
