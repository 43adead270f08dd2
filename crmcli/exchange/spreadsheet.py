"""Contacts from a CSV file of a spreadsheet program: detection of separator and headers."""

import csv
import io
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from crmcli.domain.model.config import Config, checked_tag, checked_user
from crmcli.domain.model.record_types import Address, ContactKind
from crmcli.domain.records.contact_fields import checked_email, checked_phone
from crmcli.domain.records.import_contact import NOT_UTF8, ImportFault, IncomingContact, ReadContacts
from crmcli.domain.values.decoding import decode_lines
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import unknown_entry

SEPARATORS = ";,\t|"
LONGEST = 131_072  # characters of a cell
PLACE = ("label", "street", "postcode", "city", "country")
TEXTS = ("name", "company", "job", "language", "description")
FIELDS = (*TEXTS, "first_name", "last_name", "kind", "emails", "phones", *PLACE, "tags", "owner", "id")
HEADERS = {  # headers of each field, folded, in French and English
    "name": ("nom complet", "nom et prenom", "nom prenom", "prenom nom", "contact", "client", "full name",
             "name"),
    "last_name": ("nom", "nom de famille", "last name", "surname", "family name"),
    "first_name": ("prenom", "first name", "given name"),
    "company": ("societe", "entreprise", "raison sociale", "organisation", "company", "organization"),
    "job": ("fonction", "poste", "profession", "titre", "job", "job title", "title"),
    "kind": ("type", "type de contact", "kind"),
    "emails": ("email", "e-mail", "mail", "courriel", "adresse e-mail", "adresse email", "adresse mail",
               "e-mail 2", "email 2", "email address", "emails"),
    "phones": ("telephone", "tel", "tel.", "telephone fixe", "fixe", "telephone portable", "telephone mobile",
               "portable", "mobile", "tel portable", "tel fixe", "gsm", "phone", "phone number", "phones"),
    "label": ("libelle", "libelle adresse", "address label", "label"),
    "street": ("adresse", "rue", "adresse postale", "voie", "address", "street"),
    "postcode": ("code postal", "cp", "postcode", "postal code", "zip", "zip code"),
    "city": ("ville", "commune", "localite", "city", "town"),
    "country": ("pays", "country"),
    "language": ("langue", "language"),
    "tags": ("etiquettes", "etiquette", "tags", "categories", "mots-cles", "groupe"),
    "description": ("notes", "note", "remarques", "remarque", "commentaire", "commentaires", "description",
                    "comments"),
    "owner": ("responsable", "commercial", "suivi par", "owner"),
    "id": ("id", "identifiant"),
}  # fmt: skip
COMPANIES = {"company", "societe", "entreprise", "organisation", "professionnel", "org"}
ALIASES = {"email": "emails", "phone": "phones", "tag": "tags", "notes": "description"}


def read_csv(content: bytes, mapping: Mapping[str, str], config: Config) -> ReadContacts:
    """Read the contacts of a CSV file whose first line is the header; `mapping` is field by header.

    Raises UsageError where a column or field of the mapping is not there, or no column names the contact.
    """
    csv.field_size_limit(LONGEST)
    text, odd_lines = decode_lines(content)
    rows = number_rows(text.replace("\r\n", "\n"))
    headings = (cells for _, cells in rows if any(cell.strip() for cell in cells))
    headers = next((cells for cells in headings if not is_separator_line(cells)), [])
    columns = map_columns(headers, mapping)
    left_out = list_unused_columns(headers, columns, {folded_name(header) for header in mapping})
    result = ReadContacts(
        [], [], [ImportFault(1, f"column {header!r} is not imported") for header in left_out]
    )
    result.left_out.extend(ImportFault(line, NOT_UTF8) for line in odd_lines)
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            if any(cell.strip() for cell in cells[len(headers) :]):
                raise UsageError("has more cells than the first line has headers")
            result.contacts.append(read_row(cells, columns, config, line))
        except UsageError as error:
            result.faults.append(ImportFault(line, str(error)))
    return result


