"""`crm stage list`, `crm field list`, `crm type list`: what the configuration has, and what uses it."""

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output.printing import print_rows
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.entry_documents import FieldDocument, StageDocument, TypeDocument
from crmcli.operations.workspace import list_entries_in_use


def list_stages(ctx: typer.Context) -> int:
    """List the stages with their probability, what they require, and the number of open records in each.

    \b
    Examples:
      crm stage list
      crm stage list -o ids
      crm stage list -o json
    """
    call: CommandContext = ctx.obj
    return print_rows(
        call, list_entries_in_use.list_stages(call.request), columns_of(StageDocument, call.request.config)
    )


def list_fields(ctx: typer.Context) -> int:
    """List the custom fields with type, choices, and the number of open records that have a value.

    \b
    Examples:
      crm field list
      crm field list -o ids
      crm field list -o json
    """
    call: CommandContext = ctx.obj
    rows = list_entries_in_use.list_custom_fields(call.request)
    return print_rows(call, rows, columns_of(FieldDocument, call.request.config))


def list_types(ctx: typer.Context) -> int:
    """List the types of activities, what follows each, and the number of planned activities.

    \b
    Examples:
      crm type list
      crm type list -o ids
      crm type list -o json
    """
    call: CommandContext = ctx.obj
    rows = list_entries_in_use.list_activity_types(call.request)
    return print_rows(call, rows, columns_of(TypeDocument, call.request.config))
