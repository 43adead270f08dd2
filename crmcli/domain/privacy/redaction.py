"""Redaction of a person in records: all texts that may be about a person are searched.

The model declares which fields contain free text. Ids are kept, and so are the name, e-mails, phones and
addresses of other contacts; the user is told where those contain the person's data.
"""

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from msgspec.structs import replace

from crmcli.domain.model.fields import Content, FieldSpec, fields_of
from crmcli.domain.model.record_types import Contact, Direction, Message, Opportunity, Part
from crmcli.domain.privacy.person_patterns import INSTEAD, Patterns
from crmcli.domain.values.values import Plain, Value, change_texts

P = TypeVar("P", bound=Part)
OWN_NAME = {"name"}  # kept in other contacts; e-mails, phones and addresses are never redacted


def redact_deal(deal: Opportunity, patterns: Patterns, gone: Collection[str]) -> Opportunity:
    """Return a deal without matches, and without references to the mail files in `gone`."""
    messages = tuple(replace(each, file=None) if each.file in gone else each for each in deal.messages)
    return redact_part(replace(deal, messages=messages), patterns)


def redact_contact(person: Contact, patterns: Patterns) -> Contact:
    """Return another contact without matches, except in their own name."""
    return redact_part(person, patterns, but=OWN_NAME)


def redact_part(part: P, patterns: Patterns, but: Collection[str] = ()) -> P:
    """Return a record, or a part of one, without matches in any text, including nested and unknown keys."""
    changed = {
        spec.name: redact_field(getattr(part, spec.name), spec, patterns)
        for spec in fields_of(type(part))
        if spec.name not in but
    }
    return replace(part, **changed, extra=change_texts(part.extra, patterns.without))


def redact_field(value: Any, spec: FieldSpec, patterns: Patterns) -> Any:
    """Return the value of a field without matches; a tag with a match is removed."""
    if isinstance(value, tuple):
        kept = (each for each in value if spec.content is not Content.TAG or not patterns.found(each))
        return tuple(redact_field(each, spec, patterns) for each in kept)
    if isinstance(value, Part):
        return redact_part(value, patterns)
    if spec.is_open:
        return change_texts(value, patterns.without)
    return patterns.without(value) if spec.is_personal and value is not None else value


def silence_messages(deal: Opportunity) -> Opportunity:
    """Return a deal whose messages keep only id, time and direction, and without its files."""
    messages = tuple(
        Message(id=each.id, at=each.at, direction=each.direction or Direction.IN) for each in deal.messages
    )
    return replace(deal, messages=messages, files=())


def find_traces(value: Value, patterns: Patterns, path: str = "") -> Iterator[str]:
    """Yield the paths of matches in the tree of a file."""
    match value:
        case dict():
            for key, each in value.items():
                inner = f"{path}.{key}" if path else key
                if patterns.found(key):
                    yield inner
                yield from find_traces(each, patterns, inner)
        case list():
            for place, each in enumerate(value):
                yield from find_traces(each, patterns, f"{path}.{place}")
        case Plain(text=text) | (str() as text):
            if patterns.found(text):
                yield path


def placeholder_for(person: Contact, id: str, language: str) -> Contact:
    """Return the contact that replaces an erased one, so that deals and figures remain consistent."""
    name = INSTEAD.get(language, INSTEAD["en"])
    return Contact(id=id, kind=person.kind, name=name, created=person.created)
