"""Merging of a text from an editor into a record that may have changed in the meantime."""

from pathlib import Path
from typing import TypeVar

from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import CrmError, Exit, NotFoundError, RefusedError
from crmcli.store import records
from crmcli.store.reader import Reading
from crmcli.store.records import NEWEST_SCHEMA, Source
from crmcli.store.writer import Writing

R = TypeVar("R", Opportunity, Contact)


class MeanwhileError(CrmError):
    """Raised when the same field of a record was changed in two different ways."""

    code = Exit.CONFLICT


def brought_in(session: Writing, path: str, before: bytes, written: bytes, into: type[R]) -> tuple[R, R]:
    """Store an edited text as the record's in this session; return the old and the new value.

    A file that changed since is merged field by field. Raises NotFoundError where it was removed,
    MeanwhileError for conflicting changes, RefusedError for a changed id or schema.
    """
    found = session.content(path)
    if found is None:
        raise NotFoundError("was removed meanwhile", where=path)
    base, mine, theirs = (records.read_record(Path(path), text, into) for text in (before, written, found))
    if (mine.value.id, mine.value.schema) != (
        base.value.id,
        base.value.schema,
    ) or theirs.value.schema > NEWEST_SCHEMA:
        raise RefusedError("the id and the schema cannot be edited", where=path)
    if found == before:
        session.rewrite(mine)
        return base.value, mine.value
    value, conflicts = merge_versions(base.value, mine.value, theirs.value)
    if conflicts:
        raise MeanwhileError(f"changed meanwhile too: {', '.join(conflicts)}", where=path)
    session.rewrite(Source(Path(path), records.edit_record(theirs, value), value))
    return theirs.value, value


def rebase(
    reading: Reading, path: str, before: bytes, written: bytes, into: type[Opportunity] | type[Contact]
) -> tuple[bytes, bytes]:
    """Return the text of a record as it is now, and the edited text with its changes; ours where both differ.

    Raises NotFoundError where it was removed.
    """
    found = reading.content(path)
    if found is None:
        raise NotFoundError("was removed meanwhile", where=path)
    base, mine, theirs = (records.read_record(Path(path), text, into) for text in (before, written, found))
    value, _ = merge_versions(base.value, mine.value, theirs.value)
    return found, records.edit_record(mine, value)
