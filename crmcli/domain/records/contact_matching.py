"""Which contact a name, an e-mail or a phone means; compared as people would, never guessed."""

import re
from collections.abc import Iterable
from functools import lru_cache

from crmcli.domain.model.record_types import Contact
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name

EMAIL = r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+"
PHONE = r"\+?[\d\s().\-/\u00a0\u202f]{6,24}"
FRENCH = re.compile(r"\+33([1-9])([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")  # spelled without a library
E164 = r"\+[0-9]{6,15}"
SHORTEST = 3  # digits of a phone that one can look for


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
    """A phone number in E.164 form, or None for what is not one; the country reads national numbers."""
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
def ways_to_dial(phone: str, country: str | None) -> tuple[str, ...]:
    """A phone number as it is written, by its digits alone, and in E.164 form: any of them may be asked for.

    >>> dialled("06 12 34 56 78", "FR")
    ('06 12 34 56 78', '0612345678', '+33612345678', '0612345678')
    """
    whole = normal_phone(phone, country)
    return (phone, digits_of(phone), *((whole, at_home(whole, country)) if whole else ()))


def at_home(number: str, country: str | None) -> str:
    """The digits by which an E.164 number is called within its own country."""
    return digits_of(format_national(number))


def format_national(number: str) -> str:
    """An E.164 number as it is written within its own country.

    >>> national("+33612345678"), national("+32485001122")
    ('06 12 34 56 78', '0485 00 11 22')
    """
    french = FRENCH.fullmatch(number)
    if french:
        return " ".join([f"0{french[1]}", *french.groups()[1:]])
    return format_phone(number, at_home=True)


def format_phone(number: str, *, at_home: bool) -> str:
    """An E.164 number as it is written in its own country, or abroad; anything else as it is."""
    import phonenumbers

    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    try:
        return str(phonenumbers.format_number(phonenumbers.parse(number, None), style))
    except phonenumbers.NumberParseException:
        return number


def shown_phone(phone: str, country: str | None) -> str:
    """A phone as people of a country read it; one that a person spelled in the file stays as it is.

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
    """A number that somebody asks for, as `dialled` has it; a part of one by its digits.

    Raises UsageError for so few digits that half the workspace has them.
    """
    refuse_short(text)
    return normal_phone(text, country) or digits_of(text) or text


def refuse_short(text: str) -> None:
    """Make sure that a text which looks like a phone has three digits at least.

    Raises UsageError where it has fewer.
    """
    if re.fullmatch(r"[+\d\s.()/-]*\d[\d\s.()/-]*", text) and sum(char.isdigit() for char in text) < SHORTEST:
        raise UsageError(f"{text!r} is too short to look for a number", hint="three digits at least")


def digits_of(phone: str) -> str:
    """The digits of a number, with a plus sign before them if it has one."""
    return "".join(char for char in phone if char in "0123456789+")


def last_digits(phone: str) -> str:
    """What a number ends with however it is written; equal for equal numbers, not only for them."""
    return "".join(char for char in phone if char in "0123456789")[-6:]


def lookup_key(text: str, country: str | None) -> tuple[str, str]:
    """By what a text names somebody, and how that is looked up: `email`, `phone` or `name`."""
    if email := normal_email(text):
        return "email", email
    if normal_phone(text, country):
        return "phone", last_digits(text)
    return "name", folded_name(text)


def match_contacts(text: str, contacts: Iterable[Contact], country: str | None) -> list[Contact]:
    """The contacts that a full name, an e-mail or a phone means."""
    email = normal_email(text)
    if email:
        return [each for each in contacts if email in map(normal_email, each.emails)]
    phone = normal_phone(text, country)
    if phone:
        return [each for each in contacts if phone in (normal_phone(own, country) for own in each.phones)]
    name = folded_name(text)
    return [each for each in contacts if folded_name(each.name) == name]


def spell_phone(phone: str) -> list[str]:
    """A phone as it stands, by its digits, and as it is called at home."""
    inland = [format_national(phone)] if re.fullmatch(E164, phone) else []
    return list(dict.fromkeys([phone, digits_of(phone), *inland, *map(digits_of, inland)]))
