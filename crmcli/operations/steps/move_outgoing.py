"""Moving the file of an outgoing mail between folders, with the mark on the record that it belongs to."""

from collections.abc import Mapping
from typing import Any

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.rules.mail_outcomes import ask_owner, find_message, mark_message
from crmcli.mail.outgoing.outbox import SUFFIX, note_path
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing


def path_in(folder: MailFolder, id: str) -> str:
    """Return the path of a mail's file in a folder."""
    return f"pipeline_data/{folder}/{id}{SUFFIX}"


def move_outgoing(session: Writing, id: str, old: MailFolder, new: MailFolder, content: bytes) -> None:
    """Move the file of a mail to another folder, with this content.

    A note of failed attempts stays while the mail may wait again.
    """
    target = path_in(new, id)
    session.put(target, content, before=session.content(target))
    session.remove(path_in(old, id))
    if new not in (MailFolder.OUTBOX, MailFolder.SENDING):
        forget_attempts(session, id)


def forget_attempts(session: Writing, id: str) -> None:
    """Remove the note of failed attempts beside a mail."""
    if session.content(note_path(id)) is not None:
        session.remove(note_path(id))


def find_holder(session: Reading, id: str, record: str) -> Opportunity | None:
    """Return the record that has a message with this id; None for a mail of no record, such as a report.

    Raises UnreadableError where the record that the mail names cannot be read.
    """
    named = session.opportunity_references.place(record) if record else None
    for path in dict.fromkeys([*session.index.messages([id]), *([named] if named else [])]):
        deal = session.opportunity(path)
        if deal.id and find_message(deal, id):
            return deal
    return None


def mark_holder(session: Writing, id: str, record: str, marks: Mapping[str, Any]) -> Opportunity | None:
    """Mark a mail on its record, if it has one; return the record."""
    deal = find_holder(session, id, record)
    if deal is None:
        return None
    after = mark_message(deal, id, **marks)
    if after != deal:
        session.save(after)
    return after


def tell_owner(session: Writing, deal: Opportunity | None, id: str, state: MailState, at: Instant) -> None:
    """Plan an activity for the owner of a record about a mail that did not leave as meant."""
    if deal is None:
        return
    after = ask_owner(deal, id, state, local_day(at, session.config, deal.owner), session.config)
    if after != deal:
        session.save(after)
