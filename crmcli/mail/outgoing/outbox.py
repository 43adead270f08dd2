"""The outbox: each waiting mail is a file, written in one transaction with its entry in the record."""

from pathlib import Path

from msgspec.structs import replace

from crmcli.domain.model.changes import MoveMail, QueueMail
from crmcli.domain.model.mail_folder import UNSENT, MailFolder
from crmcli.domain.model.record_types import Direction, Message, Opportunity
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

OUTBOX, SUFFIX = f"pipeline_data/{MailFolder.OUTBOX}", ".eml"


def compose_queued(session: Writing, deal: Opportunity, mail: QueueMail) -> tuple[Opportunity, bytes]:
    """Compose a queued mail; one to a contact or sponsor is also entered in the record."""
    from crmcli.mail.outgoing.compose import (  # loads Python's email package only when needed
        MailOptions,
        compose_email,
        compose_notice,
    )
    from crmcli.mail.outgoing.enclosures import enclose_files

    facts = session.facts(deal)
    about = next((each for each in deal.activities if mail.activity and each.id == mail.activity), None)
    facts = facts.of(about) if about else facts
    user = session.config.user(mail.user)
    if user is not None:
        return deal, compose_notice(facts, session.root, mail.template, mail.message, session.moment, user)
    options = MailOptions(mail.recipients, mail.copies, enclose_files(session, deal, mail.files))
    letter = compose_email(facts, session.root, mail.template, mail.message, session.moment, mail.to, options)
    return enter_message(deal, letter.message), letter.content


def enter_message(deal: Opportunity, message: Message) -> Opportunity:
    """Return the record with a message in its list, replacing one with the same id."""
    known = tuple(each for each in deal.messages if each.id != message.id)
    return replace(deal, messages=(*known, message))


def move_mail(session: Writing, mail: MoveMail) -> None:
    """Move the file of a mail to another folder."""
    folder = session.mail_folder(mail.file)
    if folder is None or folder is mail.to:
        return
    old, new = (f"pipeline_data/{each}/{mail.file}" for each in (folder, mail.to))
    session.put(new, session.content(old), before=session.content(new))
    session.remove(old)
    if session.content(note := note_path(mail.message)) is not None:
        session.remove(note)


def unsent_of(session: Reading, deal: Opportunity) -> list[str]:
    """Return the paths of a record's mails that were not sent: waiting, refused, or withdrawn; with notes."""
    files = [each.file for each in deal.messages if each.direction is Direction.OUT]
    placed = ((file, session.mail_folder(file)) for file in files if file and file.endswith(SUFFIX))
    found = [f"pipeline_data/{folder}/{file}" for file, folder in placed if folder in UNSENT]
    notes = (note_path(Path(path).stem) for path in found)
    return [*found, *(note for note in notes if session.content(note) is not None)]


def note_path(id: str) -> str:
    """Return the path of the file with the failed attempts to send a mail."""
    return f"{OUTBOX}/{id}.txt"
