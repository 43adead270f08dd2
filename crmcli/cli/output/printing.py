"""Printing rows and documents in the format of `-o`, the same on a terminal and in a pipe."""

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from crmcli.cli import row_references
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.output.column_choice import choose_columns, is_relative
from crmcli.cli.output.columns import Column
from crmcli.cli.output.formats import (
    FORMATS,
    Layout,
    as_jsonl,
    for_a_terminal,
    format_json,
    labels_of,
    leave_out_columns,
    pick_fields,
)
from crmcli.domain.documents.typed_document import Document, TypedDocument, as_document
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.values.errors import Exit
from crmcli.domain.values.visible_text import visible

AnyDocument = Document | TypedDocument
NO_MATCH, NO_CHANGE = deferred("nothing matches"), deferred("nothing changed")
MOST_NAMED = 8  # columns that a remark names
RULE = f"\n{'─' * 60}\n\n"  # between the pages of several records
R = TypeVar("R")  # the report of an operation


class Report(msgspec.Struct, frozen=True):
    """The prepared output of a command, its exit code, and a remark for the person at a terminal."""

    text: str | bytes  # bytes are JSON in UTF-8, not for a terminal
    code: int = Exit.OK
    remark: str = ""
    is_coloured: bool = False  # its control characters are escaped already, but for those of colours

    def told(self) -> int:
        """Print the output; return the exit code."""
        if isinstance(self.text, bytes) or self.is_coloured:
            write_output(self.text)
        else:
            print_text(self.text)
        messages.print_remark(self.remark)
        return self.code


class Printer(Generic[R]):
    """A printer that prepares the output of an operation before anything is stored, and prints it afterwards.

    Its `prepare` is the `check` of the operation, so that a change that cannot be printed is not made.
    """

    def __init__(self, call: CommandContext, describe: Callable[[CommandContext, R], Report]) -> None:
        self.call = call
        self.describe = describe
        self.prepared = Report("")

    def prepare(self, report: R) -> None:
        """Prepare the output for a report."""
        self.prepared = self.describe(self.call, report)

    def print(self) -> int:
        """Print the prepared output; return the exit code."""
        return self.prepared.told()


def print_rows(
    call: CommandContext, rows: Iterable[AnyDocument], columns: Sequence[Column], view: str = ""
) -> int:
    """Print documents in the format of `-o`; return the exit code, which `-e` makes 1 for no documents.

    `view` names the view in crm.yaml that may change the usual columns of this list.
    """
    if call.output.format != "table" or call.output.quiet:
        return build_report(call, rows, columns, view).told()
    documents = list(map(as_document, rows))
    code = build_report(call, documents, columns, view).told()
    row_references.remember_rows(call.request.workspace, documents)
    return code


def build_report(
    call: CommandContext, rows: Iterable[AnyDocument], columns: Sequence[Column], view: str = ""
) -> Report:
    """Return documents in the format of `-o`, and the exit code, which `-e` makes 1 for no documents."""
    if call.output.needs_no_columns and call.output.format == "jsonl":
        content = as_jsonl(map(as_document, rows), columns, layout_of(call))
        return report_rows(call, content, "" if content else translate(NO_MATCH), are_there=bool(content))
    documents = list(map(as_document, rows))
    text: str | bytes
    if call.output.template:
        from crmcli.cli.output.row_templates import render_rows

        text = "" if call.output.quiet else render_rows(call, documents, columns)
        remark = "" if documents or call.output.quiet else translate(NO_MATCH)
    elif call.output.quiet:
        text = remark = ""
    else:
        text, remark = format_rows(call, documents, choose_columns(call, documents, columns, view))
    return report_rows(call, text, remark, are_there=bool(documents))


def report_rows(call: CommandContext, text: str | bytes, remark: str, *, are_there: bool) -> Report:
    """Return the report of rows that are printed so."""
    code = Exit.FAILURE if call.output.empty_fails and not are_there else Exit.OK
    return Report(text, code, remark, is_coloured=layout_of(call).is_coloured)


