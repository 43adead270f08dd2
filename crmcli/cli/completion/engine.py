"""Completion of a command line, called by the shell at every <TAB>.

A word is completed by the offer of its parameter; at most the module of the command is imported.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from crmcli.cli.command_table import COMMANDS, GROUPS, list_names
from crmcli.cli.completion import shell_quoting
from crmcli.cli.completion.candidates import Candidate, Candidates, prefix_candidates
from crmcli.cli.completion.finders import find_offered
from crmcli.cli.completion.parameter_lookup import argument_at, option_named, takes_value
from crmcli.domain.values.folding import fold_text
from crmcli.store.reader import Reading
from crmcli.store.workspace import find_workspace


class Line:
    """A command line up to the cursor; its last word is to be completed."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self.current = self.words[-1] if len(self.words) > 1 else ""
        self.command, self.rest = self.parsed(self.words[1:-1])

    def parsed(self, words: Sequence[str]) -> tuple[str, list[str]]:
        """Return the command, or the group if no command follows it, and the words after it."""
        name, taken = "", 0
        while taken < len(words):
            word = words[taken]
            if word.startswith("-"):
                taken += 1 + takes_value("", word)
                continue
            together = f"{name} {word}".strip()
            taken += 1
            is_group = together in GROUPS and not name
            name = together
            if not is_group:
                break  # a command, or an unknown word
        return name, list(words[taken:])

    @property
    def option(self) -> str:
        """The option whose value is to be completed, as its own word or after `=`; empty if there is none."""
        name, equals, _ = self.current.partition("=")
        if equals and name.startswith("--"):
            return name if takes_value(self.command, name) else ""
        last = self.words[-2] if len(self.words) > 2 else ""
        return last if takes_value(self.command, last) else ""

    @cached_property
    def references(self) -> list[str]:
        """The words after the command that are neither options nor their values."""
        found, skip = [], False
        for word in self.rest:
            if skip or word.startswith("-"):
                skip = not skip and takes_value(self.command, word)
            else:
                found.append(word)
        return found

    @cached_property
    def candidates(self) -> Candidates:
        """The candidates of the workspace that the command would use."""
        directory = next((b for a, b in zip(self.words, self.words[1:], strict=False) if a == "-C"), "")
        return Candidates(Reading(find_workspace(directory, os.environ.get("CRM_WORKSPACE"), Path.cwd())))

    def completions(self) -> Iterator[Candidate]:
        """Yield the candidates for the word to complete."""
        if self.option:
            yield from self.values()
        elif self.current.startswith("-"):
            yield from self.options()
        elif self.command in COMMANDS:
            argument = argument_at(self.command, len(self.references))
            yield from find_offered(argument.offer, self) if argument and argument.offer else ()
        elif self.command in GROUPS:
            yield from (Candidate(*each) for each in list_names(f"{self.command} "))
        elif not self.command:
            yield from (Candidate(*each) for each in list_names(""))

    def values(self) -> Iterator[Candidate]:
        """Yield the possible values of the option."""
        option = option_named(self.command, self.option) if self.command in COMMANDS else None
        if option is None or option.offer is None:
            return
        lead = f"{self.option}=" if self.current.startswith(f"{self.option}=") else ""
        whole, self.current = self.current, self.current.removeprefix(lead)
        offered = list(find_offered(option.offer, self))
        self.current = whole
        yield from prefix_candidates(lead, offered)

    def options(self) -> Iterator[Candidate]:
        """Yield the options of the command."""
        from typer import Context

        from crmcli.cli import app

        command = app.build_program()
        for word in self.command.split():
            context = Context(command)
            command = command.get_command(context, word)  # type: ignore[attr-defined]
        for param in command.params:
            help = getattr(param, "help", "") or ""
            yield from (Candidate(each, help) for each in param.opts if each.startswith("-"))
        yield Candidate("--help", "show the help")


def match_candidates(offered: Sequence[Candidate], typed: str) -> list[Candidate]:
    """Return the candidates that begin as it is typed; where none does, the labels that do.

    >>> match_candidates([Candidate("quoted", "Devis envoyé", "Devis envoyé")], "devis e")
    [Candidate(word='Devis envoyé', help='quoted', label='')]
    """
    found = [each for each in offered if each.word.startswith(typed)]
    if found or not typed:
        return found
    folded = fold_text(typed)
    labelled = [each for each in offered if each.label]
    return [Candidate(each.label, each.word) for each in labelled if fold_text(each.label).startswith(folded)]


def complete_line(arguments: Sequence[str]) -> int:
    """Run `crm __complete SHELL WORDS…`: print one candidate per line, or nothing if there is an error.

    bash passes the line up to the cursor, and the part of its last word that it would replace.
    """
    shell, *words = arguments or [""]
    with suppress(Exception):  # no error messages while the user is typing
        if shell not in shell_quoting.SHELLS:
            return 2
        typed, quote = shell_quoting.split_line("".join(words[:1])) if shell == "bash" else (words, "")
        line = Line(typed)
        found = match_candidates(list(line.completions()), line.current)
        replaced = "".join(words[1:2])
        put = (
            shell_quoting.quote_for_bash(line.current, replaced, quote, found)
            if shell == "bash"
            else shell_quoting.quote_for_others(found)
        )
        sys.stdout.write("".join(f"{text}\n" for text in put))
    return 0
