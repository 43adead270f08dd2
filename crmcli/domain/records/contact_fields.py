"""Fields of contacts: setting them, and describing what changed."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.days import parse_day
from crmcli.domain.localization.language_tags import checked_language
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.localization.zones import local_day, local_noon
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, checked_tag, checked_user
from crmcli.domain.model.fields import Content, fields_of
from crmcli.domain.model.record_types import (
    Address,
    Consent,
    Contact,
    ContactKind,
    Entry,
    HistoryEvent,
    Instant,
)
from crmcli.domain.records.contact_matching import normal_email, normal_phone, shown_phone
from crmcli.domain.records.editing import Assignment
from crmcli.domain.values.clean_text import clean_email
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.list_entries import unknown_entry

LISTS = tuple(spec.name for spec in fields_of(Contact) if spec.is_list and not spec.is_part)
PLACE = tuple(spec.name for spec in fields_of(Address))
TEXTS = tuple(
    spec.name
    for spec in fields_of(Contact)
    if spec.type is str and not (spec.is_list or spec.declared.set_by or spec.content is Content.CONTACT)
)
ALIASES = {"email": "emails", "phone": "phones", "tag": "tags", "notes": "description"}
USERS = {spec.name for spec in fields_of(Contact) if spec.content is Content.USER}
CONSENT = ("consent", "consent.source", "consent.at", "consent.purposes")
NAMES = [*TEXTS, *LISTS, *PLACE, "kind", "company", "addresses.LABEL.city", *CONSENT]
WITHDRAWN = "withdrawn"
MADE = {
    ContactKind.PERSON: deferred("person created"),
    ContactKind.COMPANY: deferred("company created"),
}


class SettingContext(msgspec.Struct, frozen=True):
    """The configuration, time and user of an assignment."""

    config: Config
    moment: Moment


def set_contact_field(
    person: Contact, assignment: Assignment, setting: SettingContext, *, adding: bool = False
) -> Contact:
    """Return the contact after one assignment.

    The fields label, street, postcode, city and country set the first address; `addresses.LABEL.city` sets
    another one, and `addresses.LABEL=` removes it.
    Raises UsageError for an unknown field or an invalid value.
    """
    field, op, value = assignment
    field = ALIASES.get(field, field)
    if field in LISTS:
        items = check_items(field, value, setting.config)
        return with_list(person, field, "+" if adding else op, items, setting.config.country)
    if field in CONSENT:
        return with_consent(person, Assignment(field, op, value), setting)
    if op:
        raise UsageError(f"{field}{op}= works for {', '.join(LISTS)} and consent.purposes only")
    if field in PLACE:
        return with_place(person, field, value.strip() or None)
    if field.startswith("addresses."):
        return with_labelled(person, field.removeprefix("addresses."), value.strip() or None)
    if field == "kind":
        return of_kind(person, value)
    return with_text(person, field, value, setting.config)


def with_text(person: Contact, field: str, value: str, config: Config) -> Contact:
    """Return the contact with a text field set.

    Raises UsageError for an unknown field, an empty name, an unknown user, or a language that is none.
    """
    if field not in TEXTS:
        raise unknown_entry("field", field, NAMES)
    if field == "name" and not value.strip():
        raise UsageError("a contact needs a name")
    if field in USERS and value:
        value = checked_user(config, value)
    if field == "language" and value.strip():
        value = checked_language(value)
    return replace(person, **{field: value.strip() or None})


def check_items(field: str, value: str, config: Config) -> list[str]:
    """Return the items of a comma-separated list, phones in E.164 form.

    Raises UsageError for an invalid e-mail address, phone number or tag.
    """
    items = [item.strip() for item in value.split(",") if item.strip()]
    return [CHECKS[field](item, config) for item in items]


def checked_email(item: str, config: Config) -> str:
    if normal_email(item) is None:
        raise UsageError(f"{item!r} is not an e-mail address", hint="like anne@example.org")
    item = clean_email(item)
    return item[:-1].rpartition("<")[2].strip() if item.endswith(">") else item


def checked_phone(item: str, config: Config) -> str:
    number = normal_phone(item, config.country)
    if number is None:
        raise UsageError(f"{item!r} is not a phone number", hint="like 06 12 34 56 78 or +33 6 12 34 56 78")
    return number


CHECKS: dict[str, Callable[[str, Config], str]] = {
    "emails": checked_email,
    "undeliverable": checked_email,
    "phones": checked_phone,
    "tags": lambda item, config: checked_tag(config, item),
}


def item_key(field: str, item: str, country: str | None) -> str:
    """Return the key by which items of a list are compared, independent of their spelling."""
    if field in ("emails", "undeliverable"):
        return normal_email(item) or item
    return (normal_phone(item, country) or item) if field == "phones" else item


def unite_items(field: str, present: Iterable[str], items: Iterable[str], country: str | None) -> list[str]:
    """Return present and new items, each once regardless of spelling; the first spelling is kept."""
    known: dict[str, str] = {}
    for item in (*present, *items):
        known.setdefault(item_key(field, item, country), item)
    return list(known.values())


def with_list(person: Contact, field: str, op: str, items: list[str], country: str | None) -> Contact:
    """Return the contact with a list set, extended (`+`) or reduced (`-`); present spellings are kept."""
    present = list(getattr(person, field))
    if op == "-":
        gone = {item_key(field, item, country) for item in items}
        together = [item for item in present if item_key(field, item, country) not in gone]
    else:
        spelled = {item_key(field, item, country): item for item in reversed(present)}
        news = [spelled.get(item_key(field, item, country), item) for item in items]
        together = unite_items(field, present if op == "+" else [], news, country)
    return replace(person, **{field: tuple(sorted(together) if field == "tags" else together)})


def with_place(person: Contact, field: str, value: str | None) -> Contact:
    """Return the contact with a part of its first address set."""
    first, *others = person.addresses or (Address(),)
    return with_addresses(person, [replace(first, **{field: value}), *others])


def with_labelled(person: Contact, path: str, value: str | None) -> Contact:
    """Return the contact with a part of the address with this label set, or without that address.

    Raises UsageError for an unknown part of an address.
    """
    label, dot, part = path.rpartition(".")
    if not dot:
        if value:
            raise UsageError(f"addresses.{path} has parts", hint=f"addresses.{path}.city=…")
        return with_addresses(person, [each for each in person.addresses if each.label != path])
    if part not in PLACE:
        raise unknown_entry("part of an address", part, list(PLACE))
    known = next((each for each in person.addresses if each.label == label), None)
    changed = replace(known or Address(label=label), **{part: value})
    if known is None:
        return with_addresses(person, [*person.addresses, changed])
    return with_addresses(person, [changed if each is known else each for each in person.addresses])


def with_addresses(person: Contact, addresses: list[Address]) -> Contact:
    """Return the contact with these addresses, without those that have nothing but a label."""
    said = tuple(each for each in addresses if each != Address(label=each.label))
    return replace(person, addresses=said)


def of_kind(person: Contact, value: str) -> Contact:
    """Return the contact as a person or a company.

    Raises UsageError for any other kind, and for making a company of a contact that belongs to one.
    """
    if value not in list(ContactKind):
        raise UsageError(f"kind is {' or '.join(ContactKind)}, not {value!r}")
    if value == ContactKind.COMPANY and person.company:
        raise UsageError(f"{person.name} belongs to a company", hint="company= first")
    return replace(person, kind=ContactKind(value))


def with_consent(person: Contact, assignment: Assignment, setting: SettingContext) -> Contact:
    """Return the contact with a consent given (`consent=SOURCE`, now), edited, or withdrawn (`consent=`)."""
    field, op, value = assignment
    consent = person.consent or Consent(at=setting.moment.at)
    if field in ("consent", "consent.source"):
        source = value.strip()
        return replace(person, consent=replace(consent, source=source) if source else None)
    if field == "consent.at":
        return replace(person, consent=replace(consent, at=day_of(value, setting)))
    items = [item.strip() for item in value.split(",") if item.strip()]
    present = [each for each in consent.purposes if op == "+" or each not in items] if op else []
    purposes = present if op == "-" else list(dict.fromkeys([*present, *items]))
    return replace(person, consent=replace(consent, purposes=tuple(purposes)))


def day_of(value: str, setting: SettingContext) -> Instant | None:
    """Return noon of a day in the workspace's time zone; None for an empty text."""
    if not value.strip():
        return None
    config = setting.config
    return local_noon(parse_day(value, local_day(setting.moment.at, config), config), config)


