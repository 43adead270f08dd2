"""What is declared of a field of a record: every list of fields elsewhere follows from these declarations.

A field is an attribute of a `Part` in `domain/model.py`, with its type. The type says what its text
is (`UserName`, `ContactId`; a bare `str` is what people write), and a `Field` beside it says what
differs from the usual.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import msgspec


class Content(StrEnum):
    """What the text of a field is. Of what people write anything may be about a person; an id never is."""

    TEXT = "text"
    LINE = "line"  # a text without line breaks
    MAILBOX = "mailbox"  # a name with an address, as mail has them
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
    LINK = "link"  # a kind of link between a customer and who brought them
    ACTIVITY_TYPE = "activity_type"
    QUESTIONNAIRE = "questionnaire"
    RULE = "rule"  # the id of a rule, or the occurrence that it fired for
    PLAN = "plan"
    SOMEONE = "someone"  # a user, or a word for one such as `owner`
    MAIL_TEMPLATE = "mail_template"
    PROGRAM = "program"  # words as a shell splits them
    JINJA = "jinja"  # a text with values of the record in it
    CONDITION = "condition"  # a Jinja expression
    OFFSET = "offset"  # a distance in days, such as 2bd
    RECURRENCE = "recurrence"
    CODE = "code"  # a word or a value that crm itself spells: an hour, a period, an event


WRITTEN = frozenset({Content.TEXT, Content.LINE})  # what people write
PERSONAL = WRITTEN | {Content.MAILBOX, Content.TAG, Content.FILE, Content.MESSAGE_ID}
"""Texts that may be about another person. E-mails, phones and addresses are the contact's own."""


class Merge(StrEnum):
    """How the field of several records that are merged into one comes about."""

    FIRST = "first"  # the first that says something; the others' values are named
    MASTER = "master"  # the one of the record that stays; the others' values are named
    HIGHEST = "highest"  # likewise the highest
    JOINED = "joined"  # all texts, one after the other
    UNITED = "united"  # all items, each once
    BY_KEY = "by_key"  # each key of a mapping is the first that says something
    ITSELF = "itself"  # by code that knows this field (`merge` names it)
    OWN = "own"  # belongs to each record and goes with it; its history says so


class Field(msgspec.Struct, frozen=True):
    """What a field has besides its name and type; the defaults are right for a text that people write."""

    label: str = ""  # before its value on a page and in help; its name where this is empty
    set_by: str = ""  # what sets it, where `crm set` does not
    recorded: bool = False  # whether `crm set` writes a line into the history
    merge: Merge = Merge.FIRST
    line: bool = True  # whether a page shows it in a line of its own, after its label
    searched: bool | None = None  # by a bare word; where nothing is said, what people write is
    queried: bool = True  # with a key of its own


USUAL = Field()


class FieldSpec(NamedTuple):
    """A field as everything that handles fields reads it."""

    name: str  # of the attribute
    key: str  # in the file
    type: Any  # of its values, or of the items of a list: str, Money, date, a Part …
    is_list: bool
    content: Content | None  # what its text is; None where it is no text
    declared: Field
    default: Any  # what an absent key means
    required: bool

    @property
    def label(self) -> str:
        """What it is called on a page."""
        return self.declared.label or self.key.replace("_", " ").capitalize()

    @property
    def is_part(self) -> bool:
        """Tell whether it holds mappings with fields of their own."""
        return isinstance(self.type, type) and issubclass(self.type, msgspec.Struct)

    @property
    def is_open(self) -> bool:
        """Tell whether it holds a mapping with names of a person's choosing."""
        return bool(self.type is dict)

    @property
    def is_plain(self) -> bool:
        """Tell whether it holds one value: a text, a number, a day."""
        return not (self.is_list or self.is_part or self.is_open)

    @property
    def is_searched(self) -> bool:
        """Tell whether a bare word of a query looks into it."""
        if self.declared.searched is not None:
            return self.declared.searched
        return self.is_part or self.is_open or self.content in WRITTEN

    @property
    def is_personal(self) -> bool:
        """Tell whether the text of it may be about a person, so that erasing them looks into it."""
        return self.content in PERSONAL


@cache
def fields_of(part: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """Return the fields of a mapping of a record's file, in the file's order; unknown keys are none."""
    hints = annotations_of(part)
    return tuple(
        read_spec(spec, hints[spec.name]) for spec in msgspec.structs.fields(part) if spec.name != "extra"
    )


def annotations_of(part: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the annotations of the fields of a mapping, as they stand.

    `typing.get_type_hints` takes ten times as long, for names in quotes that these classes do not have.
    """
    found: dict[str, Any] = {}
    for base in reversed(part.__mro__):
        found.update(getattr(base, "__annotations__", {}))
    return found


def read_spec(spec: msgspec.structs.FieldInfo, hint: Any) -> FieldSpec:
    """Return what an attribute declares."""
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
    """Yield the fields of a record by their paths, those of its single parts under a dot."""
    for spec in fields_of(part):
        if spec.is_part and not spec.is_list:
            yield from ((f"{spec.name}.{inner.name}", inner) for inner in fields_of(spec.type))
        else:
            yield spec.name, spec


def value_at(record: msgspec.Struct, path: str) -> Any:
    """Return what a record holds in the field at a path; None where the part that has it is absent."""
    head, _, tail = path.partition(".")
    value = getattr(record, head)
    return getattr(value, tail, None) if tail else value
