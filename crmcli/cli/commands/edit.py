"""`crm edit`: edit a record's file in an editor; it is checked and merged on saving."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from crmcli.cli.commands.contact import named, report_contacts
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Printer
from crmcli.cli.selection import report_records
from crmcli.cli.text_editor import run_editor
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.domain.values.visible_text import visible
from crmcli.operations import edit as edits
from crmcli.store.draft_files import MeanwhileError
from crmcli.store.reader import Reading
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory

Save = Callable[[CommandContext, str, bytes, bytes], int]


def edit(ctx: typer.Context, reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD]) -> int:
    """Edit a record's file without locking it. A stage changed in the file runs its rules.

    At a terminal, a text that is refused is opened again, with the error as a comment on top. Leave it
    unchanged to give up: the draft is kept.

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
    """Open a record's file in the editor and save the result; return the exit code.

    At a terminal, what is refused is opened again with the errors as comments on top, until it is saved or
    left unchanged; the draft is kept then.
    """
    before = reading.content(path) or b""
    with files.temporary_directory("crm-edit-") as folder:
        folder.put(Path(path).name, before)
    draft = folder.path / Path(path).name
    try:
        code = edit_until_saved(call, reading, path, Draft(draft, before, before), saved)
    except CrmError as error:
        if error.where != str(draft):
            messages.print_warning(f"your changes are kept in {draft}")
        raise
    if call.request.dry_run and draft.read_bytes() != before:
        messages.print_warning(f"your changes are kept in {draft}")
    else:
        forget(draft)
    return code


class Draft(NamedTuple):
    """The file that the editor opens, its text, and the text of the record on which that is based."""

    place: Path
    text: bytes
    base: bytes


def edit_until_saved(call: CommandContext, reading: Reading, path: str, draft: Draft, saved: Save) -> int:
    """Run the editor until the text is saved; return the exit code.

    Raises the error of the last attempt off a terminal, and where the user leaves the text as it is.
    """
    known, error = list(edits.list_faults(reading, path, draft.text)), None
    while True:
        written = run_round(draft, explain_refusal(error) if error else [])
        if written == draft.base:
            return printing.report_changes(call, [translate("nothing was changed")], [], ()).told()
        if error is not None and written == draft.text:
            raise error
        draft = draft._replace(text=written)
        try:
            refuse_faults(
                draft, [each for each in edits.list_faults(reading, path, written) if each not in known]
            )
            return saved(call, path, draft.base, written)
        except (RefusedError, MeanwhileError) as refused:
            if not sys.stdin.isatty():
                raise
            error = refused
            if isinstance(refused, MeanwhileError):
                base, text = edits.rebase_draft(call.request, path, draft.base, written)
                draft = draft._replace(base=base, text=text)


class FaultyError(RefusedError):
    """Raised for a text with new faults, one a line."""

    def __init__(self, faults: Sequence[str], where: str) -> None:
        super().__init__("not saved; your changes are kept", where=where)
        self.faults = faults


def refuse_faults(draft: Draft, faults: Sequence[str]) -> None:
    """Check that a text has no new faults; off a terminal they are printed.

    Raises FaultyError.
    """
    if not faults:
        return
    if not sys.stdin.isatty():
        for line in faults:
            messages.print_warning(line)
    raise FaultyError(faults, str(draft.place))


def explain_refusal(error: CrmError) -> list[str]:
    """Return the lines of comment that are put on top of a text that was refused."""
    faults = error.faults if isinstance(error, FaultyError) else [str(error)]
    lines = [line for fault in faults for line in visible(fault).splitlines()]
    return [*lines, "Correct it and save; leave it unchanged to give up. These lines are removed."]


def run_round(draft: Draft, told: Sequence[str]) -> bytes:
    """Open the editor on the draft, with comments on top that do not stay in it; return its text.

    The draft is as before where the editor fails or removes it.
    """
    comments = [f"# crm: {line}\n".encode() for line in told]
    with Directory.at(draft.place.parent) as folder:
        folder.put(draft.place.name, b"".join(comments) + draft.text)
    left = None
    try:
        run_editor(draft.place)
        left = read_draft(draft.place)
        return without_lines(left, comments)
    finally:
        if comments or left is None:
            kept = draft.text if left is None else without_lines(left, comments)
            with Directory.at(draft.place.parent) as folder:
                folder.put(draft.place.name, kept)


def without_lines(text: bytes, lines: Sequence[bytes]) -> bytes:
    """Return a text without these lines."""
    return b"".join(line for line in text.splitlines(keepends=True) if line not in lines)


def read_draft(draft: Path) -> bytes:
    """Return the content of the draft.

    Raises RefusedError where the editor left none.
    """
    content = files.read_text_file(draft)
    if content is None:
        raise RefusedError("the editor removed the file; nothing was changed", where=str(draft))
    return content


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
