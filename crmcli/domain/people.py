"""Which contact a name, an e-mail or a phone means; compared as people would, never guessed."""

import re
import unicodedata
from collections.abc import Iterable

from crmcli.domain.model import Contact

EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
PHONE = re.compile(r"\+?[\d\s().\-/\u00a0\u202f]{6,24}")


def folded(name: str) -> str:
    """A name without case, accents and double blanks.

    >>> folded("  Élodie   LEFÈVRE ")
    'elodie lefevre'
    """
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


def normal_email(text: str) -> str | None:
    """The address in a text as addresses are compared; None where it holds none.

    >>> normal_email('"Pierre" <Pierre@Example.ORG>')
    'pierre@example.org'
    """
    text = text.strip()
    inner = re.search(r"<([^<>]*)>\s*$", text)
    address = (inner[1] if inner else text).strip()
    return address.casefold() if EMAIL.fullmatch(address) else None


def normal_phone(text: str, country: str | None) -> str | None:
    """A phone number in E.164 form, or None for what is none; the country reads national numbers."""
    if not PHONE.fullmatch(text.strip()) or sum(c.isdigit() for c in text) < 6:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text.strip(), country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def matching(text: str, contacts: Iterable[Contact], country: str | None) -> list[Contact]:
    """The contacts that a full name, an e-mail or a phone means."""
    email = normal_email(text)
    if email:
        return [each for each in contacts if email in map(normal_email, each.emails)]
    phone = normal_phone(text, country)
    if phone:
        return [each for each in contacts if phone in (normal_phone(own, country) for own in each.phones)]
    name = folded(text)
    return [each for each in contacts if folded(each.name) == name]
