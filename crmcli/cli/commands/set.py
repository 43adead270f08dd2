"""`crm set`, `tag`, `note`, `delete`: change records where they are, or delete them."""

import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Report
from crmcli.cli.output.questions import refuse_without_yes, require_yes
from crmcli.cli.output.table_columns import record_columns
from crmcli.cli.selection import KeepGoing, New, Refs, Yes, change_each, select_records
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.records.editing import ASSIGNMENT, parse_assignment
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.operations import opportunities
from crmcli.store.unreadable import UnreadableError

Arguments = Annotated[
    list[str],
    typer.Argument(metavar="REF… FIELD=VALUE…", help="tags+=x adds, budget= clears"),
    offers.ASSIGNMENTS,
]


def set_fields(
    ctx: typer.Context,
    arguments: Arguments,
    new: New = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Set fields of records; an empty value clears, tags+= adds and tags-= removes.

    \b
    Examples:
      crm set xgcej9p8 revenue=9500 close=2w
      crm set xgcej9p8 fields.brand=Contura tags+=urgent budget= source="Radio locale" --new
      crm set stage:negotiation priority=3 --yes
    """
    assignments = [parse_assignment(each) for each in arguments if re.fullmatch(ASSIGNMENT, each)]
    references = [each for each in arguments if not re.fullmatch(ASSIGNMENT, each)]
    if not assignments or not references:
        raise UsageError(
            "set needs records and assignments",
            hint=f"crm set {next(iter(references), 'k7f3q9mx')} priority=2",
        )
    operation = partial(opportunities.set_fields, assignments=assignments, lists_origins=new)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)


def tag(
    ctx: typer.Context,
    references: Refs,
    add: Annotated[list[str], typer.Option(metavar="TAG", help="may be repeated"), offers.TAG] = [],  # noqa: B006
    remove: Annotated[
        list[str], typer.Option(metavar="TAG", help="may be repeated"), offers.TAG_TO_REMOVE
    ] = [],  # noqa: B006
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Add tags to records and remove tags.

    \b
    Examples:
      crm tag xgcej9p8 --add urgent --remove rika
      crm list stage:quoted -o ids | crm tag - --add devis
      crm tag revenue:10000.. --add gros --yes
    """
    operation = partial(opportunities.tag, add=add, remove=remove)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)


def note(
    ctx: typer.Context,
    references: Refs,
    message: Annotated[str, typer.Option("-m", "--message", metavar="TEXT", help="the note; - reads stdin")],
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Add a note to the history of records.

    \b
    Examples:
      crm note xgcej9p8 -m "Rappeler après 18 h"
      date | crm note xgcej9p8 -m -
      crm note stage:quoted -m "Tarifs 2027 envoyés" --yes
    """
    text = streams.read_stdin() if message == "-" else message
    operation = partial(opportunities.note, text=text)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going, makes=PartKind.NOTES)


def delete(
    ctx: typer.Context,
    references: Refs,
    force: Annotated[bool, typer.Option("--force", help="also where a reward was paid")] = False,
    yes: Yes = False,
) -> int:
    """Delete records and their queued mails; asks first. crm undo restores them.

    \b
    Examples:
      crm delete teqcvdqh --yes
      crm delete is:lost touched:..-30d --dry-run
      crm list stage:new kind:lead -o ids | crm delete - --dry-run
    """
    call: CommandContext = ctx.obj
    records = select_records(call, references, yes=True)
    if not (yes or call.request.dry_run):
        confirm(call, records.paths)
    prepared: list[Report] = []
    opportunities.delete(
        call.request,
        records,
        force=force,
        check=lambda deleted: prepared.append(report_deleted(call, deleted)),
    )
    return prepared[0].told()


def report_deleted(call: CommandContext, deleted: opportunities.Deleted) -> Report:
    """Return the deleted records and their mails, in the output format."""
    said = deferred("would delete {record}") if call.request.dry_run else deferred("deleted {record}")
    lines = [translate(said, record=name_deal(deal)) for deal in deleted.report.records]
    lines += [f"  {translate('with {mail}', mail=mail)}" for mail in deleted.mails]
    shown = deleted.report.documents(call.request)
    return printing.report_changes(call, lines, shown, record_columns(call.request.config))


def confirm(call: CommandContext, paths: Sequence[str]) -> None:
    """Ask for confirmation before these records are deleted."""
    if not sys.stdin.isatty():
        refuse_without_yes(f"this would delete {len(paths)} record{'s' if len(paths) > 1 else ''}")
    reading = call.request.reading()
    for path in paths:
        try:
            name = name_deal(reading.opportunity(path))
        except UnreadableError:
            name = path
        sys.stderr.write(f"{visible(name)}\n")
    require_yes(translate("Delete?"))
