"""Tags of languages, such as `fr` or `pt-BR`, and the names by which other programs call languages."""

import re
from functools import cache

from crmcli.domain.localization.translations import LANGUAGES
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name

TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"  # the form of BCP 47


def checked_language(text: str) -> str:
    """Return the tag of a language.

    Raises UsageError for a text that cannot be one.

    >>> checked_language("pt_BR")
    'pt-BR'
    """
    tag = text.strip().replace("_", "-")
    if not re.fullmatch(TAG, tag):
        raise UsageError(f"{text!r} is not the tag of a language", hint="like fr, en or pt-BR")
    return tag


def find_language(text: str) -> str:
    """Return the tag of a language that is given by its tag, or by its name in English or French.

    Raises UsageError for a text that is neither.

    >>> find_language("Anglais"), find_language("French"), find_language("de")
    ('en', 'fr', 'de')
    """
    if re.fullmatch(TAG, text.strip().replace("_", "-")):
        return checked_language(text)
    return name_languages().get(folded_name(text)) or checked_language(text)


@cache
def name_languages() -> dict[str, str]:
    """Return the tags of languages by their folded names."""
    from babel import Locale  # slow to load

    return {
        folded_name(name): tag.replace("_", "-")
        for code in LANGUAGES
        for tag, name in Locale.parse(code).languages.items()
    }
