"""New texts of records cleaned before they are stored, by whichever way they came."""

from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec.structs import replace

from crmcli.domain.model.fields import Content, fields_of
from crmcli.domain.model.record_types import Address, Contact, Opportunity
from crmcli.domain.values.clean_text import clean_email, clean_phone, clean_text

R = TypeVar("R", Contact, Opportunity)
CLEANERS = {
    Content.LINE: clean_text,
    Content.TAG: clean_text,
    Content.PLACE: clean_text,
    Content.EMAIL: clean_email,
    Content.PHONE: clean_phone,
}


def clean_new_texts(before: R | None, after: R) -> R:
    """Return a record with its new names, titles, tags, addresses, e-mails and phones cleaned.

    What stood there before stays as it is, so that a command changes no more of a file than it should.
    """
    changed: dict[str, Any] = {}
    for spec in fields_of(type(after)):
        new = getattr(after, spec.name)
        if before is not None and getattr(before, spec.name) == new:
            continue
        is_place = spec.type is Address
        clean = tuple(map(clean_address, new)) if is_place else clean_value(spec.content, new)
        if clean != new:
            changed[spec.name] = clean
    return replace(after, **changed) if changed else after


def list_hidden(record: Contact | Opportunity) -> Iterator[str]:
    """Yield the keys of names, titles, tags, e-mails and phones with characters that nobody sees."""
    for spec in fields_of(type(record)):
        held = getattr(record, spec.name)
        texts = held if isinstance(held, tuple) else (held,)
        if spec.content in CLEANERS and any(
            isinstance(each, str) and clean_text(each) != each for each in texts
        ):
            yield spec.key


def clean_value(content: Content | None, value: Any) -> Any:
    """Return the value of a field with its texts cleaned; equal items of a list stand once.

    A text of invisible characters alone stays: a name must not become empty.
    """
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(clean_value(content, each) for each in value)) if content else value
    cleaner = CLEANERS.get(content) if content else None
    return cleaner(value) or value if cleaner and isinstance(value, str) else value


def clean_address(address: Address) -> Address:
    """Return an address with its texts cleaned."""
    texts = {spec.name: clean_value(spec.content, getattr(address, spec.name)) for spec in fields_of(Address)}
    return replace(address, **texts)
