"""Which contact a name, an e-mail or a phone means; compared as people would, never guessed."""

import re
from collections.abc import Iterable

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
