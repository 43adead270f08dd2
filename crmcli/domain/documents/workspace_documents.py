"""Documents of a workspace itself: its configuration, files, programs, and what is wrong with them."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from crmcli.domain.documents.typed_document import (
    NUMBER,
    TEXT,
    Document,
    InstantText,
    Show,
    Style,
    TypedDocument,
)
from crmcli.domain.model.config import Config


class WorkspaceDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.workspace/1"):
    """A workspace that was created."""

    id: str
    path: str


class RenamedDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.renamed/1"):
    """A line that names a renamed id: before and after; a doubtful line is left to a person."""

    path: str
    line: Annotated[int, NUMBER]
    before: Annotated[str, TEXT]
    after: Annotated[str, TEXT]
    doubtful: Annotated[bool, Show(style=Style.YES_NO)]


class ExaminedDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.examined/1"):
    """One thing that `crm doctor` looked at: ok, warn or fail, and what to do."""

    state: str
    what: str
    found: Annotated[str, TEXT]
    hint: Annotated[str, TEXT]


class ConfigDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.config/1"):
    """The configuration with all defaults."""

    of_record: ClassVar = Config


class FindingDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.finding/1"):
    """Something wrong in a file, and what to do."""

    path: str
    line: Annotated[int | None, NUMBER]
    column: Annotated[int | None, NUMBER]
    field: str
    what: Annotated[str, TEXT]
    hint: str


class WarningDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.warning/1"):
    """A warning, on stderr."""

    code: int
    what: str
    where: str
    hint: str


class ErrorDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.error/1"):
    """Why a command failed, on stderr; `code` is its exit code."""

    code: int
    what: str
    where: str
    hint: str


class ProblemDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.problem/1"):
    """A problem of a scheduled command, and what to do."""

    command: str
    what: Annotated[str, TEXT]
    hint: str


class PlanDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.plan/1"):
    """A plan with the activities that it starts."""

    id: Annotated[str, Show("plan")]
    label: str
    lines: Annotated[list[Document], TEXT]


class ScenarioDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.scenario/1"):
    """A scenario of rules, and whether it passed."""

    file: str
    name: Annotated[str, TEXT]
    passed: Annotated[bool, Show(style=Style.YES_NO)]
    failures: Annotated[list[str], Show(style=Style.LINES)]


class ReleaseDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.release/1"):
    """A timed rule that was released, and the number of records for which it was due then."""

    rule: str
    due: Annotated[int, NUMBER]
    since: InstantText | None  # fires for what comes due after it; null: for what was due before, too
    at: InstantText
    by: str


class ProgramDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.program/1"):
    """A program that the workspace runs, and whether its user trusts it."""

    where: str
    program: Annotated[str, TEXT]
    files: Annotated[list[str], Show("with the contents of", Style.WORDS)]
    not_covered: Annotated[list[str] | UnsetType, Show("not covered", Style.SEMICOLONS, wraps=True)] = UNSET
    trusted: Annotated[bool, Show(style=Style.YES_NO)]


class HookDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.hook/1"):
    """What a hook reads on its standard input."""

    hook: str
    command: str
    by: str
    at: InstantText
    changes: list[Document]


class RunDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.run/1"):
    """What the program of a rule reads on its standard input."""

    rule: str
    occurrence: str
    by: str
    at: InstantText
    opportunity: Document
    contact: Document | UnsetType | None = UNSET


class TemplateDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.template/1"):
    """An e-mail template."""

    id: Annotated[str, Show("template")]
    subject: Annotated[str, TEXT]
    languages: Annotated[list[str], Show(style=Style.COMMAS)]
    html: Annotated[bool, Show(style=Style.YES_NO)]

    usual: ClassVar = ("id", "subject")


class FormDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.form/1"):
    """A web form that `crm.yaml` declares."""

    id: Annotated[str, Show("form")]
    title: Annotated[str, TEXT]
    route: str
    fields: Annotated[list[str], Show(style=Style.COMMAS, wraps=True)]
    required: Annotated[list[str], Show(style=Style.COMMAS, wraps=True)]
    origins: Annotated[list[str], Show(style=Style.COMMAS, wraps=True)]


class ViewDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.view/1"):
    """A view for `crm sql`, and its columns."""

    view: str
    columns: Annotated[list[str], Show(style=Style.COMMAS, wraps=True)]


class ExplainDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.explain/1"):
    """The explanation of a query."""

    conditions: Annotated[list[str], Show(style=Style.LINES, wraps=True)]
    sort: Annotated[list[str], Show(style=Style.WORDS)]
    limit: int | None


class SchemaDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.schema/1"):
    """A schema that `crm schema` prints."""

    type: str
    of: str
