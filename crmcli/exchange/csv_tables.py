"""Tables as CSV: values spelled as in the files, cells that no spreadsheet runs."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from crmcli.domain.records.documents import plain_data
from crmcli.domain.values.spreadsheet_cells import disarm_cell
from crmcli.domain.values.values import Plain
from crmcli.exchange.export_tables import ColumnType, ExportTable

AT_ONCE = 1000  # rows that one piece has


def write_csv(table: ExportTable) -> Iterator[bytes]:
    """Yield the pieces of a table in CSV; the first row is the header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([disarm_cell(column.name) for column in table.columns])
    types = [column.type for column in table.columns]
    for number, row in enumerate(table.rows, start=1):
        writer.writerow([spell_cell(value, type) for value, type in zip(row, types, strict=True)])
        if number % AT_ONCE == 0:
            yield take_text(buffer)
    yield take_text(buffer)


def take_text(buffer: io.StringIO) -> bytes:
    """Return what a buffer holds, and empty it."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def spell_cell(value: Any, type: ColumnType) -> str:
    """Return a value as the text of a cell; the items of a list are separated by commas."""
    text = spell_exported(value, type)
    return disarm_cell(text) if isinstance(value, str | tuple | list) else text


def spell_exported(value: Any, type: ColumnType) -> str:
    """Return a value as text.

    >>> spell_exported(Decimal("8000.00"), ColumnType.MONEY), spell_exported(("pag", "rika"), ColumnType.TEXT)
    ('8000.00', 'pag,rika')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Plain(text=text):
            return text
        case Decimal():
            return f"{value:.2f}" if type is ColumnType.MONEY else f"{value.normalize():f}"
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case tuple() | list():
            return ",".join(spell_exported(item, type) for item in value)
        case dict():
            return msgspec.json.encode(plain_data(value)).decode()
    return str(value)
