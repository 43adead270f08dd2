"""E-mail templates: headers and body in one Jinja file, rendered in a sandbox; no value may be missing.

Each header is rendered separately and kept on one line, so that a customer's value cannot become
another header (RFC 5322, section 2.2) or another recipient (`address_headers`).
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, pass_context

from crmcli.domain.localization.locale import day_text, money_text
from crmcli.domain.model.config import Config
from crmcli.domain.templates.sandbox import NoValueError, Sandbox, find_line
from crmcli.domain.templates.template_context import BudgetContext
from crmcli.domain.templates.template_filters import BY_LOCALE
from crmcli.domain.templates.template_reasons import find_column, find_reason
from crmcli.domain.values.errors import NotFoundError, RefusedError, shorten_text
from crmcli.domain.values.places import Place, format_place
from crmcli.domain.values.suggest import suggest_name
from crmcli.mail.outgoing.address_headers import mark_value, quote_values
from crmcli.store import records
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError

ATTACH = "Attach"  # files in `templates/attachments/`, separated by commas; no header of the message
HEADER = re.compile(r"([A-Za-z][A-Za-z-]*):[ \t]*(.*)")
ALLOWED = {"subject": "Subject", "to": "To", "cc": "Cc", "reply-to": "Reply-To", "attach": ATTACH}
ADDRESSED = ("To", "Cc", "Reply-To")
LARGEST_FILE = 4 * 1024 * 1024  # bytes
SUFFIX, MARKDOWN = ".j2", ".md"
MARKUP = re.compile(r"[!-/:-@\[-`{-~]")  # ASCII punctuation, which a backslash makes text (CommonMark)
VARIANT = re.compile(r"\.([a-z]{2,3})")  # the language at the end of a name
HTML = ".html.j2"  # values in these templates are escaped


class Rendered(NamedTuple):
    """The headers of a template, the text, and the same as HTML where the template is in Markdown."""

    headers: dict[str, str]
    body: str
    html: str | None = None


class TemplateFile(NamedTuple):
    """A file of a template: its name, its language (empty for any), and its path in the workspace."""

    name: str
    language: str
    path: str

    @property
    def is_markdown(self) -> bool:
        """True if its body is Markdown, sent as text and as HTML."""
        return self.path.endswith(MARKDOWN + SUFFIX)


def list_template_files(root: Path) -> list[TemplateFile]:
    """Return the files of all e-mail templates: `NAME[.LANGUAGE][.md].j2`."""
    folder = templates_folder(root)
    return [read_file_name(path.name) for path in sorted(folder.glob(f"*{SUFFIX}"))]


def read_file_name(file: str) -> TemplateFile:
    """Return the name and the language that the name of a file tells.

    >>> read_file_name("relance.fr.md.j2")[:2], read_file_name("relance-devis.j2")[:2]
    (('relance', 'fr'), ('relance-devis', ''))
    """
    stem = file.removesuffix(SUFFIX).removesuffix(MARKDOWN)
    name, dot, ending = stem.rpartition(".")
    is_variant = bool(name and VARIANT.fullmatch(dot + ending)) and dot + ending != MARKDOWN
    return TemplateFile(name if is_variant else stem, ending if is_variant else "", f"templates/email/{file}")


def list_templates(root: Path) -> list[str]:
    """Return the names of the e-mail templates of a workspace."""
    return sorted({each.name for each in list_template_files(root)})


def find_template(root: Path, name: str, *languages: str) -> TemplateFile:
    """Return the file of a template in the first of these languages that it has.

    Without one, it is the file for any language, else the first. Raises NotFoundError with the nearest name.
    """
    files = list_template_files(root)
    own = [each for each in files if each.name == name]
    if not own:
        known = sorted({each.name for each in files})
        hint = suggest_name(name, known) or f"there is: {', '.join(known)}"
        raise NotFoundError(f"no e-mail template {name!r}", hint=hint)
    for language in (*languages, ""):
        for each in own:
            if each.language == language.partition("_")[0].partition("-")[0].lower():
                return each
    return own[0]


def templates_folder(root: Path) -> Path:
    """Return the folder of the e-mail templates."""
    return root / "templates" / "email"


def read_source(root: Path, path: str) -> str:
    """Return the source of a template, by its path in the workspace.

    Raises UnreadableError where it cannot be read.
    """
    try:
        content = files.read_file(root / path, LARGEST_FILE)
    except OSError as error:
        raise UnreadableError(path, None, "", f"cannot be read: {error.strerror}") from error
    if content is None:
        raise UnreadableError(path, None, "", "does not exist")
    return records.decode_utf8(Path(path), content)


def subject_template(source: str) -> str:
    """Return the Subject line of a template, unrendered."""
    found = re.search(r"^subject:[ \t]*(.*)$", source.partition("\n\n")[0], re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else ""


def render_mail(path: str, source: str, values: Mapping[str, Any], config: Config) -> Rendered:
    """Render headers and body of a template; `path` is its path in the workspace.

    Raises RefusedError naming template, line and variable where a value is missing.
    """
    lines = source.split("\n")
    end = next((index for index, line in enumerate(lines) if not line.strip()), len(lines))
    headers: dict[str, str] = {}
    for index, line in enumerate(lines[:end]):
        key, left = parse_header(path, index + 1, line)
        if key in headers:
            raise RefusedError(f"{key} is given twice", where=format_place(path, Place(index + 1, 1)))
        headers[key] = render_header(Piece(path, index, line[left:].rstrip(), left), key, values, config)
    if "Subject" not in headers:
        raise RefusedError("has no Subject line", where=format_place(path, Place(1, 1)))
    body = Piece(path, end + 1, "\n".join(lines[end + 1 :]))
    if path.endswith(MARKDOWN + SUFFIX):
        from crmcli.mail.outgoing import markdown_body  # loads the Markdown parser

        sandbox = make_sandbox(config.locale, config.currency, is_markdown=True)
        return Rendered(headers, *markdown_body.render_bodies(render_piece(body, sandbox, values)))
    text = render_piece(body, make_sandbox(config.locale, config.currency, path.endswith(HTML)), values)
    return Rendered(headers, text.strip("\n") + "\n")


def parse_header(path: str, number: int, line: str) -> tuple[str, int]:
    """Return the name of a header line, and the number of characters before its template.

    Raises RefusedError for any other line.
    """
    found = HEADER.fullmatch(line.rstrip())
    if found is None or found[1].lower() not in ALLOWED:
        allowed = ", ".join(ALLOWED.values())
        raise RefusedError(
            f"{shorten_text(line.strip(), 80)!r} is not a valid header",
            where=format_place(path, Place(number, 1)),
            hint=f"{allowed}, then a blank line",
        )
    return ALLOWED[found[1].lower()], found.start(2)


class Piece(NamedTuple):
    """A part of a template: its file, the number of lines before it, its source, and what is left of that."""

    path: str
    above: int
    source: str
    left: int = 0  # characters before it on its first line

    def find_place(self, error: Exception) -> str:
        """Return where an error was raised, as `path:line:column`."""
        line = find_line(error)
        source = "".join(self.source.split("\n")[line - 1 : line])
        column = find_column(source, error) + (self.left if line == 1 else 0)
        return format_place(self.path, Place(self.above + line, column))


def render_header(piece: Piece, name: str, values: Mapping[str, Any], config: Config) -> str:
    """Render a header on one line.

    Raises RefusedError naming template and line.
    """
    is_addressed = name in ADDRESSED
    sandbox = make_sandbox(config.locale, config.currency, is_addressed=is_addressed)
    text = render_piece(piece, sandbox, values)
    try:
        return " ".join((quote_values(text) if is_addressed else text).split())
    except RefusedError as error:
        place = Place(piece.above + 1, piece.left + 1)
        raise RefusedError(error.what, where=format_place(piece.path, place)) from error


def render_piece(piece: Piece, sandbox: Sandbox, values: Mapping[str, Any]) -> str:
    """Render a piece of a template.

    Raises RefusedError naming template and line for any error in the template.
    """
    try:
        return compile_piece(sandbox, piece.source).render(**values)
    except Exception as error:  # expressions may raise anything
        raise RefusedError(find_reason(error), where=piece.find_place(error)) from error


@lru_cache(maxsize=64)
def compile_piece(sandbox: Sandbox, source: str) -> Template:
    """Compile a piece of a template."""
    return sandbox.from_string(source)


@lru_cache(maxsize=16)
def make_sandbox(
    locale: str, currency: str, is_html: bool = False, is_addressed: bool = False, is_markdown: bool = False
) -> Sandbox:
    """Return a template's environment; `money` and `date` write in the workspace's locale."""
    sandbox = Sandbox(
        undefined=StrictUndefined,
        finalize=mark_present if is_addressed else escape_present if is_markdown else print_value,
        keep_trailing_newline=True,
        autoescape=is_html,
    )
    config = Config(stated_locale=locale, currency=currency)
    sandbox.add_filter("money", lambda amount: money_text(amount, config), BY_LOCALE)
    sandbox.add_filter("date", lambda day: day_text(as_day(day), config), BY_LOCALE)
    return sandbox


def as_day(value: Any) -> date:
    """Return a date, parsed where it is ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def print_value(value: Any) -> Any:
    """Return a value to print.

    Raises NoValueError where it is None.
    """
    if value is None:
        raise NoValueError("a value here is missing")
    return value


