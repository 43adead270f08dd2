"""Matching of contacts by name, e-mail or phone, in a normalized form."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.values.clean_text import clean_email, clean_phone
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text, folded_name
from crmcli.domain.values.person_names import is_same_name, name_key

EMAIL = r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+"
PHONE = r"\+?[\d\s().\-/\u00a0\u202f]{6,24}"
FRENCH = re.compile(r"\+33([1-9])([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")  # formatted without a library
E164 = r"\+[0-9]{6,15}"
SHORTEST = 3  # minimum digits of a phone to search for


@lru_cache(maxsize=65536)
def normal_email(text: str) -> str | None:
    """Return the address in a text, normalized for comparison; None if it contains none.

    >>> normal_email('"Pierre" <Pierre@Example.ORG>')
    'pierre@example.org'
    """
    text = clean_email(text)
    inner = re.search(r"<([^<>]*)>\s*$", text)
    address = (inner[1] if inner else text).strip()
    return address.casefold() if re.fullmatch(EMAIL, address) else None


def normal_phone(text: str, country: str | None) -> str | None:
    """Return a phone number in E.164 form, national numbers read for `country`; None if it is not one."""
    text = clean_phone(text)
    if not re.fullmatch(PHONE, text) or sum(c.isdigit() for c in text) < 6:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=65536)
def ways_to_dial(phone: str, country: str | None) -> tuple[str, ...]:
    """Return the searchable forms of a phone: as written, its digits, E.164, and its national digits.

    >>> ways_to_dial("06 12 34 56 78", "FR")
    ('06 12 34 56 78', '0612345678', '+33612345678', '0612345678')
    """
    whole = normal_phone(phone, country)
    return (phone, digits_of(phone), *((whole, at_home(whole, country)) if whole else ()))


def at_home(number: str, country: str | None) -> str:
    """Return the digits of an E.164 number in national form."""
    return digits_of(format_national(number))


def format_national(number: str) -> str:
    """Return an E.164 number in national format.

    >>> format_national("+33612345678"), format_national("+32485001122")
    ('06 12 34 56 78', '0485 00 11 22')
    """
    french = FRENCH.fullmatch(number)
    if french:
        return " ".join([f"0{french[1]}", *french.groups()[1:]])
    return format_phone(number, at_home=True)


def format_phone(number: str, *, at_home: bool) -> str:
    """Return an E.164 number in national or international format; any other text unchanged."""
    import phonenumbers

    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    try:
        return str(phonenumbers.format_number(phonenumbers.parse(number, None), style))
    except phonenumbers.NumberParseException:
        return number


def shown_phone(phone: str, country: str | None) -> str:
    """Return a phone as shown to people in a country; one that is not in E.164 form unchanged.

    >>> shown_phone("+33612345678", "FR"), shown_phone("+32485001122", "FR"), shown_phone("06.12", "FR")
    ('06 12 34 56 78', '+32 485 00 11 22', '06.12')
    """
    if not re.fullmatch(E164, phone):
        return phone
    if country == "FR" and FRENCH.fullmatch(phone):
        return format_national(phone)
    import phonenumbers

    code = str(phonenumbers.country_code_for_region(country)) if country else "none"
    return format_phone(phone, at_home=phone.startswith(f"+{code}"))


def parse_asked_phone(text: str, country: str | None) -> str:
    """Return a searched phone number in one of the forms of `ways_to_dial`; a part of a number as its digits.

    Raises UsageError for fewer than three digits.
    """
    refuse_short(text)
    return normal_phone(text, country) or digits_of(text) or text


def refuse_short(text: str) -> None:
    """Check that a text that looks like a phone has at least three digits.

    Raises UsageError otherwise.
    """
    if re.fullmatch(r"[+\d\s.()/-]*\d[\d\s.()/-]*", text) and sum(char.isdigit() for char in text) < SHORTEST:
        raise UsageError(f"{text!r} is too short to look for a number", hint="three digits at least")


def digits_of(phone: str) -> str:
    """Return the digits of a number, with its plus signs."""
    return "".join(char for char in phone if char in "0123456789+")


def last_digits(phone: str) -> str:
    """Return the last six digits of a number; equal numbers have equal ones, but not only they."""
    return "".join(char for char in phone if char in "0123456789")[-6:]


def list_lookup_keys(contact: Contact) -> Iterator[tuple[str, str]]:
    """Yield what a contact is found by: its name, and each e-mail and phone, as the index keeps them."""
    yield "name", name_key(contact.name)
    yield from (("email", normal_email(each) or fold_text(each)) for each in contact.emails)
    yield from (("phone", last_digits(each)) for each in contact.phones)


def lookup_key(text: str, country: str | None) -> tuple[str, str]:
    """Return how to look up a text (`email`, `phone` or `name`), and the normalized key."""
    if email := normal_email(text):
        return "email", email
    if normal_phone(text, country):
        return "phone", last_digits(text)
    return lookup_name(text)


def lookup_name(text: str) -> tuple[str, str]:
    """Return how to look up a name, and its key."""
    return "name", name_key(text)


def match_contacts(text: str, contacts: Iterable[Contact], country: str | None) -> list[Contact]:
    """Return the contacts with this full name, e-mail or phone; see `match_names` for names."""
    email = normal_email(text)
    if email:
        return [each for each in contacts if email in map(normal_email, each.emails)]
    phone = normal_phone(text, country)
    if phone:
        return [each for each in contacts if phone in (normal_phone(own, country) for own in each.phones)]
    return match_names(text, contacts)


def match_names(name: str, contacts: Iterable[Contact]) -> list[Contact]:
    """Return the contacts with this full name, else the people with its words in another order.

    Civilities are ignored in people's names, and count in names of companies.
    """
    known = list(contacts)
    exact = [each for each in known if folded_name(each.name) == folded_name(name)]
    return exact or [each for each in known if is_name_of(name, each)]


def is_name_of(name: str, contact: Contact) -> bool:
    """Tell whether a full name is that of a contact; a person's words may be in another order."""
    return is_same_contact_name(name, ContactKind.PERSON, contact.name, contact.kind)


def is_same_contact_name(one: str, kind: ContactKind, other: str, other_kind: ContactKind) -> bool:
    """Tell whether two names are the same; in any order and without civilities only if both are people's."""
    if ContactKind.COMPANY in (kind, other_kind):
        return folded_name(one) == folded_name(other)
    return is_same_name(one, other)


def spell_phone(phone: str) -> list[str]:
    """Return the spellings of a phone: as it is, its digits, its national format, and the digits of that."""
    inland = [format_national(phone)] if re.fullmatch(E164, phone) else []
    return list(dict.fromkeys([phone, digits_of(phone), *inland, *map(digits_of, inland)]))
