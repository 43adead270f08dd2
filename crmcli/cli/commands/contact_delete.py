"""`crm contact delete`: delete contacts that no record refers to."""

import sys
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.questions import refuse_without_yes, require_yes
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.record_documents import ContactDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.record_names import name_record
from crmcli.domain.values.visible_text import visible
from crmcli.operations import contacts
from crmcli.operations.contacts import ContactReport, DeletedContacts


def delete(
    ctx: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(metavar="CONTACT…", help="id, path, e-mail, phone or full name"),
        offers.CONTACT,
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="delete without asking")] = False,
) -> int:
    """Delete contacts that no record refers to; asks first. crm undo restores them.

    A contact of a deal, a sponsor and a company with people are refused; crm contact merge moves such
    references to another contact, crm contact erase removes a person from all files.

    \b
    Examples:
      crm contact create "Luc MOAL" -o ids | xargs crm contact delete --yes
      crm contact create "Essai" && crm contact delete "Essai" --dry-run
      crm contact delete "Thomas FAURE" --yes || crm contact opportunities "Thomas FAURE"
    """
    call: CommandContext = ctx.obj
    names = [call.row(each, "contact") for each in names]
    if not (yes or call.request.dry_run):
        confirm_delete(names)
    printer = Printer(call, report_deleted)
    contacts.delete(call.request, names, check=printer.prepare)
    return printer.print()


def confirm_delete(names: list[str]) -> None:
    """Ask for confirmation before contacts are deleted.

    Raises UsageError without a terminal.
    """
    if not sys.stdin.isatty():
        count = f"{len(names)} contact{'s' if len(names) > 1 else ''}"
        refuse_without_yes(f"this would delete {count}")
    require_yes(translate("Delete {records}?", records=visible(", ".join(names))))


def report_deleted(call: CommandContext, deleted: DeletedContacts) -> Report:
    """Return the deleted contacts, in the output format."""
    said = deferred("would delete {record}") if call.request.dry_run else deferred("deleted {record}")
    lines = [translate(said, record=name_record(each.id, each.name)) for each in deleted.contacts]
    shown = ContactReport([(each, each) for each in deleted.contacts], deleted.reading).documents()
    return printing.report_changes(call, lines, shown, columns_of(ContactDocument, call.request.config))
