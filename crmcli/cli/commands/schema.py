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
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import Exit, NotFoundError, UsageError
from crmcli.domain.values.suggest import suggest_name


def schema(
    ctx: typer.Context,
    type: Annotated[str, typer.Argument(metavar="[TYPE]", help="see crm schema"), offers.SCHEMA] = "",
    write: Annotated[
        bool, typer.Option("--write", help="write those of the workspace's files again, for editors")
    ] = False,
) -> int:
    """Print the JSON Schema of a file or of a document that commands print; without TYPE, list them.

    Editors find those of crm.yaml and of questionnaires in pipeline_data/schema/, which git ignores:
    --write makes them in a clone, and again with a newer crm.

    \b
    Examples:
      crm schema
      crm schema config > crm.schema.json
      crm schema --write
    """
    call: CommandContext = ctx.obj
    if write:
        return write_files(call, type)
    if not type:
        rows = [SchemaDocument(type=name, of="file" if name in FILES else "document") for name in SCHEMAS]
        return printing.print_rows(call, rows, columns_of(SchemaDocument))
    if type not in SCHEMAS:
        raise NotFoundError(f"no schema {type!r}", hint=suggest_name(type, SCHEMAS) or "crm schema")
    printing.print_text(format_json(SCHEMAS[type]()))
    return Exit.OK


def write_files(call: CommandContext, type: str) -> int:
    """Write the schemas of the workspace's files that are missing or stale; name them."""
    if type:
        raise UsageError("--write writes the schemas of all files", hint="crm schema --write")
    from crmcli.store.new_workspace.schema_files import write_schemas

    written = write_schemas(call.request.workspace.root)
    if not call.output.quiet:
        printing.print_text("\n".join(translate("wrote {file}", file=path) for path in written))
    return Exit.OK
