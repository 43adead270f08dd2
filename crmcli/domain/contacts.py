"""People and companies: setting what is known of them, and saying what changed."""

from collections.abc import Iterator

from msgspec.structs import replace

from crmcli.domain.config import Config, checked_tag, checked_user
from crmcli.domain.editing import Assignment
from crmcli.domain.errors import UsageError
from crmcli.domain.model import Address, Contact, ContactKind
from crmcli.domain.named import unknown
from crmcli.domain.people import normal_email, normal_phone

TEXTS = ("name", "job", "language", "owner", "description")
LISTS = ("emails", "phones", "tags")
PLACE = ("street", "postcode", "city", "country")
ALIASES = {"email": "emails", "phone": "phones", "tag": "tags"}


def apply(person: Contact, assignment: Assignment, config: Config, *, adding: bool = False) -> Contact:
    """The contact after one assignment; the first address takes street, postcode, city and country.

    Raises UsageError for an unknown field or a value that it cannot have.
    """
    field, op, value = assignment
    field = ALIASES.get(field, field)
    if field in LISTS:
        return with_list(person, field, "+" if adding else op, checked(field, value, config))
    if op:
        raise UsageError(f"{field}{op}= works for {', '.join(LISTS)} only")
    if field in PLACE:
        return with_place(person, field, value or None)
    if field not in TEXTS:
        raise unknown("field", field, [*TEXTS, *LISTS, *PLACE, "company"])
    if field == "name" and not value.strip():
        raise UsageError("a contact needs a name")
    if field == "owner" and value:
        checked_user(config, value)
    return replace(person, **{field: value.strip() or None})


def checked(field: str, value: str, config: Config) -> list[str]:
    """The items of a list that a text spells.

    Raises UsageError for a bad address or tag.
    """
    items = [item.strip() for item in value.split(",") if item.strip()]
    for item in items:
        if field == "emails" and normal_email(item) is None:
            raise UsageError(f"{item!r} is no e-mail address")
        if field == "phones" and normal_phone(item, config.country) is None:
            raise UsageError(f"{item!r} is no phone number")
        if field == "tags":
            checked_tag(config, item)
    return items


def with_list(person: Contact, field: str, op: str, items: list[str]) -> Contact:
    """The contact with a list set, added to (`+`) or taken from (`-`)."""
    present = list(getattr(person, field))
    kept = [item for item in present if item not in items] if op == "-" else present if op == "+" else []
    added = [item for item in items if item not in kept] if op != "-" else []
    together = kept + added
    return replace(person, **{field: tuple(sorted(together) if field == "tags" else together)})


def with_place(person: Contact, field: str, value: str | None) -> Contact:
    """The contact with a part of its first address set."""
    first, *others = person.addresses or (Address(),)
    first = replace(first, **{field: value})
    return replace(person, addresses=tuple(each for each in (first, *others) if each != Address()))


def working_for(person: Contact, company: Contact) -> Contact:
    """The contact as one of a company's people.

    Raises UsageError where the one is no company, or the other is one.
    """
    if person.kind is ContactKind.COMPANY or company.kind is not ContactKind.COMPANY:
        raise UsageError(f"{company.name} is no company that {person.name} could work for")
    return replace(person, company=company.id)


def as_company(contact: Contact) -> Contact:
    """The contact as a company."""
    return replace(contact, kind=ContactKind.COMPANY)


def described(before: Contact | None, after: Contact) -> Iterator[str]:
    """What is different after a change, the contact first."""
    yield f"{after.id}  {after.name}"
    if before is None:
        yield f"  {after.kind} made"
        return
    for field in (*TEXTS, *LISTS, "company"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield f"  {field} {spelled(old)} → {spelled(new)}"
    if before.addresses != after.addresses:
        yield "  address changed"


def spelled(value: object) -> str:
    """A value in a line."""
    return ", ".join(value) if isinstance(value, tuple) else str(value or "none")