def record_consent(before: Contact | None, after: Contact, moment: Moment) -> Contact:
    """Return the contact with a history entry if its consent was given, changed or withdrawn."""
    old = before.consent if before else None
    if after.consent == old:
        return after
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.SET,
        field="consent",
        from_=spelled_consent(old) if old else None,
        to=spelled_consent(after.consent) if after.consent else WITHDRAWN,
        by=moment.by,
    )
    return replace(after, history=(*after.history, entry))


def spelled_consent(consent: Consent) -> str:
    """Return a consent on one line."""
    purposes = f" ({', '.join(consent.purposes)})" if consent.purposes else ""
    return f"{consent.source or 'given'}{purposes}"


def note_contact(person: Contact, text: str, id: str, moment: Moment) -> Contact:
    """Return the contact with a note in its history."""
    entry = Entry(at=moment.at, event=HistoryEvent.NOTE, id=id, text=text, by=moment.by)
    return replace(person, history=(*person.history, entry))


def working_for(person: Contact, company: Contact) -> Contact:
    """Return the contact as an employee of a company.

    Raises UsageError if `company` is not a company, or `person` is one.
    """
    if person.kind is ContactKind.COMPANY or company.kind is not ContactKind.COMPANY:
        raise UsageError(f"{company.name} is not a company that {person.name} could work for")
    return replace(person, company=company.id)


