"""`crm resolve`: list the conflicts that a merge left, and end them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.text_editor import run_editor
from crmcli.domain.documents.team_documents import ConflictDocument, ResolvedDocument
from crmcli.domain.explain.value_words import ValueWords
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.values.errors import UsageError
from crmcli.operations.team import resolve_conflicts as conflicts
from crmcli.operations.team.resolve_conflicts import BothValues, Resolved, Side, Waiting
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory

SIDES = tuple(Side)
GOES_ON = deferred("no conflict is left: crm sync goes on")
LEFT = deferred("still in conflict: {count}")


def resolve(
    ctx: typer.Context,
    references: Annotated[
        list[str] | None, typer.Argument(metavar="[REF…]", help="ids, paths, parts of titles; all: every one")
    ] = None,
    take: Annotated[
        str,
        typer.Option("--take", metavar="SIDE", help="ours, theirs, newest, or edit"),
        offers.SIDE,
    ] = "",
) -> int:
    """End conflicts that crm sync or git left; without REF, list them.

    Only the fields that both changed differently are decided; what each changed alone stays. The decision
    is an entry in the record's history. Afterwards crm sync, or git commit, goes on.

    \b
    Examples:
      crm resolve
      crm resolve xgcej9p8 --take theirs
      crm resolve all --take newest
    """
    call: CommandContext = ctx.obj
    if not references:
        waiting = conflicts.list_conflicts(call.request)
        rows = [describe_conflict(call, each, both) for each in waiting for both in each.list_sides()]
        return printing.print_rows(call, rows, columns_of(ConflictDocument))
    printer = Printer(call, report_resolved)
    conflicts.resolve_conflicts(
        call.request, references, parse_side(take), edit=edit_text, check=printer.prepare
    )
    code = printer.print()
    if call.output.is_for_people and not call.request.dry_run:
        sys.stdout.flush()  # what is left stands below what was decided
        left = len(conflicts.list_conflicts(call.request))
        messages.print_warning(translate(LEFT, count=left) if left else translate(GOES_ON))
    return code


def describe_conflict(call: CommandContext, waiting: Waiting, both: BothValues) -> ConflictDocument:
    """Return a field in conflict as `crm.conflict/1`; for people, with its values in words."""
    field, *values = both
    if field and call.output.is_for_people:
        words = ValueWords(call.request.config)
        values = [words.spell_recorded(field, each) for each in values]
    ours, theirs = values
    return ConflictDocument(
        id=waiting.id, name=waiting.name, path=waiting.path, field=field, ours=ours, theirs=theirs
    )


def parse_side(take: str) -> Side:
    """Return the side that an option names.

    Raises UsageError for another word.
    """
    if take not in SIDES:
        what = f"--take {take}: no such side" if take else "whose values?"
        raise UsageError(what, hint=f"--take {', '.join(SIDES)}")
    return Side(take)


def edit_text(path: str, content: bytes) -> bytes:
    """Let the user edit a text with both values between conflict marks."""
    with files.temporary_directory("crm-resolve-") as folder:
        folder.put(Path(path).name, content)
    draft = folder.path / Path(path).name
    run_editor(draft)
    written = draft.read_bytes()
    with Directory.at(draft.parent.parent) as above:
        above.remove_inner(draft.parent.name)
    return written


def report_resolved(call: CommandContext, resolved: Sequence[Resolved]) -> Report:
    """Return what was decided, in the output format."""
    documents = [as_document(each.waiting, each.side) for each in resolved]
    lines = [f"{each.name}: {', '.join(each.fields)} ({each.taken})" for each in documents]
    return printing.report_changes(call, lines, documents, columns_of(ResolvedDocument))


def as_document(waiting: Waiting, side: str) -> ResolvedDocument:
    """Return a decided conflict as `crm.resolved/1`."""
    fields = waiting.merged.conflicts if waiting.merged else ()
    return ResolvedDocument(
        id=waiting.id, name=waiting.name, path=waiting.path, fields=[*filter(None, fields)], taken=side
    )
