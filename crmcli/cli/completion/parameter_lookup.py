"""Lookup of the parameter of a command that a word of its line belongs to."""

from typing import NamedTuple

from crmcli.cli.command_table import COMMANDS
from crmcli.cli.completion.offers import Offer

ROOT = {"-C": True, "--errors": True, "--version": False}  # before a command; True: takes a value


class Parameter(NamedTuple):
    """An option, or an argument, of a command."""

    names: tuple[str, ...]  # an argument has none
    takes_value: bool
    is_list: bool
    offer: Offer | None


def read_parameters(command: str) -> list[Parameter]:
    """Return the parameters of a command from the table."""
    from crmcli.cli.completion.parameter_table import PARAMETERS

    return [Parameter(*each) for each in PARAMETERS[command]]


def option_named(command: str, name: str) -> Parameter | None:
    """Return the option of a command with this name, or None; its own options come before common ones."""
    return next((each for each in read_parameters(command) if name in each.names), None)


def takes_value(command: str, word: str) -> bool:
    """Tell whether a word is an option that takes the next word as its value; unknown long options do."""
    if command not in COMMANDS:
        return ROOT.get(word, False)
    found = option_named(command, word)
    return found.takes_value if found else word.startswith("--") and "=" not in word and word != "--help"


def argument_at(command: str, place: int) -> Parameter | None:
    """Return the argument for the word at a position, counted from 0; a list takes all remaining words."""
    arguments = [each for each in read_parameters(command) if not each.names]
    if place < len(arguments):
        return arguments[place]
    return arguments[-1] if arguments and arguments[-1].is_list else None
