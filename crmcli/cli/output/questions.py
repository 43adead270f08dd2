"""Questions asked at a terminal, on stderr, in the language of the screen."""

import typer

from crmcli.domain.localization.translations import translate

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


def require_yes(question: str) -> None:
    """Ask a question.

    Raises typer.Abort unless the answer is yes.
    """
    if not ask_yes_no(question):
        raise typer.Abort()