@pass_context
def mark_present(context: BudgetContext, value: Any) -> str:
    """Return a value to print in an address header, marked for `quote_values`."""
    text = context.budget.charge_text(print_value(value))
    context.budget.make(len(text))
    return mark_value(text)


@pass_context
def escape_present(context: BudgetContext, value: Any) -> str:
    """Return a value to print in Markdown, in which it is text and nothing else."""
    text = context.budget.charge_text(print_value(value))
    escaped = escape_markdown(text)
    context.budget.make(len(escaped))
    return escaped


def escape_markdown(text: str) -> str:
    """Return a text with all that Markdown would read as markup escaped; its lines stay lines.

    >>> print(escape_markdown("*x* <b>\\n1. [a](b)"))
    \\*x\\* \\<b\\>
    1\\. \\[a\\]\\(b\\)
    """
    lines = (MARKUP.sub(r"\\\g<0>", line.strip()) for line in text.split("\n"))
    return "\n".join(lines)


def render_page(path: str, source: str, values: Mapping[str, Any], config: Config) -> str:
    """Render a page of a template; in `.html.j2` templates, values are escaped.

    Raises RefusedError naming template, line and variable where a value is missing.
    """
    sandbox = make_sandbox(config.locale, config.currency, path.endswith(HTML))
    return render_piece(Piece(path, 0, source), sandbox, values)
