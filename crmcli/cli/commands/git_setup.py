"""`crm init --git`, `crm check --fix`: setting a workspace up for git."""

import sys
from collections.abc import Callable, Sequence

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.questions import ask_yes_no
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import WorkspaceDocument
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.visible_text import visible
from crmcli.operations.request import Request
from crmcli.operations.team.set_up_git import GitStep, repair_git, set_up_git


def repair_setup(call: CommandContext, *, yes: bool) -> int:
    """Set up git in this clone, and print what was missing."""
    steps = [] if call.request.dry_run else repair_git(call.request, accept=accept_programs(yes=yes))
    return print_steps(call, call.request, steps)


def set_up_and_print(call: CommandContext, request: Request) -> int:
    """Set a workspace up for git, and print what was done."""
    steps = [] if call.request.dry_run else set_up_git(request, accept=accept_programs(yes=False))
    return print_steps(call, request, steps)


def print_steps(call: CommandContext, request: Request, steps: Sequence[GitStep]) -> int:
    """Print what was set up."""
    said = [translate(each.said, **each.values) for each in steps]
    row = WorkspaceDocument(id="", path=str(request.workspace.root))
    lines = said or [translate("git is set up here")]
    return printing.report_changes(call, lines, [row], columns_of(WorkspaceDocument)).told()


def accept_programs(*, yes: bool) -> Callable[[Sequence[str]], bool]:
    """Return what decides about the programs of a repository: `--yes`, else a person at a terminal."""

    def accept(programs: Sequence[str]) -> bool:
        if yes or not sys.stdin.isatty():
            return yes
        sys.stderr.write("".join(f"  {visible(each)}\n" for each in programs))
        return ask_yes_no(
            translate("Git runs these in this repository, from now on for crm, too. Allow that?")
        )

    return accept
