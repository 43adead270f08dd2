"""Tables as Parquet: decimals, days, instants in UTC and lists, so that DuckDB or Spark need no casts.

`fields.brand` is the member `brand` of the struct `fields`. All workspaces of one export have the same
columns, so that their files are one table. Needs pyarrow, the extra `parquet`.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crmcli.domain.values.untyped_values import FALSE, TRUE
from crmcli.domain.values.values import Plain
from crmcli.exchange.csv_tables import spell_exported
from crmcli.exchange.export_tables import ColumnType, ExportColumn, ExportTable

WORKSPACE = ExportColumn("workspace")
ROOT = "crm.root"  # metadata of a file
TYPES = {
    ColumnType.TEXT: pa.string(),
    ColumnType.MONEY: pa.decimal128(15, 2),
    ColumnType.PERCENT: pa.decimal128(9, 6),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.WHOLE: pa.int64(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INSTANT: pa.timestamp("s", "UTC"),
}


def unite_columns(tables: Iterable[ExportTable]) -> list[ExportColumn]:
    """Return the columns of several tables, each name once; one with different types is a text."""
    known: dict[str, ExportColumn] = {}
    for table in tables:
        for column in table.columns:
            before = known.setdefault(column.name, column)
            if before != column:
                known[column.name] = ExportColumn(column.name)
    return list(known.values())


def write_parquet(table: ExportTable, columns: Sequence[ExportColumn], workspace: str, root: str) -> bytes:
    """Return a table of a workspace as a Parquet file with these columns, its own or more.

    `root` is the directory of the workspace: the file notes whose it is.
    """
    places = {column.name: place for place, column in enumerate(table.columns)}
    arrays: dict[str, Any] = {WORKSPACE.name: pa.array([workspace] * len(table.rows), pa.string())}
    for column in columns:
        place = places.get(column.name)
        values = [None if place is None else typed_value(row[place], column) for row in table.rows]
        type_ = pa.list_(TYPES[column.type]) if column.is_list else TYPES[column.type]
        arrays[column.name] = pa.array(values, type_)
    buffer = io.BytesIO()
    whole = pa.table(nest_columns(arrays)).replace_schema_metadata({ROOT: root})
    pq.write_table(whole, buffer, compression="zstd")
    return buffer.getvalue()


def read_root(path: Path) -> str:
    """Return the directory of the workspace whose table a file has; empty where no file tells it."""
    try:
        noted = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return ""
    return str(noted.get(ROOT.encode(), b"").decode("utf-8", "replace"))


def nest_columns(arrays: dict[str, Any]) -> dict[str, Any]:
    """Return columns with dotted names as structs of the part before the first dot."""
    members: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        head, _, tail = name.partition(".")
        members.setdefault(head, {})[tail] = array
    return {
        head: held[""]
        if list(held) == [""]
        else pa.StructArray.from_arrays(list(nested.values()), names=list(nested))
        for head, held in members.items()
        for nested in [held if list(held) == [""] else nest_columns(held)]
    }


def typed_value(value: Any, column: ExportColumn) -> Any:
    """Return a value for a column; None for one that its type cannot hold, such as a word in a number."""
    if value is None:
        return None
    if column.is_list:
        items = value if isinstance(value, tuple | list) else [value]
        return [scalar_value(item, column.type) for item in items]
    return scalar_value(value, column.type)


def scalar_value(value: Any, type: ColumnType) -> Any:
    """Return a scalar for a column of a type."""
    if type is ColumnType.TEXT:
        return spell_exported(value, type)
    if isinstance(value, Plain | str):
        return read_scalar(value.text if isinstance(value, Plain) else value, type)
    return value


def read_scalar(text: str, type: ColumnType) -> Any:
    """Return the value of the text of a custom field; None where it is none of this type.

    >>> read_scalar("8000.5", ColumnType.MONEY), read_scalar("soon", ColumnType.DATE)
    (Decimal('8000.50'), None)
    """
    try:
        if type is ColumnType.BOOL:
            return text in TRUE if text in TRUE | FALSE else None
        if type is ColumnType.DATE:
            return date.fromisoformat(text)
        if type is ColumnType.NUMBER:
            return float(text)
        return Decimal(text).quantize(Decimal("0.01"))
    except (ValueError, InvalidOperation):
        return None
