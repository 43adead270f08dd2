"""Rows and documents in every format: one place, chosen by `-o`, the same on a terminal and in a pipe."""

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from crmcli.cli import beside, numbered
from crmcli.cli.columns import Column, refuse_unknown
from crmcli.cli.invocation import Invocation
from crmcli.cli.people import UNSAFE, visible
from crmcli.domain.documents import Document, read
from crmcli.domain.errors import Exit, UsageError
from crmcli.domain.keys import Type
from crmcli.domain.query import Query, own_key
from crmcli.domain.suggest import suggestion
from crmcli.store.reading import Reading

MOST_WARNINGS = 20  # of one kind
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


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
        return [column for column in columns if column.usual]
    known = {column.key: column for column in columns}
    own = {name: column for name in call.fields if (column := own_column(call, name, known))}
    refuse_unknown("column", [name for name in call.fields if name not in own], documents, columns)
    return [own.get(name) or known.get(name, Column(name)) for name in call.fields]


OWN = {"field": "fields", "answer": "project"}  # where documents keep what a prefix of queries names


def own_column(call: Invocation, name: str, known: Mapping[str, Column]) -> Column | None:
    """The column of a field of your own or of an answer, `field.brand` as queries spell it.

    Raises UsageError for a name that nobody knows.
    """
    prefix, _, rest = name.partition(".")
    key = own_key(name, call.asker) if OWN.get(prefix) in known else None
    if key is None:
        return None
    under = ("fields", rest) if prefix == "field" else ("project", "answers", rest)
    field = call.config.custom_field(rest) if prefix == "field" else None
    label = field.label if field and field.label else rest
    is_number = key.read_as is Type.NUMBER
    return Column(name, label, known[OWN[prefix]].shown, is_number, under=under)


def emit(text: str) -> None:
    """Text on stdout, a line end at its end; on a terminal nothing in it steers the terminal."""
    shown = for_a_terminal(text, visible)
    sys.stdout.write(shown if shown.endswith("\n") or not shown else f"{shown}\n")


def as_table(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """Aligned columns for people; on a terminal they fit it."""
    if not documents:
        return ""
    cells = [[visible(shown(document, column)) for column in columns] for document in documents]
    labels = labels_of(columns)
    if not sys.stdout.isatty():
        return tabulated(call, cells, columns, "simple" if call.headers else "plain")
    from crmcli.cli import fitting

    width = shutil.get_terminal_size().columns
    room = fitting.Room(width, fitting.beside_headers(labels) if call.headers else [0] * len(columns))
    broken = fitting.fitted(cells, columns, room)
    if broken is None:
        return "\n\n".join(fitting.block(labels, row, width) for row in cells)
    return tabulated(call, broken, columns, "simple" if call.headers else "plain")


def as_markdown(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """A table for a page."""
    cells = [
        [flat(visible(shown(document, column))).replace("|", "\\|") for column in columns]
        for document in documents
    ]
    return tabulated(call, cells, columns, "github")


def shown(document: Document, column: Column) -> str:
    """A value as people read it."""
    return column.shown(column.value(document)).replace("\t", " ")


def labels_of(columns: Sequence[Column]) -> list[str]:
    """What stands above columns."""
    return [flat(visible(column.label or column.key)) for column in columns]


def tabulated(call: Invocation, cells: Sequence[Sequence[str]], columns: Sequence[Column], style: str) -> str:
    """The table as text."""
    from tabulate import tabulate

    return tabulate(
        cells,
        headers=labels_of(columns) if call.headers else (),
        tablefmt=style,
        disable_numparse=True,
        colalign=["right" if column.right else "left" for column in columns] if cells else None,
    )


def as_json(call: Invocation, documents: Sequence[Document], columns: Sequence[Column]) -> str:
    """One JSON array."""
    return indented([picked(call, each, columns) for each in documents])


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
        b"\n".join(msgspec.json.encode(picked(call, each, columns)) for each in documents).decode(), in_json
    )


def picked(call: Invocation, document: Document, columns: Sequence[Column]) -> Document:
    """The document, or the fields asked for."""
    return {column.key: column.value(document) for column in columns} if call.fields else document


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
    return " ".join(text.replace("\t", "\n").splitlines())


def cell(document: Document, column: Column) -> str:
    """A value for a machine: numbers and ISO dates as they are, lists by commas."""
    value = read(column.value(document))
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return ",".join(map(scalar, value))
    return scalar(value)


def scalar(value: Any) -> str:
    """A value in a cell as JSON spells it, texts as they are."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


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

    return "---\n".join(emitted(tree(picked(call, each, columns))) for each in documents)


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
        emit(indented(picked(call, document, chosen(call, [document], columns))))
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


def warn_unreadable(reading: Reading, kind: str = "opportunities") -> None:
    """Name the files of a kind that cannot be read; everything else goes on."""
    for broken in reading.index.broken(kind):
        beside.warn(f"{broken}; skipped")


def warn_about(reading: Reading, query: Query) -> None:
    """Name what a query cannot be answered from: files that cannot be read, tags that nobody uses."""
    warn_unreadable(reading)
    unused = reading.index.unused_tags(query.tags)
    for tag in unused[:MOST_WARNINGS]:
        hint = suggestion(tag, reading.index.tags())
        beside.warn(f"no record has the tag {tag!r}" + (f" ({hint})" if hint else ""))
    if len(unused) > MOST_WARNINGS:
        beside.warn(f"no record has {len(unused) - MOST_WARNINGS:,} other tags that are asked for")
