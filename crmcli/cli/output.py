"""Rows and documents in every format: one place, chosen by `-o`, the same on a terminal and in a pipe."""

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from crmcli.cli import numbered
from crmcli.cli.invocation import Invocation
from crmcli.cli.people import UNSAFE, visible
from crmcli.domain.documents import Document, read
from crmcli.domain.errors import Exit, UsageError
from crmcli.domain.query import Query
from crmcli.domain.suggest import suggestion
from crmcli.store.reading import Reading

NARROWEST = 20  # characters that the one long column keeps, however narrow the terminal
HEADER_PADDING = 2  # characters that tabulate adds to the width of a header
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


class Column(NamedTuple):
    """A column of a table: its key in the document, its label, how people read its value."""

    key: str
    label: str = ""
    shown: Callable[[Any], str] = lambda value: "" if value is None else str(value)
    right: bool = False
    wraps: bool = False


def is_for_people(call: Invocation) -> bool:
    """Is nothing else asked for than what people read?"""
    return call.output == "table" and not call.fields and not call.template


class Report(NamedTuple):
    """What a command will print, worked out, and its exit code."""

    text: str
    code: int = Exit.OK

    def told(self) -> int:
        """Print it; the exit code."""
        emit(self.text)
        return self.code


def rows(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> int:
    """Print documents as `-o` says; the exit code, which `-e` makes 1 where there are none."""
    code = table(call, documents, columns).told()
    if call.output == "table" and not call.quiet:
        numbered.printed(call.workspace, documents)
    return code


def table(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> Report:
    """Documents as `-o` says; the exit code, which `-e` makes 1 where there are none."""
    if call.template:
        from crmcli.cli.templating import rendered

        text = "" if call.quiet else rendered(call, documents, columns)
    else:
        text = "" if call.quiet else FORMATS[call.output](call, documents, chosen(call, documents, columns))
    return Report(text, Exit.FAILURE if call.empty_fails and not documents else Exit.OK)


def chosen(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> list[Column]:
    """The columns that `--fields` asks for, else the usual ones.

    Raises UsageError for one that no document of this kind has.
    """
    if not call.fields:
        return list(columns)
    usual = {column.key: column for column in columns}
    refuse_unknown("column", call.fields, documents, columns)
    return [usual.get(name, Column(name)) for name in call.fields]


def refuse_unknown(
    what: str, names: Iterable[str], documents: Sequence[Document], columns: Sequence[Column]
) -> None:
    """Make sure that documents of this kind can have these names, whether one of these has them or not.

    Raises UsageError with the nearest one.
    """
    known = {*(column.key for column in columns), *(key for document in documents for key in document)}
    unknown = [name for name in names if name not in known] if documents else []
    if unknown and "schema" in documents[0]:
        from crmcli.domain.schemas import DOCUMENTS

        known |= set(DOCUMENTS[documents[0]["schema"]]()["properties"])
    for name in unknown:
        if name not in known:
            raise UsageError(f"unknown {what} {name!r}", hint=suggestion(name, known))


def emit(text: str) -> None:
    """Text on stdout, a line end at its end."""
    sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")


def as_table(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Aligned columns for people; fitted to a terminal by wrapping the one long column."""
    return tabulated(call, documents, columns, "simple" if call.headers else "plain") if documents else ""


def as_markdown(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """A table for a page."""
    return tabulated(call, documents, columns, "github", lambda text: flat(visible(text)).replace("|", "\\|"))


def tabulated(
    call: Invocation,
    documents: Sequence[Document],
    columns: Sequence[Column],
    style: str,
    written: Callable[[str], str] = visible,
) -> str:
    """The table as text."""
    from tabulate import tabulate

    cells = [
        [written(column.shown(read(document.get(column.key))).replace("\t", " ")) for column in columns]
        for document in documents
    ]
    return tabulate(
        fitted(cells, columns) if style == "simple" else cells,
        headers=[flat(visible(column.label or column.key)) for column in columns] if call.headers else (),
        tablefmt=style,
        disable_numparse=True,
        colalign=["right" if column.right else "left" for column in columns],
    )


def fitted(cells: list[list[str]], columns: Sequence[Column]) -> list[list[str]]:
    """The cells, those of the wrapping column broken so that the table fits the terminal."""
    wrapping = next((index for index, column in enumerate(columns) if column.wraps), None)
    if wrapping is None or not sys.stdout.isatty():
        return cells
    from wcwidth import wcswidth

    headers = [wcswidth(column.label or column.key) + HEADER_PADDING for column in columns]
    widths = [max([least, *(wcswidth(row[i]) for row in cells)]) for i, least in enumerate(headers)]
    free = shutil.get_terminal_size().columns - sum(widths) - 2 * (len(columns) - 1)
    if free >= 0:
        return cells
    width = max(NARROWEST, widths[wrapping] + free)
    return [[*row[:wrapping], wrapped(row[wrapping], width), *row[wrapping + 1 :]] for row in cells]


def wrapped(text: str, width: int) -> str:
    """A text broken at blanks, and within words that are wider."""
    from crmcli.report.board import folded

    return "\n".join(folded(text, width))


def as_json(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """One JSON array."""
    return indented([picked(call, each) for each in documents])


def indented(value: Any) -> str:
    """JSON that people can read, too."""
    return for_a_terminal(msgspec.json.format(msgspec.json.encode(value), indent=2).decode(), in_json)


def for_a_terminal(text: str, spelled: Callable[[str], str]) -> str:
    """What a machine reads, with nothing in it that would steer a terminal if it is shown on one."""
    return spelled(text) if sys.stdout.isatty() else text


def in_json(text: str) -> str:
    """JSON with the escapes of JSON for what would steer a terminal: the same data."""
    return re.sub(UNSAFE, lambda found: f"\\u{ord(found[0]):04x}", text)


def as_jsonl(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """One JSON object a line."""
    return for_a_terminal(
        b"\n".join(msgspec.json.encode(picked(call, each)) for each in documents).decode(), in_json
    )


def picked(call: Invocation, document: Document) -> Document:
    """The document, or the fields asked for."""
    return {key: document.get(key) for key in call.fields} if call.fields else document


def as_csv(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Comma-separated values; a cell that a spreadsheet would run is led by an apostrophe."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if call.headers:
        writer.writerow([column.key for column in columns])
    writer.writerows([harmless(cell(document, column)) for column in columns] for document in documents)
    return for_a_terminal(buffer.getvalue(), visible)


def as_tsv(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Tab-separated values, one line a row."""
    lines = [[column.key for column in columns]] if call.headers else []
    lines += [[flat(harmless(cell(document, column))) for column in columns] for document in documents]
    return for_a_terminal("\n".join("\t".join(line) for line in lines), visible)


def flat(text: str) -> str:
    """A text without tabs and line ends."""
    return " ".join(text.split())


def cell(document: Document, column: Column) -> str:
    """A value for a machine: numbers and ISO dates as they are, lists by commas."""
    value = read(document.get(column.key))
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return "" if value is None else str(value)


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs; numbers stay numbers."""
    if text.startswith(RISKY) and not is_number(text):
        return f"'{text}"
    return text


def is_number(text: str) -> bool:
    """Is this a number?"""
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_yaml(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """YAML documents, a mapping each."""
    from crmcli.store.yaml.emitter import emit as emitted

    return "---\n".join(emitted(tree(picked(call, each))) for each in documents)


def tree(value: Any) -> Any:
    """A document as the emitter takes it."""
    from crmcli.domain.values import Plain

    match value:
        case msgspec.Raw():
            return tree(read(value))
        case dict():
            return {key: tree(item) for key, item in value.items() if item is not None}
        case list():
            return [tree(item) for item in value]
        case bool():
            return Plain("true" if value else "false")
        case int() | float():
            return Plain(str(value))
    return value


def as_ids(call: Invocation, documents: Iterable[Document], columns: Sequence[Column]) -> str:
    """One id a line, as every writing command takes them on its standard input."""
    ids = [str(document.get("id") or document.get("path") or "") for document in documents]
    if not all(ids):
        raise UsageError("what is asked for has no ids", hint="-o tsv")
    return "\n".join(ids)


FORMATS: dict[str, Callable[[Invocation, Sequence[Document], Sequence[Column]], str]] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_jsonl,
    "csv": as_csv,
    "tsv": as_tsv,
    "yaml": as_yaml,
    "md": as_markdown,
    "ids": as_ids,
}


def page(call: Invocation, document: Document, text: Callable[[], str], columns: Sequence[Column]) -> int:
    """One record: a page for people, a single object for `-o json`, else a row."""
    if call.quiet:
        return Exit.OK
    if is_for_people(call):
        emit(text())
    elif call.output == "json" and not call.template:
        emit(indented(picked(call, document)))
    else:
        return rows(call, [document], columns)
    return Exit.OK


def report(
    call: Invocation, said: Sequence[str], documents: Iterable[Document], columns: Sequence[Column]
) -> Report:
    """What a writing command does: lines for people, documents, worked out only for them, for scripts.

    Worked out before anything is committed, so that what cannot be printed is not done either.
    """
    if is_for_people(call):
        return Report("" if call.quiet else "\n".join(visible(line) for line in said))
    return table(call, list(documents), columns)


def warn(message: str) -> None:
    """One line on stderr that stops nothing."""
    sys.stderr.write(f"crm: {visible(message)}\n")


def warn_unreadable(reading: Reading, kind: str = "opportunities") -> None:
    """Name the files of a kind that cannot be read; everything else goes on."""
    for broken in reading.index.broken(kind):
        warn(f"{broken}; skipped")


def warn_about(reading: Reading, query: Query) -> None:
    """Name what a query cannot be answered from: files that cannot be read, tags that nobody uses."""
    warn_unreadable(reading)
    for tag in reading.index.unused_tags(query.tags):
        hint = suggestion(tag, reading.index.tags())
        warn(f"no record has the tag {tag!r}" + (f" ({hint})" if hint else ""))
