"""The option --plot, and what does not go with it."""

from typing import Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.domain.values.errors import UsageError

Plot = Annotated[bool, typer.Option("--plot", help="draw it as bars; see crm help reports")]


def check_plot(call: CommandContext, *, is_wanted: bool) -> None:
    """Check that the output is for people, if a picture is wanted.

    Raises UsageError.
    """
    other = call.output.other_way if is_wanted else ""
    if other:
        raise UsageError(f"--plot draws a picture for people, and {other} prints rows", hint="leave one out")
