"""`crm schema`: print the JSON Schemas of files and documents."""

from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.formats import format_json
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.schemas import FILES, SCHEMAS
from crmcli.domain.documents.workspace_documents import SchemaDocument
from crmcli.domain.values.errors import Exit, NotFoundError
from crmcli.domain.values.suggest import suggest_name


def schema(
    ctx: typer.Context,
    type: Annotated[str, typer.Argument(metavar="[TYPE]", help="see crm schema"), offers.SCHEMA] = "",
) -> int:
    """Print the JSON Schema of a file or of a document that commands print; without TYPE, list them.

    \b
    Examples:
      crm schema
      crm schema config > crm.schema.json
      crm schema crm.opportunity/1
    """
    call: CommandContext = ctx.obj
    if not type:
        rows = [SchemaDocument(type=name, of="file" if name in FILES else "document") for name in SCHEMAS]
        return printing.print_rows(call, rows, columns_of(SchemaDocument))
    if type not in SCHEMAS:
        raise NotFoundError(f"no schema {type!r}", hint=suggest_name(type, SCHEMAS) or "crm schema")
    printing.print_text(format_json(SCHEMAS[type]()))
    return Exit.OK
