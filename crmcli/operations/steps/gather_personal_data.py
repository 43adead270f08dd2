"""Gathering all data about one person, for export or erasure."""

import errno
import stat
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Contact, Opportunity, Part
from crmcli.domain.privacy.person_patterns import Patterns, PersonPatterns, patterns_for
from crmcli.domain.records import documents
from crmcli.domain.records.contact_matching import lookup_key, match_contacts, normal_email
from crmcli.mail import headers
from crmcli.mail.incoming import message_body
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.reports.report_mail import read_report_template
from crmcli.operations.steps.find_or_create_contact import namesakes
from crmcli.store.attached_files import list_own_files
from crmcli.store.reader import Reading
from crmcli.store.transactions.files import LinkedError, Tree

FOLDERS = ("mail", *MailFolder, "quarantine")
LARGEST = 1024 * 1024  # bytes; larger files are not searched for names
NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}
SUMMARY = "templates/report/personal-data.md.j2"


class Held(NamedTuple):
    """The paths of the files with data about a person."""

    contact: str
    deals: list[str]  # of which they are the contact
    brought: list[str]  # deals that they referred
    mails: list[str]  # to them, from them, or mentioning them, and the files kept with their deals


def language_of(reading: Reading) -> str:
    """Return the language of the workspace."""
    return reading.config.locale.partition("_")[0]


def traces_of(reading: Reading, person: Contact) -> PersonPatterns:
    """Return the patterns that find a person in the texts of this workspace."""
    return patterns_for(
        person, keep_own_details(reading, person), reading.config.country, language_of(reading)
    )


def keep_own_details(reading: Reading, person: Contact) -> Contact:
    """Return the contact with only those e-mails, phones and streets that no other contact has."""
    return replace(
        person,
        emails=tuple(each for each in person.emails if not is_shared(reading, person, each)),
        phones=tuple(each for each in person.phones if not is_shared(reading, person, each)),
        addresses=tuple(
            each for each in person.addresses if is_own_street(reading, person, each.street or "")
        ),
    )


def is_shared(reading: Reading, person: Contact, reach: str) -> bool:
    """Tell whether another contact has this e-mail or phone, too."""
    country = reading.config.country
    found = match_contacts(reach, reading.known_by(*lookup_key(reach, country)), country)
    return any(each.id != person.id for each in found)


def is_own_street(reading: Reading, person: Contact, street: str) -> bool:
    """Tell whether only this contact has a street; one without a house number is taken as shared."""
    if not any(char.isdigit() for char in street):
        return False
    return not reading.index.contacts_at(street, beside=person.id)


def gather_personal_data(reading: Reading, person: Contact) -> Held:
    """Return the paths of the files with data about a person."""
    told = traces_of(reading, person)
    about = told.namesakes if namesakes(reading, person) else told.others
    own = reading.index.of_contact(person.id or "")
    letters = {path for deal in own for path in letters_of(reading, reading.opportunity(deal))}
    letters |= {path for deal in own for path in list_own_files(reading, reading.opportunity(deal))}
    letters |= {path for path in list_mail_files(reading) if mentions_person(reading, path, about)}
    letters |= {reason for path in letters if reading.content(reason := f"{Path(path).with_suffix('')}.txt")}
    return Held(
        contact=reading.places[person.id or ""],
        deals=own,
        brought=reading.index.files_brought_by(person.id or ""),
        mails=sorted(letters),
    )


def letters_of(reading: Reading, deal: Opportunity) -> Iterator[str]:
    """Yield the paths of a deal's message files that exist."""
    for each in deal.messages:
        for place in list_places(each.file or ""):
            if each.file and is_own_file(reading, place):
                yield place


def is_own_file(reading: Reading, path: str) -> bool:
    """Tell whether a path is a regular file of the workspace; the targets of links are not exported.

    Raises OSError where that cannot be determined.
    """
    try:
        with Tree(reading.root) as tree:
            above, name = tree.parent_of(path)
            found = above.stat(name)
    except (LinkedError, ValueError):  # a name with a NUL
        return False
    except OSError as error:
        if error.errno in NOT_THERE:
            return False
        raise
    return found is not None and stat.S_ISREG(found.st_mode)


