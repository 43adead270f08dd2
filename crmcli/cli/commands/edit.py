"""`crm edit`: edit a record's file in an editor; it is checked and merged on saving."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.commands.contact import named, report_contacts
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Printer
from crmcli.cli.selection import report_records
from crmcli.domain.values.errors import CrmError, RefusedError, UsageError
from crmcli.operations import edit as edits
from crmcli.store.reader import Reading
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory

Save = Callable[[CommandContext, str, bytes, bytes], int]


def edit(ctx: typer.Context, reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD]) -> int:
    """Edit a record's file without locking it. A stage changed in the file runs its rules.

    \b
    Examples:
      crm edit xgcej9p8
      EDITOR=true crm edit pipeline_data/opportunities/2026/*--xgcej9p8.yaml
      EDITOR='sed -i s/Rika/Contura/' crm edit xgcej9p8
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    return edited(call, reading, call.record(reading, reference), save_opportunity)


def edit_contact(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="CONTACT", help="as in contact show"), offers.CONTACT],
) -> int:
    """Edit a contact's file without locking it.

    \b
    Examples:
      crm contact edit f8dz9xw4
      crm contact edit "Pierre RICHARD"
      EDITOR='sed -i s/Moulins/Tilleuls/' crm contact edit f8dz9xw4
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    person = named(call, reading, who)
    path = next(path for path, source in reading.sources.items() if source.value is person)
    return edited(call, reading, path, save_contact)


def edited(call: CommandContext, reading: Reading, path: str, saved: Save) -> int:
    """Open a record's file in the editor and save the result; return the exit code."""
    before = reading.content(path) or b""
    with files.temporary_directory("crm-edit-") as folder:
        folder.put(Path(path).name, before)
    draft = folder.path / Path(path).name
    written = finished(call, reading, draft, path)
    if written == before:
        forget(draft)
        return printing.report_changes(call, ["nothing was changed"], [], ()).told()
    try:
        code = saved(call, path, before, written)
    except CrmError:
        messages.print_warning(f"your changes are kept in {draft}")
        raise
    if call.request.dry_run:
        messages.print_warning(f"your changes are kept in {draft}")
    else:
        forget(draft)
    return code


def finished(call: CommandContext, reading: Reading, draft: Path, path: str) -> bytes:
    """Return the edited text once it has no new faults; at a terminal the user may edit again."""
    before = list(edits.list_faults(reading, path, read_draft(draft)))
    while True:
        run_editor(draft)
        content = read_draft(draft)
        found = [line for line in edits.list_faults(reading, path, content) if line not in before]
        if not found:
            return content
        for line in found:
            messages.print_warning(line)
        if not (sys.stdin.isatty() and typer.confirm("Edit again?", default=True, err=True)):
            raise RefusedError("not saved; your changes are kept", where=str(draft))


def read_draft(draft: Path) -> bytes:
    """Return the content of the draft.

    Raises RefusedError where the editor left none.
    """
    content = files.read_text_file(draft)
    if content is None:
        raise RefusedError("the editor removed the file; nothing was changed", where=str(draft))
    return content


def run_editor(draft: Path) -> None:
    """Open the editor on a file and wait for it.

    Raises UsageError where there is none, RefusedError where it failed.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(command), str(draft)], check=False).returncode
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot run the editor {command!r}", hint="set $EDITOR") from error
    if code:
        raise RefusedError(f"the editor exited with {code}; nothing was changed", where=str(draft))


def save_opportunity(call: CommandContext, path: str, before: bytes, written: bytes) -> int:
    """Store the edited text of a lead or opportunity and print the result; return the exit code."""
    printer = Printer(call, report_records)
    edits.edit_opportunity(call.request, path, before, written, check=printer.prepare)
    return printer.print()


def save_contact(call: CommandContext, path: str, before: bytes, written: bytes) -> int:
    """Store the edited text of a contact and print the result; return the exit code."""
    printer = Printer(call, report_contacts)
    edits.edit_contact(call.request, path, before, written, check=printer.prepare)
    return printer.print()


def forget(draft: Path) -> None:
    """Remove the draft and the files that the editor left beside it; directories are kept."""
    with suppress(OSError), Directory.at(draft.parent.parent) as above:
        above.remove_inner(draft.parent.name)
