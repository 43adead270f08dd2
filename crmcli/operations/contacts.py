"""Operations on contacts: create, set fields, add notes."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records import contact_fields
from crmcli.domain.records.contact_matching import lookup_key, match_contacts
from crmcli.domain.records.documents import build_contact, name_of_contact, plain_data
from crmcli.domain.records.editing import Assignment
from crmcli.domain.values.errors import AmbiguousError, RefusedError, UsageError
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.find_or_create_contact import find_contact, find_or_create_contact
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing


class ContactReport(NamedTuple):
    """The contacts that an operation changed: each before (None for a new one) and after."""

    changes: list[tuple[Contact | None, Contact]]
    reading: Reading

    @property
    def contacts(self) -> list[Contact]:
        """The contacts after the change."""
        return [after for _, after in self.changes]

    def documents(self) -> Iterator[Document]:
        """Yield the contacts as `crm.contact/1`."""
        for each in self.contacts:
            yield build_contact(plain_data(each), name_of_contact(self.reading.contact(each.company)))


Check = Callable[[ContactReport], object]


def create(
    request: Request,
    name: str,
    *,
    assignments: Sequence[Assignment] = (),
    company: str = "",
    kind: ContactKind = ContactKind.PERSON,
    force: bool = False,
    check: Check = accept,
) -> ContactReport:
    """Create a contact, and its company if that does not exist yet.

    Raises AmbiguousError for a name, an e-mail or a phone that another contact has, unless `force` is
    given; UsageError for an empty name or an invalid value.
    """
    with request.changing() as session:
        if not force:
            reached = [each.value for each in assignments if each.field in ("emails", "phones")]
            refuse_double(session, [name, *reached])
        made = Contact(id=session.new_id(), name=name.strip(), kind=kind, created=session.moment.at)
        if not made.name:
            raise UsageError("a contact needs a name")
        setting = contact_fields.SettingContext(session.config, session.moment)
        for each in assignments:
            made = contact_fields.set_contact_field(made, each, setting, adding=True)
        if company:
            made = contact_fields.working_for(made, find_or_create_employer(session, company))
        session.save_contact(contact_fields.record_consent(None, made, session.moment))
        report = ContactReport([(None, each) for each in session.made.values()], session)
        check(report)
    return report


def refuse_double(session: Writing, texts: Sequence[str]) -> None:
    """Check that no contact has one of these names, e-mails or phones.

    Raises AmbiguousError naming the contact that has it.
    """
    country = session.config.country
    for text in texts:
        for person in match_contacts(text, session.known_by(*lookup_key(text, country)), country):
            raise AmbiguousError(
                f"{text} is known already:", [f"{person.id}  {person.name}"], hint="--force creates another"
            )


def find_or_create_employer(session: Writing, text: str) -> Contact:
    """Return the company that a text identifies; create it if there is none."""
    company = find_or_create_contact(session, text)
    if company.kind is ContactKind.PERSON and not session.exists(company):
        company = contact_fields.as_company(company)
        session.save_contact(company)
    return company


def set_fields(
    request: Request, names: Sequence[str], assignments: Sequence[Assignment], *, check: Check = accept
) -> ContactReport:
    """Set fields of contacts, given by id, path, e-mail, phone or full name."""
    with request.changing() as session:
        changes: list[tuple[Contact | None, Contact]] = []
        for name in names:
            before = find_changeable(session, name)
            after = assign_fields(session, before, assignments)
            after = contact_fields.record_consent(before, after, session.moment)
            session.save_contact(after)
            changes.append((before, after))
        report = ContactReport(changes, session)
        check(report)
    return report


def assign_fields(session: Writing, person: Contact, assignments: Sequence[Assignment]) -> Contact:
    """Return the contact after these assignments; an unknown company is created."""
    setting = contact_fields.SettingContext(session.config, session.moment)
    for assignment in assignments:
        if assignment.field != "company":
            person = contact_fields.set_contact_field(person, assignment, setting)
        elif assignment.value:
            employer = find_or_create_employer(session, assignment.value)
            person = contact_fields.working_for(person, employer)
        else:
            person = replace(person, company=None)
    return person


def find_changeable(session: Reading, who: str) -> Contact:
    """Return the contact that a text identifies, for changing it.

    Raises RefusedError for a file without an id, NotFoundError for an unknown contact.
    """
    person = find_contact(session, who)
    if not person.id:
        path = next(path for path, source in session.sources.items() if source.value is person)
        raise RefusedError("has no id yet", where=path, hint=f"crm check --fix {path}")
    return person


def note(request: Request, who: str, text: str, *, check: Check = accept) -> ContactReport:
    """Add a note to the history of a contact.

    Raises UsageError for an empty text.
    """
    if not text.strip():
        raise UsageError("the note is empty", hint="-m TEXT")
    with request.changing() as session:
        before = find_changeable(session, who)
        after = contact_fields.note_contact(before, text.strip(), session.new_id(), session.moment)
        session.save_contact(after)
        report = ContactReport([(before, after)], session)
        check(report)
    return report
