"""Keeping files with a record: photos of the site, quotes, plans."""

import mimetypes
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Attachment
from crmcli.domain.values.errors import NotFoundError, RefusedError, UsageError
from crmcli.operations.change_records import ChangeReport, Check, Records, change_records
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.attached_files import LARGEST, place_file
from crmcli.store.transactions import files
from crmcli.store.writer import Writing

UNKNOWN = "application/octet-stream"


def attach_files(
    request: Request, record: Records, paths: Sequence[str], *, check: Check = accept
) -> ChangeReport:
    """Keep copies of files with a record; the same content is kept once.

    Raises UsageError for a file that cannot be read, RefusedError for one that is empty or too large.
    """
    given = [(Path(path).name, read_given(path)) for path in paths]

    def decide(session: Writing, facts: Facts) -> Change:
        deal = facts.opportunity
        for name, content in given:
            made = describe_attachment(session, deal.id or "", name, content)
            if not any(each.file == made.file for each in deal.files):
                path = f"pipeline_data/{made.file}"
                session.put(path, content, before=session.content(path))
                deal = replace(deal, files=(*deal.files, made))
        return Change(before=facts.opportunity, after=deal)

    return change_records(request, record, decide, check=check)


def describe_attachment(session: Writing, record: str, name: str, content: bytes) -> Attachment:
    """Return the entry of a file in a record."""
    return Attachment(
        id=session.new_id(),
        name=" ".join(name.split()),
        type=mimetypes.guess_type(name)[0] or UNKNOWN,
        size=len(content),
        file=place_file(record, name, content),
        at=session.moment.at,
        by=session.moment.by,
    )


def read_given(path: str) -> bytes:
    """Return the content of a file that the user named.

    Raises UsageError where it cannot be read, RefusedError where it is empty or too large.
    """
    try:
        content = files.read_file(Path(path), LARGEST)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error
    if content is None:
        raise UsageError("does not exist", where=path)
    if not content:
        raise RefusedError("is empty", where=path)
    if not path.isprintable():
        raise UsageError("the file's name is not printable", where=repr(path))
    return content


def remove_files(
    request: Request, record: Records, ids: Sequence[str], *, check: Check = accept
) -> ChangeReport:
    """Remove files from a record; `crm undo` restores them.

    Raises NotFoundError for an id or name that the record does not have.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        deal = facts.opportunity
        gone = [find_attachment(deal.files, word) for word in ids]
        for each in gone:
            path = f"pipeline_data/{each.file}"
            if session.content(path) is not None:
                session.remove(path)
        return Change(
            before=deal, after=replace(deal, files=tuple(each for each in deal.files if each not in gone))
        )

    return change_records(request, record, decide, check=check)


def find_attachment(known: Sequence[Attachment], word: str) -> Attachment:
    """Return the file of a record with this id or name; of several with the same name, the last.

    Raises NotFoundError, with the names of all.
    """
    found = [each for each in known if word in (each.id, each.name)]
    if not found:
        names = ", ".join(each.name or each.id or "" for each in known)
        raise NotFoundError(f"no file {word!r} is kept with this record", hint=names or "crm attach REF FILE")
    return found[-1]
