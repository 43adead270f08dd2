"""`crm merge`, `contact merge`: merge records into one, after showing every field."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.questions import refuse_without_yes, require_yes
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import Refs, select_records
from crmcli.domain.documents.change_documents import MergeDocument
from crmcli.domain.explain.change_summary import Wording
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.merging import merge_summary
from crmcli.domain.merging.merge_records import MergeResult
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.visible_text import visible
from crmcli.operations.merge import MergeReport, preview_contact_merge, preview_merge
from crmcli.operations.merge import merge as merge_opportunities
from crmcli.operations.merge import merge_contacts as merge_people
from crmcli.store.reader import Reading

Yes = Annotated[bool, typer.Option("--yes", "-y", help="merge without asking")]


def merge(ctx: typer.Context, references: Refs, yes: Yes = False) -> int:
    """Merge several leads and opportunities into one, after showing every field.

    An opportunity is kept rather than a lead, then the record in the later stage, then the one with
    the higher probability, then the older one. It takes missing values from the others; amounts are
    never summed. The ids of the others keep working. Closed records, answers to two different
    questionnaires, and due or paid rewards of the other records cannot be merged.

    \b
    Examples:
      crm merge kkvsm4kq enk3gr0s --dry-run
      crm merge kkvsm4kq enk3gr0s --yes
      crm undo
    """
    call: CommandContext = ctx.obj
    selection = select_records(call, references, yes=True)
    confirm_merge(call, yes, preview_merge(call.request, selection))
    printer = Printer(call, report_merge)
    merge_opportunities(call.request, selection, check=printer.prepare)
    return printer.print()


def merge_contacts(
    ctx: typer.Context,
    contacts: Annotated[
        list[str], typer.Argument(metavar="CONTACT CONTACT…", help="the first one is kept"), offers.CONTACT
    ],
    yes: Yes = False,
) -> int:
    """Merge several contacts into the first, after showing every field.

    It gets all e-mails, phones, addresses and tags, and takes other missing values from the others.
    Deals, rewards, people and fields that refer to the others are updated, and their ids keep
    working.

    \b
    Examples:
      crm contact create "P. Richard" --email p.richard@example.org --phone "02 97 25 11 11"
      crm contact merge f8dz9xw4 p.richard@example.org --dry-run
      crm contact merge f8dz9xw4 p.richard@example.org --yes
    """
    call: CommandContext = ctx.obj
    preview = preview_contact_merge(call.request, contacts)
    confirm_merge(call, yes, preview)
    printer = Printer(call, report_merge)
    ids = [each.id or "" for each in (preview.result.record, *preview.result.gone)]
    merge_people(call.request, ids, check=printer.prepare)
    return printer.print()


def confirm_merge(call: CommandContext, yes: bool, preview: MergeReport[Any]) -> None:
    """Show the result of a merge, field by field, and ask for confirmation.

    Raises UsageError without a terminal.
    """
    if yes or call.request.dry_run:
        return
    if not sys.stdin.isatty():
        result = preview.result
        refuse_without_yes(f"this would merge {len(result.gone) + 1} records into {result.record.id}")
    for line in list_lines(call, preview):
        sys.stderr.write(f"{visible(line)}\n")
    require_yes(translate("Merge?"))


def list_lines(call: CommandContext, report: MergeReport[Any]) -> list[str]:
    """Return lines about every field with its origin, and about what is lost."""
    reading, result = report.reading, report.result
    spelled = merge_summary.Naming(Wording(call.request.config), names(reading, result))
    said = deferred("comment of {record} is lost: {line}")
    lost = [
        f"  {translate(said, record=each.id, line=line)}"
        for each in result.gone
        for line in remarks(reading, each)
    ]
    return [*merge_summary.list_merge_lines(result, spelled), *lost]


def names(reading: Reading, made: MergeResult[Any]) -> dict[str, str]:
    """Return the names of the contacts in merged records, by id."""
    ids = {id for record in (made.record, *made.gone) for id in named_in(record) if id}
    return {id: person.name for id in ids if (person := reading.contact(id))}


def named_in(record: Opportunity | Contact) -> list[str | None]:
    """Return the ids of the contacts that a record refers to."""
    if isinstance(record, Contact):
        return [record.company]
    return [record.contact, record.referral.by if record.referral else None]


def remarks(reading: Reading, record: Opportunity | Contact) -> list[str]:
    """Return the comments in the file of a record that is removed."""
    from crmcli.store.codec.comments import find_comments

    source = reading.sources.get(reading.places.get(record.id or "", ""))
    return find_comments(source.content.decode("utf-8")) if source and b"#" in source.content else []


def report_merge(call: CommandContext, report: MergeReport[Any]) -> Report:
    """Return what was merged, in the output format."""
    lead = [translate("would merge:")] if call.request.dry_run else []
    updated = [f"  {translate('updated'):<22}{path}" for path in report.updated]
    lines = [*lead, *list_lines(call, report), *updated]
    return printing.report_changes(
        call, lines, [merge_summary.build_merge_document(report.result)], columns_of(MergeDocument)
    )
