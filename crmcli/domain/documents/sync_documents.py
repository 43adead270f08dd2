"""Documents of what a synchronisation with calendars and address books did."""

from typing import Annotated, ClassVar, Literal

from crmcli.domain.documents.typed_document import LIST, TEXT, Document, TypedDocument

ItemOutcome = Literal["added", "changed", "restored", "removed", "cancelled", "left", "taken", "unchanged"]


class SyncedItemDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.synced-item/1"):
    """What a synchronisation did to one item and to its activity or contact."""

    id: str
    name: Annotated[str, TEXT]
    record: str | None  # the lead or opportunity of an activity
    file: str
    outcome: ItemOutcome  # of the file; taken where only the record changed
    taken: Annotated[list[str], LIST]  # fields of the record that the other side changed
    written: Annotated[list[str], LIST]  # fields of the file that changed
    discarded: Annotated[list[Document], TEXT]  # values of the other side, and what was kept

    usual: ClassVar = ("id", "name", "outcome", "taken", "written")
