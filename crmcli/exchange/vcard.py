"""Contacts as vCards 3.0, also read from 4.0 and 2.1, as khard, phones and mail programs write them.

Lines that have no field in a contact are kept with it, and are exported again; so are lines whose field
keeps only a part of them, for example a phone number with its types.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from crmcli.domain.importing.read_contacts import ReadContacts
from crmcli.domain.model.config import Config, checked_tag
from crmcli.domain.model.record_types import Address, Contact, ContactKind
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.records.import_contact import (
    CARD,
    NOT_UTF8,
    ImportFault,
    IncomingContact,
    card_lines,
)
from crmcli.domain.values.errors import UsageError, shorten_text
from crmcli.domain.values.folding import fold_text, folded_name
from crmcli.domain.values.ids import is_id
from crmcli.exchange.content_lines import (
    Line,
    escape,
    parse_line,
    split_cards,
    split_raw,
    unescape,
    write_card,
)
from crmcli.exchange.rejected_rows import CARD_REMARK

FRAME = {"BEGIN", "END", "VERSION", "PRODID", "REV", CARD_REMARK}
TEXTS = ("FN", "TITLE", "NOTE", "LANG")
COMPANY = ("org", "organization", "company")
GROUP = ("KIND", "X-ADDRESSBOOKSERVER-KIND")  # the second is Apple's, in cards of version 3.0
PLACES = ("home", "work")  # address labels with a type in vCard
LONGEST = 500  # lines of a card
LARGEST = 8192  # characters of a line that a contact keeps
ABOUT = "X-ABLABEL"  # Apple's property for the label of a group of lines
Meaning = tuple[str, ...]


def read_vcards(content: bytes, config: Config) -> ReadContacts:
    """Read the contacts of a file of vCards."""
    result = ReadContacts()
    for begins, lines, faults, odd_lines in split_cards(content):
        result.left_out.extend(ImportFault(line, NOT_UTF8) for line in odd_lines)
        if len(lines) > LONGEST:
            faults.append((begins, f"this card has more than {LONGEST} lines"))
        if faults:
            result.faults.extend(ImportFault(number, what) for number, what in faults)
            continue
        try:
            found = read_card(lines, config, begins)
        except UsageError as error:
            result.faults.append(ImportFault(begins, str(error)))
            continue
        if is_group(lines):
            result.left_out.append(ImportFault(begins, f"{found.called} is a group, no contact"))
            continue
        if not found.called:
            result.faults.append(ImportFault(begins, "has no name, company, e-mail or phone"))
            continue
        long = [line for line in lines if len(str(line)) > LARGEST and not is_ours(line)]
        result.left_out.extend(
            ImportFault(line.number, f"{line.name} of {found.called} is too large") for line in long
        )
        result.left_out.extend(
            ImportFault(
                line.number,
                f"{shorten_text(email_of(line), 80)!r} of {found.called} is not an e-mail address",
            )
            for line in lines
            if line.name == "EMAIL" and email_of(line) and normal_email(email_of(line)) is None
        )
        result.contacts.append(found)
    return result


def email_of(line: Line) -> str:
    """Return the address that a line gives."""
    return unescape(line.value).strip().removeprefix("mailto:")


def read_card(lines: Sequence[Line], config: Config, begins: int) -> IncomingContact:
    """Return the contact that a card describes."""
    found = IncomingContact(line=begins)
    labels = {line.group: unescape(line.value) for line in lines if line.name == ABOUT and line.group}
    for line in order_lines(lines):
        reader = READERS.get(line.name)
        if reader is not None:
            found = reader(found, line, config, labels.get(line.group, ""))
    found = with_name(found, lines)
    kept = [str(line) for line in kept_lines(found, lines, config)]
    return found._replace(extra={CARD: kept} if kept else {})


def order_lines(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a card with the preferred e-mail, phone and address first."""
    return sorted(lines, key=lambda line: "pref" not in line.types and "PREF=1" not in line.params.upper())


def with_name(found: IncomingContact, lines: Sequence[Line]) -> IncomingContact:
    """Return the contact with its kind, person or company, and its name."""
    structured = next((line for line in lines if line.name == "N"), None)
    parts = [unescape(each) for each in split_raw(structured.value, ";")] if structured else []
    family, given, *_ = [*parts, "", ""]
    name = found.name or " ".join(part for part in (given, family) if part.strip()).strip()
    is_company = found.kind is ContactKind.COMPANY or (
        bool(found.company) and not (family + given).strip() and name in ("", found.company)
    )
    if is_company:
        return found._replace(kind=ContactKind.COMPANY, name=name or found.company, company="")
    return found._replace(kind=None, name=name)


