"""What a message says of its sender: phone, postcode, town, company. Offered to the user, never stored.

They are looked for in the last lines of the sender's own words, where signatures stand.
"""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact
from crmcli.domain.records.contact_matching import normal_phone, shown_phone
from crmcli.domain.values.folding import fold_text, folded_name

LAST_LINES = 15
LONGEST_LINE = 120
DIALLED = "+0123456789 .-/()\u00a0\u202f"
LEGAL_FORMS_WORDS = "sarl eurl sas sasu sci sa snc scop ei eirl gmbh ltd llc inc"
LEGAL_FORMS = frozenset(LEGAL_FORMS_WORDS.split())
COMPANY_WORDS_WORDS = (
    "societe entreprise cabinet menuiserie garage boulangerie restaurant hotel mairie agence atelier "
    "ets etablissements"
)
COMPANY_WORDS = frozenset(COMPANY_WORDS_WORDS.split())


class Details(NamedTuple):
    """Data about a person; an empty text is unknown."""

    phone: str = ""  # in E.164 form
    postcode: str = ""
    city: str = ""
    company: str = ""


def read_details(text: str, country: str | None) -> Details:
    """Return the details in the last lines of a message's own words.

    >>> read_details("Merci\\n\\nJeanne Durand\\nSARL Durand\\n56300 Pontivy\\nTél. 06 12 34 56 78", "FR")
    Details(phone='+33612345678', postcode='56300', city='Pontivy', company='SARL Durand')
    """
    lines = [line.strip() for line in text[-20_000:].splitlines() if line.strip()][-LAST_LINES:]
    lines = [line for line in lines if len(line) <= LONGEST_LINE and not line.startswith(">")]
    phones = (number for line in reversed(lines) for number in find_phones(line, country))
    postcode, city = next((place for line in reversed(lines) if (place := find_place(line))), ("", ""))
    company = next((line for line in lines if is_company(line)), "")
    return Details(next(phones, ""), postcode, city, company)


def find_phones(line: str, country: str | None) -> Iterator[str]:
    """Yield the phone numbers on a line, in E.164 form."""
    start = 0
    while start < len(line):
        if line[start] not in "+0123456789":
            start += 1
            continue
        end = start
        while end < len(line) and line[end] in DIALLED:
            end += 1
        text = line[start:end].strip(DIALLED[12:])
        number = normal_phone(text, country) if sum(char.isdigit() for char in text) >= 9 else None
        if number:
            yield number
        start = end


def find_place(line: str) -> tuple[str, str] | None:
    """Return the postcode and the town of a line like `3 rue du Four, 56300 Pontivy`; None without them."""
    words = line.replace(",", " ").replace("–", " ").split()
    for number, word in enumerate(words[:-1]):
        bare = word.removeprefix("F-")
        town = " ".join(words[number + 1 : number + 5])
        if len(bare) == 5 and bare.isdigit() and town[:1].isalpha() and town[:1].isupper():
            return bare, town.strip(" .-")
    return None


def is_company(line: str) -> bool:
    """Tell whether a line names a company: by its legal form, or the word it begins with."""
    words = fold_text(line).replace(",", " ").split()
    return 1 < len(words) <= 6 and (bool(LEGAL_FORMS & {words[0], words[-1]}) or words[0] in COMPANY_WORDS)


def list_lacking(
    details: Details, contact: Contact, company: Contact | None, config: Config
) -> dict[str, str]:
    """Return the details that a contact lacks, by the field that `contact set` sets."""
    held = {normal_phone(each, config.country) or each for each in contact.phones}
    is_placed = any(each.postcode or each.city for each in contact.addresses)
    found = {
        "phones+": details.phone if details.phone not in held else "",
        "postcode": "" if is_placed else details.postcode,
        "city": "" if is_placed else details.city,
        "company": ""
        if company or folded_name(details.company) == folded_name(contact.name)
        else details.company,
    }
    return {field: value for field, value in found.items() if value}


def offer_command(contact: Contact, lacking: dict[str, str], config: Config) -> str:
    """Return the command that adds details to a contact."""
    values = [f"{field}={show_detail(field, value, config)}" for field, value in lacking.items()]
    return shlex.join(["crm", "contact", "set", contact.id or contact.name, *values])


def describe_details(lacking: dict[str, str], config: Config) -> str:
    """Return details on one line."""
    return ", ".join(show_detail(field, value, config) for field, value in lacking.items())


def show_detail(field: str, value: str, config: Config) -> str:
    """Return a detail as it is shown: a phone in the country's format."""
    return shown_phone(value, config.country) if field == "phones+" else value
