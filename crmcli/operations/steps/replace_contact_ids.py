"""Finding the records that refer to contacts, and replacing the ids of contacts in them."""

from collections.abc import Container, Mapping, Sequence

from msgspec.structs import replace

from crmcli.domain.merging.merge_contacts import list_contact_ids, rename_contacts
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.store import records
from crmcli.store.writer import Writing


def everywhere(session: Writing, ids: Mapping[str, str]) -> list[str]:
    """Replace the ids of contacts in all records that refer to them; return the changed paths.

    Raises RefusedError where a contact would have referred itself.
    """
    paths = sorted({path for id in ids for path in session.index.referring_to(id)})
    return [path for path in paths if followed(session, path, ids)]


def followed(session: Writing, path: str, ids: Mapping[str, str]) -> bool:
    """Replace the ids of contacts in one record; return whether anything changed."""
    if records.kind_of(path) is Contact:
        source = session.load(path, Contact)
        person = session.made.get(source.value.id or "", source.value)
        company = ids.get(person.company or "")
        if company is None:
            return False
        after = replace(person, company=company)
        session.put_edited(source, after)
        session.remember_made(after)
        return True
    deal = session.opportunity(path)
    changed = rename_contacts(deal, ids, session.config)
    if changed == deal:
        return False
    session.put_edited(session.load(path, Opportunity), changed)
    session.saved[path] = changed
    return True


def find_pointing(session: Writing, ids: Sequence[str]) -> list[str]:
    """Return the paths of records that refer to one of these contacts, and of unreadable files with an id."""
    paths = sorted({path for id in ids for path in session.index.referring_to(id)})
    broken = [
        path for kind in ("opportunities", "contacts") for path in session.index.broken_holding(kind, ids)
    ]
    return [*(path for path in paths if is_pointing(session, path, set(ids))), *broken]


def is_pointing(session: Writing, path: str, ids: Container[str]) -> bool:
    """Tell whether a record refers to one of these contacts: as customer, sponsor, company or in a field."""
    if records.kind_of(path) is Contact:
        return session.load(path, Contact).value.company in ids
    return any(id in ids for id in list_contact_ids(session.opportunity(path), session.config))
