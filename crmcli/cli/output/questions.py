"""Questions asked at a terminal, on stderr, in the language of the screen."""

import shlex
import sys
from typing import NoReturn

import typer

from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import UsageError

YES, NO = ("y", "yes", "o", "oui"), ("n", "no", "non")  # in every language, whatever the screen speaks


def ask_yes_no(question: str, *, default: bool = False) -> bool:
    """Ask a question until it is answered with yes or no; Enter alone takes the default."""
    choices = translate("[Y/n]") if default else translate("[y/N]")
    while True:
        typed = typer.prompt(f"{question} {choices}", default="", show_default=False, err=True)
        word = typed.strip().casefold()
        if not word:
            return default
        if word in YES or word in NO:
            return word in YES
        typer.echo(translate("Please answer yes or no."), err=True)


def refuse_without_yes(what: str) -> NoReturn:
    """Refuse a change that needs the confirmation of somebody who is not at a terminal.

    Raises UsageError with the command to repeat, which confirms.
    """
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    command = shlex.join(["crm", *words[:end], "--yes", *words[end:]])
    hint = "--yes" if "\n" in command else command
    raise UsageError(what, hint=f"{hint}; --dry-run to preview")


def require_yes(question: str) -> None:
    """Ask a question.

    Raises typer.Abort unless the answer is yes.
    """
    if not ask_yes_no(question):
        raise typer.Abort()
