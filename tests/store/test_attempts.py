"""What an attempt takes back: its changes, and not what it has read."""

from datetime import UTC, datetime

from msgspec.structs import replace

from crmcli.domain.model.changes import Moment
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import UsageError
from crmcli.store.workspace import Workspace
from crmcli.store.writer import Writing, open_writer
from tests.harness.crm import Crm


def fail_to_change(session: Writing, path: str, contact: str) -> None:
    """Read and change a record and a contact, and take that back."""
    try:
        with session.attempt():
            session.save(replace(session.opportunity(path), title="Refused"))
            person = session.contact(contact)
            assert person is not None
            session.save_contact(replace(person, name="Refused"))
            raise UsageError("is refused")
    except UsageError:
        return


def test_a_record_that_a_failed_attempt_has_read_can_be_changed_later(crm: Crm) -> None:
    path = str(crm.file("xgcej9p8").relative_to(crm.root))
    moment = Moment(at=datetime(2026, 12, 1, tzinfo=UTC), by="marie")
    with open_writer(Workspace(crm.root), moment, "test") as session:
        contact = session.index.with_id("contact", read_contact(session, path))
        person = session.read_file(contact[0], Contact).value
        fail_to_change(session, path, person.id or "")
        assert session.changes == ()
        session.save(replace(session.opportunity(path), title="Kept"))
        session.save_contact(replace(person, name="Kept"))
        assert {each.path for each in session.changes} == {path, contact[0]}
        session.commit()
    assert b"title: Kept\n" in crm.records()[path]
    assert crm("check").out == ""


def read_contact(session: Writing, path: str) -> str:
    """Return the id of the contact of the record at a path, without loading it."""
    return session.read_file(path, Opportunity).value.contact or ""
