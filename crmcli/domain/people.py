"""Which contact a name, an e-mail or a phone means; compared as people would, never guessed."""

import re
from collections.abc import Iterable
from functools import lru_cache

from crmcli.domain.folding import folded_name
from crmcli.domain.model import Contact

EMAIL = r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+"
PHONE = r"\+?[\d\s().\-/\u00a0\u202f]{6,24}"


def normal_email(text: str) -> str | None:
    """The address in a text as addresses are compared; None where it holds none.

    >>> normal_email('"Pierre" <Pierre@Example.ORG>')
    'pierre@example.org'
    """
    text = text.strip()
    inner = re.search(r"<([^<>]*)>\s*$", text)
    address = (inner[1] if inner else text).strip()
    return address.casefold() if re.fullmatch(EMAIL, address) else None


def normal_phone(text: str, country: str | None) -> str | None:
    """A phone number in E.164 form, or None for what is none; the country reads national numbers."""
    if not re.fullmatch(PHONE, text.strip()) or sum(c.isdigit() for c in text) < 6:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text.strip(), country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=65536)
def dialled(phone: str, country: str | None) -> tuple[str, ...]:
    """A phone number as it is written, by its digits alone, and in E.164 form: any of them may be asked for.

    >>> dialled("06 12 34 56 78", "FR")
    ('06 12 34 56 78', '0612345678', '+33612345678', '0612345678')
    """
    whole = normal_phone(phone, country)
    return (phone, digits(phone), *((whole, at_home(whole, country)) if whole else ()))


def at_home(number: str, country: str | None) -> str:
    """The digits by which an E.164 number is called within its own country."""
    import phonenumbers

    known = phonenumbers.parse(number, country)
    return digits(phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.NATIONAL))


def asked_phone(text: str, country: str | None) -> str:
    """A number that somebody asks for, as `dialled` has it; a part of one by its digits."""
    return normal_phone(text, country) or digits(text) or text


def digits(phone: str) -> str:
    """The digits of a number, with a plus sign before them if it has one."""
    return "".join(char for char in phone if char in "0123456789+")


def last_digits(phone: str) -> str:
    """What a number ends with however it is written; equal for equal numbers, not only for them."""
    return "".join(char for char in phone if char in "0123456789")[-6:]


def looked_up(text: str, country: str | None) -> tuple[str, str]:
    """By what a text names somebody, and how that is looked up: `email`, `phone` or `name`."""
    if email := normal_email(text):
        return "email", email
    if normal_phone(text, country):
        return "phone", last_digits(text)
    return "name", folded_name(text)


def matching(text: str, contacts: Iterable[Contact], country: str | None) -> list[Contact]:
    """The contacts that a full name, an e-mail or a phone means."""
    email = normal_email(text)
    if email:
        return [each for each in contacts if email in map(normal_email, each.emails)]
    phone = normal_phone(text, country)
    if phone:
        return [each for each in contacts if phone in (normal_phone(own, country) for own in each.phones)]
    name = folded_name(text)
    return [each for each in contacts if folded_name(each.name) == name]


def text(person: Contact) -> str:
    """All that a contact can be found by; phones also by their digits alone."""
    towns = [part for place in person.addresses for part in (place.city, place.postcode) if part]
    phones = [spelling for phone in person.phones for spelling in dict.fromkeys((phone, digits(phone)))]
    return "\n".join([person.name, *person.emails, *phones, *person.tags, *towns])
