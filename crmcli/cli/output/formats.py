"""The output formats of `-o`; the table FORMATS contains all of them."""

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crmcli.cli.output.columns import Column
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.records.documents import decode_value
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.spreadsheet_cells import disarm_cell
from crmcli.domain.values.visible_text import visible, visible_json

if TYPE_CHECKING:
    from crmcli.cli.output.colours import Tone
    from crmcli.cli.output.table_layout import Room


class Shape(Enum):
    """How a table is fitted into a terminal that is narrower."""

    ONE_LINE = "one line"  # per row: some columns are left out, long texts are cut
    WIDE = "wide"  # all columns, their texts wrapped
    VERTICAL = "vertical"  # a block per row


class Layout(msgspec.Struct, frozen=True):
    """The options of a format."""

    headers: bool = True
    is_picked: bool = False  # whether `--fields` selects the columns
    shape: Shape = Shape.ONE_LINE
    is_coloured: bool = False


def as_table(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return aligned columns, on a terminal within its width; with `VERTICAL`, a block per document."""
    if not documents:
        return ""
    from crmcli.cli.output import table_layout

    cells: list[list[str]] | None = show_cells(documents, columns)
    if layout.shape is Shape.VERTICAL or sys.stdout.isatty():
        room = measure_room(columns, layout)
        whole, cells = cells or [], None
        if layout.shape is Shape.ONE_LINE:
            cells = table_layout.cut_cells(whole, columns, room)
        elif layout.shape is Shape.WIDE:
            cells = table_layout.fit_cells(whole, columns, room)
        if cells is None:
            labels = labels_of(columns)
            return "\n\n".join(table_layout.format_block(labels, row, room.width) for row in whole)
    labels = labels_of(columns) if layout.headers else []
    tones = choose_tones(documents, columns) if layout.is_coloured else None
    return table_layout.draw_table(labels, cells or [], [column.right for column in columns], tones)


def choose_tones(documents: Sequence[Document], columns: Sequence[Column]) -> "list[list[Tone | None]]":
    """Return the tone of each cell, by the value in it."""
    from crmcli.cli.output.colours import tone_of

    return [[tone_of(document, column.key) for column in columns] for document in documents]


def leave_out_columns(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> "LeftOut":
    """Return the columns for which a terminal has room, a line for each document, and those left out."""
    if layout.shape is not Shape.ONE_LINE or not sys.stdout.isatty() or not documents:
        return LeftOut(list(columns), [], can_wrap=True)
    from crmcli.cli.output import table_layout

    cells, room = show_cells(documents, columns), measure_room(columns, layout)
    places = table_layout.choose_places(cells, columns, room, are_named=layout.is_picked)
    kept = [columns[place] for place in places]
    others = [column for column in columns if column not in kept]
    can_wrap = not others or table_layout.fit_cells(cells, columns, room) is not None
    return LeftOut(kept, others, can_wrap=can_wrap)


class LeftOut(NamedTuple):
    """The columns for which there is room, those left out, and whether all fit with their texts wrapped."""

    kept: list[Column]
    others: list[Column]
    can_wrap: bool


def show_cells(documents: Sequence[Document], columns: Sequence[Column]) -> list[list[str]]:
    """Return the values of documents as they are shown to people."""
    return [[visible(format_value(document, column)) for column in columns] for document in documents]


def measure_room(columns: Sequence[Column], layout: Layout) -> "Room":
    """Return the width of the terminal, and what the headers of these columns take of it."""
    from crmcli.cli.output import table_layout

    headers = table_layout.beside_headers(labels_of(columns)) if layout.headers else [0] * len(columns)
    return table_layout.Room(shutil.get_terminal_size().columns, headers)


def as_markdown(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return a Markdown table."""
    cells = [
        [flatten_text(visible(format_value(document, column))).replace("|", "\\|") for column in columns]
        for document in documents
    ]
    from tabulate import tabulate

    return tabulate(
        cells,
        headers=labels_of(columns) if layout.headers else [],
        tablefmt="github",
        disable_numparse=True,
        colalign=["right" if column.right else "left" for column in columns] if cells else None,
    )


def format_value(document: Document, column: Column) -> str:
    """Return a value as it is shown to people."""
    return column.shown(column.value(document)).replace("\t", " ")


def labels_of(columns: Sequence[Column]) -> list[str]:
    """Return the labels of columns."""
    return [flatten_text(visible(column.label or column.key)) for column in columns]


def as_json(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return one JSON array."""
    return format_json([pick_fields(each, columns, layout) for each in documents])


def format_json(value: Any) -> str:
    """Return a value as indented JSON."""
    return for_a_terminal(msgspec.json.format(msgspec.json.encode(value), indent=2).decode(), visible_json)


def for_a_terminal(text: str, spelled: Callable[[str], str]) -> str:
    """Return a text for programs; if stdout is a terminal, `spelled` escapes its control characters."""
    return spelled(text) if sys.stdout.isatty() else text


def as_jsonl(documents: Iterable[Document], columns: Sequence[Column], layout: Layout) -> str | bytes:
    """Return one JSON object per line, in UTF-8; no document is kept once it is a line."""
    encode = msgspec.json.Encoder().encode
    content = b"\n".join([encode(pick_fields(each, columns, layout)) for each in documents])
    return visible_json(content.decode()) if sys.stdout.isatty() else content


def pick_fields(document: Document, columns: Sequence[Column], layout: Layout) -> Document:
    """Return the document, or only the fields that `--fields` selects."""
    return {column.key: column.value(document) for column in columns} if layout.is_picked else document


def as_csv(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return comma-separated values; a cell that a spreadsheet would run is prefixed with an apostrophe."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if layout.headers:
        writer.writerow([column.key for column in columns])
    writer.writerows(
        [disarm_cell(format_cell(document, column)) for column in columns] for document in documents
    )
    return for_a_terminal(buffer.getvalue(), visible)


def as_tsv(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return tab-separated values, one line per row."""
    lines = [[column.key for column in columns]] if layout.headers else []
    lines += [
        [flatten_text(disarm_cell(format_cell(document, column))) for column in columns]
        for document in documents
    ]
    return for_a_terminal("\n".join("\t".join(line) for line in lines), visible)


def flatten_text(text: str) -> str:
    """Return a text with its tabs and line ends replaced by spaces."""
    return " ".join(text.replace("\t", "\n").splitlines())


def format_cell(document: Document, column: Column) -> str:
    """Return a value for programs: numbers and ISO dates unchanged, list items separated by commas."""
    value = decode_value(column.value(document))
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return ",".join(map(format_scalar, value))
    return format_scalar(value)


def format_scalar(value: Any) -> str:
    """Return a value of a cell as JSON; a text is unchanged, and None is empty."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def as_yaml(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return YAML documents, one mapping each."""
    from crmcli.store.codec.emitter import emit_yaml as emitted

    return "---\n".join(emitted(build_tree(pick_fields(each, columns, layout))) for each in documents)


def build_tree(value: Any) -> Any:
    """Return a document as a tree for the YAML emitter, without empty keys."""
    from crmcli.domain.values.values import Plain

    match value:
        case msgspec.Raw():
            return build_tree(decode_value(value))
        case dict():
            return {key: build_tree(item) for key, item in value.items() if item is not None}
        case list():
            return [build_tree(item) for item in value]
        case bool():
            return Plain("true" if value else "false")
        case int() | float():
            return Plain(str(value))
    return value


def as_ids(documents: Sequence[Document], columns: Sequence[Column], layout: Layout) -> str:
    """Return one id or path per line, as every writing command accepts them on standard input.

    Raises UsageError for rows without ids.
    """
    ids = [str(document.get("id") or document.get("path") or "") for document in documents]
    if not all(ids):
        raise UsageError("these rows have no ids", hint="-o tsv")
    return "\n".join(ids)


Format = Callable[[Sequence[Document], Sequence[Column], Layout], str | bytes]
FORMATS: dict[str, Format] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_jsonl,
    "csv": as_csv,
    "tsv": as_tsv,
    "yaml": as_yaml,
    "md": as_markdown,
    "ids": as_ids,
}
FOR_PEOPLE = ("table", "md")  # in the language of the screen; the others are the same for everybody
