"""The envelope of a waiting mail, and the bytes that go to the mail server.

A file in the outbox may come from anywhere. Whatever its headers say, no line of it becomes a command of
SMTP or an option of a program: addresses are validated, and every line ends with CR LF.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from email import policy
from email.parser import BytesParser
from email.utils import format_datetime
from typing import NamedTuple

from crmcli.domain.values.errors import CrmError, RefusedError, shorten_text
from crmcli.mail import headers
from crmcli.mail.addresses import ascii_address

RECIPIENTS = ("To", "Cc", "Bcc")
HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
LINE_END = re.compile(rb"\r\n|\r|\n")
LONGEST_LINE = 998  # bytes that mail servers take (RFC 5322, section 2.1.1); some cut what is longer
LARGEST_HEAD = 64 * 1024  # bytes of all headers, as many as are read
MOST_RECIPIENTS = 100  # mail servers take at least as many (RFC 5321, section 4.5.3.1.8)


class Envelope(NamedTuple):
    """A message for the mail server: who sends it, who gets it, and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def needs_eight_bits(self) -> bool:
        """True if a byte is not ASCII, which some mail servers do not take."""
        return not self.content.isascii()


def stamp_mail(content: bytes, at: datetime, message_id: str) -> bytes:
    """Return a mail as it is sent: dated now, with a Message-ID, and each line ended by CR LF.

    Raises RefusedError where its head is not one of a mail.
    """
    head, body = split_head(content)
    kept = [field for field in head if name_of(field) != "date"]
    ids = [] if any(name_of(field) == "message-id" for field in kept) else [f"Message-ID: {message_id}"]
    added = (f"{line}\r\n".encode("ascii") for line in (*ids, f"Date: {format_datetime(at)}"))
    return b"".join([*kept, *added, b"\r\n", body])


def address_mail(content: bytes, sender: str) -> Envelope:
    """Return the envelope of a stamped mail; its blind recipients get it, and no copy names them.

    Raises RefusedError where it cannot be sent as it is.
    """
    head, body = split_head(content)
    mail = BytesParser(policy=policy.compat32).parsebytes(b"".join(head), headersonly=True)
    boxes = headers.read_mailboxes(mail, *RECIPIENTS)
    recipients = tuple(dict.fromkeys(map(check_recipient, (box.email for box in boxes))))
    if not recipients:
        raise RefusedError("no header says whom it goes to")
    if len(recipients) > MOST_RECIPIENTS:
        raise RefusedError(f"goes to more than {MOST_RECIPIENTS} addresses")
    shown = [field for field in head if name_of(field) != "bcc"]
    if any(len(line) > LONGEST_LINE for line in body.split(b"\r\n")):
        raise RefusedError(f"holds a line longer than {LONGEST_LINE} bytes, which mail servers cut or refuse")
    return Envelope(ascii_address(sender), recipients, b"".join([*shown, b"\r\n", body]))


def check_recipient(email: str) -> str:
    """Return an address as the mail server takes it.

    Raises RefusedError for what is not exactly one address.
    """
    try:
        return ascii_address(email)
    except RefusedError as error:
        raise RefusedError(f"{shorten_text(email, 80)!r} {error.what}") from error


def split_head(content: bytes) -> tuple[list[bytes], bytes]:
    """Return the header fields of a mail, folded as they are, and its body; lines end with CR LF.

    Raises RefusedError for a line that is not a header, which programs read in different ways.
    """
    if b"\0" in content:
        raise RefusedError("holds a NUL, which mail servers refuse")
    head, _, body = LINE_END.sub(b"\r\n", content).partition(b"\r\n\r\n")
    if len(head) > LARGEST_HEAD:
        raise RefusedError(f"its headers are larger than {LARGEST_HEAD // 1024} KB")
    if not head.isascii():
        raise RefusedError("its headers hold characters that are not ASCII and not encoded")
    return list(join_folded(head.split(b"\r\n"))), body


def join_folded(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield header fields, each with the lines that continue it.

    Raises RefusedError for any other line.
    """
    field = b""
    for line in lines:
        if field and line[:1] in (b" ", b"\t"):
            field += line + b"\r\n"
            continue
        if not HEADER.match(line):
            shown = line.decode("ascii", "replace")
            raise RefusedError(f"{shorten_text(shown, 80)!r} in its head is not a header")
        if field:
            yield field
        field = line + b"\r\n"
    yield field


def name_of(field: bytes) -> str:
    """Return the name of a header field, in lower case."""
    return field.partition(b":")[0].strip().lower().decode("ascii")


def explain_unsendable(content: bytes, sender: str) -> str:
    """Return why a mail cannot be sent as it is; empty where it can."""
    try:
        address_mail(content, sender)
    except CrmError as error:
        return error.what
    return ""
