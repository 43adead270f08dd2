"""The context of a command: its common options, as a request and as options for printing."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from crmcli.cli.completion import offers
from crmcli.cli.output import messages
from crmcli.cli.output.colours import wants_colour
from crmcli.cli.output.formats import FOR_PEOPLE, FORMATS, Shape
from crmcli.cli.output.progress import Bar
from crmcli.cli.output.questions import ask_yes_no
from crmcli.cli.output.screen_language import set_screen_language
from crmcli.cli.regex_timeout import Patience
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, UsageError
from crmcli.operations.request import Request
from crmcli.query.term_syntax import is_saved
from crmcli.store.reader import Reading
from crmcli.store.workspace import Workspace

if TYPE_CHECKING:
    from crmcli.query.query_model import Query


def common_options(
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FORMAT", help=", ".join(FORMATS)), offers.FORMAT
    ] = "table",
    columns: Annotated[
        str,
        typer.Option("--columns", "--fields", metavar="A,B,C", help="these columns; +A,-B adds and removes"),
    ] = "",
    template: Annotated[
        str, typer.Option(metavar="JINJA", help="one line per record, see crm help formats")
    ] = "",
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV for the spreadsheets of the workspace's country")
    ] = False,
    headers: Annotated[bool, typer.Option("--headers/--no-headers", help="print the header line")] = True,
    wide: Annotated[
        bool, typer.Option("-w", "--wide", help="at a terminal, all columns, their texts wrapped")
    ] = False,
    vertical: Annotated[bool, typer.Option("--vertical", help="a line for each value of a row")] = False,
    color: Annotated[
        str, typer.Option("--color", metavar="WHEN", help="colours: auto, always, never"), offers.COLOR
    ] = "auto",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="print nothing on success")] = False,
    empty: Annotated[bool, typer.Option("-e", help="exit 1 if the result is empty")] = False,
    directory: Annotated[
        str, typer.Option("-C", metavar="DIR", help="workspace directory ($CRM_WORKSPACE)")
    ] = "",
    user: Annotated[
        str, typer.Option("--as", metavar="USER", help="acting user ($CRM_USER)"), offers.USER
    ] = "",
    errors: Annotated[
        str, typer.Option(metavar="FORMAT", help="print errors as text or json"), offers.ERROR_FORMAT
    ] = "",
    now: Annotated[str, typer.Option(metavar="T", help="use T as the current time ($CRM_NOW)")] = "",
) -> None:
    """Declare the options that every command has."""


def write_options(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would happen; change nothing")
    ] = False,
) -> None:
    """Declare the options of commands that write."""


def query_options(
    explain: Annotated[bool, typer.Option("--explain", help="explain the query; do nothing")] = False,
) -> None:
    """Declare the option of commands that change the records that match a query."""


class OutputOptions(msgspec.Struct, frozen=True):
    """The options for printing the result of a command."""

    format: str  # a key of `formats.FORMATS`; a questionnaire has formats of its own
    for_office: bool  # CSV for spreadsheets instead of CSV for programs
    columns: list[str]
    headers: bool
    shape: Shape
    is_coloured: bool
    quiet: bool
    empty_fails: bool
    template: str  # a Jinja template for one line per record

    @property
    def is_for_people(self) -> bool:
        """Tell whether the output is for people: the table format, without `--columns` and `--template`."""
        return self.format == "table" and not self.columns and not self.template

    @property
    def needs_no_columns(self) -> bool:
        """Tell whether rows are printed as whole documents or as their ids, one by one."""
        return self.format in ("jsonl", "ids") and not (self.columns or self.template or self.quiet)

    @property
    def other_way(self) -> str:
        """The option by which rows are printed in another way than as a usual table; empty without any."""
        if self.template:
            return "--template"
        if self.columns:
            return "--columns"
        if self.for_office:
            return "--excel"
        if self.format != "table":
            return f"-o {self.format}"
        return {Shape.WIDE: "--wide", Shape.VERTICAL: "--vertical"}.get(self.shape, "")


class CommandContext:
    """The context of a command besides its arguments: the request, and the options for printing."""

    def __init__(self, options: dict[str, Any]) -> None:
        if options["errors"] not in ("text", "json"):
            raise UsageError(f"unknown format {options['errors']!r} of errors", hint="text, json")
        messages.Format.as_json = options["errors"] == "json"
        self.output = read_output_options(options)
        self.view = ""  # the last one that the query names
        self.explain: bool = options.get("explain", False)
        dry_run: bool = options.get("dry_run", False)
        request = Request(options["directory"], user=options["user"], now=options["now"], dry_run=dry_run)
        request.advise = messages.print_warning
        request.progress = Bar()
        request.search = Patience().searching
        request.ask_for_trust = ask_for_trust
        self.request = request
        set_screen_language(request, is_for_people=self.output.format in FOR_PEOPLE or self.output.for_office)

    def query(self, terms: Sequence[str]) -> "Query":
        """Return the query parsed from these terms.

        Raises UsageError, with an explanation if the shell took a `>` in a term for a redirection.
        """
        try:
            query = self.request.query(terms)
        except UsageError as error:
            raise detect_shell_redirection(error, terms) or error from None
        saved = [term[1:] for term in terms if is_saved(term)]
        self.view = next((name for name in reversed(saved) if name in self.request.config.views), "")
        return query

    def row(self, word: str, *kinds: str) -> str:
        """Return the id in a row like `@3` of a list of one of these kinds; other words unchanged."""
        from crmcli.cli import row_references

        return row_references.resolve_row_reference(self.request.workspace, kinds, word)

    def record(self, reading: Reading, word: str) -> str:
        """Return the path of the record with a loose reference, or of the only match of a saved query."""
        if is_saved(word):
            return self.only_one(reading, word)
        return reading.opportunity_references.loose(self.row(word, "opportunity"))

    def record_to_change(self, reading: Reading, word: str) -> str:
        """Return the path of the record to change; loose references are accepted only at a terminal."""
        if sys.stdin.isatty() or is_saved(word):
            return self.record(reading, word)
        return reading.opportunity_references.exact(self.row(word, "opportunity"))

    def only_one(self, reading: Reading, saved: str) -> str:
        """Return the path of the only record that matches a saved query.

        Raises NotFoundError, or AmbiguousError with the candidates.
        """
        found = list(reading.index.opportunities(self.query([saved]), self.request.viewing))
        if not found:
            raise NotFoundError(f"{saved} finds no opportunity", hint=f"crm list {saved} --explain")
        if len(found) > 1:
            lines = [f"{each['id'] or '-'}  {each['title']}" for each in found[:20]]
            raise AmbiguousError(f"{len(found)} records match {saved!r}:", lines)
        return str(found[0]["path"])


def read_output_options(options: dict[str, Any]) -> OutputOptions:
    """Return the options for printing the result.

    Raises UsageError for an unknown format, an empty list of fields, or a template and a format at once.
    """
    format, template = options.get("output", "table"), options.get("template", "")
    columns = [name for name in options["columns"].split(",") if name]
    if template and format != "table":
        raise UsageError(f"--template and -o {format} are two ways to print", hint="leave one out")
    if options["columns"] and not columns:
        raise UsageError(f"--columns {options['columns']!r} names no column")
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}", hint=", ".join(FORMATS))
    if options["excel"] and (format not in ("table", "csv") or template):
        raise UsageError("--excel is for CSV", hint="-o csv --excel")
    shape = choose_shape(is_wide=options["wide"], is_vertical=options["vertical"])
    return OutputOptions(
        "csv" if options["excel"] else format,
        options["excel"],
        columns,
        options["headers"],
        shape,
        wants_colour(options["color"]),
        options["quiet"],
        options["empty"],
        template,
    )


def choose_shape(*, is_wide: bool, is_vertical: bool) -> Shape:
    """Return how tables are fitted into a terminal.

    Raises UsageError for two ways at once.
    """
    if is_wide and is_vertical:
        raise UsageError("--wide and --vertical are two ways to print a table", hint="leave one out")
    return Shape.VERTICAL if is_vertical else Shape.WIDE if is_wide else Shape.ONE_LINE


def ask_for_trust(workspace: Workspace) -> bool:
    """Ask at a terminal whether to trust the workspace's programs as they are now; elsewhere return False."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    from crmcli.cli.pages.coverage_page import show_programs
    from crmcli.store.local_state.trust import list_programs

    show_programs(list_programs(workspace))
    return ask_yes_no(translate("Trust these programs of this workspace, and run them?"))


def detect_shell_redirection(error: UsageError, terms: Sequence[str]) -> UsageError | None:
    """Return the error for `revenue:>5000`, which the shell took for a redirection to a file, or None."""
    try:
        name = Path(os.readlink(f"/proc/self/fd/{sys.stdout.fileno()}")).name
    except (OSError, ValueError):
        return None
    cut = next((term for term in terms if term.endswith(":")), None)
    if cut is None or not name.lstrip("=").isdigit():
        return None
    number = name.lstrip("=")
    return UsageError(
        f"the shell took > for a redirection into the file {name}", hint=f"{cut[:-1]}.gt:{number}"
    )
