"""The option --plot, and what does not go with it."""

from typing import Annotated

import typer

from crmcli.cli.context import CommandContext, OutputOptions
from crmcli.cli.output.formats import Shape
from crmcli.domain.values.errors import UsageError

Plot = Annotated[bool, typer.Option("--plot", help="draw it as bars; see crm help reports")]


def check_plot(call: CommandContext, *, is_wanted: bool) -> None:
    """Check that the output is for people, if a picture is wanted.

    Raises UsageError.
    """
    other = name_other_output(call.output) if is_wanted else ""
    if other:
        raise UsageError(f"--plot draws a picture for people, and {other} prints rows", hint="leave one out")


def name_other_output(output: OutputOptions) -> str:
    """Return the option by which rows are printed in another way than as a usual table; empty without any."""
    if output.template:
        return "--template"
    if output.columns:
        return "--columns"
    if output.for_office:
        return "--excel"
    if output.format != "table":
        return f"-o {output.format}"
    return {Shape.WIDE: "--wide", Shape.VERTICAL: "--vertical"}.get(output.shape, "")