def number_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the rows; `line` is the number of a row's first line.

    Raises UsageError for a row that is not valid, such as one with a quote that is not closed.
    """
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=find_separator(text))
    begins = 1
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"line {begins}: {error}", hint="is a quote missing?") from None
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


def map_columns(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    """Return the field of each column that has one.

    A `Nom` column without one for the first name is the full name. Raises UsageError for an unknown column
    or field of the mapping, and where no column names the contact.
    """
    places = {folded_name(header): place for place, header in enumerate(headers)}
    known = {header: field for field, names in HEADERS.items() for header in names}
    columns = {place: known[header] for header, place in places.items() if header in known}
    for header, field in mapping.items():
        field = ALIASES.get(field, field)
        if folded_name(header) not in places:
            raise unknown_entry("column", header, list(headers))
        if field not in FIELDS and field != "":
            raise unknown_entry("field", field, list(FIELDS))
        columns[places[folded_name(header)]] = field
    columns = {place: field for place, field in sorted(columns.items()) if field}
    if "last_name" in columns.values() and not {"first_name", "name"} & set(columns.values()):
        columns = {place: "name" if field == "last_name" else field for place, field in columns.items()}
    if not {"name", "last_name", "company", "emails"} & set(columns.values()):
        shown = ", ".join(headers[:8]) or "none"
        raise UsageError(f"no column identifies the contact (columns: {shown})", hint='--map "COLUMN=name"')
    return columns


def list_unused_columns(
    headers: Sequence[str], columns: Mapping[int, str], meant: Container[str]
) -> list[str]:
    """Return the headers of columns that are not read, without those that the mapping excludes."""
    return [
        header
        for place, header in enumerate(headers)
        if header.strip() and place not in columns and folded_name(header) not in meant
    ]


def read_row(cells: Sequence[str], columns: Mapping[int, str], config: Config, line: int) -> IncomingContact:
    """Return the contact of a row.

    Raises UsageError for a value that its field cannot have, and for a row without a name.
    """
    held: dict[str, list[str]] = {}
    for place, field in columns.items():
        text = cells[place].strip() if place < len(cells) else ""
        held.setdefault(field, []).extend([text] if text else [])
    first = {field: values[0] for field, values in held.items() if values}
    texts: dict[str, Any] = {field: " ".join(first[field].split()) for field in TEXTS if field in first}
    if "description" in first:
        texts["description"] = "\n\n".join(held["description"])
    if "name" not in texts:
        texts["name"] = " ".join(first[part] for part in ("first_name", "last_name") if part in first)
    parts: dict[str, Any] = {part: first.get(part) for part in PLACE}
    address = Address(**parts)
    found = IncomingContact(
        **texts,
        kind=kind_of(first.get("kind", "")),
        emails=tuple(checked_email(each, config) for each in split_items(held.get("emails", []))),
        phones=tuple(
            dict.fromkeys(checked_phone(each, config) for each in split_items(held.get("phones", [])))
        ),
        addresses=() if address == Address(label=address.label) else (address,),
        tags=tuple(sorted({checked_tag(config, each) for each in split_items(held.get("tags", []))})),
        owner=checked_user(config, first["owner"]) if "owner" in first else "",
        uid=first.get("id", ""),
        line=line,
    )
    if not found.called:
        raise UsageError("has no name, company, e-mail or phone")
    if not found.name and found.company:
        return found._replace(name=found.company, company="", kind=ContactKind.COMPANY)
    return found


def split_items(texts: Sequence[str]) -> list[str]:
    """Return the items of cells that may hold several."""
    return [
        item.strip()
        for text in texts
        for item in text.replace("\n", ",").replace(";", ",").split(",")
        if item.strip()
    ]


def kind_of(text: str) -> ContactKind | None:
    """Return the company kind if the cell says so; else None."""
    word = folded_name(text)
    return ContactKind.COMPANY if word in COMPANIES else None
