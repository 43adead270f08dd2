"""Undoing a finished change: its files are restored, and later changes are kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.localization.translations import deferred
from crmcli.domain.merging import revert
from crmcli.domain.merging.revert import Undone
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Contact, Opportunity, RecordedEffect
from crmcli.domain.model.recorded_effects import UNCERTAIN
from crmcli.domain.rules.rewards import PAID, amount_of
from crmcli.domain.values.errors import RefusedError
from crmcli.store import records
from crmcli.store.transactions.journal import FileChange, Journal
from crmcli.store.writer import Writing

ORIGINALS = "pipeline_data/mail/"  # received mail is never removed
OUTBOX = f"pipeline_data/{MailFolder.OUTBOX}/"
OUTGOING = tuple(f"pipeline_data/{folder}/" for folder in MailFolder)
LEFT = (MailFolder.SENT, MailFolder.SENDING)


class Step(NamedTuple):
    """What undoing did to one file, in words, and the record in it."""

    path: str
    did: str
    record: Opportunity | Contact | None = None


def revert_files(session: Writing, journal: Journal, cause: Undone, *, insist: bool) -> list[Step]:
    """Restore the files of a change, or of an undo, in the session; return what was done to each.

    Raises RefusedError for files changed again since, mails sent and rewards paid, unless `insist`.
    """
    if journal.renames is not None:
        session.renames = (journal.renames[1], journal.renames[0])
        return put_all_back(session, journal)
    goes = {change.path for change in journal.changes if change.before is None}
    steps = []
    if not insist:
        refuse_sent(session, journal.changes)
    for change in journal.changes:
        if change.path.startswith(ORIGINALS):
            continue
        now = session.content(change.path)
        if change.before is None:
            steps += undo_creation(session, change, now, goes, insist=insist)
        elif change.after is None:
            steps += [undo_removal(session, change, now, cause)]
        else:
            steps += [undo_edit(session, change, now, cause, insist=insist)]
    return steps


def put_all_back(session: Writing, journal: Journal) -> list[Step]:
    """Restore every byte of a change in which nothing happened to the records: an id was renamed.

    Raises RefusedError where a file was changed since: it would keep the new name.
    """
    for change in journal.changes:
        now = session.content(change.path)
        if now != change.after:
            hint = f"rename it back instead: {journal.command} with its two names exchanged"
            raise RefusedError("was changed since", where=change.path, hint=hint)
        session.put(change.path, change.before, before=now)
    return [Step(change.path, deferred("reverted")) for change in journal.changes]


def undo_creation(
    session: Writing, change: FileChange, now: bytes | None, goes: set[str], *, insist: bool
) -> list[Step]:
    """Undo the creation of a file: remove it, unless it is a contact that other records need."""
    kind = records.kind_of(change.path)
    if now is None:
        return remove_kept(session, change.path)
    if not insist and not is_as_made(change, now):
        raise RefusedError("was changed since it was made", where=change.path, hint="--force removes it")
    record = records.read_record(Path(change.path), now, kind).value if kind else None
    if isinstance(record, Contact) and is_needed(session, record, goes):
        return [Step(change.path, deferred("kept, other records refer to it"), record)]
    session.put(change.path, None, before=now)
    return [Step(change.path, deferred("removed"), record)]


def is_as_made(change: FileChange, now: bytes) -> bool:
    """Tell whether a file is as it was created, apart from recorded ends of programs."""
    kind = records.kind_of(change.path)
    if now == change.after or kind is not Opportunity or change.after is None:
        return now == change.after
    path = Path(change.path)
    made, found = (
        without_ends(records.read_record(path, each, Opportunity).value) for each in (change.after, now)
    )
    return made == found


def without_ends(deal: Opportunity) -> Opportunity:
    """Return a deal without the recorded ends of programs."""
    history = tuple(replace(each, did=tuple(map(without_end, each.did))) for each in deal.history)
    return replace(deal, history=history)


def without_end(effect: RecordedEffect) -> RecordedEffect:
    """Return an effect as it was recorded before its program ended."""
    return replace(effect, run=UNCERTAIN) if effect.run else effect


def is_needed(session: Writing, contact: Contact, goes: set[str]) -> bool:
    """Tell whether a record that is kept refers to this contact."""
    return any(path not in goes for path in session.index.referring_to(contact.id)) if contact.id else False


def refuse_sent(session: Writing, changes: Iterable[FileChange]) -> None:
    """Check that no mail that a change queued, or moved, has left since, or may have left.

    Raises RefusedError.
    """
    for change in changes:
        name = Path(change.path).name
        folder = session.mail_folder(name) if change.path.startswith(OUTGOING) else None
        if folder in LEFT and change.after is not None:
            word = "was sent" if folder is MailFolder.SENT else "may have been sent"
            place = f"pipeline_data/{folder}/{name}"
            raise RefusedError(f"this mail {word}", where=place, hint="--force undoes the rest")


def remove_kept(session: Writing, path: str) -> list[Step]:
    """Remove a mail that a change queued and that was held back, or failed, since."""
    folder = session.mail_folder(Path(path).name) if path.startswith(OUTBOX) else None
    if folder not in (MailFolder.HELD, MailFolder.FAILED):
        return []
    kept = f"pipeline_data/{folder}/{Path(path).name}"
    session.remove(kept)
    return [Step(kept, deferred("removed"))]


def undo_removal(session: Writing, change: FileChange, now: bytes | None, cause: Undone) -> Step:
    """Undo the removal of a file."""
    if now is not None:
        raise RefusedError("exists again, not overwritten", where=change.path)
    content = change.before or b""
    kind = records.kind_of(change.path)
    record = None
    if kind is not None:
        source = records.read_record(Path(change.path), content, kind)
        record = source.value
        session.refuse_doubled(record.id, change.path)
        if isinstance(record, Opportunity):
            record = revert.note_revert(record, record, record, cause)
            content = records.edit_record(source, record)
    session.put(change.path, content, before=None)
    return Step(change.path, deferred("restored"), record)


def undo_edit(
    session: Writing, change: FileChange, now: bytes | None, cause: Undone, *, insist: bool
) -> Step:
    """Undo the change of a file, field by field where it is a record."""
    kind = records.kind_of(change.path)
    if now is None:
        raise RefusedError("is gone", where=change.path)
    if kind is None:
        return put_back(session, change, now, insist=insist)
    path = Path(change.path)
    before, after = (
        records.read_record(path, content or b"", kind).value for content in (change.before, change.after)
    )
    source = records.read_record(path, now, kind)
    if isinstance(source.value, Opportunity) and not insist:
        refuse_paid(change.path, before, source.value)
    back = revert.revert_change(before, after, source.value, insist=insist)
    if back.conflicts:
        names = ", ".join(back.conflicts)
        hint = "--force discards the later change"
        raise RefusedError(f"changed again since: {names}", where=change.path, hint=hint)
    record, found = back.record, source.value
    if (
        isinstance(record, Opportunity)
        and isinstance(before, Opportunity)
        and isinstance(after, Opportunity)
        and isinstance(found, Opportunity)
    ):
        record = revert.note_revert(record, before, after, cause, found)
    session.put_edited(source, record)
    return Step(change.path, deferred("reverted"), record)


def refuse_paid(path: str, before: Opportunity | Contact, now: Opportunity) -> None:
    """Refuse to undo a change that paid a reward, or after which one was paid."""
    was = {each.id for each in getattr(before, "rewards", ()) if each.state == PAID}
    for each in now.rewards:
        if each.state == PAID and each.id not in was:
            what = f"reward {each.id}{amount_of(each)} was paid"
            raise RefusedError(what, where=path, hint="--force takes it back in the file")


def put_back(session: Writing, change: FileChange, now: bytes, *, insist: bool) -> Step:
    """Undo the change of a file that is not a record."""
    if now != change.after and not insist:
        raise RefusedError("was changed since", where=change.path, hint="--force discards the later change")
    session.put(change.path, change.before, before=now)
    return Step(change.path, deferred("reverted"))
