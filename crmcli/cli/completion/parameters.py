"""The parameters of a command: their names, whether they take a value, and what completes them.

Read from the command's own function, of which only the module is imported: no parser is built.
"""

import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, get_args, get_origin

from typer.models import ArgumentInfo, OptionInfo

from crmcli.cli import context
from crmcli.cli.command_table import COMMANDS
from crmcli.cli.completion.offers import Offer

ROOT = {"-C": True, "--errors": True, "--version": False}  # the options before a command, which take values


class Parameter(NamedTuple):
    """An option, or an argument, of a command."""

    names: tuple[str, ...]  # an argument has none
    takes_value: bool
    is_list: bool
    offer: Offer | None


@cache
def parameters_of(command: str) -> tuple[Parameter, ...]:
    """Return the parameters of a command; the common ones stand behind its own."""
    listed = COMMANDS[command]
    own = getattr(import_module(f"crmcli.cli.{listed.module}"), listed.function)
    common = {
        context.query_options: listed.asks,
        context.write_options: listed.writes,
        context.common_options: True,
    }
    functions = [own, *(function for function, is_wanted in common.items() if is_wanted)]
    return tuple(parameter for function in functions for parameter in read_signature(function))


def read_signature(function: Any) -> Iterator[Parameter]:
    """Yield the parameters that a function of typer declares."""
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
    """Yield the names of an option: those declared, of which typer keeps the first as a default value."""
    first = (info.default,) if isinstance(info.default, str) else ()
    declared = (*first, *(info.param_decls or ())) or (f"--{parameter.replace('_', '-')}",)
    for names in declared:
        yield from names.split("/")


def option_named(command: str, name: str) -> Parameter | None:
    """Return the option of a command with a name, its own before a common one."""
    return next((each for each in parameters_of(command) if name in each.names), None)


def takes_value(command: str, word: str) -> bool:
    """Tell whether a word of a line is an option that the next word is given to; of unknown ones it is."""
    if command not in COMMANDS:
        return ROOT.get(word, False)
    found = option_named(command, word)
    return found.takes_value if found else word.startswith("--") and "=" not in word and word != "--help"


def argument_at(command: str, place: int) -> Parameter | None:
    """Return the argument that the word at a place belongs to, counted from 0; a list takes all the rest."""
    arguments = [each for each in parameters_of(command) if not each.names]
    if place < len(arguments):
        return arguments[place]
    return arguments[-1] if arguments and arguments[-1].is_list else None