def list_places(file: str) -> list[str]:
    """Return the paths where the file of a message may be; none for paths outside the mail folders."""
    if ".." in file.split("/") or file.startswith("/"):
        return []
    if "/" in file:
        return [f"pipeline_data/{file}"] if file.startswith("mail/") else []
    return [f"pipeline_data/{folder}/{file}" for folder in MailFolder]


def list_mail_files(reading: Reading) -> Iterator[str]:
    """Yield the paths of all mail files: received, waiting, sent, or in quarantine."""
    for folder in FOLDERS:
        found = (reading.root / "pipeline_data" / folder).rglob("*")
        yield from sorted(
            str(path.relative_to(reading.root)) for path in found if path.is_file() and not path.is_symlink()
        )


def mentions_person(reading: Reading, path: str, about: Patterns) -> bool:
    """Tell whether a mail file mentions a person."""
    content = reading.content(path) or b""
    return any(about.found(text) for text in list_texts(content))


def list_texts(content: bytes) -> Iterator[str]:
    """Yield the texts of a mail: its raw bytes, its decoded headers and its text parts."""
    yield content.decode("utf-8", "replace")
    try:
        message = BytesParser(policy=headers.POLICY).parsebytes(content)
        for name in set(message.keys()):
            yield headers.first_value(message, name)
        for part in message_body.all_parts(message):
            if part.get_content_maintype() == "text":
                yield message_body.part_text(part)
    except Exception:  # Python's parser raises many kinds on real mail; the raw text was yielded
        return


def write_summary(reading: Reading, person: Contact, held: Held, day: Document) -> str:
    """Return a summary of the data kept about a person, from the template of the workspace.

    Raises NotFoundError where the template does not exist.
    """
    company = reading.contact(person.company)
    deals = [reading.opportunity(path) for path in held.deals]
    brought = [reading.opportunity(path) for path in held.brought]
    rewards = [each for deal in (*deals, *brought) for each in deal.rewards if each.to == person.id]
    values = {
        "contact": {**fill_keys(person), "company_name": documents.name_of_contact(company)},
        "deals": [fill_keys(deal) for deal in deals],
        "rewards": [fill_keys(each) for each in rewards],
        "brought": len(brought),
        "mails": held.mails,
        "company": {"name": reading.config.company.name or "", "email": reading.config.company.email or ""},
        **day,
    }
    return template.render_page(SUMMARY, read_report_template(reading.root, SUMMARY), values, reading.config)


def fill_keys(part: Part) -> Document:
    """Return a part of a record with all its keys, as templates take it; absent values are falsy."""
    held = {key: getattr(part, name) for name, key in documents.keys_of(type(part))}
    return {
        key: [fill_keys(x) for x in each] if listed_parts(each) else fill_value(each)
        for key, each in held.items()
    }


def listed_parts(held: Any) -> bool:
    """Tell whether a value is a list of parts."""
    return isinstance(held, tuple) and all(isinstance(each, Part) for each in held)


def fill_value(held: Any) -> Any:
    """Return a value of a part as templates take it."""
    return fill_keys(held) if isinstance(held, Part) else documents.plain_data(held)


def collect_files(reading: Reading, person: Contact, held: Held, day: Document) -> dict[str, bytes]:
    """Return the files to export about a person, by their path in the export folder."""
    found = {"summary.md": write_summary(reading, person, held, day).encode("utf-8")}
    for path in (
        held.contact,
        *held.deals,
        *(each for each in held.mails if is_theirs(reading, each, held, person)),
    ):
        content = reading.content(path)
        if content is not None:
            found[path.removeprefix("pipeline_data/")] = content
    return found


def is_theirs(reading: Reading, path: str, held: Held, person: Contact) -> bool:
    """Tell whether a mail is to or from the person, or on their deals; a mere mention does not count."""
    deals = [reading.opportunity(deal) for deal in held.deals]
    if any(path in (*letters_of(reading, deal), *list_own_files(reading, deal)) for deal in deals):
        return True
    own = {normal_email(each) for each in person.emails}
    message = BytesParser(policy=headers.POLICY).parsebytes(reading.content(path) or b"", headersonly=True)
    found = headers.read_mailboxes(message, "From", "Sender", "To", "Cc", "Bcc", "Reply-To")
    return any(normal_email(each.email) in own for each in found)


def list_files(held: Held) -> list[str]:
    """Return the paths of all files with data about a person, the contact first."""
    return [held.contact, *held.deals, *held.brought, *held.mails]
