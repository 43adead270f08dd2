"""Parsing of an incoming mail: sender, recipients, subject, references, and the kind of mail."""

import hashlib
import re
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from crmcli.domain.values.clean_text import clean_text
from crmcli.mail import headers
from crmcli.mail.header_names import OWN
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming import message_body

LARGEST = 64 * 1024 * 1024  # bytes; a larger mail is not parsed
TELLING = ("From", "To", "Subject", "Date", "Message-ID", "Received")
RECIPIENTS = ("Delivered-To", "X-Original-To", "To", "Cc")
PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|tr|rép|ref|réf|aw|wg)\s*(?:\[\d+\])?\s*[:.]\s*:?|\[[^\]]{1,40}\])\s*", re.I
)
AUTOMATIC_LOCAL = re.compile(
    r"(no[-_.]?reply|do[-_.]?not[-_.]?reply|ne[-_.]?pas[-_.]?repondre|bounces?|mailer-daemon|postmaster)([+\-_.].*)?",
    re.I,
)
NO_SUBJECT = "(no subject)"
LONGEST_TITLE = 200
MOST_IDS = 100  # ids of replied-to messages; older ones are ignored
MOST_PARTS = 10_000
MOST_COMPARISONS = 20_000_000


class NoMailError(ValueError):
    """Raised for bytes that are not a message that can be filed."""


class Received(NamedTuple):
    """An incoming mail. `at` is the time of its Date header, if it has a valid one."""

    sender: Mailbox | None
    recipients: tuple[str, ...]  # addresses in lower case, those of the delivery first
    to: str
    subject: str
    at: datetime | None
    message_id: str | None
    answers: tuple[str, ...]  # ids of the messages it replies to, the newest first
    text: str
    loops: bool  # the mail was sent by crm itself
    bounced: tuple[str, ...] | None  # ids of undelivered messages; None unless a delivery report
    automatic: str  # the reason why it is automatic mail; empty for other mail

    @property
    def title(self) -> str:
        """The subject without `Re:`, `TR:`, `[list]` and similar prefixes."""
        subject = self.subject
        while found := PREFIX.match(subject):
            subject = subject[found.end() :]
        return subject[:LONGEST_TITLE].strip() or NO_SUBJECT

    @property
    def identity(self) -> str:
        """The key for finding duplicates: the message id, else a hash of the content."""
        if self.message_id:
            return self.message_id
        parts = (str(self.sender), str(self.at), self.subject, self.text)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def parse_bytes(content: bytes) -> Received:
    """Parse the bytes of a message.

    Raises NoMailError where they are not a message (RFC 5322).
    """
    if len(content) > LARGEST:
        raise NoMailError(f"larger than {LARGEST // 1024 // 1024} MiB")
    parser = BytesParser(policy=headers.POLICY)
    try:
        return read_message(parser.parsebytes(content, headersonly=has_too_many_parts(content)))
    except NoMailError:
        raise
    except Exception:  # Python's parser raises many types, mostly for parts of the body
        try:
            return read_message(parser.parsebytes(content, headersonly=True))
        except Exception as error:  # any type: the caller keeps the message
            raise NoMailError(f"cannot be read: {type(error).__name__}: {error}") from error


def has_too_many_parts(content: bytes) -> bool:
    """Tell whether a message may have too many parts, or too many levels of parts, to parse in time.

    Python's parser compares each line with all boundaries that are open.
    """
    boundaries = content.lower().count(b"boundary=")
    is_long = boundaries * content.count(b"\n") > MOST_COMPARISONS
    return bool(boundaries) and (is_long or content.count(b"\n--") > MOST_PARTS)


def read_message(message: Message) -> Received:
    """Return the content of a parsed message.

    Raises NoMailError where it has none of the usual headers.
    """
    if not any(headers.raw_values(message, name) for name in TELLING):
        raise NoMailError("is not a message: it has none of the usual headers")
    sender = next(iter(headers.read_mailboxes(message, "From", "Sender")), None)
    recipients = [each.email.casefold() for each in headers.read_mailboxes(message, *RECIPIENTS)]
    ids = headers.message_ids(message, "Message-ID")
    return Received(
        sender=sender,
        recipients=tuple(dict.fromkeys(recipients)),
        to=", ".join(str(each) for each in headers.read_mailboxes(message, "To"))[:LONGEST_TITLE],
        subject=clean_text(headers.first_value(message, "Subject")),
        at=message_date(headers.first_value(message, "Date")),
        message_id=ids[0] if ids else None,
        answers=answered_ids(message),
        text=message_body.readable_text(message),
        loops=any(headers.first_value(message, name) for name in OWN),
        bounced=undelivered_ids(message, sender),
        automatic=why_automatic(message, sender),
    )


def message_date(date: str) -> datetime | None:
    """Return the time of a Date header (RFC 5322, section 3.3) in UTC; None where it is not valid."""
    try:
        at = parsedate_to_datetime(date)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def answered_ids(message: Message) -> tuple[str, ...]:
    """Return the ids of the messages that it replies to, newest first (RFC 5322, section 3.6.4)."""
    newest = headers.message_ids(message, "In-Reply-To")
    older = reversed(headers.message_ids(message, "References"))
    return tuple(dict.fromkeys([*newest, *older]))[:MOST_IDS]


def undelivered_ids(message: Message, sender: Mailbox | None) -> tuple[str, ...] | None:
    """Return the ids of the messages that a delivery report (RFC 3464) is about; None for other mail."""
    kind = message.get_content_type()
    daemon = sender is not None and sender.email.casefold().startswith("mailer-daemon@")
    is_report = kind == "multipart/report" and message.get_param("report-type") != "disposition-notification"
    if not is_report and not daemon:
        return None
    found = [
        id
        for part in message_body.all_parts(message)
        for inner in message_body.enclosed_mail(part)
        for id in own_ids(inner)
    ]
    for part in message_body.all_parts(message):
        if part.get_content_type() == "text/rfc822-headers":
            quoted = BytesParser(policy=headers.POLICY).parsebytes(
                message_body.part_text(part).encode("utf-8")
            )
            found += own_ids(quoted)
    return tuple(dict.fromkeys([*found, *answered_ids(message)]))[:MOST_IDS]


def own_ids(message: Message) -> list[str]:
    """Return the id of a message, as a list."""
    return headers.message_ids(message, "Message-ID")


def why_automatic(message: Message, sender: Mailbox | None) -> str:
    """Return the reason why a mail is automatic (RFC 3834, RFC 2919); empty for other mail."""
    submitted = headers.first_value(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return f"automatic: Auto-Submitted: {submitted}"
    for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id", "List-Unsubscribe"):
        if headers.raw_values(message, name):
            return f"automatic: it has {name}"
    precedence = headers.first_value(message, "Precedence").lower()
    if precedence in ("bulk", "junk", "list", "auto_reply"):
        return f"automatic: Precedence: {precedence}"
    if sender and AUTOMATIC_LOCAL.fullmatch(sender.email.partition("@")[0]):
        return f"automatic: from {sender.email}"
    return ""
