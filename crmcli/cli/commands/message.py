"""`crm message show`, `crm attachment list|save`: messages whole, and the files that came with them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.record_documents import AttachmentDocument
from crmcli.domain.documents.review_documents import MessageTextDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.values.errors import Exit
from crmcli.operations.messages import stored_messages
from crmcli.operations.messages.stored_messages import SavedFile
from crmcli.store.reader import Reading

Reference = Annotated[str, typer.Argument(metavar="REF", help="a message's id, or a record"), offers.RECORD]


def show(
    ctx: typer.Context,
    reference: Reference,
    raw: Annotated[bool, typer.Option("--raw", help="the bytes as received, with all headers")] = False,
) -> int:
    """Show the whole text of a message, with what it quotes and its signature; of a record, the newest.

    \b
    Examples:
      crm message show h6hfeqzr
      crm message show h6hfeqzr -o json
      crm message show h6hfeqzr --raw | head -5
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    stored = stored_messages.newest_message(reading, reference, record_of(call, reading, reference))
    if raw and not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(stored.content)
        return Exit.OK
    text = stored.content.decode("utf-8", "replace") if raw else stored_messages.whole_text(stored)
    text = text.replace("\r\n", "\n")
    entry = stored.message
    shown = MessageTextDocument(id=entry.id, from_=entry.from_, to=entry.to, subject=entry.subject, text=text)
    return printing.print_page(call, shown, lambda: text, columns_of(MessageTextDocument))


def list_attachments(ctx: typer.Context, reference: Reference) -> int:
    """List the attachments of a message, or of all messages of a record.

    \b
    Examples:
      crm ingest < pipeline_data/examples/photo-conduit.eml
      crm attachment list bqz5xzm6
      crm attachment list bqz5xzm6 -o json
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    found = stored_messages.list_files(reading, reference, record_of(call, reading, reference))
    return printing.print_rows(call, list(map(document, found)), columns_of(AttachmentDocument))


def save(
    ctx: typer.Context,
    reference: Reference,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="created if missing")] = Path(),
) -> int:
    """Save the attachments of a message, or of a record, into a directory; files there are not replaced.

    \b
    Examples:
      crm ingest < pipeline_data/examples/photo-conduit.eml
      crm attachment save bqz5xzm6 --to photos --dry-run
      crm attachment save bqz5xzm6 --to photos
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    record = record_of(call, reading, reference)
    found = stored_messages.save_files(call.request, reading, reference, record, to)
    words = deferred("would save {file}") if call.request.dry_run else deferred("saved {file}")
    said = [translate(words, file=to / saved.file) for saved in found]
    return printing.report_changes(
        call, said, [document(each) for each in found], columns_of(AttachmentDocument)
    ).told()


def record_of(call: CommandContext, reading: Reading, reference: str) -> str | None:
    """Return the path of the record that a reference means; None for the id of a message."""
    return None if stored_messages.is_message(reading, reference) else call.record(reading, reference)


def document(saved: SavedFile) -> AttachmentDocument:
    """Return an attachment as `crm.attachment/1`."""
    return AttachmentDocument(
        message=saved.message, name=saved.name, type=saved.kind, size=saved.size, file=saved.file
    )
