"""Giving a file that a person made what it lacks: an id, a beginning, its name, the canonical form."""

from typing import Any

from msgspec.structs import replace

from crmcli.domain.errors import NotFoundError, RefusedError, UsageError
from crmcli.domain.history import appended
from crmcli.domain.ids import is_id
from crmcli.domain.model import Contact, Entry, Opportunity
from crmcli.store import records
from crmcli.store.catalog import file_name, id_in_name
from crmcli.store.records import Source
from crmcli.store.session import Writing
from crmcli.store.yaml.comments import comments


def mended(session: Writing, path: str) -> tuple[str, Opportunity | Contact]:
    """Put a record into the session with all that it lacked; its path then, and its value.

    A file that lacks nothing is written in the canonical form, its comments kept at the top.
    """
    kind = records.kind_of(path)
    if kind is None:
        raise UsageError("is no record", where=path, hint="a file below opportunities/ or contacts/")
    content = session.content(path)
    if content is None:
        raise NotFoundError("is not there", where=path)
    source = session.load(path, kind)
    record = completed(session, source.value, id_in_name(path))
    target = path if id_in_name(path) == record.id else renamed(path, record)
    if target != path and session.content(target) is not None:
        raise RefusedError("is there already", where=target)
    session.put(target, rewritten(source, record), before=session.content(target))
    if target != path:
        session.remove(path)
    return target, record


def completed(session: Writing, record: Opportunity | Contact, named: str | None) -> Opportunity | Contact:
    """The record with an id and a beginning."""
    id = record.id or (named if named and named not in session.places else session.new_id())
    if not is_id(id):
        raise RefusedError(f"the id {id!r} is no id", hint="take the line out; a new one is given then")
    created = record.created or session.moment.at
    if isinstance(record, Contact):
        return replace(record, id=id, created=created)
    stage = record.stage or session.config.stages[0].id
    deal = replace(record, id=id, created=created, stage=stage)
    if deal.history:
        return deal
    return appended(deal, Entry(at=created, event="created", to=stage, visit=1, by=session.moment.by))


def renamed(path: str, record: Opportunity | Contact) -> str:
    """The path with the file name that the record should have."""
    title = record.title if isinstance(record, Opportunity) else record.name
    return f"{path.rpartition('/')[0]}/{file_name(title, record.id or '')}"


def rewritten(source: Source[Any], record: Opportunity | Contact) -> bytes:
    """The file's new bytes: edited where something was missing, else in the canonical form."""
    if record != source.value:
        try:
            return records.edited(source, record)
        except RefusedError:
            pass  # it cannot be edited in place, so it is written anew
    lines = comments(source.content.decode("utf-8"))
    return "".join(f"{line}\n" for line in lines).encode("utf-8") + records.canonical(record)
