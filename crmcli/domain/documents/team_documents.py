"""Documents of what commands for teams did."""

from typing import Annotated, ClassVar

from crmcli.domain.documents.typed_document import LIST, NUMBER, TEXT, TypedDocument


class SyncDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.sync/1"):
    """What meeting the other clones brought: files committed and changed, commits sent, files in conflict."""

    committed: Annotated[int, NUMBER]
    received: Annotated[list[str], LIST]
    sent: Annotated[int, NUMBER]
    conflicts: Annotated[list[str], LIST]
    remote: str | None


class ConflictDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.conflict/1"):
    """A field that both clones set to different values; of a file that is taken as a whole, no field."""

    id: str | None
    name: Annotated[str, TEXT]
    path: str
    field: str | None
    ours: Annotated[str | None, TEXT]
    theirs: Annotated[str | None, TEXT]

    usual: ClassVar = ("name", "field", "ours", "theirs")


class ResolvedDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.resolved/1"):
    """A file whose conflict was decided: the fields, and whose values it has now."""

    id: str | None
    name: Annotated[str, TEXT]
    path: str
    fields: Annotated[list[str], LIST]
    taken: str

    usual: ClassVar = ("name", "fields", "taken")
