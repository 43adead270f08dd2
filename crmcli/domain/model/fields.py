"""Declarations of record fields; all lists of fields elsewhere are derived from them.

A field is an attribute of a `Part` in `record_types`. Its type annotation says what its text contains
(`UserName`, `ContactId`; a bare `str` is free text), and a `Field` in the annotation declares what
differs from the defaults.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec


class Content(StrEnum):
    """The content of a text field. Free text may be about a person; an id never is."""

    TEXT = "text"
    LINE = "line"  # a text without line breaks
    MAILBOX = "mailbox"  # a name with an address, as in mail headers
    EMAIL = "email"
    PHONE = "phone"
    PLACE = "place"  # a part of an address
    TAG = "tag"
    FILE = "file"  # a path
    MESSAGE_ID = "message_id"
    RECORD = "record"  # the id of a record, or of a part of one
    CONTACT = "contact"  # the id of a contact
    USER = "user"
    STAGE = "stage"
    LOST_REASON = "lost_reason"
    CAMPAIGN = "campaign"
    MEDIUM = "medium"
    SOURCE = "source"
    LINK = "link"  # a kind of link between a customer and their sponsor
    ACTIVITY_TYPE = "activity_type"
    QUESTIONNAIRE = "questionnaire"
    RULE = "rule"  # the id of a rule, or an occurrence of it
    PLAN = "plan"
    SOMEONE = "someone"  # a user, or a word for one such as `owner`
    MAIL_TEMPLATE = "mail_template"
    PROGRAM = "program"  # a command line, split as by a shell
    JINJA = "jinja"  # a Jinja text
    CONDITION = "condition"  # a Jinja expression
    OFFSET = "offset"  # a distance in days, such as 2bd
    SPAN = "span"  # a time that elapses, in days or hours, such as 4h
    RECURRENCE = "recurrence"
    CODE = "code"  # a word or a value with a fixed spelling: an hour, a period, an event


WRITTEN = frozenset({Content.TEXT, Content.LINE})  # free text
PERSONAL = WRITTEN | {Content.MAILBOX, Content.TAG, Content.FILE, Content.MESSAGE_ID}
"""Texts that may be about another person. E-mails, phones and addresses are the contact's own."""


class Merge(StrEnum):
    """How a field is merged when several records become one."""

    FIRST = "first"  # the first non-empty value; the other values are reported
    MASTER = "master"  # the value of the record that stays; the other values are reported
    HIGHEST = "highest"  # the highest value; the other values are reported
    JOINED = "joined"  # all texts, one after the other
    UNITED = "united"  # all items, each once
    BY_KEY = "by_key"  # for each key of a mapping, the first non-empty value
    ITSELF = "itself"  # by code for this field, in `domain.merging`
    OWN = "own"  # not merged: specific to each record; its history tells it


class Field(msgspec.Struct, frozen=True):
    """The properties of a field besides its name and type; the defaults suit a field of free text."""

    label: str = ""  # shown before its value on a page and in help; the name if empty
    set_by: str = ""  # the command that sets it, if `crm set` does not
    recorded: bool = False  # whether `crm set` adds an entry to the history
    merge: Merge = Merge.FIRST
    line: bool = True  # whether a page shows it on a line of its own, after its label
    searched: bool | None = None  # by a bare word of a query; if None, free text is searched
    queried: bool = True  # whether it has a query key


USUAL = Field()


class FieldSpec(msgspec.Struct, frozen=True):
    """A field with all its properties, as derived from its declaration."""

    name: str  # of the attribute
    key: str  # in the file
    type: Any  # of its values, or of the items of a list: str, Money, date, a Part …
    is_list: bool
    content: Content | None  # the content of a text; None for other types
    declared: Field
    default: Any  # the value of an absent key
    required: bool

    @property
    def label(self) -> str:
        """The name shown on a page."""
        return self.declared.label or self.key.replace("_", " ").capitalize()

    @property
    def is_part(self) -> bool:
        """Tell whether it holds mappings with fields of their own."""
        return isinstance(self.type, type) and issubclass(self.type, msgspec.Struct)

    @property
    def is_open(self) -> bool:
        """Tell whether it holds a mapping with free keys."""
        return bool(self.type is dict)

    @property
    def is_plain(self) -> bool:
        """Tell whether it holds a single value: a text, a number, a day."""
        return not (self.is_list or self.is_part or self.is_open)

    @property
    def is_searched(self) -> bool:
        """Tell whether a bare word of a query searches it."""
        if self.declared.searched is not None:
            return self.declared.searched
        return self.is_part or self.is_open or self.content in WRITTEN

    @property
    def is_personal(self) -> bool:
        """Tell whether its text may be about a person, so that erasing a contact searches it."""
        return self.content in PERSONAL


@cache
def fields_of(part: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """Return the fields of a mapping in a record's file, in file order, without unknown keys."""
    hints = annotations_of(part)
    return tuple(
        read_spec(spec, hints[spec.name]) for spec in msgspec.structs.fields(part) if spec.name != "extra"
    )


def annotations_of(part: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the annotations of the fields of a mapping, without resolving names in quotes.

    `typing.get_type_hints` takes ten times as long, to resolve quoted names, which these classes do not use.
    """
    found: dict[str, Any] = {}
    for base in reversed(part.__mro__):
        found.update(getattr(base, "__annotations__", {}))
    return found


def read_spec(spec: msgspec.structs.FieldInfo, hint: Any) -> FieldSpec:
    """Return the declaration of an attribute as a FieldSpec."""
    declared, content = USUAL, None
    is_list = False
    while get_args(hint):
        if get_origin(hint) is Annotated:
            hint, *said = get_args(hint)
            declared = next((each for each in said if isinstance(each, Field)), declared)
            content = next((each for each in said if isinstance(each, Content)), content)
        elif get_origin(hint) is dict:
            hint = dict
        else:
            is_list = is_list or get_origin(hint) is tuple
            hint = get_args(hint)[0]  # of an optional value or a list
    if hint is str and content is None:
        content = Content.TEXT
    has_factory = spec.default_factory is not msgspec.NODEFAULT
    default = spec.default_factory() if has_factory else spec.default
    return FieldSpec(spec.name, spec.encode_name, hint, is_list, content, declared, default, spec.required)


def walk_fields(part: type[msgspec.Struct]) -> Iterator[tuple[str, FieldSpec]]:
    """Yield the fields of a record with their paths; fields of single parts have a dotted path."""
    for spec in fields_of(part):
        if spec.is_part and not spec.is_list:
            yield from ((f"{spec.name}.{inner.name}", inner) for inner in fields_of(spec.type))
        else:
            yield spec.name, spec


def value_at(record: msgspec.Struct, path: str) -> Any:
    """Return the value of a record's field at a path; None if the part that contains it is absent."""
    head, _, tail = path.partition(".")
    value = getattr(record, head)
    return getattr(value, tail, None) if tail else value
