"""A file as rows of cells: CSV of any spreadsheet program, or JSON objects with a value a column."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from crmcli.domain.records.import_contact import NOT_UTF8, ImportFault
from crmcli.domain.values.decoding import decode_exactly, decode_lines
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.spreadsheet_cells import restore_cell
from crmcli.domain.values.values import NumberText, Plain

SEPARATORS = ";,\t|"
END = "\x1fend of the file\x1f"  # a row of its own, unless a quote is still open
SCALARS = {"null": "", "true": "true", "false": "false"}  # of JSON, besides numbers
LONGEST = 131_072  # characters of a cell


class CellRow(NamedTuple):
    """A row: the number of its first line, its cells as texts, and as they stand in the file."""

    line: int
    cells: list[str]
    raw: list[str]


class CellTable(NamedTuple):
    """The headings and rows of a file, how it was read, and what was wrong with it."""

    headers: list[str]
    rows: list[CellRow]
    encoding: str  # or `JSON`
    separator: str = ""  # of cells; none for JSON
    notes: tuple[ImportFault, ...] = ()
    faults: tuple[ImportFault, ...] = ()  # of rows that could not be read


def read_csv_table(content: bytes, *, separator: str = "", encoding: str = "") -> CellTable:
    """Return the table of a CSV file, whose first line that is not empty is the header.

    Raises UsageError for a file that is not text, is empty, or has a quote that is never closed.
    """
    csv.field_size_limit(LONGEST)
    read = decode_exactly(content, encoding) if encoding else decode_lines(content)
    text = read.text.replace("\r\n", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        hint = "--encoding NAME, if it is in an encoding that is not recognized"
        raise UsageError("is not text: it has a NUL byte", where=str(line), hint=hint)
    between = separator or find_separator(text)
    rows = (row for row in number_rows(text, between) if any(cell.strip() for cell in row[1]))
    headers = next((cells for _, cells in rows if not is_separator_line(cells)), None)
    if headers is None:
        raise UsageError("is empty: it has no line with headings")
    table = [CellRow(line, [restore_cell(cell).strip() for cell in cells], cells) for line, cells in rows]
    notes = tuple(ImportFault(line, NOT_UTF8) for line in read.odd_lines)
    return CellTable([restore_cell(each).strip() for each in headers], table, read.encoding, between, notes)


def number_rows(text: str, separator: str = "") -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the rows; `line` is the number of a row's first line.

    Without a separator, it is found in the first line.

    Raises UsageError, with the line as its place, for a row that is not valid, such as one with a quote that
    is not closed.
    """
    ended = text if text.endswith("\n") else text + "\n"
    lines = csv.reader(io.StringIO(ended + END, newline=""), delimiter=separator or find_separator(text))
    begins = 1
    while True:
        try:
            cells = next(lines)
        except csv.Error as error:
            what = f"a cell has more than {LONGEST:,} characters" if "limit" in str(error) else str(error)
            raise UsageError(what, where=str(begins), hint="is a quote missing?") from None
        if cells == [END]:
            return
        if cells and cells[-1].endswith(END):
            raise UsageError("the quote that opens here is never closed", where=str(begins))
        yield begins, cells
        begins = lines.line_num + 1


def find_separator(text: str) -> str:
    """Return the separator of cells: that of `sep=`, else the most frequent in the first line, unquoted."""
    first = text.lstrip("\r\n").partition("\n")[0]
    if first.startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    bare = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def is_separator_line(cells: Sequence[str]) -> bool:
    """Tell whether a row is Excel's `sep=` line, which precedes the header."""
    return cells[0].strip().startswith("sep=") and not "".join(cells[1:]).strip()


def describe_surplus(headers: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return what is wrong with a row that has values in columns without a heading."""
    if any(cells[len(headers) :]):
        return ["has more cells than the first line has headings"]
    named = zip(headers, cells, strict=False)
    bare = [number for number, (heading, cell) in enumerate(named, start=1) if cell and not heading]
    return [f"has a value in column {number}, which has no heading" for number in bare]


def read_object_table(documents: Sequence[Any]) -> CellTable:
    """Return the table of JSON objects: a column a key; keys of nested objects are joined by dots.

    Anything else is a fault. Raises UsageError where nothing is an object.
    """
    numbered = list(enumerate(documents, start=1))
    faults = tuple(
        ImportFault(number, "is not an object") for number, each in numbered if not isinstance(each, dict)
    )
    rows = {number: dict(flatten_object(each)) for number, each in numbered if isinstance(each, dict)}
    if faults and not rows:
        raise UsageError(faults[0].what, where=str(faults[0].line))
    headers = list(dict.fromkeys(key for row in rows.values() for key in row))
    table = []
    for number, row in rows.items():
        cells = [row.get(key, "") for key in headers]
        bare = [cell if isinstance(cell, NumberText) else cell.strip() for cell in cells]
        table.append(CellRow(number, bare, cells))
    return CellTable(headers, [row for row in table if any(row.cells)], "JSON", faults=faults)


def flatten_object(document: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of an object as texts, by their keys joined by dots.

    >>> dict(flatten_object({"name": "Anne", "deal": {"amount": Plain("8000")}, "tags": ["a", "b"]}))
    {'name': 'Anne', 'deal.amount': '8000', 'tags': 'a,b'}
    """
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flatten_object(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", spell_json(value)


def spell_json(value: Any) -> str:
    """Return a JSON value as text; the items of a list are separated by commas."""
    if isinstance(value, Plain):
        if value.text in SCALARS:
            return SCALARS[value.text]
        return NumberText(value.text)
    if isinstance(value, list):
        return ",".join(spell_json(item) for item in value)
    if isinstance(value, dict):
        return ",".join(text for _, text in flatten_object(value))
    return str(value)
