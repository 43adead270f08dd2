"""`crm inbox …`: look at the messages in quarantine, and decide about them."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.commands.ingest import describe_doubts, describe_outcome
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import InboxChangeDocument
from crmcli.domain.documents.review_documents import InboxDocument, MessageTextDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.values.errors import Exit
from crmcli.mail.incoming.inbox_reader import Kept
from crmcli.operations.messages import inbox
from crmcli.operations.messages.inbox import Handled
from crmcli.operations.steps.filed import Outcome

Operation = Callable[..., list[Handled]]  # of request, ids and `check`
Messages = Annotated[
    list[str], typer.Argument(metavar="MESSAGE…", help="ids, see crm inbox list; or - for stdin")
]


def list_inbox(ctx: typer.Context) -> int:
    """List the messages in quarantine, the oldest first, each with the reason why it is there.

    \b
    Examples:
      crm inbox list
      crm inbox list -o ids
      crm inbox list --fields id,from,reason -o csv
    """
    call: CommandContext = ctx.obj
    found = [document_of(each) for each in inbox.list_inbox(call.request)]
    return printing.print_rows(call, found, columns_of(InboxDocument, call.request.config))


def document_of(kept: Kept) -> InboxDocument:
    """Return a message in quarantine as `crm.inbox/1`."""
    mail = kept.mail
    return InboxDocument(
        id=kept.id,
        at=f"{kept.at:%Y-%m-%dT%H:%M:%SZ}" if kept.at else None,
        from_=str(mail.sender) if mail and mail.sender else None,
        subject=mail.subject if mail else None,
        reason=kept.reason,
        size=len(kept.content),
        file=f"quarantine/{kept.name}.eml",
    )


def show_inbox(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(metavar="MESSAGE", help="see crm inbox list")],
    raw: Annotated[bool, typer.Option("--raw", help="the exact bytes, as they came")] = False,
) -> int:
    """Show a message in quarantine: who wrote what, and why it is there.

    \b
    Examples:
      crm ingest < pipeline_data/examples/lettre-information.eml
      crm inbox show tcfahczn
      crm inbox show tcfahczn --raw > message.eml
    """
    call: CommandContext = ctx.obj
    kept = inbox.read_inbox(call.request, id)
    if raw and not sys.stdout.isatty():
        sys.stdout.buffer.write(kept.content)
        return Exit.OK
    if raw or kept.mail is None:
        printing.print_text(kept.content.decode("utf-8", "replace").replace("\r\n", "\n"))
        return Exit.OK
    mail = kept.mail
    head = {
        deferred("From"): str(mail.sender or ""),
        deferred("To"): mail.to,
        deferred("Date"): f"{kept.at:%Y-%m-%d %H:%M} UTC" if kept.at else "",
        deferred("Subject"): mail.subject,
        deferred("Kept"): kept.reason,
        deferred("Attached"): ", ".join(each.name or each.type or "" for each in mail.attachments),
    }
    lines = [f"{translate(name) + ':':<9} {value}" for name, value in head.items() if value]
    shown = MessageTextDocument(
        id=kept.id, from_=head["From"], to=mail.to, subject=mail.subject, text=mail.text
    )
    page = "\n".join([*lines, "", mail.shown or mail.text])
    return printing.print_page(call, shown, lambda: page, columns_of(MessageTextDocument))


def accept_inbox(ctx: typer.Context, ids: Messages) -> int:
    """File messages in quarantine as those of a person: on their record, or as new leads.

    \b
    Examples:
      crm ingest < pipeline_data/examples/lettre-information.eml
      crm inbox accept tcfahczn --dry-run
      crm inbox accept tcfahczn
    """
    return print_handled(ctx.obj, inbox.accept_messages, named(ids))


def drop_inbox(ctx: typer.Context, ids: Messages) -> int:
    """Delete messages in quarantine; crm undo brings them back.

    \b
    Examples:
      crm ingest < pipeline_data/examples/lettre-information.eml
      crm inbox list -o ids | crm inbox drop - --dry-run
      crm inbox drop tcfahczn
    """
    return print_handled(ctx.obj, inbox.drop_messages, named(ids))


def link_inbox(
    ctx: typer.Context,
    ids: Messages,
    to: Annotated[str, typer.Option("--to", metavar="REF", help="the record they belong to"), offers.RECORD],
) -> int:
    """Add messages in quarantine to a record.

    \b
    Examples:
      crm ingest < pipeline_data/examples/lettre-information.eml
      crm inbox link tcfahczn --to xgcej9p8 --dry-run
      crm inbox link tcfahczn --to xgcej9p8
    """
    call: CommandContext = ctx.obj
    path = call.record_to_change(call.request.reading(), to)

    return print_handled(call, partial(inbox.link_messages, reference=path), named(ids))


def retry_inbox(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[MESSAGE]…", help="ids, or - for stdin; all otherwise")
    ] = None,
) -> int:
    """File messages in quarantine anew, all without ids, after what prevented it is mended.

    \b
    Examples:
      crm ingest < pipeline_data/examples/lettre-information.eml
      crm inbox retry --dry-run
      crm inbox retry tcfahczn
    """
    return print_handled(ctx.obj, inbox.retry_messages, named(ids or []))


def named(ids: Sequence[str]) -> Sequence[str]:
    """Return the given ids, or those on standard input."""
    return streams.read_ids() if ids == ["-"] else ids


def print_handled(call: CommandContext, operation: Operation, ids: Sequence[str]) -> int:
    """Run an operation on messages of the inbox, and print what became of each."""
    printer = Printer(call, report_handled)
    operation(call.request, ids, check=printer.prepare)
    return printer.print()


def report_handled(call: CommandContext, handled: Sequence[Handled]) -> Report:
    """Return what became of messages, as lines for people or as documents."""
    lead = [translate("would do:")] if call.request.dry_run and handled else []
    lines: list[str] = []
    for each in handled:
        outcome = (
            translate("deleted") if each.filed.outcome is Outcome.DROPPED else describe_outcome(each.filed)
        )
        lines += [f"{each.kept.id}: {outcome}", *describe_doubts(each.filed)]
    documents = [change_of(each) for each in handled]
    return printing.report_changes(call, [*lead, *lines], documents, columns_of(InboxChangeDocument))


def change_of(handled: Handled) -> InboxChangeDocument:
    """Return what became of a message as `crm.inbox-change/1`."""
    deal = handled.filed.change.after if handled.filed.change else None
    return InboxChangeDocument(
        id=handled.kept.id,
        outcome=str(handled.filed.outcome),
        record=deal.id if deal else None,
        reason=str(handled.filed.reason) or None,
    )
