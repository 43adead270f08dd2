"""`crm schema`: what files and documents look like, as JSON Schema."""

from typing import Annotated

import typer

from crmcli.cli import output
from crmcli.cli.columns import Column
from crmcli.cli.completion import offers
from crmcli.cli.formats import indented
from crmcli.cli.invocation import Invocation
from crmcli.domain.errors import Exit, NotFoundError
from crmcli.domain.schemas import FILES, SCHEMAS
from crmcli.domain.suggest import suggestion

COLUMNS = (Column("type"), Column("of"))


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
    call: Invocation = ctx.obj
    if not type:
        rows = [
            {"schema": "crm.schema/1", "type": name, "of": "file" if name in FILES else "document"}
            for name in SCHEMAS
        ]
        return output.rows(call, rows, COLUMNS)
    if type not in SCHEMAS:
        raise NotFoundError(f"no schema {type!r}", hint=suggestion(type, SCHEMAS) or "crm schema")
    output.emit(indented(SCHEMAS[type]()))
    return Exit.OK
