"""Operations on contacts: create, set fields, add notes, delete."""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.history import merged_ids
from crmcli.domain.model.record_names import name_deal, tell_contacts_apart
from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records import contact_fields
from crmcli.domain.records.contact_matching import lookup_key, match_contacts, normal_email
from crmcli.domain.records.documents import build_contact, name_of_contact, plain_data
from crmcli.domain.records.editing import Assignment
from crmcli.domain.values.errors import AmbiguousError, CrmError, RefusedError, UsageError
from crmcli.operations.request import Request, accept
from crmcli.operations.steps import replace_contact_ids
from crmcli.operations.steps.find_or_create_contact import (
    find_contact,
    find_or_create_contact,
)
from crmcli.store import records
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

MOST_NAMED = 5  # records that a message names


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


def refuse_shared_email(session: Writing, before: Contact, after: Contact) -> None:
    """Check that no other contact has an e-mail that is new to this one.

    Raises AmbiguousError naming the contact that has it.
    """
    for email, holder in list_shared_emails(session, before, after):
        raise AmbiguousError(
            f"{email} is the e-mail of another contact:",
            [tell_contacts_apart(holder)],
            hint="--force gives it to both, crm contact merge makes them one",
        )


def list_shared_emails(session: Writing, before: Contact, after: Contact) -> Iterator[tuple[str, Contact]]:
    """Yield each e-mail that is new to a contact and that another contact has, with that contact."""
    known = set(map(normal_email, before.emails))
    for email in after.emails:
        key = normal_email(email)
        holders = session.contacts_writing_from(key) if key and key not in known else []
        yield from ((email, each) for each in holders if each.id != after.id)


def set_fields(
    request: Request,
    names: Sequence[str],
    assignments: Sequence[Assignment],
    *,
    force: bool = False,
    check: Check = accept,
) -> ContactReport:
    """Set fields of contacts, given by id, path, e-mail, phone or full name.

    Raises AmbiguousError for an e-mail that another contact has, unless `force` is given.
    """
    with request.changing() as session:
        changes: list[tuple[Contact | None, Contact]] = []
        for name in names:
            before = find_changeable(session, name)
            after = assign_fields(session, before, assignments)
            after = contact_fields.record_consent(before, after, session.moment)
            if not force:
                refuse_shared_email(session, before, after)
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


class DeletedContacts(NamedTuple):
    """Deleted contacts."""

    contacts: list[Contact]
    reading: Reading


def delete(
    request: Request, names: Sequence[str], *, check: Callable[[DeletedContacts], object] = accept
) -> DeletedContacts:
    """Delete contacts that no record refers to; `crm undo` restores them.

    Raises RefusedError naming the records that refer to one of them.
    """
    with request.changing() as session:
        people = list({each.id: each for each in (find_changeable(session, name) for name in names)}.values())
        gone = {session.places[each.id or ""]: each for each in people}
        for path, person in gone.items():
            refuse_pointed_at(session, person, besides=gone)
            session.refuse_doubled(person.id, path)
        for path in gone:
            session.remove(path)
        deleted = DeletedContacts(people, session)
        check(deleted)
    return deleted


def refuse_pointed_at(session: Writing, person: Contact, besides: Container[str]) -> None:
    """Check that no file, apart from some, refers to a contact, by its id or by one merged into it.

    Raises RefusedError with the first records that do; files that cannot be read count where they have
    the id.
    """
    ids = [person.id or "", *merged_ids(person)]
    paths = [path for path in replace_contact_ids.find_pointing(session, ids) if path not in besides]
    if paths:
        shown = ", ".join(name_file(session, path) for path in paths[:MOST_NAMED])
        more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
        raise RefusedError(
            f"{person.name} ({person.id}) is referred to by {shown}{more}",
            hint=f"crm contact merge OTHER {person.id} replaces it there",
        )


def name_file(session: Writing, path: str) -> str:
    """Return the name of a record in messages; the path of one that cannot be read."""
    try:
        if records.kind_of(path) is Contact:
            person = session.load(path, Contact).value
            return f"{person.id} « {person.name} »"
        return name_deal(session.opportunity(path))
    except CrmError:
        return path
