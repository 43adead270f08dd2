"""Translation of texts for people: what they see, and what is stored in records or sent.

What is printed is in the language of the screen, which `speak` sets; without it, in English. What is stored
or sent is in the language of the workspace, whoever writes it: `config.language`. A message is a
whole sentence in English, with named placeholders; `make translations` extracts it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

import msgspec

from crmcli.domain.localization.catalogue import Catalogue
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name

ENGLISH = "en"
HEADING = "heading"  # the context of headings in a catalogue
LANGUAGES = (ENGLISH, "fr")


class Sentence(str):
    """A sentence in English that can be said in other languages: `Language.say`.

    For texts that are told to scripts in English, and stored in the language of the workspace.
    """

    message: str
    values: dict[str, Any]

    def __new__(cls, message: str, **values: Any) -> "Sentence":
        """Return the sentence in English."""
        text = super().__new__(cls, message.format(**values))
        text.message, text.values = message, values
        return text


def sentence(message: str, **values: Any) -> Sentence:
    """Return a sentence with values for its placeholders, in English until it is said."""
    return Sentence(message, **values)


class Language(msgspec.Struct, frozen=True):
    """A language that texts are translated into."""

    code: str

    def translate(self, message: str, **values: Any) -> str:
        """Return a message in this language, with values for its placeholders.

        >>> [Language(code).translate("tag {name}", name="pag") for code in LANGUAGES]
        ['tag pag', 'étiquette pag']
        """
        forms = find_forms(self.code, message)
        text = forms[0] if forms else message
        return text.format(**values) if values else text

    def translate_plural(self, one: str, many: str, count: int, **values: Any) -> str:
        """Return the form of a message for a count, which is also the value of its placeholder `count`.

        >>> french = Language("fr")
        >>> [french.translate_plural("{count} more line", "{count} more lines", each) for each in (0, 2)]
        ['encore 0 ligne', 'encore 2 lignes']
        """
        forms = find_forms(self.code, one)
        usual = one if count == 1 else many
        text = forms[read_catalogue(self.code).choose_form(count)] if forms else usual
        return text.format(count=count, **values)

    def say(self, text: str) -> str:
        """Return a sentence in this language; another text unchanged.

        >>> Language("fr").say(sentence("automatic: {why}", why=sentence("a read receipt")))
        'automatique : un accusé de lecture'
        """
        if not isinstance(text, Sentence):
            return text
        values = {
            name: self.say(value) if isinstance(value, str) else value for name, value in text.values.items()
        }
        return self.translate(text.message, **values)

    def translate_heading(self, label: str) -> str:
        """Return the heading of a column in this language; a word may have another sense in a sentence.

        >>> Language("fr").translate_heading("due"), Language("fr").translate("due")
        ('échéance', 'due')
        """
        forms = find_forms(self.code, f"{HEADING}\x04{label}")  # as gettext marks the context of a message
        return forms[0] if forms else label


IN_ENGLISH = Language(ENGLISH)


@cache
def read_catalogue(code: str) -> Catalogue:
    """Return the catalogue of a language other than English."""
    import crmcli

    return Catalogue(crmcli.__loader__.get_data(f"{crmcli.__path__[0]}/languages/{code}/crm.mo"))  # type: ignore[union-attr]


@cache
def find_forms(code: str, message: str) -> tuple[str, ...]:
    """Return the forms of a message in a language; none for English, and for an empty message."""
    return () if code == ENGLISH or not message else tuple(read_catalogue(code).find(message))


SCREEN: ContextVar[Callable[[], Language]] = ContextVar("screen")
"""Chooses the language of the screen when something is printed for people."""


def speak(choose: Callable[[], Language]) -> None:
    """Set what chooses the language of the screen."""
    SCREEN.set(cache(choose))


def screen_language() -> Language:
    """Return the language of the screen."""
    choose = SCREEN.get(None)
    return choose() if choose else IN_ENGLISH


def translate(message: str, **values: Any) -> str:
    """Return a message in the language of the screen, with values for its placeholders."""
    return screen_language().translate(message, **values)


def translate_plural(one: str, many: str, count: int, **values: Any) -> str:
    """Return the form of a message for a count, in the language of the screen."""
    return screen_language().translate_plural(one, many, count, **values)


def translate_heading(label: str) -> str:
    """Return the heading of a column in the language of the screen."""
    return screen_language().translate_heading(label)


def deferred(message: str) -> str:
    """Mark a message in a declaration, which is translated where it is printed."""
    return message


def deferred_plural(one: str, many: str) -> tuple[str, str]:
    """Mark a message with a plural in a declaration: what `translate_plural` takes."""
    return one, many


def find_language(locale: str) -> Language | None:
    """Return the language of a locale such as `fr_FR.UTF-8`; None if crm does not speak it.

    >>> find_language("fr-BE"), find_language("de_DE")
    (Language(code='fr'), None)
    """
    code = locale.replace("-", "_").replace(".", "_").partition("_")[0].lower()
    return Language(code) if code in LANGUAGES else None


def parse_language(code: str) -> Language:
    """Return the language with a code, as `CRM_LANG` gives it.

    Raises UsageError for one that crm does not speak.
    """
    if code not in LANGUAGES:
        hint = suggest_name(code, LANGUAGES) or ", ".join(LANGUAGES)
        raise UsageError(f"CRM_LANG={code}: crm does not speak this language", hint=hint)
    return Language(code)
