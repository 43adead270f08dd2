"""`crm completion`: print the script that completes command lines in a shell."""

from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli.completion import engine, offers
from crmcli.cli.completion.engine import SHELLS
from crmcli.cli.output import printing
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.suggest import suggest_name


def completion(
    ctx: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="SHELL", help=", ".join(SHELLS)), offers.SHELL],
) -> int:
    """Print the script that makes a shell complete commands, records, stages, tags, queries …

    \b
    Examples:
      eval "$(crm completion bash)"
      crm completion zsh > _crm
      crm completion fish > crm.fish
    """
    if shell not in SHELLS:
        raise UsageError(f"unknown shell {shell!r}", hint=suggest_name(shell, SHELLS) or ", ".join(SHELLS))
    printing.print_text((Path(engine.__file__).parent / "shells" / f"crm.{shell}").read_text("utf-8"))
    return Exit.OK