Reader = Callable[[IncomingContact, Line, Config, str], IncomingContact]


def on_one_line(field: str) -> Reader:
    """Return a reader of a text on one line; the first of several lines counts."""

    def reader(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
        given: dict[str, Any] = {field: " ".join(unescape(line.value).split())}
        return found if getattr(found, field) else found._replace(**given)

    return reader


def take_note(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    return found if found.description else found._replace(description=unescape(line.value).strip())


def take_email(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    text = email_of(line)
    known = map(normal_email, found.emails)
    is_new = normal_email(text) is not None and normal_email(text) not in known
    return found._replace(emails=(*found.emails, text)) if is_new else found


def take_phone(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    number = number_of(line, config)
    return found._replace(phones=(*found.phones, number)) if number and number not in found.phones else found


def number_of(line: Line, config: Config) -> str | None:
    """Return the number of a TEL line in E.164 form; None where it is not valid."""
    text = unescape(line.value).strip().removeprefix("tel:").partition(";")[0]
    return normal_phone(text, config.country)


def take_address(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    place = place_of(line, label)
    if place == Address(label=place.label) or place in found.addresses:
        return found
    return found._replace(addresses=(*found.addresses, place))


def place_of(line: Line, label: str) -> Address:
    """Return the address of an ADR line: box and extension go to the street, the region to the city."""
    parts = [" ".join(unescape(each).split()) for each in split_raw(line.value, ";")] + [""] * 7
    box, more, street, city, region, postcode, country = parts[:7]
    own = label.removeprefix("_$!<").removesuffix(">!$_") or next(
        (each for each in line.types if each in PLACES), ""
    )
    said: dict[str, Any] = {
        "label": own.lower() if own.lower() in PLACES else own,
        "street": ", ".join(part for part in (box, more, street) if part),
        "postcode": postcode,
        "city": ", ".join(part for part in (city, region) if part),
        "country": country,
    }
    return replace(Address(), **{name: value or None for name, value in said.items()})


def take_organisation(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    return found._replace(company=" ".join(unescape(split_raw(line.value, ";")[0]).split()))


def take_categories(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    tags = {tag for each in split_raw(line.value, ",") if (tag := as_tag(unescape(each), config))}
    return found._replace(tags=tuple(sorted({*found.tags, *tags})))


def as_tag(text: str, config: Config) -> str:
    """Return a category as a tag; empty where it is not a valid one."""
    tag = "-".join(text.split()).translate(str.maketrans("", "", ",:+")).lstrip("-")
    try:
        return checked_tag(config, tag)
    except UsageError:
        return ""


def take_kind(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    return found._replace(kind=ContactKind.COMPANY) if is_ours(line) else found


def take_identity(found: IncomingContact, line: Line, config: Config, label: str) -> IncomingContact:
    return found._replace(uid=line.value.strip())


READERS: dict[str, Reader] = {
    "FN": on_one_line("name"),
    "ORG": take_organisation,
    "TITLE": on_one_line("job"),
    "EMAIL": take_email,
    "TEL": take_phone,
    "ADR": take_address,
    "LANG": on_one_line("language"),
    "CATEGORIES": take_categories,
    "NOTE": take_note,
    "KIND": take_kind,
    "X-ABSHOWAS": take_kind,
    "UID": take_identity,
}


def kept_lines(found: IncomingContact, lines: Sequence[Line], config: Config) -> Iterator[Line]:
    """Yield the lines of a card with more information than the contact made from it."""
    person = Contact(
        id=found.uid if is_id(found.uid) else "",
        name=found.name or found.called,
        kind=found.kind or ContactKind.PERSON,
        job=found.job or None,
        emails=found.emails,
        phones=found.phones,
        addresses=found.addresses,
        language=found.language or None,
        tags=found.tags,
        description=found.description or None,
    )
    ours = {str(line) for line in own_lines(person, found.company or None, config)}
    for line in lines:
        if line.name not in FRAME and str(in_our_words(line)) not in ours and len(str(line)) <= LARGEST:
            yield line


def in_our_words(line: Line) -> Line:
    """Return a line with its text escaped the way crm does; lines of other types unchanged."""
    return line._replace(value=escape(unescape(line.value))) if line.name in TEXTS else line


def is_ours(line: Line) -> bool:
    """Tell whether a line belongs to a field of the contact."""
    if line.name in ("KIND", "X-ABSHOWAS"):
        return unescape(line.value).strip().lower() in COMPANY
    return line.name in READERS or line.name == "N"


def is_group(lines: Sequence[Line]) -> bool:
    """Tell whether a card is that of a group of contacts."""
    kinds = (unescape(line.value) for line in lines if line.name in GROUP)
    return any(each.strip().lower() == "group" for each in kinds)


def write_vcard(person: Contact, company: str | None, config: Config) -> str:
    """Write a contact as a vCard; kept lines replace generated ones with the same meaning."""
    ours = own_lines(person, company, config)
    kept = [line for each in card_lines(person) if (line := parse_line(each)) is not None]
    spoken = {line.group: unescape(line.value) for line in (*ours, *kept) if line.name == ABOUT}

    def meant(line: Line) -> Meaning:
        return line_meaning(line, config, spoken.get(line.group, ""), person)

    meanings = {meant(line): line for line in ours if line.name != ABOUT}
    instead = {meant(line): line for line in kept if is_ours(line)}
    gone = {line.group for of, line in instead.items() if of not in meanings and line.group}
    replaced = {line.group for of, line in meanings.items() if of in instead and line.group}
    lines = [Line("BEGIN", "VCARD"), Line("VERSION", "3.0")]
    for line in ours:
        if line.name == ABOUT:
            lines += [] if line.group in replaced else [line]
        else:
            lines.append(instead.get(meant(line), line))
    lines += [line for line in kept if not is_ours(line) and line.group not in gone]
    return write_card([*lines, Line("END", "VCARD")])


def line_meaning(line: Line, config: Config, label: str, person: Contact) -> Meaning:
    """Return a key for the meaning of a line; lines with the same key can replace each other."""
    match line.name:
        case "TEL":
            return "TEL", number_of(line, config) or line.value
        case "EMAIL":
            return "EMAIL", normal_email(unescape(line.value).removeprefix("mailto:")) or line.value
        case "ADR":
            place = place_of(line, label)
            return "ADR", *(
                getattr(place, name) or "" for name in ("label", "street", "postcode", "city", "country")
            )
        case "N":
            words = set(folded_name(unescape(line.value.replace(";", " "))).split())
            return ("N",) if set(folded_name(person.name).split()) <= words else ("N", line.value)
        case "ORG":
            return "ORG", unescape(split_raw(line.value, ";")[0])
        case "CATEGORIES":
            found = take_categories(IncomingContact(), line, config, "")
            return ("CATEGORIES", *found.tags)
        case "UID":
            return ("UID",)
        case "KIND" | "X-ABSHOWAS":
            return (line.name,)
    return line.name, " ".join(unescape(line.value).split())


def own_lines(person: Contact, company: str | None, config: Config) -> list[Line]:
    """Return the fields of a contact as lines."""
    is_company = person.kind is ContactKind.COMPANY
    lines = [Line("FN", escape(person.name)), Line("N", structure_name(person))]
    firm = person.name if is_company else company
    lines += [Line("ORG", escape(firm))] if firm else []
    lines += [Line("X-ABSHOWAS", "COMPANY")] if is_company else []
    lines += [Line("TITLE", escape(person.job))] if person.job else []
    lines += [Line("EMAIL", escape(each)) for each in person.emails]
    lines += [Line("TEL", escape(normal_phone(each, config.country) or each)) for each in person.phones]
    for number, place in enumerate(person.addresses, start=1):
        lines += address_lines(place, f"adr{number}")
    lines += [Line("LANG", escape(person.language))] if person.language else []
    lines += [Line("CATEGORIES", ",".join(map(escape, person.tags)))] if person.tags else []
    lines += [Line("NOTE", escape(person.description))] if person.description else []
    lines += [Line("UID", person.id)] if person.id else []
    return lines


def structure_name(person: Contact) -> str:
    """Return a name as family;given: the words in capitals are the family name, else the last word."""
    if person.kind is ContactKind.COMPANY:
        return ";;;;"
    words = person.name.split()
    capitals = [word for word in words if len(word) > 1 and word == word.upper() and word != word.lower()]
    family = capitals if 0 < len(capitals) < len(words) else words[-1:]
    given = [word for word in words if word not in family]
    return f"{escape(' '.join(family))};{escape(' '.join(given))};;;"


def address_lines(place: Address, group: str) -> Iterable[Line]:
    """Return the lines of an address, with a label line where vCard has no type for the label."""
    parts = ("", "", place.street, place.city, "", place.postcode, place.country)
    value = ";".join(escape(part or "") for part in parts)
    if place.label is None:
        return [Line("ADR", value)]
    if fold_text(place.label) in PLACES and place.label == place.label.lower():
        return [Line("ADR", value, f";TYPE={place.label}")]
    return [Line("ADR", value, "", group), Line(ABOUT, escape(place.label), "", group)]
