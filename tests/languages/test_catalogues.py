"""The catalogues hold all messages in the code, and no others, whole and compiled."""

import string
from enum import StrEnum

import pytest
from babel.messages.catalog import Catalog

from crmcli.domain.localization.catalogue import Catalogue
from crmcli.domain.localization.terms import TERMS
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.model.record_types import ContactKind, Direction, HistoryEvent, Kind, State
from crmcli.domain.model.status import Provenance, Status
from crmcli.domain.model.urgency import Urgency
from tests.languages.catalogues import (
    FOLDER,
    TRANSLATED,
    extract_messages,
    forms_of,
    lacking,
    read_catalogue,
    written,
)

Key = tuple[str, tuple[str, ...]]
each_language = pytest.mark.parametrize("language", TRANSLATED)


def keys_of(catalogue: Catalog) -> set[Key]:
    """The messages of a catalogue with their contexts."""
    return {
        (each.context or "", each.id if isinstance(each.id, tuple) else (each.id,))
        for each in catalogue
        if each.id
    }


@each_language
def test_a_catalogue_has_the_messages_of_the_code_and_no_others(language: str) -> None:
    assert keys_of(read_catalogue(language)) == keys_of(extract_messages()), "make translations"


@each_language
def test_every_message_is_translated(language: str) -> None:
    assert lacking(read_catalogue(language)) == []


@each_language
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    wrong = [
        (each.id, form)
        for each in read_catalogue(language)
        if each.id
        for form in forms_of(each)
        if placeholders(form) != placeholders(each.id[-1] if isinstance(each.id, tuple) else each.id)
    ]
    assert wrong == []


def placeholders(text: str) -> set[str | None]:
    """The names of the placeholders in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@each_language
def test_the_compiled_catalogue_is_current(language: str) -> None:
    compiled = Catalogue((FOLDER / language / "crm.mo").read_bytes())
    catalogue = read_catalogue(language)
    for each in catalogue:
        first = each.id[0] if isinstance(each.id, tuple) else each.id
        if first:
            key = f"{each.context}\x04{first}" if each.context else first
            assert tuple(compiled.find(key)) == forms_of(each), "make translations"
    assert len(compiled.places) == len(keys_of(catalogue)) + 1  # and the header


@each_language
def test_make_translations_changes_nothing_here(language: str) -> None:
    assert (FOLDER / language / "crm.po").read_bytes() == written(read_catalogue(language))


@pytest.mark.parametrize(
    "words", [Kind, ContactKind, Status, Provenance, State, Urgency, MailState, Direction, HistoryEvent]
)
def test_every_word_of_a_state_is_among_the_terms(words: type[StrEnum]) -> None:
    assert [str(each) for each in words if str(each) not in TERMS] == []
