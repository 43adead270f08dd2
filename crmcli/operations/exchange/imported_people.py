"""The contacts that rows of deals name: known ones are found and completed, others created."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from crmcli.domain.importing.import_values import ReadRow
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Address, Contact, ContactKind
from crmcli.domain.records.contact_fields import checked_email, checked_phone
from crmcli.domain.records.contact_matching import match_names, normal_email
from crmcli.domain.records.import_contact import ImportOutcome, IncomingContact
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import is_id
from crmcli.exchange.contact_import import BEGINNING, Intake
from crmcli.store.writer import Writing

PERSON = r"\s*([^();@]+?)\s*\(([^();@\s]+@[^();@\s]+)\)"  # as HubSpot writes; the first of several
EMAIL, PHONE = "contact.email", "contact.phone"
CheckItem = Callable[[str, Config], str]
CHECKED: dict[str, CheckItem] = {EMAIL: checked_email, PHONE: checked_phone}
PLACE = ("street", "postcode", "city", "country")


class ImportedPeople:
    """The contacts of one import."""

    def __init__(self, session: Writing) -> None:
        self.session = session

    @cached_property
    def intake(self) -> Intake:
        """The import of contacts; it reads all that are known."""
        return Intake(self.session)

    def count_created(self) -> int:
        """Return the number of new contacts; without reading those that are known, if no row names one."""
        taken = self.intake.taken if "intake" in self.__dict__ else []
        return sum(each.outcome is ImportOutcome.CREATED for each in taken)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Forget the contacts that are taken in this context if it ends in an error."""
        mark = self.intake.mark() if "intake" in self.__dict__ else BEGINNING
        try:
            yield
        except Exception:  # any, as in `Writing.attempt`
            if "intake" in self.__dict__:
                self.intake.go_back(mark)
            raise

    def find(self, row: ReadRow) -> Contact | None:
        """Return the contact of a row, known or new; None where it names nobody.

        Raises UsageError for an invalid e-mail or phone, and for a name that several contacts have.
        """
        text = row.texts.get("contact", "")
        if text and is_id(text):
            return self.by_id(text)
        incoming = self.read(row)
        if text and not incoming.called:
            return self.find_by_text(text, row.line)
        return self.take(incoming) if incoming.called else None

    def by_id(self, id: str) -> Contact:
        """Return the contact with this id.

        Raises UsageError where there is none.
        """
        person = self.intake.known.people.get(id) or self.session.contact(id)
        if person is None:
            raise UsageError(f"{id} is the id of no contact here", hint="import the contacts first")
        return person

    def find_by_text(self, text: str, line: int = 0) -> Contact:
        """Return the contact with this id, e-mail or full name, known or new."""
        if is_id(text):
            return self.by_id(text)
        if normal_email(text):
            return self.take(IncomingContact(emails=(text,), line=line))
        return self.take(IncomingContact(name=text, line=line))

    def read(self, row: ReadRow) -> IncomingContact:
        """Return the contact that a row describes.

        Raises UsageError, with the heading of the column, for an invalid e-mail or phone.
        """
        held = {
            target.removeprefix("contact."): text
            for target, text in row.texts.items()
            if target.startswith("contact.")
        }
        if whole := re.match(PERSON, held.get("name", "")):
            held["name"] = whole[1]
            row.texts.setdefault(EMAIL, whole[2])
        name = held.get("name") or " ".join(filter(None, map(held.get, ("first_name", "last_name"))))
        parts: dict[str, Any] = {part: held.get(part) for part in PLACE}
        address = Address(**parts)
        return IncomingContact(
            name=name,
            kind=None if name or row.texts.get(EMAIL) or held.get("phone") else company_kind(held),
            company=held.get("company", ""),
            job=held.get("job", ""),
            emails=self.read_items(row, EMAIL, checked_email),
            phones=self.read_items(row, PHONE, checked_phone),
            addresses=(address,) if address != Address() else (),
            line=row.line,
        )

    def read_items(self, row: ReadRow, target: str, check: CheckItem) -> tuple[str, ...]:
        """Return the e-mails or phones of a row, each once.

        Raises UsageError, with the heading of the column, for an invalid one.
        """
        return tuple(
            dict.fromkeys(self.check_item(row, target, check, each) for each in list_items(row, target))
        )

    def check_item(self, row: ReadRow, target: str, check: CheckItem, item: str) -> str:
        """Return an e-mail or phone of a row as it is stored.

        Raises UsageError, with the heading of the column, for an invalid one.
        """
        try:
            return check(item, self.session.config)
        except UsageError as error:
            raise row.name_fault(target, error) from None

    def examine(self, row: ReadRow) -> None:
        """Add to a row each of its e-mails and phones that is none."""
        for target, check in CHECKED.items():
            for item in list_items(row, target):
                with row.collecting_faults():
                    self.check_item(row, target, check, item)

    def take(self, incoming: IncomingContact) -> Contact:
        """Return the known contact, completed, or a new one.

        Raises UsageError for a name alone that several contacts have.
        """
        if incoming.name and not incoming.emails and not incoming.phones:
            named = match_names(incoming.name, self.intake.known.find("name", incoming))
            if len(named) > 1:
                ids = ", ".join(each.id or "" for each in named)
                raise UsageError(f"{len(named)} contacts are called {incoming.name}: {ids}")
            if named:
                return named[0]
        if not incoming.name and incoming.company and not incoming.emails and not incoming.phones:
            incoming = incoming._replace(name=incoming.company, company="", kind=ContactKind.COMPANY)
        return self.intake.put(incoming)


def list_items(row: ReadRow, target: str) -> list[str]:
    """Return the e-mails or phones in the cells of a row, without the apostrophe of a spreadsheet."""
    parts = re.split(r"[,;\n]", row.texts.get(target, ""))
    return [each.strip().lstrip("'") for each in parts if each.strip()]


def company_kind(held: dict[str, str]) -> ContactKind | None:
    """Return the company kind for a contact of which only the company is known."""
    return ContactKind.COMPANY if held.get("company") else None
