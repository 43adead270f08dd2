"""Documents of the entries of crm.yaml that people name: stages, custom fields, types of activities."""

from typing import Annotated

from crmcli.domain.documents.typed_document import NUMBER, TERM, Number, Show, Style, TypedDocument


class StageDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.stage/1"):
    """A stage: its probability, what a record needs to enter it, and how many open records are in it."""

    id: str
    label: str
    pipeline: str | None
    probability: Annotated[Number | None, Show("%", Style.SHORT_PERCENT, right=True)]
    outcome: Annotated[str | None, TERM]
    requires: Annotated[list[str], Show(style=Style.COMMAS)]
    open: Annotated[int, Show("open records", right=True)]


class FieldDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.field/1"):
    """A custom field: its type and choices, and in how many open records it has a value."""

    id: str
    label: str | None
    type: str
    choices: Annotated[list[str], Show(style=Style.COMMAS, wraps=True)]
    open: Annotated[int, Show("open records", right=True)]


class TypeDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.type/1"):
    """A type of activity: the types that follow it, and how many activities of it are planned."""

    id: str
    label: str
    suggests: str | None
    triggers: str | None
    planned: Annotated[int, NUMBER]
