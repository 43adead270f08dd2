"""Documents of what commands did: changes, imports, mails, files."""

from typing import Annotated, ClassVar

from crmcli.domain.documents.typed_document import (
    LIST,
    NUMBER,
    TEXT,
    Document,
    InstantText,
    Show,
    Style,
    TypedDocument,
)


class ChangeDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.change/1"):
    """A change that can be undone."""

    id: Annotated[int, Show("n", right=True)]
    at: Annotated[InstantText, Show(style=Style.CLOCK)]
    by: str
    command: Annotated[str, TEXT]
    undoes: Annotated[int | None, NUMBER]
    paths: Annotated[list[str], LIST]

    usual: ClassVar = ("id", "at", "by", "command")


class UndoneDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.undone/1"):
    """What undoing a change did to one file."""

    id: str | None
    path: str
    did: str


class FixedDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.mended/1"):
    """A file that was repaired, where it is now."""

    id: str | None
    path: str


class MergeDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.merged/1"):
    """A record that others were merged into, and where each field is from."""

    id: str
    kind: str
    merged: list[str]
    fields: Annotated[list[Document], TEXT]


class IngestDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.ingested/1"):
    """The outcome of filing a message."""

    outcome: str
    source: str  # the file, with the number of the message in it if it has several
    id: str | None
    kind: str | None
    title: Annotated[str | None, TEXT]
    contact: str | None
    contact_unsure: Annotated[str | None, TEXT]
    similar: Annotated[list[str], LIST]
    reason: str | None
    offers: Annotated[list[str], LIST]  # commands that would add what the message says of its sender
    faults: Annotated[list[str], LIST]  # what is wrong with a form, as its visitor reads it

    usual: ClassVar = ("outcome", "id", "kind", "title", "reason")


class InboxChangeDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.inbox-change/1"):
    """What became of a message that was in quarantine."""

    id: str
    outcome: str
    record: str | None
    reason: Annotated[str | None, TEXT]

    usual: ClassVar = ("id", "outcome", "record", "reason")


class ImportDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.imported/1"):
    """The outcome of importing a contact from another program."""

    outcome: str
    id: str
    name: Annotated[str, TEXT]
    line: Annotated[int, NUMBER]


class ExportDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.exported/1"):
    """A folder with all data about a person."""

    id: str
    path: str
    files: Annotated[list[str], TEXT]


class ExportFolderDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.export/1"):
    """A folder with tables for other programs."""

    path: str
    files: Annotated[list[str], TEXT]


class EraseDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.erased/1"):
    """A person who was erased, and in how many commits git still holds them."""

    id: str
    placeholder: str | None
    removed: Annotated[list[str], TEXT]
    changed: Annotated[list[str], TEXT]
    git_commits: Annotated[int, NUMBER]

    usual: ClassVar = ("id", "removed", "changed", "git_commits")


class DueReportDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.report/1"):
    """A due report to one user."""

    id: str
    user: Annotated[str, Show("for")]
    to: str
    subject: Annotated[str, TEXT]
    activities: Annotated[int, NUMBER]
    overdue: Annotated[int, NUMBER]
    escalated: Annotated[int, NUMBER]

    usual: ClassVar = ("id", "user", "activities", "overdue", "escalated", "subject")
