"""Reading of mails that were not sent, and of the files beside them that are not mails and are never sent.

The outbox is a directory of a workspace that may come from anywhere: a file in it may be a link to
another file of the user, a pipe, contain merge conflicts, or be larger than the memory.
"""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.mail_state import OF_FOLDER, MailState
from crmcli.domain.rules.mail_outcomes import find_message
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError
from crmcli.mail import headers
from crmcli.mail.header_names import RECORD
from crmcli.mail.incoming.parse import LARGEST, message_date
from crmcli.mail.outgoing.attempts import read_note
from crmcli.mail.outgoing.outbox import SUFFIX
from crmcli.store.reader import Reading
from crmcli.store.transactions import lock
from crmcli.store.transactions.files import LinkedError, Tree

RECIPIENTS = ("To", "Cc", "Bcc")
SHOWN = (MailFolder.OUTBOX, MailFolder.HELD, MailFolder.SENDING, MailFolder.FAILED)
SENDING = "sending"  # by a process that lives
CONFLICT = tuple(re.compile(mark, re.MULTILINE) for mark in (rb"^<{7} ", rb"^={7}\r?$", rb"^>{7} "))


class Waiting(NamedTuple):
    """A mail that was not sent: its main headers, its record, its state and why it is still here."""

    id: str
    queued: str  # an instant, UTC
    to: str
    subject: str
    record: str
    cc: str = ""  # and blind copies
    state: str = MailState.QUEUED
    reason: str = ""
    attempts: int = 0
    next: str | None = None  # an instant, UTC, of the next attempt after one that failed

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.id}{SUFFIX}"


class Outbox(NamedTuple):
    """The files of mails that were not sent, and for each other file the reason why it is not a mail."""

    mails: list[Waiting]
    unusable: list[RefusedError]


def list_waiting(session: Reading, folders: Sequence[MailFolder] = SHOWN) -> Outbox:
    """Return the mails in these folders in the order they were queued, and the files that are not mails."""
    found = Outbox([], [])
    for folder in folders:
        for name in list_mail_names(session.root, folder):
            try:
                content = read_mail(session.root, f"pipeline_data/{folder}/{name}")
            except RefusedError as error:
                found.unusable.append(error)
                continue
            if content is not None:
                mail = describe_mail(name.removesuffix(SUFFIX), content)
                found.mails.append(with_state(session, mail, folder))
    found.mails.sort(key=lambda each: (each.queued, each.id))
    return found


def list_mail_names(root: Path, folder: MailFolder) -> list[str]:
    """Return the names of all .eml files in a folder, readable or not."""
    try:
        return sorted(name for name in os.listdir(root / "pipeline_data" / folder) if name.endswith(SUFFIX))
    except (FileNotFoundError, NotADirectoryError):
        return []


def describe_mail(id: str, content: bytes) -> Waiting:
    """Return the main headers of a mail."""
    mail = BytesParser(policy=policy.compat32).parsebytes(content, headersonly=True)
    to, cc = (", ".join(map(str, headers.read_mailboxes(mail, *names))) for names in (("To",), ("Cc", "Bcc")))
    queued = message_date(headers.first_value(mail, "Date")) or datetime.min
    instant = f"{queued.replace(tzinfo=None).isoformat()}Z"
    subject, record = (headers.first_value(mail, name) for name in ("Subject", RECORD))
    return Waiting(id, instant, to, subject, record, cc)


def with_state(session: Reading, mail: Waiting, folder: MailFolder) -> Waiting:
    """Return a mail with its state, and with the reason and the next attempt where one failed."""
    if folder is MailFolder.SENDING:
        is_held = lock.is_file_locked(session.root, f"pipeline_data/{folder}/{mail.file}")
        state = SENDING if is_held else MailState.UNCERTAIN
        return mail._replace(state=state, reason=find_reason(session, mail))
    if folder is not MailFolder.OUTBOX:
        return mail._replace(state=OF_FOLDER[folder], reason=find_reason(session, mail))
    note = read_note(session, mail.id)
    if note is None:
        return mail._replace(state=OF_FOLDER[folder])
    return mail._replace(
        state=OF_FOLDER[folder],
        reason=note.reason,
        attempts=note.tries,
        next=f"{note.next:%Y-%m-%dT%H:%M:%SZ}",
    )


def find_reason(session: Reading, mail: Waiting) -> str:
    """Return why a mail was not sent, as its record tells it; empty without a record that does."""
    path = session.opportunity_references.place(mail.record) if mail.record else None
    try:
        message = find_message(session.opportunity(path), mail.id) if path else None
    except CrmError:
        return ""
    return message.reason or "" if message else ""


def read_waiting(session: Reading, id: str) -> bytes:
    """Return the content of a mail that was not sent, or was sent or withdrawn, unchanged.

    Raises NotFoundError where none has this id, RefusedError for a file that is not a mail.
    """
    path = find_mail(session, id)
    content = read_mail(session.root, path) if path else None
    if content is None:
        raise NotFoundError(f"no mail {id!r} waits in the outbox", hint="crm outbox list")
    return content


def find_mail(session: Reading, id: str) -> str | None:
    """Return the path of the mail with this id; None where there is none."""
    folder = session.mail_folder(f"{id.removesuffix(SUFFIX)}{SUFFIX}")
    return f"pipeline_data/{folder}/{id.removesuffix(SUFFIX)}{SUFFIX}" if folder else None


def read_mail(root: Path, path: str) -> bytes | None:
    """Return the content of a mail; None where the file does not exist.

    Raises RefusedError where it is not a mail, or is a link, which might lead to any file of this user.
    """
    content = read_regular(root, path)
    reason = None if content is None else find_fault(content)
    if reason is not None:
        raise refuse_mail(reason, path)
    return content


def read_regular(root: Path, path: str) -> bytes | None:
    """Return the content of a regular file of the workspace; None where it does not exist.

    Raises RefusedError for a link, a directory, a pipe, or a file that is too large.
    """
    if readable_path(path) != path:
        raise refuse_mail("has a name that is not UTF-8, or not on one line", path)
    try:
        with Tree(root) as tree:
            return tree.read(path, LARGEST)
    except LinkedError as error:
        raise refuse_mail("is a symbolic link, or lies behind one, and is not followed", path) from error
    except OSError as error:
        raise refuse_mail(f"cannot be read: {error.strerror}", path) from error


def find_fault(content: bytes) -> str | None:
    """Return the reason why a file is not a mail that can be sent; None where it is one."""
    if not content.strip():
        return "is empty"
    if all(mark.search(content) for mark in CONFLICT):
        return "has git conflict markers"
    mail = BytesParser(policy=policy.compat32).parsebytes(content, headersonly=True)
    if not any(headers.raw_values(mail, name) for name in RECIPIENTS):
        return "is not an e-mail: no header says whom it goes to"
    return None


def refuse_mail(reason: str, path: str) -> RefusedError:
    """Return the error for a file that cannot be sent as a mail."""
    return RefusedError(reason, where=readable_path(path), hint="fix it, or remove it")


def readable_path(path: str) -> str:
    """Return a path in printable form."""
    return headers.replace_line_breaks(os.fsencode(path).decode("utf-8", "replace"))
