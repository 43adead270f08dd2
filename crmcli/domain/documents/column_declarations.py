"""The columns that a kind of document declares, and the names they are asked for by."""

from datetime import date, datetime
from typing import Annotated, Any, get_args, get_origin

import msgspec

from crmcli.domain.documents.typed_document import DAY, LIST, MONEY, NUMBER, TEXT, Show, TypedDocument
from crmcli.domain.localization.translations import LANGUAGES, Language
from crmcli.domain.model.fields import FieldSpec, annotations_of, fields_of
from crmcli.domain.model.record_types import Money
from crmcli.domain.values.folding import fold_text

BY_TYPE: dict[object, Show] = {Money: MONEY, date: DAY, datetime: DAY, int: NUMBER}


def spell_heading(label: str) -> str:
    """Return a heading as it is written in a command: `next_activity` for `next activity`."""
    return label.lower().replace(" ", "_")


def is_heading(name: str, spelled: str, shown: str = "") -> bool:
    """Tell whether a name is the heading of a column: as written in a command, as shown, or in any language.

    >>> [is_heading(name, "next_activity") for name in ("Prochaine activite", "next activity", "next")]
    [True, True, False]
    """
    if name in (spelled, shown):
        return True
    meant = fold_text(name)
    return meant == fold_text(shown) or meant in map(fold_text, translations_of(spelled))


def translations_of(spelled: str) -> list[str]:
    """Return a heading in all languages; a catalogue is read only once a name is in no other way known."""
    return [Language(code).translate_heading(spelled.replace("_", " ")) for code in LANGUAGES]


def list_column_names(kind: type[TypedDocument]) -> set[str]:
    """Return the keys of the columns of a kind of document, and their headings in all languages."""
    headings = {key: spell_heading(show.label) or key for key, show in list_shows(kind).items()}
    ids = {f"{key}_id" for key in headings if list(headings.values()).count(key) > 1}
    shown = {heading for spelled in headings.values() for heading in translations_of(spelled)}
    return {*headings, *headings.values(), *shown, *ids}


def list_shows(kind: type[TypedDocument]) -> dict[str, Show]:
    """Return how each field of a kind of document is shown, those of its record included."""
    hints = annotations_of(kind)
    shows = {spec.encode_name: read_show(hints[spec.name]) for spec in msgspec.structs.fields(kind)}
    shows |= kind.more_columns
    for spec in fields_of(kind.of_record) if kind.of_record else ():
        shows.setdefault(spec.key, show_by_type(spec))
    return shows


def read_show(hint: Any) -> Show:
    """Return the `Show` in an annotation; the default one where there is none."""
    said = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((each for each in said if isinstance(each, Show)), Show())


def show_by_type(spec: FieldSpec) -> Show:
    """Return the `Show` of a field of a record that its document does not declare."""
    return BY_TYPE.get(spec.type, TEXT if spec.is_plain else LIST)
