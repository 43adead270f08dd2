"""Repairing a record file: its id, creation time, first history entry, name and canonical form."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from crmcli.domain.model.history import append_entry
from crmcli.domain.model.record_types import Contact, Entry, HistoryEvent, Opportunity
from crmcli.domain.records.doubled_ids import are_of_two_clones, unify_clones, with_ids_of_its_own
from crmcli.domain.values.errors import NotFoundError, RefusedError, UsageError
from crmcli.domain.values.ids import is_id
from crmcli.operations.steps import replace_contact_ids
from crmcli.store import records
from crmcli.store.catalog import file_name, id_in_name
from crmcli.store.codec.comments import find_comments
from crmcli.store.records import Source
from crmcli.store.writer import Writing


def fix_file(session: Writing, path: str) -> tuple[str, Opportunity | Contact]:
    """Put a repaired record into the session; return its new path and the record.

    A file that lacks nothing is written in the canonical form, its comments kept at the top.
    """
    kind = records.kind_of(path)
    if kind is None:
        raise UsageError("is not a record", where=path, hint="a file below opportunities/ or contacts/")
    content = session.content(path)
    if content is None:
        raise NotFoundError("does not exist", where=path)
    source = session.load(path, kind)
    others = session.others_with_id(source.value.id, path) if source.value.id else []
    if others:
        return separate(session, source, others)
    record = completed(session, source.value, path)
    target = path if id_in_name(path) == record.id else renamed(path, record)
    if target != path and session.content(target) is not None:
        raise RefusedError("exists already", where=target)
    session.put(target, rewritten(source, record), before=session.content(target))
    session.places[record.id or ""] = target
    if target != path:
        session.remove(path)
    return target, record


def separate(
    session: Writing, source: Source[Any], others: Sequence[str]
) -> tuple[str, Opportunity | Contact]:
    """Resolve an id that several files share: two clones' records become one, a copy gets new ids.

    A copy is the file whose name does not end with the id, else the one that was given.
    """
    known = [source, *(session.read_file(path, records.kind_of(path) or Opportunity) for path in others)]
    copies = [each for each in known if id_in_name(str(each.path)) != each.value.id]
    same = next((each for each in known[1:] if are_of_two_clones(source.value, each.value)), None)
    if same is not None and not copies:
        return put_one(session, source, same)
    return put_copy(session, source if source in copies else (copies or [source])[0])


def put_one(session: Writing, kept: Source[Any], gone: Source[Any]) -> tuple[str, Opportunity | Contact]:
    """Unify the records that two clones created, in the file that was given; remove the other file."""
    record = unify_clones(kept.value, gone.value, session.config, session.moment)
    session.put(str(gone.path), None, before=gone.content)
    session.put(str(kept.path), rewritten(kept, record), before=kept.content)
    return str(kept.path), record


def put_copy(session: Writing, copy: Source[Any]) -> tuple[str, Opportunity | Contact]:
    """Put a copied record into the session with new ids."""
    record = with_ids_of_its_own(copy.value, session.new_id)
    if isinstance(record, Contact) and not is_named_by_another(session, copy):
        replace_contact_ids.everywhere(session, {copy.value.id: record.id or ""})
    target = renamed(str(copy.path), record)
    session.put(str(copy.path), None, before=copy.content)
    session.put(target, rewritten(copy, record), before=None)
    return target, record


def is_named_by_another(session: Writing, copy: Source[Any]) -> bool:
    """Tell whether another contact has this id, so that references keep meaning that one."""
    others = session.others_with_id(copy.value.id, str(copy.path))
    return any(records.kind_of(path) is Contact for path in others)


def completed(session: Writing, record: Opportunity | Contact, path: str) -> Opportunity | Contact:
    """Return the record with an id, a creation time and, for a deal, a stage and a first history entry."""
    id = record.id or find_free_id(session, path)
    if not is_id(id):
        raise RefusedError(f"{id!r} is not a valid id", hint="remove the line; a new one is added then")
    created = record.created or session.moment.at
    if isinstance(record, Contact):
        return replace(record, id=id, created=created)
    stage = record.stage or session.config.stages[0].id
    deal = replace(record, id=id, created=created, stage=stage)
    if deal.history:
        return deal
    return append_entry(
        deal, Entry(at=created, event=HistoryEvent.CREATED, to=stage, visit=1, by=session.moment.by)
    )


def find_free_id(session: Writing, path: str) -> str:
    """Return the id in a file's name; a new one where it has none, or where another record has that id."""
    named = id_in_name(path)
    if named is None or named in session.places or session.others_with_id(named, path):
        return session.new_id()
    return named


def renamed(path: str, record: Opportunity | Contact) -> str:
    """Return the path with the file name that the record should have."""
    title = record.title if isinstance(record, Opportunity) else record.name
    return f"{path.rpartition('/')[0]}/{file_name(title, record.id or '')}"


def rewritten(source: Source[Any], record: Opportunity | Contact) -> bytes:
    """Return the file's new bytes: edited in place where something was missing, else in canonical form."""
    if record != source.value:
        try:
            return records.edit_record(source, record)
        except RefusedError:
            pass  # cannot be edited in place
    lines = find_comments(source.content.decode("utf-8"))
    return "".join(f"{line}\n" for line in lines).encode("utf-8") + records.write_canonical(record)
