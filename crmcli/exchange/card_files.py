"""One contact in one file of an address book (a vdir): its fields, and how they are written back.

Only the lines of fields that differ change; photos, birthdays and all that crm does not know stay.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from crmcli.domain.merging.merge_card import CardFields
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Address, Contact, ContactKind, Instant
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.records.import_contact import IncomingContact
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import UsageError
from crmcli.exchange import vcard
from crmcli.exchange.content_lines import Line, escape, split_cards, split_raw, unescape, write_card

LINES = {  # of a field
    "name": ("FN", "N"),
    "company": ("ORG",),
    "job": ("TITLE",),
    "language": ("LANG",),
    "description": ("NOTE",),
    "emails": ("EMAIL",),
    "phones": ("TEL",),
    "addresses": ("ADR",),
    "tags": ("CATEGORIES",),
}
OURS = {name for names in LINES.values() for name in names}
LONGEST = 65_536  # characters of a line of a field
ONE_BY_ONE = ("emails", "phones", "addresses")  # a line an item
PARTS = ("label", "street", "postcode", "city", "country")


class FoundCard(NamedTuple):
    """A card of a file: its lines without the frame, and the contact that it describes."""

    lines: list[Line]
    incoming: IncomingContact

    @property
    def uid(self) -> str:
        """The UID of the card."""
        return self.incoming.uid

    @property
    def is_group(self) -> bool:
        """Tell whether the card is that of a group of contacts."""
        return vcard.is_group(self.lines)


def read_card_file(content: bytes, config: Config) -> FoundCard:
    """Return the card of a file.

    Raises UsageError for anything but one whole card.
    """
    cards = list(split_cards(content))
    if len(cards) != 1:
        raise UsageError("is not one card")
    card = cards[0]
    if card.faults:
        raise UsageError(card.faults[0][1])
    if len(card.lines) > vcard.LONGEST:
        raise UsageError(f"has more than {vcard.LONGEST} lines")
    for line in card.lines:
        if len(line.value) > LONGEST and line.name in OURS:
            raise UsageError(f"{line.name} has more than {LONGEST} characters")
    return FoundCard(card.lines, vcard.read_card(card.lines, config, card.begins))


def list_invalid(card: FoundCard, config: Config) -> list[Line]:
    """Return the lines of a card with an e-mail or a phone that is none."""
    lines = (line for line in card.lines if line.name in ("EMAIL", "TEL") and line.value.strip())
    return [line for line in lines if spell_item(line, card.lines, config) is None]


def fields_of_card(incoming: IncomingContact) -> CardFields:
    """Return the fields of a card."""
    texts = {
        "name": flatten_line(incoming.name),
        "company": "" if incoming.kind is ContactKind.COMPANY else flatten_line(incoming.company),
        "job": flatten_line(incoming.job),
        "language": flatten_line(incoming.language),
        "description": tidy(incoming.description),
    }
    lists = {
        "emails": list(dict.fromkeys(normal_email(each) or each for each in incoming.emails)),
        "phones": list(dict.fromkeys(incoming.phones)),
        "addresses": list(dict.fromkeys(map(spell_address, incoming.addresses))),
        "tags": sorted(set(incoming.tags)),
    }
    return CardFields(texts, lists)


def flatten_line(text: str) -> str:
    """Return a text on one line, without invisible characters."""
    return " ".join(clean_text(text).split())


def tidy(text: str) -> str:
    """Return a text without blanks around it, and without invisible characters."""
    return clean_text(text.replace("\r\n", "\n")).strip()


def spell_address(place: Address) -> str:
    """Return an address as a text that tells it from others."""
    return msgspec.json.encode([clean_text(getattr(place, part) or "") for part in PARTS]).decode()


def parse_address(text: str) -> Address:
    """Return the address that `spell_address` spelled."""
    values = msgspec.json.decode(text, type=list[str])
    return replace(Address(), **{part: value or None for part, value in zip(PARTS, values, strict=True)})


def card_of(person: Contact, company: str | None, config: Config) -> FoundCard:
    """Return the card that crm writes for a contact."""
    return read_card_file(vcard.write_vcard(person, company, config).encode(), config)


def with_fields(person: Contact, ours: CardFields, merged: CardFields, config: Config) -> Contact:
    """Return a contact with the merged fields that differ from ours, but for the company.

    What stays in a list stays as the record spells it.
    """
    changed: dict[str, Any] = {
        name: merged.texts[name] or None
        for name in ("name", "job", "language", "description")
        if merged.texts[name] != ours.texts[name]
    }
    known: dict[str, dict[str, Any]] = {
        "emails": {normal_email(each) or each: each for each in person.emails},
        "phones": {normal_phone(each, config.country) or each: each for each in person.phones},
        "addresses": {spell_address(each): each for each in person.addresses},
        "tags": {},
    }
    for name, spelled in known.items():
        if list(merged.lists[name]) != list(ours.lists[name]):
            made = parse_address if name == "addresses" else str
            items = (spelled.get(each) or made(each) for each in merged.lists[name])
            changed[name] = tuple(sorted(items)) if name == "tags" else tuple(items)
    return replace(person, **changed)


def update_card(
    found: FoundCard, fresh: FoundCard, config: Config, at: Instant
) -> tuple[bytes, list[str]] | None:
    """Return the file of a card as that of its contact is, and the fields written; None if it is so."""
    theirs, ours = fields_of_card(found.incoming), fields_of_card(fresh.incoming)
    changed = [name for name, value in ours.texts.items() if value != theirs.texts[name]]
    changed += [name for name, items in ours.lists.items() if sorted(items) != sorted(theirs.lists[name])]
    if not changed:
        return None
    lines = found.lines
    for name in changed:
        lines = (
            write_items(name, lines, fresh.lines, config)
            if name in ONE_BY_ONE
            else write_text(name, lines, fresh.lines)
        )
    lines = [line for line in lines if line.name != "REV"]
    framed = [Line("BEGIN", "VCARD"), *lines, Line("REV", f"{at:%Y%m%dT%H%M%SZ}"), Line("END", "VCARD")]
    return write_card(framed).encode(), changed


def write_text(name: str, lines: Sequence[Line], fresh: Sequence[Line]) -> list[Line]:
    """Return the lines of a card with a field as it is in a fresh card."""
    names = LINES[name]
    kept = [line for line in lines if line.name not in names]
    added = [line for line in fresh if line.name in names]
    if name == "company" and added:
        units = [split_raw(line.value, ";")[1:] for line in lines if line.name == "ORG"]
        firm = split_raw(added[0].value, ";")[0]
        added = [Line("ORG", ";".join([firm, *(units[0] if units else [])]))]
    return [*kept, *added]


def write_items(name: str, lines: Sequence[Line], fresh: Sequence[Line], config: Config) -> list[Line]:
    """Return the lines of a card with the items of a list: those that stay are left as they are."""
    [kind] = LINES[name]
    wanted = {spell_item(line, fresh, config): line for line in fresh if line.name == kind}
    kept: list[Line] = []
    gone: set[str] = set()
    for line in lines:
        item = spell_item(line, lines, config) if line.name == kind else None
        if item is None or wanted.pop(item, None) is not None:
            kept.append(line)
        elif line.group:
            gone.add(line.group)
    kept = [line for line in kept if not (line.group in gone and line.name == vcard.ABOUT)]
    used = {line.group for line in kept if line.group}
    return [*kept, *(each for line in wanted.values() for each in in_new_group(line, fresh, used))]


def spell_item(line: Line, lines: Sequence[Line], config: Config) -> str | None:
    """Return the item of a list that a line holds; None for one that crm cannot read."""
    labels = {each.group: unescape(each.value) for each in lines if each.name == vcard.ABOUT and each.group}
    found = vcard.READERS[line.name](IncomingContact(), line, config, labels.get(line.group, ""))
    fields = fields_of_card(found)
    return next((each for items in fields.lists.values() for each in items), None)


def in_new_group(line: Line, fresh: Sequence[Line], used: set[str]) -> list[Line]:
    """Return a line with its label, in a group that the card does not use yet."""
    label = next((each for each in fresh if each.name == vcard.ABOUT and each.group == line.group), None)
    if not line.group or label is None:
        return [line._replace(group="")]
    free = next(name for number in range(1, len(used) + 2) if (name := f"adr{number}") not in used)
    used.add(free)
    return [line._replace(group=free), Line(vcard.ABOUT, escape(unescape(label.value)), "", free)]
