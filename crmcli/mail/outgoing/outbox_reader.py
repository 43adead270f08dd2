"""Reading of the outbox: its mails, and the files in it that are not mails and are never sent.

The outbox is a directory of a workspace that may come from anywhere: a file in it may be a link to
another file of the user, a pipe, contain merge conflicts, or be larger than the memory.
"""

import os
import re
from datetime import datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.mail import headers
from crmcli.mail.header_names import RECORD
from crmcli.mail.incoming.parse import LARGEST, message_date
from crmcli.mail.outgoing.outbox import OUTBOX, SUFFIX
from crmcli.store.reader import Reading
from crmcli.store.transactions.files import LinkedError, Tree

RECIPIENTS = ("To", "Cc", "Bcc")
CONFLICT = tuple(re.compile(mark, re.MULTILINE) for mark in (rb"^<{7} ", rb"^={7}\r?$", rb"^>{7} "))


class Waiting(NamedTuple):
    """A mail in the outbox: its id, queueing time, recipient, subject and record."""

    id: str
    queued: str  # an instant, UTC
    to: str
    subject: str
    record: str


class Outbox(NamedTuple):
    """The files in the outbox: mails, and for each other file the reason why it is not one."""

    mails: list[Waiting]
    unusable: list[RefusedError]


def list_waiting(session: Reading) -> Outbox:
    """Return the mails in the outbox in the order they were queued, and the files that are not mails."""
    found = Outbox([], [])
    for name in names_in_outbox(session.root):
        try:
            content = read_mail(session.root, f"{OUTBOX}/{name}")
        except RefusedError as error:
            found.unusable.append(error)
            continue
        if content is not None:
            found.mails.append(describe_mail(name.removesuffix(SUFFIX), content))
    found.mails.sort(key=lambda each: (each.queued, each.id))
    return found


def names_in_outbox(root: Path) -> list[str]:
    """Return the names of all .eml files in the outbox, readable or not."""
    try:
        return sorted(name for name in os.listdir(root / OUTBOX) if name.endswith(SUFFIX))
    except FileNotFoundError:
        return []


def describe_mail(id: str, content: bytes) -> Waiting:
    """Return the main headers of a waiting mail."""
    mail = BytesParser(policy=policy.compat32).parsebytes(content, headersonly=True)
    to = ", ".join(map(str, headers.read_mailboxes(mail, "To")))
    queued = message_date(headers.first_value(mail, "Date")) or datetime.min
    instant = f"{queued.replace(tzinfo=None).isoformat()}Z"
    return Waiting(id, instant, to, headers.first_value(mail, "Subject"), headers.first_value(mail, RECORD))


def read_waiting(session: Reading, id: str) -> bytes:
    """Return the content of a waiting mail, unchanged.

    Raises NotFoundError where none has this id, RefusedError for a file that is not a mail.
    """
    path = f"{OUTBOX}/{id.removesuffix(SUFFIX)}{SUFFIX}"
    content = read_mail(session.root, path) if "/" not in id else None
    if content is None:
        raise NotFoundError(f"no mail {id!r} waits in the outbox", hint="crm outbox list")
    return content


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
