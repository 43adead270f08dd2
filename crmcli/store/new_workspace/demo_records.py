"""The records of a template, their dates moved so that the newest event happened yesterday."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from crmcli.domain.model.record_types import Contact, Opportunity, Part
from crmcli.domain.values.values import Plain
from crmcli.store import records
from crmcli.store.new_workspace.template_folders import Laid


def move_to_today(laid: Laid, today: date) -> Laid:
    """Return the files of records, their dates moved so that the newest event happened yesterday.

    Raises UnreadableError for a record that cannot be read.
    """
    known = {path: records.kind_of(path) for path in laid}
    read = {
        path: records.read_record(Path(path), laid[path], kind).value for path, kind in known.items() if kind
    }
    newest = max((at.date() for record in read.values() for at in find_instants(record)), default=today)
    by = today - newest - timedelta(days=1)
    moved = {path: shift_instants(record, by) for path, record in read.items()}
    placed = {place_record(path, record): records.write_canonical(record) for path, record in moved.items()}
    return {path: content for path, content in laid.items() if path not in read} | placed


def place_record(path: str, record: Opportunity | Contact) -> str:
    """Return the path of a moved record; an opportunity lies in the folder of its year of creation."""
    folder, _, name = path.rpartition("/")
    if isinstance(record, Opportunity) and record.created:
        folder = f"pipeline_data/opportunities/{record.created.year}"
    return f"{folder}/{name}"


def find_instants(value: Any) -> Iterator[datetime]:
    """Yield all instants in a record."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, Part):
        yield from (at for name in value.__struct_fields__ for at in find_instants(getattr(value, name)))
    elif isinstance(value, tuple):
        yield from (at for item in value for at in find_instants(item))


def shift_instants(value: Any, by: timedelta) -> Any:
    """Return a value with every day and instant in it moved."""
    match value:
        case Part():
            return replace(
                value, **{name: shift_instants(getattr(value, name), by) for name in value.__struct_fields__}
            )
        case datetime() | date():
            return value + by
        case Plain(text=text):
            return Plain(moved_text(text, by))
        case tuple() | list():
            return type(value)(shift_instants(item, by) for item in value)
        case dict():
            return {key: shift_instants(item, by) for key, item in value.items()}
    return value


def moved_text(text: str, by: timedelta) -> str:
    """Return a plain scalar, moved if it is a day."""
    try:
        return (date.fromisoformat(text) + by).isoformat()
    except ValueError:
        return text
