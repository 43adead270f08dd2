"""`crm init --git`, `crm check --fix`: setting a workspace up for git."""

import sys
from collections.abc import Callable, Iterator, Sequence

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.questions import ask_yes_no
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import WorkspaceDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.values.visible_text import visible
from crmcli.operations.request import Request
from crmcli.operations.team.set_up_git import GitStep, repair_git, set_up_git
from crmcli.store.git.merge_reminder import list_git_faults

ASKED = deferred("would set up git: repository, attributes, merge driver, auto-commit")


def repair_setup(call: CommandContext, *, yes: bool) -> int:
    """Set up git in this clone, and print what was missing."""
    if call.request.dry_run:
        return print_lines(call, call.request, list(preview_setup(call.request)))
    return print_steps(call, call.request, repair_git(call.request, accept=accept_programs(yes=yes)))


def set_up_and_print(call: CommandContext, request: Request) -> int:
    """Set a workspace up for git, and print what was done."""
    if call.request.dry_run:
        return print_lines(call, request, list(preview_setup(request)) or [translate(ASKED)])
    return print_steps(call, request, set_up_git(request, accept=accept_programs(yes=False)))


def preview_setup(request: Request) -> Iterator[str]:
    """Yield what would be set up, a line each."""
    for fault in list_git_faults(request.workspace):
        yield translate("would set up: {place}: {what}", place=fault.path, what=fault.what)


def print_steps(call: CommandContext, request: Request, steps: Sequence[GitStep]) -> int:
    """Print what was set up."""
    return print_lines(call, request, [translate(each.said, **each.values) for each in steps])


def print_lines(call: CommandContext, request: Request, said: Sequence[str]) -> int:
    """Print what was set up, or would be."""
    row = WorkspaceDocument(id="", path=str(request.workspace.root))
    lines = [*said] or [translate("git is set up here")]
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
