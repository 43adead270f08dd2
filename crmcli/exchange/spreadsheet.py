"""Contacts from a CSV file of a spreadsheet program: detection of separator and headers."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from crmcli.domain.localization.postcodes import restore_zero
from crmcli.domain.model.config import Config, checked_tag, checked_user
from crmcli.domain.model.record_types import Address, ContactKind
from crmcli.domain.records.contact_fields import checked_email, checked_phone
from crmcli.domain.records.import_contact import NOT_UTF8, ImportFault, IncomingContact, ReadContacts
from crmcli.domain.values.decoding import decode_lines
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.domain.values.person_names import CIVILITIES
from crmcli.domain.values.spreadsheet_cells import restore_cell
from crmcli.exchange.headings import IN_ADDRESSES, PLACE, Heading, find_headings

SEPARATORS = ";,\t|"
END = "\x1fend of the file\x1f"  # a row of its own, unless a quote is still open
LONGEST = 131_072  # characters of a cell
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
)
NAMES = ("prefix", "first_name", "middle_name", "last_name", "suffix")
SINGLE = frozenset({*TEXTS, *NAMES, "kind", "owner", "id"}) - {"description"}  # one value a contact
OTHER = "other"  # an address that is neither at home nor at work
JOINED = " ::: "  # between the values of a cell in files of Google
COMPANIES = {"company", "societe", "entreprise", "organisation", "professionnel", "org"}
ALIASES = {"email": "emails", "phone": "phones", "tag": "tags", "notes": "description"}


def read_csv(content: bytes, mapping: Mapping[str, str], config: Config) -> ReadContacts:
    """Read the contacts of a CSV file whose first line is the header; `mapping` is field by header.

    Raises UsageError where a column or field of the mapping is not there, or no column names the contact.
    """
    csv.field_size_limit(LONGEST)
    text, odd_lines, _ = decode_lines(content)
    rows = number_rows(text.replace("\r\n", "\n"))
    headings = (cells for _, cells in rows if any(cell.strip() for cell in cells))
    headers = next((cells for cells in headings if not is_separator_line(cells)), [])
    columns = map_columns(headers, mapping)
    result = ReadContacts([], [], [ImportFault(line, NOT_UTF8) for line in odd_lines])
    unread: Counter[int] = Counter()  # values by the place of their column
    ignored = {folded_name(header) for header, field in mapping.items() if not field}
    for line, cells in rows:
        row = Row([restore_cell(cell).strip() for cell in cells], columns)
        if not any(row.cells):
            continue
        unread.update(
            place
            for place in row.list_unread()
            if place < len(headers) and folded_name(headers[place]) not in ignored
        )
        try:
            if any(row.cells[len(headers) :]):
                raise UsageError("has more cells than the first line has headers")
            found = read_row(row, config, line)
            result.contacts.append(found)
            result.left_out.extend(ImportFault(line, each) for each in describe_restored(row, found))
        except UsageError as error:
            result.faults.append(ImportFault(line, str(error)))
    result.left_out.extend(describe_unread(headers, unread))
    result.faults.extend(refuse_names_alone(result.contacts, unread))
    return result


def describe_unread(headers: Sequence[str], unread: Mapping[int, int]) -> Iterator[ImportFault]:
    """Yield a line for each column with values that are not imported, with their number."""
    for place, count in sorted(unread.items()):
        values = f"{count} value{'s' if count > 1 else ''}"
        yield ImportFault(1, f"column {headers[place]!r} is not imported ({values})")


def refuse_names_alone(contacts: Sequence[IncomingContact], unread: Mapping[int, int]) -> list[ImportFault]:
    """Return a fault if only names were read of a file whose other columns are unknown."""
    if not contacts or not unread or any(has_more_than_names(each) for each in contacts):
        return []
    return [ImportFault(1, 'only names were understood; map the other columns: --map "COLUMN=emails"')]


def has_more_than_names(incoming: IncomingContact) -> bool:
    """Tell whether a contact has data besides its name and company."""
    lists = (incoming.emails, incoming.phones, incoming.addresses, incoming.tags)
    return any(lists) or bool(incoming.job or incoming.description or incoming.language)


def number_rows(text: str, separator: str = "") -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the rows; `line` is the number of a row's first line.

    Without a separator, it is found in the first line.

    Raises UsageError, with the line as its place, for a row that is not valid, such as one with a quote that
    is not closed.
    """
    ended = text if text.endswith("\n") else text + "\n"
    lines = csv.reader(io.StringIO(ended + END, newline=""), delimiter=separator or find_separator(text))
    begins = 1
    while True:
        try:
            cells = next(lines)
        except csv.Error as error:
            raise UsageError(str(error), where=str(begins), hint="is a quote missing?") from None
        if cells == [END]:
            return
        if cells and cells[-1].endswith(END):
            raise UsageError("the quote that opens here is never closed", where=str(begins))
        yield begins, cells
        begins = lines.line_num + 1