def as_company(contact: Contact) -> Contact:
    """Return the contact as a company."""
    return replace(contact, kind=ContactKind.COMPANY)


def describe_contact_change(
    before: Contact | None, after: Contact, country: str | None = None
) -> Iterator[str]:
    """Yield lines that describe a change of a contact, the contact itself first."""
    yield f"{after.id}  {after.name}"
    if before is None:
        yield f"  {translate(MADE[after.kind])}"
        return
    if before == after:
        yield f"  {translate('nothing changed')}"
    for field in ("kind", *TEXTS, *LISTS, "company"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            was, now = (spell_contact_value(value, country) for value in (old, new))
            yield f"  {describe_difference(field, was, now)}"
    if before.addresses != after.addresses:
        old, new = (
            " / ".join(map(format_address, each.addresses)) or translate("none") for each in (before, after)
        )
        yield f"  {describe_difference('addresses', old, new)}"
    if before.consent != after.consent:
        consent = spelled_consent(after.consent) if after.consent else translate(WITHDRAWN)
        yield f"  {translate('consent {consent}', consent=consent)}"
    known = {each.id for each in before.history}
    yield from (
        f"  {translate('note {id}', id=each.id)}"
        for each in after.history
        if each.event == HistoryEvent.NOTE and each.id not in known
    )


def describe_difference(field: str, before: str, after: str) -> str:
    """Return a line about a field that changed."""
    return translate("{field} {before} → {after}", field=translate(field), before=before, after=after)


def format_address(place: Address) -> str:
    """Return an address on one line."""
    town = " ".join(part for part in (place.postcode, place.city) if part)
    return ", ".join(part for part in (place.street, town, place.country) if part)


def spell_contact_value(value: object, country: str | None) -> str:
    """Return the value of a field on one line."""
    if isinstance(value, tuple):
        return ", ".join(shown_phone(each, country) for each in value) or translate("none")
    return str(value or translate("none")).partition("\n")[0]
