"""E-mail templates: headers and body in one Jinja file, rendered in a sandbox, nothing left blank.

Every header is rendered by itself and kept on one line, so a value from a customer can never
become a header of its own (RFC 5322, section 2.2).
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from crmcli.domain.config import Config
from crmcli.domain.errors import NotFoundError, RefusedError
from crmcli.domain.locale import day_text, money_text
from crmcli.domain.sandbox import NoValueError, Sandbox
from crmcli.domain.suggest import suggestion

HEADER = re.compile(r"([A-Za-z][A-Za-z-]*):[ \t]*(.*)")
ALLOWED = {"subject": "Subject", "to": "To", "cc": "Cc", "reply-to": "Reply-To"}
SUFFIX = ".j2"
HTML = ".html.j2"  # what such a template is given is escaped


class Rendered(NamedTuple):
    """The headers that a template gives, and the text."""

    headers: dict[str, str]
    body: str


def names(root: Path) -> list[str]:
    """The e-mail templates of a workspace."""
    return sorted(path.name.removesuffix(SUFFIX) for path in folder(root).glob(f"*{SUFFIX}"))


def folder(root: Path) -> Path:
    """Where the e-mail templates lie."""
    return root / "templates" / "email"


def read(root: Path, name: str) -> str:
    """The source of a template.

    Raises NotFoundError with the nearest name.
    """
    known = names(root)
    if name not in known:
        hint = suggestion(name, known) or f"there is: {', '.join(known)}"
        raise NotFoundError(f"no e-mail template {name!r}", hint=hint)
    return (folder(root) / f"{name}{SUFFIX}").read_text("utf-8")


def subject(source: str) -> str:
    """What the Subject line of a template says, values not filled in."""
    found = re.search(r"^subject:[ \t]*(.*)$", source.partition("\n\n")[0], re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else ""


def path_of(name: str) -> str:
    """Where an e-mail template lies in its workspace."""
    return f"templates/email/{name}{SUFFIX}"


def render(path: str, source: str, values: Mapping[str, Any], config: Config) -> Rendered:
    """Headers and body for these values, of the template at a path of the workspace.

    Raises RefusedError naming template, line and variable where a value is missing.
    """
    lines = source.split("\n")
    end = next((index for index, line in enumerate(lines) if not line.strip()), len(lines))
    headers: dict[str, str] = {}
    for index, line in enumerate(lines[:end]):
        key, template = header(path, index + 1, line)
        headers[key] = " ".join(filled(path, index, template, values, config).split())
    body = filled(path, end + 1, "\n".join(lines[end + 1 :]), values, config)
    if "Subject" not in headers:
        raise RefusedError("has no Subject line", where=place(path, 1))
    return Rendered(headers, body.strip("\n") + "\n")


def header(path: str, number: int, line: str) -> tuple[str, str]:
    """The name and the template of one header line."""
    found = HEADER.fullmatch(line.rstrip())
    if found is None or found[1].lower() not in ALLOWED:
        allowed = ", ".join(ALLOWED.values())
        raise RefusedError(
            f"{line.strip()!r} is no header", where=place(path, number), hint=f"{allowed}, then a blank line"
        )
    return ALLOWED[found[1].lower()], found[2]


def filled(path: str, above: int, template: str, values: Mapping[str, Any], config: Config) -> str:
    """A piece of a template with its values; `above` lines of the file come before it."""
    environment = sandbox(path, "\n" * above + template, config)
    try:
        return environment.get_template(path).render(**values)[above:]
    except TemplateSyntaxError as error:
        raise RefusedError(error.message or "cannot be read", where=place(path, error.lineno)) from error
    except TemplateError as error:
        line = line_in(path, error.__traceback__)
        raise RefusedError(error.message or "cannot be rendered", where=place(path, line)) from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        line = line_in(path, error.__traceback__)
        raise RefusedError(str(error), where=place(path, line)) from error


def sandbox(path: str, source: str, config: Config) -> SandboxedEnvironment:
    """The environment of one template; `money` and `date` write as the workspace's country does."""
    environment = Sandbox(
        undefined=StrictUndefined,
        loader=FunctionLoader(lambda _: (source, path, None)),
        finalize=present,
        keep_trailing_newline=True,
        autoescape=path.endswith(HTML),
    )
    environment.filters["money"] = lambda amount: money_text(amount, config)
    environment.filters["date"] = lambda day: day_text(as_day(day), config)
    return environment


def as_day(value: Any) -> date:
    """A day, also where a document has it as ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def present(value: Any) -> Any:
    """A value to print; nothing stands for a missing one."""
    if value is None:
        raise NoValueError("a value here is missing")
    return value


def line_in(path: str, traceback: TracebackType | None) -> int:
    """The line of the template that an error comes from."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def place(path: str, line: int) -> str:
    """A line of a template."""
    return f"{path}:{line}"


def page(path: str, source: str, values: Mapping[str, Any], config: Config) -> str:
    """The HTML page that a template makes of these values, each escaped.

    Raises RefusedError naming template, line and variable where a value is missing.
    """
    return filled(path, 0, source, values, config)
