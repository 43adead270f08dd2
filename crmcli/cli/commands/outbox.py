"""`crm outbox …`: list, show, send, retry, drop and hold the mails on their way out."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.questions import ask_yes_no
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.review_documents import OutboxDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing import outbox_reader
from crmcli.mail.outgoing.outbox_reader import Waiting
from crmcli.operations.messages.change_outbox import drop_mails, hold_mails, retry_mails
from crmcli.operations.messages.send_outbox import send_outbox

Mails = Annotated[
    list[str],
    typer.Argument(metavar="MAIL…", help="ids, see crm outbox list; or - for stdin"),
    offers.WAITING_MAIL,
]
DESCRIBED = {
    MailState.QUEUED: deferred("mail {id} queued: « {subject} » to {person}"),
    MailState.HELD: deferred("mail {id} held back: « {subject} » to {person}"),
    MailState.UNCERTAIN: deferred("mail {id} perhaps sent: « {subject} » to {person}"),
    MailState.FAILED: deferred("mail {id} not sent: « {subject} » to {person}"),
    MailState.SENT: deferred("mail {id} sent: « {subject} » to {person}"),
    MailState.WITHDRAWN: deferred("mail {id} withdrawn: « {subject} » to {person}"),
}


def list_outbox(ctx: typer.Context) -> int:
    """List the mails that wait to be sent, are held back, failed, or have an uncertain outcome.

    \b
    Examples:
      crm outbox list
      crm outbox list -o ids
      crm outbox list --fields id,state,attempts,next,reason
    """
    call: CommandContext = ctx.obj
    found = outbox_reader.list_waiting(call.request.reading())
    for error in found.unusable:
        messages.print_failure(error)
    return printing.print_rows(
        call, list(map(document_of, found.mails)), columns_of(OutboxDocument, call.request.config)
    )


def document_of(mail: Waiting) -> OutboxDocument:
    """Return a mail as `crm.outbox/1`."""
    return OutboxDocument(**mail._asdict())


def show_outbox(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(metavar="MAIL", help="see crm outbox list"), offers.WAITING_MAIL],
) -> int:
    """Show a mail byte for byte: as it would be sent, or as it was sent.

    Only its Date changes when it is sent.

    \b
    Examples:
      crm outbox show e3aew9rq
      crm outbox show e3aew9rq | head -5
      crm outbox show e3aew9rq > relance.eml
    """
    call: CommandContext = ctx.obj
    content = outbox_reader.read_waiting(call.request.reading(), id)
    if sys.stdout.isatty():
        printing.print_text(content.decode("utf-8", "replace").replace("\r\n", "\n"))
        return Exit.OK
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    return Exit.OK


def send(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MAIL]…", help="only these, even before their next attempt"),
        offers.WAITING_MAIL,
    ] = None,
) -> int:
    """Send the queued mails as crm.yaml says (mail: transport); on one machine only, mail.sender.

    A mail that the mail server does not take now stays queued, with the reason, and is tried again
    later; one that it refuses for good is marked on its record, with an activity for the owner. If the
    outcome is not known, because the connection or this command broke at the last moment, the mail is
    listed as uncertain and never sent again by itself. Exit 7 if a mail was not sent, 75 if the mail
    server was not reached.

    \b
    Examples:
      crm outbox send || crm outbox list
      crm outbox send --dry-run || crm config check
      crm outbox send e3aew9rq --quiet || crm outbox list --fields id,state,reason
    """
    call: CommandContext = ctx.obj
    told: list[Waiting] = []

    def report(mail: Waiting) -> None:
        told.append(mail)
        if mail.state != MailState.SENT:
            call.request.report_undone([describe_mail(mail)])
        elif call.output.is_for_people and not call.output.quiet:
            printing.print_text(visible(describe_mail(mail)))
            sys.stdout.flush()

    try:
        done = send_outbox(call.request, ids or [], report)
    finally:
        if not call.output.is_for_people and told:
            print_documents(call, told)
    if call.request.dry_run:
        return report_mails(call, done).told()
    if not told and call.output.is_for_people and not call.output.quiet:
        messages.print_remark("no mail is due")
    elif not told and not call.output.is_for_people:
        return print_documents(call, told)
    return Exit.OK


def print_documents(call: CommandContext, mails: Sequence[Waiting]) -> int:
    """Print mails for scripts; return the exit code."""
    rows = list(map(document_of, mails))
    return printing.build_report(call, rows, columns_of(OutboxDocument, call.request.config)).told()


def retry(
    ctx: typer.Context,
    ids: Mails,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="also mails that may have been sent already")
    ] = False,
) -> int:
    """Queue mails again that failed, were held back or withdrawn, or wait for their next attempt.

    A mail whose outcome is uncertain may have arrived: it is refused without --yes, and asked about at
    a terminal.

    \b
    Examples:
      crm outbox hold e3aew9rq && crm outbox retry e3aew9rq
      crm outbox retry e3aew9rq --dry-run
      crm outbox drop e3aew9rq && crm outbox retry e3aew9rq --yes
    """
    call: CommandContext = ctx.obj
    wanted = read_mail_ids(ids)
    return change_mails(
        call,
        lambda check: retry_mails(
            call.request, wanted, repeats=yes or is_confirmed(call, wanted), check=check
        ),
    )


def is_confirmed(call: CommandContext, ids: Sequence[str]) -> bool:
    """Ask at a terminal whether uncertain mails are to be sent again; elsewhere return False."""
    found = outbox_reader.list_waiting(call.request.reading()).mails
    uncertain = [each for each in found if each.id in ids and each.state == MailState.UNCERTAIN]
    if not uncertain or not sys.stdin.isatty():
        return False
    for each in uncertain:
        messages.print_warning(describe_mail(each))
    return ask_yes_no(translate("These may have been sent already. Send them again?"))


def drop(
    ctx: typer.Context,
    ids: Mails,
    sent: Annotated[
        bool, typer.Option("--sent", help="uncertain mails that arrived: record them as sent")
    ] = False,
) -> int:
    """Withdraw mails that were not sent; they stay in their record, marked (crm undo queues them again).

    \b
    Examples:
      crm outbox drop e3aew9rq --dry-run
      crm outbox drop e3aew9rq && crm undo
      crm outbox list -o ids | crm outbox drop -
    """
    call: CommandContext = ctx.obj
    wanted = read_mail_ids(ids)
    return change_mails(call, lambda check: drop_mails(call.request, wanted, was_sent=sent, check=check))


def hold(ctx: typer.Context, ids: Mails) -> int:
    """Keep queued mails back until crm outbox retry.

    \b
    Examples:
      crm outbox hold e3aew9rq --dry-run
      crm outbox hold e3aew9rq && crm outbox retry e3aew9rq
      crm outbox list -o ids | crm outbox hold -
    """
    call: CommandContext = ctx.obj
    wanted = read_mail_ids(ids)
    return change_mails(call, lambda check: hold_mails(call.request, wanted, check=check))


def read_mail_ids(ids: Sequence[str]) -> list[str]:
    """Return the ids of mails given as arguments, or on standard input."""
    return list(streams.read_ids()) if list(ids) == ["-"] else [each.removesuffix(".eml") for each in ids]


def change_mails(
    call: CommandContext, operation: Callable[[Callable[[list[Waiting]], object]], object]
) -> int:
    """Run an operation on mails, print what it did, and return the exit code."""
    printer = Printer(call, report_mails)
    operation(printer.prepare)
    return printer.print()


def report_mails(call: CommandContext, mails: Sequence[Waiting]) -> Report:
    """Return the report on mails that were changed, or would be."""
    lead = [translate("would change:")] if call.request.dry_run and mails else []
    lines = [*lead, *map(describe_mail, mails)]
    return printing.report_changes(
        call, lines, list(map(document_of, mails)), columns_of(OutboxDocument, call.request.config)
    )


def describe_mail(mail: Waiting) -> str:
    """Return a line about a mail: its state, recipient and subject, and why it was not sent."""
    why = f": {mail.reason}" if mail.reason and mail.state != MailState.SENT else ""
    later = f"; {translate('next attempt {at}', at=mail.next)}" if mail.next else ""
    words = DESCRIBED.get(MailState(mail.state), "mail {id}: « {subject} » to {person}")
    return f"{translate(words, id=mail.id, subject=mail.subject, person=mail.to)}{why}{later}"