def format_rows(
    call: CommandContext, documents: Sequence[Document], columns: Sequence[Column]
) -> tuple[str | bytes, str]:
    """Return documents in the format of `-o`, and a remark on what is not among them."""
    layout = layout_of(call)
    text: str | bytes
    remark = ""
    if call.output.format == "table":
        columns, left_out, can_wrap = leave_out_columns(documents, columns, layout)
        remark = describe_left_out(labels_of(left_out), can_wrap=can_wrap)
    if call.output.for_office:
        from crmcli.cli.output.office_csv import Office  # with babel, which is slow to load

        text = Office(call.request.config).write_csv(documents, columns, headers=layout.headers)
    else:
        text = FORMATS[call.output.format](documents, columns, layout)
    return text, remark if documents else translate(NO_MATCH)


def describe_left_out(labels: Sequence[str], *, can_wrap: bool) -> str:
    """Return a remark that names columns for which there was no room; empty without any."""
    if not labels:
        return ""
    names = ", ".join(labels[:MOST_NAMED]) + (", …" if len(labels) > MOST_NAMED else "")
    if not can_wrap:
        return translate("no room for {columns} (--vertical prints a line each)", columns=names)
    return translate(
        "no room for {columns} (--wide wraps lines, --vertical prints a line each)", columns=names
    )


def layout_of(call: CommandContext) -> Layout:
    """Return the options of the layout: headers, given fields, how it fits a terminal, colours."""
    output = call.output
    is_coloured = output.is_coloured and output.format == "table" and not output.template
    return Layout(
        output.headers, bool(output.columns) and not is_relative(output.columns), output.shape, is_coloured
    )


def print_text(text: str) -> None:
    """Print text on stdout, with a final line end; on a terminal, control characters are escaped."""
    write_output(for_a_terminal(text, visible))


def write_output(text: str | bytes) -> None:
    """Write text to stdout as it is, with a final line end; bytes are UTF-8."""
    if isinstance(text, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(text + b"\n" if text else text)
    else:
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")


def print_page(
    call: CommandContext, shown: AnyDocument, text: Callable[[], str], columns: Sequence[Column]
) -> int:
    """Print one record: a page for people, a single object for `-o json`, else a row."""
    if call.output.quiet:
        return Exit.OK
    if call.output.is_for_people:
        write_page(call, text())
        return Exit.OK
    document = as_document(shown)
    if call.output.format != "json" or call.output.template:
        return print_rows(call, [document], columns)
    columns = choose_columns(call, [document], columns)
    print_text(format_json(pick_fields(document, columns, layout_of(call))))
    return Exit.OK


def write_page(call: CommandContext, page: str, lead: str = "") -> None:
    """Write a page, at a terminal with its long lines wrapped, and in its colours."""
    from crmcli.cli.output.colours import Page, TonedText, paint, tone_of_line

    lines = page.lines if isinstance(page, Page) else for_a_terminal(page, visible).split("\n")
    if sys.stdout.isatty():
        from crmcli.cli.output.page_fit import fit_line  # with what measures texts, which is slow to import

        width = shutil.get_terminal_size().columns
        lines = [TonedText(fit_line(line, width), tone_of_line(line)) for line in lines]
    if call.output.is_coloured:
        lines = [paint(line, tone_of_line(line)) for line in lines]
    write_output(lead + "\n".join(lines))


def print_pages(
    call: CommandContext,
    shown: Sequence[tuple[AnyDocument, Callable[[], str]]],
    columns: Sequence[Column],
) -> int:
    """Print several records as `print_page` prints one: pages with a line between them, or rows."""
    if len(shown) == 1:
        return print_page(call, *shown[0], columns)
    if not call.output.is_for_people or call.output.quiet:
        return print_rows(call, [document for document, _ in shown], columns)
    for index, (_, text) in enumerate(shown):
        write_page(call, text(), RULE if index else "")
    return Exit.OK


def report_changes(
    call: CommandContext, said: Sequence[str], documents: Iterable[AnyDocument], columns: Sequence[Column]
) -> Report:
    """Return the report of a writing command: lines for people, documents for scripts.

    It is built before anything is committed, so that a change that cannot be printed is not made. The
    documents are only built for scripts.
    """
    if call.output.is_for_people:
        is_said = said and not call.output.quiet
        text = "\n".join(visible(line) for line in said) if is_said else ""
        return Report(text, remark="" if said or call.output.quiet else translate(NO_CHANGE))
    return msgspec.structs.replace(build_report(call, list(documents), columns), remark="")
