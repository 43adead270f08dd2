"""`crm completion`: completion of command lines in a shell, printed or installed."""

import os
from typing import Annotated

import typer

from crmcli.cli.completion import install, offers
from crmcli.cli.completion.shell_quoting import SHELLS
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.suggest import suggest_name

INSTALL = "install"


def completion(
    ctx: typer.Context,
    action: Annotated[
        str, typer.Argument(metavar="install|SHELL", help=", ".join(SHELLS)), offers.COMPLETION
    ],
    shell: Annotated[
        str, typer.Argument(metavar="[SHELL]", help="to install it for; $SHELL without"), offers.SHELL
    ] = "",
) -> int:
    """Install completion of commands, records, stages, tags and queries in your shell, or print its script.

    install writes the script where the shell looks for it, and a line into .zshrc, or into .bashrc where
    bash-completion is not there. Repeat it after an upgrade.

    \b
    Examples:
      crm completion install bash --dry-run
      eval "$(crm completion bash)"
      crm completion fish > crm.fish
    """
    call: CommandContext = ctx.obj
    if action != INSTALL:
        if shell:
            raise UsageError("one shell at a time", hint=f"crm completion {action}")
        printing.print_text(install.read_script(check_shell(action, INSTALL)))
        return Exit.OK
    chosen = check_shell(shell) if shell else install.guess_shell(os.environ)
    placed = list(install.plan_installation(chosen, os.environ))
    if not call.request.dry_run:
        install.write_files(placed)
    if not call.output.quiet:
        printing.print_text("\n".join(describe(call, chosen, placed)))
    return Exit.OK


def describe(call: CommandContext, shell: str, placed: list[install.Placed]) -> list[str]:
    """Return what is written, a line each, and what to do next."""
    if not placed:
        return [translate("completion for {shell} is installed already", shell=shell)]
    if call.request.dry_run:
        return [translate("would write {file}", file=each.said) for each in placed]
    written = [translate("wrote {file}", file=each.said) for each in placed]
    return [*written, translate("Open a new {shell}, and press <TAB> after crm.", shell=shell)]


def check_shell(name: str, *more: str) -> str:
    """Return the name of a shell.

    Raises UsageError for one that crm has no completion for.
    """
    if name not in SHELLS:
        known = (*SHELLS, *more)
        raise UsageError(f"unknown shell {name!r}", hint=suggest_name(name, known) or ", ".join(known))
    return name
