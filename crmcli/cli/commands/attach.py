"""`crm attach`: keep files with a record."""

from functools import partial
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output.printing import Printer
from crmcli.cli.selection import report_records
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.values.errors import UsageError
from crmcli.operations.change_records import ChangeReport, Selection
from crmcli.operations.messages.attach_files import attach_files, remove_files


def attach(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD],
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]…", help="files to copy into the workspace")
    ] = None,
    remove: Annotated[
        list[str], typer.Option(metavar="ID", help="remove the file with this id or name")
    ] = [],  # noqa: B006
) -> int:
    """Keep files with a record: photos, quotes, plans. They are listed by crm show.

    The files are copied to pipeline_data/files/, at most 25 MB each; the same content is kept once.
    Deleting the record and erasing its contact remove them. crm email write --attach mails them.

    \b
    Examples:
      crm attach xgcej9p8 questionnaires/pag.yaml
      crm attach xgcej9p8 pipeline_data/examples/*.eml
      crm attach xgcej9p8 questionnaires/pab.yaml && crm attach xgcej9p8 --remove pab.yaml
    """
    call: CommandContext = ctx.obj
    if bool(paths) == bool(remove):
        raise UsageError("give files to keep, or --remove", hint="crm attach REF FILE")
    records = Selection([call.record_to_change(call.request.reading(), reference)])
    printer: Printer[ChangeReport] = Printer(call, partial(report_records, makes=PartKind.FILES))
    if remove:
        remove_files(call.request, records, remove, check=printer.prepare)
    else:
        attach_files(call.request, records, paths or [], check=printer.prepare)
    return printer.print()
