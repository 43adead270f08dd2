"""`crm init`: a new workspace."""

import os
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import WorkspaceDocument
from crmcli.domain.values.errors import RefusedError
from crmcli.store import sample
from crmcli.store.identity import login_name
from crmcli.store.workspace import CONFIG


def init(
    ctx: typer.Context,
    place: Annotated[str, typer.Argument(metavar="[DIR]", help="created if missing")] = "",
    demo: Annotated[bool, typer.Option("--demo", help="with sample records of a stove installer")] = False,
) -> int:
    """Create a workspace with stages, rules, questionnaires and templates; with --demo, deals, too.

    \b
    Examples:
      crm init ~/crm
      crm init --demo stoves
      crm init --demo other --dry-run
    """
    call: CommandContext = ctx.obj
    root = Path(os.path.abspath(Path(place or call.request.directory or ".").expanduser()))
    if (root / CONFIG).exists():
        raise RefusedError("is a workspace already", where=str(root))
    laid = sample.demo_workspace(call.request.day) if demo else sample.bare_workspace()
    laid[str(CONFIG)] = sample.known_here(laid[str(CONFIG)], login_name())
    laid = sample.with_schemas(laid)
    where = place or str(root)
    word = "would create" if call.request.dry_run else "created"
    said = [
        f"{word} {where}: {len(laid)} files",
        f"  next: crm -C {where} board"
        if demo
        else f"  next: edit {where}/{CONFIG}, then crm -C {where} create",
    ]
    rows = [WorkspaceDocument(id="", path=str(root))]
    report = printing.report_changes(call, said, rows, columns_of(WorkspaceDocument))
    if not call.request.dry_run:
        sample.lay_down(root, laid)
    return report.told()
