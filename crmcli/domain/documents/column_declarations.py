"""The columns that a kind of document declares, and the names they are asked for by."""

from datetime import date, datetime
from typing import Annotated, Any, get_args, get_origin

import msgspec

from crmcli.domain.documents.typed_document import DAY, LIST, MONEY, NUMBER, TEXT, Show, TypedDocument
from crmcli.domain.model.fields import FieldSpec, annotations_of, fields_of
from crmcli.domain.model.record_types import Money

BY_TYPE: dict[object, Show] = {Money: MONEY, date: DAY, datetime: DAY, int: NUMBER}


def spell_heading(label: str) -> str:
    """Return a heading as it is written in a command: `next_activity` for `next activity`."""
    return label.lower().replace(" ", "_")


def list_column_names(kind: type[TypedDocument]) -> set[str]:
    """Return the keys of the columns of a kind of document, and their headings."""
    shows = list_shows(kind)
    return {*shows, *(spell_heading(show.label) for show in shows.values() if show.label)}


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
