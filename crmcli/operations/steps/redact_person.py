"""Erasing a person from records, mails and undo records, with a final search of all files."""

import os
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.privacy import redaction
from crmcli.domain.privacy.person_patterns import Patterns
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.operations.steps import replace_contact_ids
from crmcli.operations.steps.find_or_create_contact import namesakes
from crmcli.operations.steps.gather_personal_data import FOLDERS, LARGEST, Held, language_of, traces_of
from crmcli.store import records
from crmcli.store.catalog import file_name, slug_in_name
from crmcli.store.codec import typed_values
from crmcli.store.reader import Reading
from crmcli.store.transactions import local_traces
from crmcli.store.unreadable import UnreadableError
from crmcli.store.writer import Writing


class Cleaning(NamedTuple):
    """What to remove from a record."""

    about: Patterns
    of_namesakes: Patterns  # for records of contacts with the same name
    namesakes: Container[str | None]
    gone: set[str]  # names of removed mail files
    theirs: bool = False  # the person's own deal

    def of(self, *ids: str | None) -> Patterns:
        """Return the patterns for a record of these contacts."""
        return self.of_namesakes if any(id in self.namesakes for id in ids if id) else self.about


class Redacted(NamedTuple):
    """The files removed and rewritten in a session, and the contact that replaces the person, if any."""

    removed: list[str]
    changed: list[str]
    remembered: list[str]  # undo records and similar files of this machine
    placeholder: Contact | None


def redact_person(session: Writing, person: Contact, held: Held) -> Redacted:
    """Remove all traces of a person from the workspace, in the session.

    Deals are kept, with stages, amounts and days; references to the person refer to a placeholder.
    """
    session.refuse_doubled(person.id, held.contact)
    session.is_forgetting = True
    told = traces_of(session, person)
    twins = {each.id for each in namesakes(session, person)}
    instead = None
    if person.id and [path for path in session.index.referring_to(person.id) if path != held.contact]:
        instead = redaction.placeholder_for(person, session.new_id(), language_of(session))
        session.save_contact(instead)
    moved = replace_contact_ids.everywhere(session, {person.id or "": instead.id or ""}) if instead else []
    gone = [held.contact, *held.mails]
    for path in gone:
        session.remove(path)
    files = {path.removeprefix("pipeline_data/") for path in held.mails} | {
        Path(path).name for path in held.mails
    }
    changed = list(moved)
    for path in session.opportunity_references.paths:
        about = told.own if path in held.deals else told.others
        changed += put_redacted_deal(
            session, path, Cleaning(about, told.namesakes, twins, files, path in held.deals)
        )
    for path in session.contact_references.paths:
        if path not in (held.contact, session.places.get(instead.id or "") if instead else None):
            changed += put_redacted_contact(
                session, path, Cleaning(told.others, told.namesakes, twins, files)
            )
    touched = {each.path for each in session.changes}
    tells_of = (told.namesakes if twins else told.others).found
    remembered = local_traces.forget_records(session, touched, tells_of)
    stays = {each.path for each in session.changes if each.after is not None}
    return Redacted(gone, sorted(stays & set(changed)), remembered, instead)


def put_redacted_deal(session: Writing, path: str, cleaning: Cleaning) -> list[str]:
    """Redact a deal and its file name in the session; return its path, or nothing if it is unchanged."""
    try:
        deal = session.opportunity(path)
    except UnreadableError as error:
        refuse_unread(session, path, cleaning.about, error)
        return []
    about = cleaning.about if cleaning.theirs else cleaning.of(deal.contact)
    heard = redaction.silence_messages(deal) if cleaning.theirs else deal
    after = redaction.redact_deal(heard, about, cleaning.gone)
    renamed = about.found(slug_in_name(path))
    if after == deal and not renamed and not about.found(read_text(session, path)):
        return []
    target = f"{path.rpartition('/')[0]}/{file_name(after.title, after.id or '')}" if renamed else path
    put_record_text(session, path, target, after, about)
    return [target]


def put_redacted_contact(session: Writing, path: str, cleaning: Cleaning) -> list[str]:
    """Redact another contact in the session; return its path, or nothing if it is unchanged."""
    try:
        person = session.load(path, Contact).value
    except UnreadableError as error:
        refuse_unread(session, path, cleaning.about, error)
        return []
    person = session.made.get(person.id or "", person)
    about = cleaning.of(person.id)
    after = redaction.redact_contact(person, about)
    if after == person and not about.found(read_text(session, path)):
        return []
    put_record_text(session, path, path, after, about)
    return [path]


def read_text(session: Writing, path: str) -> str:
    """Return the text of a file, with invalid bytes replaced."""
    return (session.content(path) or b"").decode("utf-8", "replace")


def put_record_text(
    session: Writing, path: str, target: str, after: Contact | Opportunity, about: Patterns
) -> None:
    """Put a record's new text: edited in place, or rewritten where a comment still holds a trace."""
    source = session.load(path, type(after))
    try:
        content = records.edit_record(source, after)
    except CrmError:
        content = records.write_canonical(after, target)
    if about.found(content.decode("utf-8")):
        content = records.write_canonical(after, target)
    session.put(target, content, before=session.content(target))
    if target != path:
        session.remove(path)


def refuse_unread(session: Writing, path: str, about: Patterns, error: UnreadableError) -> None:
    """Refuse an unreadable file that mentions the person, as it must be cleaned by hand.

    Raises RefusedError.
    """
    if about.found(read_text(session, path)):
        raise RefusedError(f"it names them and cannot be read ({error})", hint="fix the file and try again")


class Remaining(NamedTuple):
    """Where a person is still named: files that erasing missed, and places to clean by hand."""

    missed: list[str]
    elsewhere: list[str]  # a path, with the fields of a record that name them


def find_remaining(session: Writing, person: Contact) -> Remaining:
    """Search all files of the workspace for a person, as the files will be.

    Nothing is missed as long as erasing works. Files that are neither records nor mail, ids, and data of
    other contacts are only listed in `elsewhere`.
    """
    told = traces_of(session, person)
    about = told.namesakes if namesakes(session, person) else told.others
    put = {each.path: each.after for each in session.changes}
    remaining = Remaining([], [])
    for path in sorted({*put, *list_text_files(session)}):
        content = put[path] if path in put else session.content(path)
        if content is None or not about.found(content.decode("utf-8", "replace")):
            continue
        kind = records.kind_of(path)
        if kind is None:
            (remaining.missed if is_mail(path) else remaining.elsewhere).append(path)
            continue
        tree = typed_values.encode_part(records.read_record(Path(path), content, kind).value)
        fields = list(dict.fromkeys(redaction.find_traces(tree, about)))
        if fields:
            remaining.elsewhere.append(f"{path} ({', '.join(fields)})")
        else:
            remaining.missed.append(path)
    return remaining


def list_text_files(reading: Reading) -> Iterator[str]:
    """Yield the paths of all files of at most `LARGEST` bytes, except in hidden folders."""
    for folder, names, files in os.walk(reading.root):
        names[:] = [name for name in names if not name.startswith(".")]
        paths = (os.path.relpath(os.path.join(folder, name), reading.root) for name in files)
        yield from (path for path in paths if is_text(reading.root / path))


def is_mail(path: str) -> bool:
    """Tell whether a file is in one of the mail folders."""
    parts = Path(path).parts
    return len(parts) > 2 and parts[0] == "pipeline_data" and parts[1] in FOLDERS


def is_text(path: Path) -> bool:
    """Tell whether a path is a regular file of at most `LARGEST` bytes."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST
