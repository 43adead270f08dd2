"""Contacts from the table of a spreadsheet program or an address book, by the headings of its columns."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from crmcli.domain.importing.import_map import (
    ImportMap,
    LeftOut,
    MappedColumn,
    ReadColumns,
    choose_targets,
)
from crmcli.domain.importing.import_targets import REMARK
from crmcli.domain.importing.import_values import ITEMS, ReadRow, RowReader
from crmcli.domain.importing.read_contacts import ReadContacts
from crmcli.domain.localization.language_tags import find_language
from crmcli.domain.localization.postcodes import restore_zero
from crmcli.domain.model.config import Config, checked_tag
from crmcli.domain.model.record_types import Address, Consent, ContactKind, Instant
from crmcli.domain.records.contact_fields import checked_email, checked_phone
from crmcli.domain.records.import_contact import ImportFault, IncomingContact
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.domain.values.person_names import CIVILITIES
from crmcli.exchange.cell_table import CellTable, describe_surplus
from crmcli.exchange.headings import IN_ADDRESSES, PLACE, Heading, find_headings

T = TypeVar("T")
CONSENT = ("consent.source", "consent.at", "consent.purposes")
TEXTS = ("name", "company", "job", "language", "description")
FIELDS = (
    *TEXTS,
    "first_name",
    "last_name",
    "kind",
    "emails",
    "phones",
    *PLACE,
    "tags",
    "owner",
    "id",
    "external_id",
    "undeliverable",
    "created",
    *CONSENT,
)
NAMES = ("prefix", "first_name", "middle_name", "last_name", "suffix")
SINGLE = frozenset({*TEXTS, *NAMES, "kind", "owner", "id", "created", "consent.source", "consent.at"}) - {
    "description"
}  # one value a contact
OTHER = "other"  # an address that is neither at home nor at work
JOINED = " ::: "  # between the values of a cell in files of Google
ALIASES = {
    "email": "emails",
    "phone": "phones",
    "tag": "tags",
    "notes": "description",
    "consent": "consent.source",
}


def read_contacts(
    table: CellTable, map: ImportMap, given: Mapping[str, str], config: Config, now: Instant
) -> ReadContacts:
    """Return the contacts of a table; `given` are fields by heading, before those of the mapping.

    Raises UsageError where a column or field that is given is not there, or no column names the contact.
    """
    reader = ContactReader(table, map, given, config, now)
    read = ReadContacts(left_out=list(table.notes), faults=list(table.faults))
    unread: Counter[int] = Counter()  # values by the place of their column
    for line, cells, _ in table.rows:
        row = Row(line, cells, reader)
        found = read_row(row, reader)
        unread.update(row.list_unread())
        read.faults += [ImportFault(line, each) for each in row.said.faults]
        read.unknown_words += [ImportFault(line, each) for each in row.said.unknown]
        if not row.said.is_refused:
            read.contacts.append(found)
            read.left_out += [ImportFault(line, each) for each in describe_restored(row, found)]
    mapped = [MappedColumn(place, table.headers[place], str(each)) for place, each in reader.columns.items()]
    left_out = [
        LeftOut(table.headers[place], count)
        for place, count in sorted(unread.items())
        if table.headers[place]
    ]
    read.columns = ReadColumns(mapped, left_out)
    read.unknown = reader.values.list_unknown()
    read.faults += refuse_names_alone(read.contacts, unread)
    return read


class ContactReader:
    """A reader of the rows of a table as contacts, by the columns and declarations of an import."""

    def __init__(
        self, table: CellTable, map: ImportMap, given: Mapping[str, str], config: Config, now: Instant
    ) -> None:
        self.config = config
        self.system = map.system
        self.headers = table.headers
        self.values = RowReader(config, map, "contacts", now)
        wanted = choose_targets(table.headers, map.of("contacts"), given)
        remarks = [place for place, heading in enumerate(table.headers) if heading == REMARK]
        self.ignored = {place for place, field in wanted.items() if not field} | set(remarks)
        self.columns = map_columns(table.headers, wanted)
        self.headings = {
            heading.field: table.headers[place] for place, heading in reversed(self.columns.items())
        }

    def name_external_id(self, id: str) -> str:
        """Return the id in the other program with its name before it."""
        is_named = not self.system or id.startswith(f"{self.system}:")
        return id if is_named else f"{self.system}:{id}"


def refuse_names_alone(contacts: Sequence[IncomingContact], unread: Mapping[int, int]) -> list[ImportFault]:
    """Return a fault if only names were read of a file whose other columns are unknown."""
    if not contacts or not unread or any(has_more_than_names(each) for each in contacts):
        return []
    return [ImportFault(1, 'only names were understood; map the other columns: --field "COLUMN=emails"')]


def has_more_than_names(incoming: IncomingContact) -> bool:
    """Tell whether a contact has data besides its name and company."""
    lists = (incoming.emails, incoming.phones, incoming.addresses, incoming.tags)
    return any(lists) or bool(incoming.job or incoming.description or incoming.language)


def map_columns(headers: Sequence[str], wanted: Mapping[int, str]) -> dict[int, Heading]:
    """Return what each column holds, where that is known; `wanted` are fields by place.

    A `Nom` column without one for the first name is the full name. Raises UsageError for an unknown field,
    and where no column names the contact.
    """
    columns = find_headings(headers)
    for place, given in wanted.items():
        field = ALIASES.get(given, given)
        if field not in FIELDS and field != "":
            raise unknown_entry("field", field, list(FIELDS))
        columns[place] = Heading(field)
    columns = {place: heading for place, heading in sorted(columns.items()) if heading.field}
    fields = {heading.field for heading in columns.values()}
    if "last_name" in fields and not {"first_name", "name"} & fields:
        is_last = Heading("last_name")
        columns = {place: Heading("name") if each == is_last else each for place, each in columns.items()}
    if not {"name", "last_name", "first_name", "company", "emails"} & fields:
        shown = ", ".join(headers[:8]) or "none"
        raise UsageError(f"no column identifies the contact (columns: {shown})", hint='--field "COLUMN=name"')
    return columns


class Row:
    """The cells of a row by what they hold."""

    def __init__(self, line: int, cells: Sequence[str], reader: ContactReader) -> None:
        self.said = ReadRow(line, headings=reader.headings)
        self.cells = cells
        self.held: dict[Heading, list[str]] = {}
        self.read: set[int] = set(reader.ignored)  # places of cells whose value is used
        for place, heading in reader.columns.items():
            text = cells[place] if place < len(cells) else ""
            if heading.field == "job" and is_civility(text):  # Outlook calls both `Titre`
                heading = Heading("prefix")
            said = reader.values.translate_word(heading.field, text)
            texts = self.held.setdefault(heading, [])
            if text and (not said or not texts or heading.field not in SINGLE or said in texts):
                self.read.add(place)
            texts += [str(said)] if said else []
        self.headers = reader.headers
        self.said.faults += describe_surplus(reader.headers, cells)

    def text(self, field: str) -> str:
        """Return the first text of a field on one line; empty where there is none."""
        return " ".join(next(iter(self.texts(field)), "").split())

    def texts(self, field: str, group: str = "") -> list[str]:
        """Return the texts of all columns of a field, of one address if a group is given."""
        return self.held.get(Heading(field, group), [])

    def items(self, field: str) -> list[str]:
        """Return the items of a list in all columns of a field, each once."""
        return list(dict.fromkeys(split_items(self.texts(field))))

    def checked(self, field: str, check: Callable[[str], T], texts: Iterable[str]) -> list[T]:
        """Return the checked values of a field; an invalid one is a fault of the row, with its column."""
        found: list[T] = []
        for text in texts:
            try:
                found.append(check(text))
            except CrmError as error:
                self.said.refuse(field, error)
        return found

    def list_unread(self) -> list[int]:
        """Return the places of cells whose value is not used."""
        named = enumerate(zip(self.headers, self.cells, strict=False))
        return [place for place, (heading, cell) in named if heading and cell and place not in self.read]


def read_row(row: Row, reader: ContactReader) -> IncomingContact:
    """Return the contact of a row; what is wrong with it is added to the row."""
    config, values = reader.config, reader.values
    texts: dict[str, Any] = {field: row.text(field) for field in TEXTS}
    texts["name"] = texts["name"] or " ".join(filter(None, map(row.text, NAMES)))
    texts["description"] = "\n\n".join(row.texts("description"))
    tags = [each for each in row.items("tags") if not each.startswith("* ")]  # those are Google's own groups
    owner, kind = row.text("owner"), row.text("kind")
    kind = values.read_text(row.said, "kind", kind) if kind else ""
    texts["language"] = next(
        iter(row.checked("language", find_language, filter(None, [row.text("language")]))), ""
    )
    phones = (each.lstrip("'") for each in row.items("phones"))
    found = IncomingContact(
        **texts,
        kind=ContactKind.COMPANY if kind == ContactKind.COMPANY else None,
        emails=tuple(row.checked("emails", lambda each: checked_email(each, config), row.items("emails"))),
        phones=tuple(dict.fromkeys(row.checked("phones", lambda each: checked_phone(each, config), phones))),
        addresses=tuple(with_postcode(each, config) for each in read_addresses(row)),
        tags=tuple(
            sorted(set(filter(None, row.checked("tags", lambda each: read_tag(row, reader, each), tags))))
        ),
        owner=values.read_text(row.said, "owner", owner) if owner else "",
        uid=row.text("id"),
        external_ids=tuple(map(reader.name_external_id, row.items("external_id"))),
        undeliverable=tuple(
            row.checked("undeliverable", lambda each: checked_email(each, config), row.items("undeliverable"))
        ),
        created=next(iter(row.checked("created", values.read_instant, row.texts("created"))), None),
        consent=read_consent(row, reader),
        line=row.said.line,
    )
    if not found.called and not row.said.faults:
        row.said.faults.append("has no name, company, e-mail or phone")
    if not found.name and found.company:
        return found._replace(name=found.company, company="", kind=ContactKind.COMPANY)
    return found


def read_consent(row: Row, reader: ContactReader) -> Consent | None:
    """Return the consent of a row; None where it has none."""
    instants = row.checked("consent.at", reader.values.read_instant, row.texts("consent.at"))
    consent = Consent(
        source=row.text("consent.source") or None,
        at=next(iter(instants), None),
        purposes=tuple(row.items("consent.purposes")),
    )
    return None if consent == Consent() else consent


def is_civility(text: str) -> bool:
    """Tell whether a text is nothing but a civility, such as `Mme`."""
    return folded_name(text).rstrip(".") in CIVILITIES


def read_tag(row: Row, reader: ContactReader, text: str) -> str:
    """Return a label as a tag; empty for one that the workspace does not list, which the row then says.

    Raises UsageError for a tag that cannot be one.
    """
    tag = reader.values.read_tag(row.said, text)
    return checked_tag(reader.config, tag) if tag else ""


def read_addresses(row: Row) -> Iterator[Address]:
    """Yield the addresses of a row; several in one cell are joined by ` ::: `."""
    for group in dict.fromkeys(heading.group for heading in row.held if heading.field in IN_ADDRESSES):
        parts = {part: [text.split(JOINED) for text in row.texts(part, group)] for part in PLACE}
        for number in range(max((len(each) for texts in parts.values() for each in texts), default=0)):
            held: dict[str, Any] = {
                part: ", ".join(filter(None, (item_at(each, number) for each in texts))) or None
                for part, texts in parts.items()
            }
            held["label"] = held["label"] or (group if group.isalpha() and group != OTHER else None)
            address = Address(**held)
            if address != Address(label=address.label):
                yield address
        if not any(parts[part] for part in PLACE if part != "label"):
            yield from (Address(street=", ".join(each.split("\n"))) for each in row.texts("formatted", group))


def with_postcode(address: Address, config: Config) -> Address:
    """Return an address whose postcode has the first zero that a spreadsheet took."""
    code = address.postcode
    return (
        replace(address, postcode=restore_zero(code, address.country or config.country)) if code else address
    )


def describe_restored(row: Row, found: IncomingContact) -> Iterator[str]:
    """Yield in words which postcodes got their zero back."""
    for read, kept in zip(read_addresses(row), found.addresses, strict=False):
        if read.postcode != kept.postcode:
            yield f"the postcode {read.postcode} has lost its zero, and is stored as {kept.postcode}"


def item_at(items: Sequence[str], number: int) -> str:
    """Return an item of a list on one line; empty where there are fewer."""
    return " ".join(items[number].split()) if number < len(items) else ""


def split_items(texts: Sequence[str]) -> list[str]:
    """Return the items of cells that may hold several.

    >>> split_items(["a@b.example ::: c@d.example", "e@f.example;g@h.example"])
    ['a@b.example', 'c@d.example', 'e@f.example', 'g@h.example']
    """
    return [item.strip() for text in texts for item in re.split(ITEMS, text) if item.strip()]