def find_separator(text: str) -> str:
    """Return the separator of cells: that of `sep=`, else the most frequent in the first line, unquoted."""
    first = text.lstrip("\r\n").partition("\n")[0]
    if first.startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    bare = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def is_separator_line(cells: Sequence[str]) -> bool:
    """Tell whether a row is Excel's `sep=` line, which precedes the header."""
    return cells[0].strip().startswith("sep=") and not "".join(cells[1:]).strip()


def map_columns(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[int, Heading]:
    """Return what each column holds, where that is known.

    A `Nom` column without one for the first name is the full name. Raises UsageError for an unknown column
    or field of the mapping, and where no column names the contact.
    """
    columns = find_headings(headers)
    for header, given in mapping.items():
        field = ALIASES.get(given, given)
        places = [place for place, each in enumerate(headers) if folded_name(each) == folded_name(header)]
        if not places:
            raise unknown_entry("column", header, list(headers))
        if field not in FIELDS and field != "":
            raise unknown_entry("field", field, list(FIELDS))
        columns |= {place: Heading(field) for place in places}
    columns = {place: heading for place, heading in sorted(columns.items()) if heading.field}
    fields = {heading.field for heading in columns.values()}
    if "last_name" in fields and not {"first_name", "name"} & fields:
        is_last = Heading("last_name")
        columns = {place: Heading("name") if each == is_last else each for place, each in columns.items()}
    if not {"name", "last_name", "first_name", "company", "emails"} & fields:
        shown = ", ".join(headers[:8]) or "none"
        raise UsageError(f"no column identifies the contact (columns: {shown})", hint='--map "COLUMN=name"')
    return columns


class Row:
    """The cells of a row by what they hold."""

    def __init__(self, cells: Sequence[str], columns: Mapping[int, Heading]) -> None:
        self.cells = cells
        self.held: dict[Heading, list[str]] = {}
        self.read: set[int] = set()  # places of cells whose value is used
        for place, heading in columns.items():
            text = cells[place] if place < len(cells) else ""
            if heading.field == "job" and is_civility(text):  # Outlook calls both `Titre`
                heading = Heading("prefix")
            texts = self.held.setdefault(heading, [])
            if text and (not texts or heading.field not in SINGLE or text in texts):
                self.read.add(place)
            texts += [text] if text else []

    def text(self, field: str) -> str:
        """Return the first text of a field on one line; empty where there is none."""
        return " ".join(next(iter(self.texts(field)), "").split())

    def texts(self, field: str, group: str = "") -> list[str]:
        """Return the texts of all columns of a field, of one address if a group is given."""
        return self.held.get(Heading(field, group), [])

    def items(self, field: str) -> list[str]:
        """Return the items of a list in all columns of a field, each once."""
        return list(dict.fromkeys(split_items(self.texts(field))))

    def list_unread(self) -> list[int]:
        """Return the places of cells whose value is not used."""
        return [place for place, cell in enumerate(self.cells) if cell and place not in self.read]


def read_row(row: Row, config: Config, line: int) -> IncomingContact:
    """Return the contact of a row.

    Raises UsageError for a value that its field cannot have, and for a row without a name.
    """
    texts: dict[str, Any] = {field: row.text(field) for field in TEXTS}
    texts["name"] = texts["name"] or " ".join(filter(None, map(row.text, NAMES)))
    texts["description"] = "\n\n".join(row.texts("description"))
    owner = row.text("owner")
    found = IncomingContact(
        **texts,
        kind=kind_of(row.text("kind")),
        emails=tuple(checked_email(each, config) for each in row.items("emails")),
        phones=tuple(dict.fromkeys(checked_phone(each.lstrip("'"), config) for each in row.items("phones"))),
        addresses=tuple(with_postcode(each, config) for each in read_addresses(row)),
        tags=tuple(sorted(filter(None, {read_tag(config, each) for each in row.items("tags")}))),
        owner=checked_user(config, owner) if owner else "",
        uid=row.text("id"),
        external_ids=tuple(row.items("external_id")),
        line=line,
    )
    if not found.called:
        raise UsageError("has no name, company, e-mail or phone")
    if not found.name and found.company:
        return found._replace(name=found.company, company="", kind=ContactKind.COMPANY)
    return found


def is_civility(text: str) -> bool:
    """Tell whether a text is nothing but a civility, such as `Mme`."""
    return folded_name(text).rstrip(".") in CIVILITIES


def read_tag(config: Config, text: str) -> str:
    """Return a label as a tag, with hyphens for blanks; empty for the groups that Google adds itself.

    Raises UsageError for a tag that cannot be one, or that the configuration does not list.
    """
    return "" if text.startswith("* ") else checked_tag(config, "-".join(text.split()))


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
    return [item.strip() for text in texts for item in re.split(r",|;|\n| ::: ", text) if item.strip()]


def kind_of(text: str) -> ContactKind | None:
    """Return the company kind if the cell says so; else None."""
    word = folded_name(text)
    return ContactKind.COMPANY if word in COMPANIES else None
