"""The parameters of a command: their names, whether they take a value, and their completion.

They are read from the command's function; only its module is imported, and no parser is built.
"""

import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, get_args, get_origin

from typer.models import ArgumentInfo, OptionInfo

from crmcli.cli import context
from crmcli.cli.command_table import COMMANDS
from crmcli.cli.completion.offers import Offer
from crmcli.cli.completion.parameter_lookup import Parameter


@cache
def parameters_of(command: str) -> tuple[Parameter, ...]:
    """Return the parameters of a command; the common ones come after its own."""
    listed = COMMANDS[command]
    own = getattr(import_module(f"crmcli.cli.commands.{listed.module}"), listed.function)
    common = {
        context.query_options: listed.asks,
        context.write_options: listed.writes,
        context.common_options: True,
    }
    functions = [own, *(function for function, is_wanted in common.items() if is_wanted)]
    return tuple(parameter for function in functions for parameter in read_signature(function))


def read_signature(function: Any) -> Iterator[Parameter]:
    """Yield the parameters that the function of a typer command declares."""
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        hint, *said = get_args(parameter.annotation) or (None,)
        info = next((each for each in said if isinstance(each, OptionInfo | ArgumentInfo)), None)
        if info is None:
            continue
        offer = next((each for each in said if isinstance(each, Offer)), None)
        is_list = any(get_origin(each) is list for each in (hint, *get_args(hint)))
        if isinstance(info, ArgumentInfo):
            yield Parameter((), True, is_list, offer)
        else:
            is_flag = hint is bool or bool in get_args(hint)
            yield Parameter(tuple(option_names(name, info)), not is_flag, is_list, offer)


def option_names(parameter: str, info: OptionInfo) -> Iterator[str]:
    """Yield the names of an option: as declared (typer stores the first as default), else `--its-name`."""
    first = (info.default,) if isinstance(info.default, str) else ()
    declared = (*first, *(info.param_decls or ())) or (f"--{parameter.replace('_', '-')}",)
    for names in declared:
        yield from names.split("/")


def write_table() -> str:
    """Return the text of `parameter_table.py`, which is read instead of the annotations at every <TAB>."""
    return TABLE + "".join(f"    {write_row(name)}\n" for name in COMMANDS) + "}\n"


def write_row(command: str) -> str:
    """Return the line of the table with the parameters of one command."""
    parameters = ", ".join(repr(tuple(each)) for each in parameters_of(command))
    return f'"{command}": ({parameters},),'


TABLE = '''"""The parameters of all commands, written by `make docs` from their annotations; do not edit.

Completion reads them here: importing a command for every <TAB> would take twice as long.
"""

from crmcli.cli.completion.offers import Offer

PARAMETERS: dict[str, tuple[tuple[tuple[str, ...], bool, bool, Offer | None], ...]] = {
'''


if __name__ == "__main__":
    sys.stdout.write(write_table())
