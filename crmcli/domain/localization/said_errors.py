"""Errors in the language of the workspace, where a note keeps them."""

from crmcli.domain.localization.translations import Language
from crmcli.domain.values.errors import CrmError


def say_error(error: CrmError, language: Language) -> str:
    """Return an error as its line says it, its sentences in a language."""
    what, hint = language.say(error.what), language.say(error.hint)
    line = f"{error.where}: {what}" if error.where else what
    return f"{line} ({hint})" if hint else line
