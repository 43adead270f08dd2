"""The base of all documents, and the declaration of their fields.

A kind of document is a `TypedDocument` whose tag is its schema, such as `crm.reward/1`. Its JSON Schema,
its columns and the names for `--fields` are derived from its fields: a field without a default is always
present, one that may be `UNSET` only sometimes, and a `Show` declares its column in a table.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from crmcli.domain.model.record_types import Part

Document = dict[str, Any]  # as JSON has it
Number = int | float
Outcome = Literal["open", "won", "lost"]  # of a record
DayText = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date"})]  # 2026-11-24
InstantText = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]  # 2026-11-24T08:00:00Z


class Style(StrEnum):
    """The format of a value in a table."""

    PLAIN = "plain"
    TERM = "term"  # a word of crm's own, which people see in their language
    LOST_REASON = "lost_reason"
    MONEY = "money"
    DAY = "day"
    CLOCK = "clock"  # a day with its time
    COUNT = "count"  # a number of things
    PERCENT = "percent"
    SHORT_PERCENT = "short_percent"
    STARS = "stars"
    NEARNESS = "nearness"  # a number of days until something
    PHONE = "phone"
    PHONES = "phones"
    YES_NO = "yes_no"
    WORDS = "words"  # a list, joined by blanks
    COMMAS = "commas"
    SEMICOLONS = "semicolons"
    LINES = "lines"
    LIST = "list"  # the items of a list or mapping


class Show(msgspec.Struct, frozen=True):
    """A field as a column of a table."""

    label: str = ""  # the heading; the key where this is empty
    style: Style = Style.PLAIN
    right: bool = False  # aligned to the right
    wraps: bool = False  # over several lines on a narrow terminal
    under: tuple[str, ...] = ()  # the path of keys to its value, if not its own key
    first: bool = False  # only the first value of a list


MONEY = Show(style=Style.MONEY, right=True)
DAY = Show(style=Style.DAY, right=True)
NUMBER = Show(right=True)
COUNT = Show(style=Style.COUNT, right=True)
TEXT = Show(wraps=True)
TERM = Show(style=Style.TERM)
WORDS = Show(style=Style.WORDS)
LIST = Show(style=Style.LIST)


class TypedDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema"):
    """A document for scripts."""

    of_record: ClassVar[type[Part] | None] = None  # a record whose keys it also has, custom ones included
    usual: ClassVar[tuple[str, ...]] = ()  # the columns of a list; all fields where this is empty
    spare: ClassVar[
        tuple[str, ...]
    ] = ()  # of these, those for which a narrow terminal has no room, in this order
    in_csv: ClassVar[tuple[str, ...]] = ()  # the columns that a list also has in CSV and TSV
    more_columns: ClassVar[
        Mapping[str, Show]
    ] = {}  # columns of the keys of its record, and of what they hold


def as_document(document: "Document | TypedDocument") -> Document:
    """Return a document as a mapping of JSON types."""
    if isinstance(document, TypedDocument):
        found: Document = msgspec.to_builtins(document)
        return found
    return document


def schema_name(kind: type[TypedDocument]) -> str:
    """Return the name of the schema of a kind of document, such as `crm.reward/1`."""
    return str(kind.__struct_config__.tag)
