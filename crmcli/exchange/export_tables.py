"""Records as tables for other programs: a row a record, or an item of a list in it, with typed columns.

The columns follow from the fields of records; their names are those that `crm set` and `crm import` accept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.fields import FieldSpec, fields_of, walk_fields
from crmcli.domain.model.history import last_touched, stage_since
from crmcli.domain.model.record_types import Contact, Money, Opportunity, Percent
from crmcli.domain.model.status import probability_of, status_of, weighted_revenue
from crmcli.domain.records.documents import plain_data

Record = Opportunity | Contact


class ColumnType(StrEnum):
    """The type of the values of a column."""

    TEXT = "text"
    MONEY = "money"
    PERCENT = "percent"
    NUMBER = "number"
    WHOLE = "whole"
    BOOL = "bool"
    DATE = "date"
    INSTANT = "instant"


class ExportColumn(NamedTuple):
    """A column: its name, the type of its values, and whether a value is a list of them."""

    name: str
    type: ColumnType = ColumnType.TEXT
    is_list: bool = False


class ExportTable(NamedTuple):
    """A table: its name, its columns, and the values of each row in their order; None for no value."""

    name: str
    columns: list[ExportColumn]
    rows: list[list[Any]]


class Derived(NamedTuple):
    """A column with what follows from a record and the configuration."""

    column: ExportColumn
    value: Callable[[Opportunity, Config], Any]


TYPES: dict[Any, ColumnType] = {
    Money: ColumnType.MONEY,
    Percent: ColumnType.PERCENT,
    int: ColumnType.WHOLE,
    bool: ColumnType.BOOL,
    date: ColumnType.DATE,
    datetime: ColumnType.INSTANT,
}
CUSTOM_TYPES = {
    FieldType.NUMBER: ColumnType.NUMBER,
    FieldType.MONEY: ColumnType.MONEY,
    FieldType.BOOL: ColumnType.BOOL,
    FieldType.DATE: ColumnType.DATE,
}
DERIVED = (
    Derived(ExportColumn("outcome"), lambda deal, config: str(status_of(deal, config))),
    Derived(
        ExportColumn("effective_probability", ColumnType.PERCENT),
        lambda deal, config: probability_of(deal, config)[0],
    ),
    Derived(ExportColumn("weighted_revenue", ColumnType.MONEY), weighted_revenue),
    Derived(ExportColumn("stage_since", ColumnType.INSTANT), lambda deal, config: stage_since(deal)),
    Derived(ExportColumn("touched", ColumnType.INSTANT), lambda deal, config: last_touched(deal)),
)
CONTACT_NAME = ExportColumn("contact_name")
OWN_TABLES: dict[str, tuple[type[Record], str]] = {  # tables of the items of a list: record and field
    "activities": (Opportunity, "activities"),
    "messages": (Opportunity, "messages"),
    "history": (Opportunity, "history"),
    "rewards": (Opportunity, "rewards"),
    "files": (Opportunity, "files"),
    "addresses": (Contact, "addresses"),
    "contact_history": (Contact, "history"),
}
TABLES = ("opportunities", "contacts", *OWN_TABLES)


def build_table(
    name: str,
    deals: Sequence[Opportunity],
    people: Sequence[Contact],
    config: Config,
    names: Mapping[str, str],
) -> ExportTable:
    """Return a table of these records; `names` are the names of contacts by id."""
    if name == "opportunities":
        return build_opportunities(deals, config, names)
    if name == "contacts":
        return build_records(name, people, Contact, config)
    record, field = OWN_TABLES[name]
    return build_items(name, deals if record is Opportunity else people, record, field)


def build_opportunities(
    deals: Sequence[Opportunity], config: Config, names: Mapping[str, str]
) -> ExportTable:
    """Return the table of leads and opportunities, with what follows from stage and history."""
    table = build_records("opportunities", deals, Opportunity, config)
    columns = [*table.columns, CONTACT_NAME, *(each.column for each in DERIVED)]
    rows = [
        [*row, names.get(deal.contact or ""), *(each.value(deal, config) for each in DERIVED)]
        for row, deal in zip(table.rows, deals, strict=True)
    ]
    return ExportTable(table.name, columns, rows)


def build_records(name: str, records: Sequence[Record], part: type[Record], config: Config) -> ExportTable:
    """Return a table with the fields of records that hold no list of parts."""
    columns: list[ExportColumn] = []
    readers: list[Callable[[Record], Any]] = []
    for path, spec in walk_fields(part):
        if spec.is_part or spec.name == "schema":
            continue
        if spec.is_open:
            for column in list_open_columns(path, records, config):
                columns.append(column)
                readers.append(read_open(path, column.name.removeprefix(f"{path}.")))
        else:
            columns.append(column_of(path, spec))
            readers.append(read_path(path))
    return ExportTable(name, columns, [[read(each) for read in readers] for each in records])


def build_items(name: str, records: Iterable[Record], record: type[Record], field: str) -> ExportTable:
    """Return a table of the items of a list in records, with the id of the record."""
    part = next(spec.type for spec in fields_of(record) if spec.name == field)
    specs = fields_of(part)
    owner = ExportColumn("opportunity" if record is Opportunity else "contact")
    columns = [owner, *(column_of(spec.key, spec) for spec in specs)]
    rows = [
        [each.id, *(item_value(getattr(item, spec.name), spec) for spec in specs)]
        for each in records
        for item in getattr(each, field)
    ]
    return ExportTable(name, columns, rows)


def column_of(path: str, spec: FieldSpec) -> ExportColumn:
    """Return the column of a field; a list of parts is JSON."""
    if spec.is_part:
        return ExportColumn(path)
    whole = spec.type is not bool and isinstance(spec.type, type) and issubclass(spec.type, int)
    supertype = getattr(spec.type, "__supertype__", None)
    type_ = TYPES.get(spec.type) or (ColumnType.WHOLE if whole or supertype is int else ColumnType.TEXT)
    return ExportColumn(path, type_, spec.is_list)


def item_value(value: Any, spec: FieldSpec) -> Any:
    """Return the value of a field of an item; a list of parts as JSON, None where it is empty."""
    if spec.is_part:
        return msgspec.json.encode(plain_data(value)).decode() if value else None
    return value_of(value)


def value_of(value: Any) -> Any:
    """Return a value as it stands in a table: enums as texts, empty lists as none."""
    if isinstance(value, StrEnum):
        return str(value)
    return value or None if isinstance(value, tuple) else value


def read_path(path: str) -> Callable[[Record], Any]:
    """Return the reader of a field, or of a field of a part."""
    head, _, tail = path.partition(".")

    def read(record: Record) -> Any:
        value = getattr(record, head)
        return value_of(getattr(value, tail, None) if tail else value)

    return read


def read_open(path: str, key: str) -> Callable[[Record], Any]:
    """Return the reader of a key of a mapping with free keys."""
    head, _, tail = path.partition(".")

    def read(record: Record) -> Any:
        part: Any = getattr(record, head)
        held = getattr(part, tail, None) if tail else part
        return (held or {}).get(key)

    return read


def list_open_columns(path: str, records: Iterable[Record], config: Config) -> Iterator[ExportColumn]:
    """Yield a column for each key that is declared, or stands in a record."""
    declared = {each.name: each.type for each in config.fields} if path == "fields" else {}
    seen = dict.fromkeys(declared)
    head, _, tail = path.partition(".")
    for record in records:
        part: Any = getattr(record, head)
        held = getattr(part, tail, None) if tail else part
        seen.update(dict.fromkeys(held or ()))
    for key in seen:
        type_ = declared.get(key, FieldType.TEXT)
        yield ExportColumn(
            f"{path}.{key}", CUSTOM_TYPES.get(type_, ColumnType.TEXT), type_ is FieldType.CHOICES
        )
