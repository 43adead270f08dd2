"""`crm trust`: list, trust and distrust the programs of a workspace."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from msgspec.structs import replace

from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.questions import require_yes
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.pages.coverage_page import coverage_lines, show_programs
from crmcli.domain.documents.workspace_documents import ProgramDocument
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.store.local_state import trust as trusting
from crmcli.store.local_state.trust import Program


def trust(
    ctx: typer.Context,
    listing: Annotated[bool, typer.Option("--list", help="list the programs; change nothing")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="revoke trust in all programs")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="trust all programs that --list shows")] = False,
) -> int:
    """Allow the programs that rules, hooks and mail settings of this workspace name, as they are now.

    That includes the mail server, which gets your password and all mail.

    After a change to their command lines, to the files that these name, or to files that tools like
    make read, they must be trusted again. Programs and files that those use in turn are not covered:
    review them yourself. Trust is stored on this machine, outside the workspace.

    \b
    Examples:
      crm trust --list
      crm trust --yes
      crm trust --revoke
    """
    call: CommandContext = ctx.obj
    workspace = call.request.workspace
    if revoke:
        if not call.request.dry_run:
            trusting.revoke_trust(workspace)
        return Exit.OK
    found = trusting.list_programs(workspace)
    is_trusted = trusting.is_trusted(workspace)
    rows = [row_of(each, is_trusted=is_trusted) for each in found]
    if listing or call.request.dry_run:
        return printing.print_rows(call, rows, columns_of(ProgramDocument))
    if not found:
        messages.print_warning("this workspace has no programs to trust")
        return Exit.OK
    if not yes:
        confirm(found)
    trusting.trust_workspace(workspace)
    trusted = [replace(row, trusted=True) for row in rows]
    said = [
        line
        for each in found
        for line in (translate("trusted {program}", program=each.line), *coverage_lines(each))
    ]
    return printing.report_changes(call, said, trusted, columns_of(ProgramDocument)).told()


def row_of(program: Program, *, is_trusted: bool) -> ProgramDocument:
    """Return a program as `crm.program/1`, with what trusting it covers and what it does not."""
    return ProgramDocument(
        where=program.where,
        program=program.line,
        files=[path for path, _ in program.coverage.contents],
        not_covered=list(program.coverage.left_open),
        trusted=is_trusted,
    )


def confirm(found: Sequence[Program]) -> None:
    """Show these programs and ask for confirmation before they are trusted."""
    if not sys.stdin.isatty():
        what = f"this would trust {len(found)} program{'s' if len(found) > 1 else ''}"
        raise UsageError(what, hint="crm trust --list shows them, --yes trusts them")
    show_programs(found)
    require_yes(translate("Trust these programs?"))
