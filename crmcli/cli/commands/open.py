"""`crm open`: the file of a record or a contact itself, or its folder."""

from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.commands.contact import named
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.text_editor import run_editor
from crmcli.domain.values.errors import Exit, NotFoundError
from crmcli.operations.edit import list_faults
from crmcli.store.reader import Reading
from crmcli.store.transactions import files


def open_file(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(metavar="REF", help="a record, or a contact: id, path, words of its title or name"),
        offers.RECORD_OR_CONTACT,
    ],
    folder: Annotated[bool, typer.Option("--dir", help="the folder that holds the file")] = False,
    print_path: Annotated[bool, typer.Option("--print", help="print the path; open nothing")] = False,
) -> int:
    """Open the file of a record or a contact in $VISUAL or $EDITOR, or print where it is.

    What you save is in the workspace at once; faults are named when the editor ends. A stage or an
    outcome changed there is adopted by the next command that writes. crm edit checks before it saves.

    \b
    Examples:
      EDITOR=cat crm open xgcej9p8
      grep stage: "$(crm open xgcej9p8 --print)"
      ls "$(crm open f8dz9xw4 --dir --print)"
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    path = find_file(call, reading, reference)
    place = call.request.workspace.root / path
    if print_path:
        printing.print_text(str(place.parent if folder else place))
        return Exit.OK
    if folder:
        run_editor(place.parent)
        return Exit.OK
    known = set(list_faults(reading, path, reading.content(path) or b""))
    run_editor(place)
    return report_faults(call.request.reading(), path, place, known)


def find_file(call: CommandContext, reading: Reading, reference: str) -> str:
    """Return the path of the file of a record; of a contact where no record is meant."""
    try:
        return call.record(reading, reference)
    except NotFoundError as error:
        try:
            person = named(call, reading, reference)
        except NotFoundError:
            raise error from None
        return next(path for path, source in reading.sources.items() if source.value is person)


def report_faults(reading: Reading, path: str, place: Path, known: set[str]) -> int:
    """Name the faults that a file has since it was opened; return the exit code."""
    content = files.read_text_file(place)
    if content is None:
        messages.print_warning(f"{path}: the editor removed the file")
        return Exit.REFUSED
    faults = [each for each in list_faults(reading, path, content) if each not in known]
    for each in faults:
        messages.print_warning(each if each.startswith(path) else f"{path}: {each}")
    return Exit.REFUSED if faults else Exit.OK
