"""The language of what a command prints for people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from crmcli.domain.localization.translations import (
    IN_ENGLISH,
    Language,
    find_language,
    parse_language,
    screen_language,
    speak,
)
from crmcli.domain.values.errors import CrmError
from crmcli.operations.request import Request

OF_THE_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts (POSIX)


def set_screen_language(request: Request, *, is_for_people: bool) -> None:
    """Set the language of what is printed: for programs English, else that of CRM_LANG or the workspace.

    The language of the system is that of a workspace without a locale. Raises UsageError for a language
    in CRM_LANG that crm does not speak.
    """
    wanted = os.environ.get("CRM_LANG", "")
    chosen = parse_language(wanted) if wanted else None
    if not is_for_people:
        chosen = IN_ENGLISH
    speak(lambda: chosen or find_usual_language(request))


@contextmanager
def speak_of_workspace(request: Request) -> Iterator[None]:
    """Translate texts into the language of the workspace, whatever that of the screen is."""
    before = screen_language()
    speak(lambda: find_usual_language(request))
    try:
        yield
    finally:
        speak(lambda: before)


def find_usual_language(request: Request) -> Language:
    """Return the language of the workspace; that of the system without one."""
    try:
        locale = request.config.stated_locale
    except CrmError:  # a command that needs the workspace reports it
        locale = None
    if locale is None:
        return find_system_language()
    return find_language(locale) or IN_ENGLISH


def find_system_language() -> Language:
    """Return the language of the system; English where crm does not speak it."""
    locale = next((found for name in OF_THE_SYSTEM if (found := os.environ.get(name))), "")
    return find_language(locale) or IN_ENGLISH
