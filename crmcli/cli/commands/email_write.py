"""`crm email write` and `crm reply`: write a mail in an editor, or take it from standard input."""

import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.commands.edit import forget
from crmcli.cli.commands.edit import read_draft as read_edited
from crmcli.cli.commands.email import Attach, Cc, To
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.output.printing import Printer
from crmcli.cli.selection import report_records
from crmcli.cli.text_editor import run_editor
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.values.errors import CrmError, RefusedError, UsageError
from crmcli.mail.outgoing.written_mail import Written, join_addresses, read_draft, show_draft
from crmcli.operations.change_records import ChangeReport
from crmcli.operations.messages.write_mail import begin_answer, begin_mail, find_answered, queue_written
from crmcli.store.transactions import files

Template = Annotated[
    str, typer.Option("--template", "-t", metavar="NAME", help="begin with this template"), offers.TEMPLATE
]
Subject = Annotated[str, typer.Option("--subject", metavar="TEXT", help="the subject of the mail")]
Body = Annotated[
    str, typer.Option("--message", "-m", metavar="TEXT", help="the text, instead of an editor or stdin")
]


def write(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD],
    template: Template = "",
    to: To = [],  # noqa: B006
    cc: Cc = [],  # noqa: B006
    subject: Subject = "",
    attach: Attach = [],  # noqa: B006
    message: Body = "",
) -> int:
    """Write an e-mail to the contact of a record, in $EDITOR, and queue it.

    Without a terminal, the text is read from standard input; with --template and no text, the template
    is queued as it is. What a person writes is sent as plain text. Nothing is queued if the mail is
    left empty.

    \b
    Examples:
      crm email write xgcej9p8 --subject "Votre visite" -m "À mardi, 9 h."
      echo "Ci-joint le plan." | crm email write xgcej9p8 --subject Plan --attach questionnaires/pag.yaml
      EDITOR="sed -i s/Bonjour/Bonsoir/" crm email write xgcej9p8 -t relance-devis --dry-run < /dev/null
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    path = call.record_to_change(reading, reference)
    begun = begin_mail(call.request, reading, path, template)
    begun = with_given(begun, to, cc, subject)
    written = take_text(begun, message, is_complete=bool(template))
    return queue(call, path, written, attach)


def reply(
    ctx: typer.Context,
    message: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="the id of a message, see crm show"), offers.MESSAGE
    ],
    to: To = [],  # noqa: B006
    cc: Cc = [],  # noqa: B006
    subject: Subject = "",
    attach: Attach = [],  # noqa: B006
    text: Body = "",
) -> int:
    """Answer a message of a record, in $EDITOR with the message quoted, and queue the answer.

    Without a terminal, the text is read from standard input and put above the quote. The answer names
    the message that it answers, so that mail programs show both in one thread.

    \b
    Examples:
      crm reply rp8gs4ck -m "Mardi 9 h convient, à mardi."
      echo "Merci, à mardi." | crm reply rp8gs4ck --cc paul@atre-granules.example
      crm reply rp8gs4ck -m "Voici le plan." --attach questionnaires/pag.yaml --dry-run
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    answered = find_answered(reading, message)
    begun = begin_answer(call.request, reading, answered)
    begun = with_given(begun, to, cc, subject)
    written = take_text(begun, text, is_complete=False, quote=begun.text)
    return queue(call, answered.path, written, attach, message)


def with_given(begun: Written, to: list[str], cc: list[str], subject: str) -> Written:
    """Return a mail with the recipients and the subject that the command line gives."""
    return begun._replace(
        to=join_addresses(to) or begun.to,
        cc=join_addresses([begun.cc, *cc]),
        subject=subject or begun.subject,
    )


def take_text(begun: Written, text: str, *, is_complete: bool, quote: str = "") -> Written:
    """Return the mail with its text: given, from standard input, or from an editor at a terminal.

    Raises UsageError off a terminal without any text, unless the mail is complete without it.
    """
    if not text and sys.stdin.isatty():
        return edit_mail(begun, is_complete=is_complete)
    text = text or streams.read_stdin()
    if text.strip():
        return begun._replace(text=f"{text.rstrip()}\n\n{quote.lstrip()}" if quote else text)
    if is_complete:
        return begun
    raise UsageError("the mail has no text", hint="-m TEXT, or standard input")


def edit_mail(begun: Written, *, is_complete: bool) -> Written:
    """Open the editor on a mail; return what the user made of it.

    What cannot be queued is kept in a file that the message names. Raises RefusedError where it is not a
    mail, or was left as it was.
    """
    shown = show_draft(begun)
    with files.temporary_directory("crm-mail-") as folder:
        folder.put("mail.eml", shown.encode("utf-8"))
    draft: Path = folder.path / "mail.eml"
    try:
        run_editor(draft)
        edited = read_edited(draft).decode("utf-8", "replace")
        if edited == shown and not is_complete:
            raise RefusedError("the mail was left as it was, nothing was queued")
        written = read_draft(edited)
    except CrmError:
        with suppress(OSError):
            if draft.read_bytes() == shown.encode("utf-8"):
                forget(draft)
        if draft.exists():
            messages.print_warning(f"your text is kept in {draft}")
        raise
    forget(draft)
    return written


def queue(call: CommandContext, path: str, written: Written, attach: list[str], answers: str = "") -> int:
    """Queue a mail, print what was done, and return the exit code."""
    describe = partial(report_records, makes=PartKind.MESSAGES)
    printer: Printer[ChangeReport] = Printer(call, describe)
    queue_written(call.request, path, written, attach=attach, answers=answers, check=printer.prepare)
    return printer.print()
