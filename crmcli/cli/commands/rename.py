"""`crm stage rename`, `crm field rename`, `crm type rename`: an id of the configuration gets another name."""

from itertools import groupby
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.output.printing import Printer, Report, report_changes
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import RenamedDocument
from crmcli.domain.localization.translations import deferred_plural, translate, translate_plural
from crmcli.domain.renaming.renamed_id import IdKind
from crmcli.operations.workspace.rename_id import ChangedLine, Renaming, rename_id

RECORDS = "pipeline_data/opportunities/"


def rename_stage(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="its id or label"), offers.STAGE],
    new: Annotated[str, typer.Argument(metavar="NEW", help="the new id")],
) -> int:
    """Rename a stage in everything that refers to it: configuration, records, rules, templates, queries.

    It is one change, which crm undo takes back. The history of records has the new name, too, so rules that
    have fired do not fire again. A line of a template that may refer to the stage and cannot be decided is
    named and left as it is. The label that people read is changed in crm.yaml.

    \b
    Examples:
      crm stage rename quoted offered --dry-run
      crm stage rename quoted offered
      crm stage rename visit site -o json
    """
    return rename(ctx.obj, IdKind.STAGE, old, new)


def rename_field(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="its name or label"), offers.CUSTOM_FIELD],
    new: Annotated[str, typer.Argument(metavar="NEW", help="the new name")],
) -> int:
    """Rename a custom field in everything that refers to it: configuration, records, templates, queries.

    It is one change, which crm undo takes back. Web forms that other sites publish keep sending the old name
    until their HTML is replaced (crm form html).

    \b
    Examples:
      crm field rename power kilowatt --dry-run
      crm field rename power kilowatt
      crm field rename brand make -o json
    """
    return rename(ctx.obj, IdKind.FIELD, old, new)


def rename_type(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="its id or label"), offers.ACTIVITY_TYPE],
    new: Annotated[str, typer.Argument(metavar="NEW", help="the new id")],
) -> int:
    """Rename a type of activity in everything that refers to it: configuration, records, rules, templates.

    It is one change, which crm undo takes back.

    \b
    Examples:
      crm type rename todo task --dry-run
      crm type rename todo task
      crm type rename sweep sweeping -o json
    """
    return rename(ctx.obj, IdKind.TYPE, old, new)


def rename(call: CommandContext, kind: IdKind, old: str, new: str) -> int:
    """Rename an id and print what changed; the doubtful lines are named on stderr, too."""
    printer = Printer[Renaming](call, describe_renaming)
    report = rename_id(call.request, kind, old, new, check=printer.prepare)
    code = printer.print()
    for each in report.lines:
        if each.is_doubtful:
            messages.print_warning(
                f"{each.path}:{each.line}: {old} stays here, change it if it is the {kind}: {each.before}"
            )
    return code


RENAMED = deferred_plural("renamed {old} to {new}: {count} line", "renamed {old} to {new}: {count} lines")
WOULD_RENAME = deferred_plural(
    "would rename {old} to {new}: {count} line", "would rename {old} to {new}: {count} lines"
)


def describe_renaming(call: CommandContext, report: Renaming) -> Report:
    """Return the report about a renamed id: each line in a dry run, else the number of lines in each file."""
    changed = [each for each in report.lines if not each.is_doubtful]
    renamed = report.renamed
    one, many = WOULD_RENAME if call.request.dry_run else RENAMED
    names = {"old": renamed.old, "new": renamed.new}
    said = [translate_plural(one, many, len(changed), **names)]
    if call.request.dry_run:
        said += [f"  {each.path}:{each.line}: {each.before} → {each.after}" for each in changed]
    else:
        said += list(count_by_file(changed))
    rows = [document_of(each) for each in report.lines]
    return report_changes(call, said, rows, columns_of(RenamedDocument))


def count_by_file(lines: list[ChangedLine]) -> list[str]:
    """Return a line for each file besides records, and one for all records."""
    files = {path: len(list(each)) for path, each in groupby(lines, lambda line: line.path)}
    records = [number for path, number in files.items() if path.startswith(RECORDS)]
    said = [(path, number) for path, number in files.items() if not path.startswith(RECORDS)]
    said += [(count_records(len(records)), sum(records))] if records else []
    return [f"  {translate('{what}: {said}', what=what, said=count_lines(number))}" for what, number in said]


def count_lines(number: int) -> str:
    """Return a number of lines in words."""
    return translate_plural("{count} line", "{count} lines", number)


def count_records(number: int) -> str:
    """Return a number of records in words."""
    return translate_plural("{count} record", "{count} records", number)


def document_of(line: ChangedLine) -> RenamedDocument:
    """Return a line as `crm.renamed/1`."""
    return RenamedDocument(
        path=line.path, line=line.line, before=line.before, after=line.after, doubtful=line.is_doubtful
    )
