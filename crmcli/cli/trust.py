"""`crm trust`: which programs of a workspace may run, and which it names."""

import sys
from typing import Annotated

import typer

from crmcli.cli import beside, output
from crmcli.cli.columns import Column
from crmcli.cli.invocation import Invocation
from crmcli.cli.people import visible
from crmcli.domain.errors import Exit, UsageError
from crmcli.store import trust as trusting

PROGRAM_COLUMNS = (
    Column("where"),
    Column("program", wraps=True),
    Column("files", "with the contents of", shown=lambda files: " ".join(files or ())),
    Column("trusted", shown=lambda is_trusted: "yes" if is_trusted else "no"),
)


def trust(
    ctx: typer.Context,
    listing: Annotated[bool, typer.Option("--list", help="show the programs, change nothing")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="let none of them run any more")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="trust all that --list shows")] = False,
) -> int:
    """Allow the programs that rules and hooks of this workspace name to run, exactly as they are now.

    Any change to their lines, scripts or hooks is asked about again. This is kept on this machine,
    outside the workspace.

    \b
    Examples:
      crm trust --list
      crm trust --yes
      crm trust --revoke
    """
    call: Invocation = ctx.obj
    workspace = call.workspace
    if revoke:
        if not call.dry_run:
            trusting.revoke(workspace)
        return Exit.OK
    found = trusting.programs(workspace)
    is_trusted = trusting.is_trusted(workspace)
    rows = [
        {
            "schema": "crm.program/1",
            "where": each.where,
            "program": each.line,
            "files": [path for path, _ in each.contents],
            "trusted": is_trusted,
        }
        for each in found
    ]
    if listing or call.dry_run:
        return output.rows(call, rows, PROGRAM_COLUMNS)
    if not found:
        beside.warn("this workspace names no programs")
        return Exit.OK
    if not yes:
        confirm([f"{each.where}: {each.line}" for each in found])
    trusting.trust(workspace)
    trusted = [{**row, "trusted": True} for row in rows]
    return output.report(call, [f"trusted {each.line}" for each in found], trusted, PROGRAM_COLUMNS).told()


def confirm(lines: list[str]) -> None:
    """Ask whether these programs are really meant."""
    if not sys.stdin.isatty():
        what = f"this would trust {len(lines)} program{'s' if len(lines) > 1 else ''}"
        raise UsageError(what, hint="crm trust --list to look, --yes to trust")
    for line in lines:
        sys.stderr.write(f"  {visible(line)}\n")
    typer.confirm("Trust these programs?", err=True, abort=True)
