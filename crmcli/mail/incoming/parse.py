"""Parsing of an incoming mail: sender, recipients, subject, references, and the kind of mail."""

import re
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import NamedTuple

from crmcli.domain.incoming.own_words import trim_message
from crmcli.domain.incoming.routing import Envelope
from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.record_types import Attachment
from crmcli.domain.values.clean_text import clean_text
from crmcli.mail import headers
from crmcli.mail.header_names import OWN
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming import message_body
from crmcli.mail.incoming.attachments import list_attachments, read_cut
from crmcli.mail.incoming.automatic import Automatic, find_automatic
from crmcli.mail.incoming.delivery_report import DeliveryReport, read_report
from crmcli.mail.incoming.forwarded import ForwardedMail, read_forwarded
from crmcli.mail.incoming.message_identity import compute_identity
from crmcli.mail.incoming.repair_source import (
    LONGEST_HEADERS,
    has_too_many_parts,
    is_oversized,
    repair_source,
    skip_beginning,
)
from crmcli.mail.incoming.unreadable_parts import PARTIAL

LARGEST = 64 * 1024 * 1024  # bytes of a mail's file that are read
TELLING = ("From", "To", "Subject", "Date", "Message-ID", "Received")
RECIPIENTS = ("Delivered-To", "X-Original-To", "To", "Cc")
PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|tr|rép|ref|réf|aw|wg)\s*(?:\[\d+\])?\s*[:.]\s*:?|\[[^\]]{1,40}\])\s*", re.I
)
NO_SUBJECT = deferred("(no subject)")
LONGEST_TITLE = 200
MOST_IDS = 100  # ids of replied-to messages; older ones are ignored
MOST_HEADERS, LONGEST_HEADER = 200, 2_000


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
    report: DeliveryReport | None  # None unless a delivery report
    automatic: Automatic | None  # why it is automatic mail; None for other mail
    reply_to: Mailbox | None = None  # None where it is the sender
    is_answer: bool = False  # it has In-Reply-To or References
    headers: tuple[tuple[str, str], ...] = ()  # decoded, as far as routes look at them
    forwarded: ForwardedMail | None = None
    attachments: tuple[Attachment, ...] = ()
    shown: str = ""  # the text without quoted mails and signature
    addressed: tuple[Mailbox, ...] = ()  # To and Cc
    identity: str = ""  # the same for every copy of this message

    @property
    def envelope(self) -> Envelope:
        """What routes look at."""
        sender = self.sender.email.casefold() if self.sender else ""
        return Envelope(self.recipients, sender, self.subject, self.headers)

    @property
    def title(self) -> str:
        """The subject without `Re:`, `TR:`, `[list]` and similar prefixes."""
        return clean_title(self.subject)


def clean_title(subject: str) -> str:
    """Return a subject without `Re:`, `TR:`, `[list]` and similar prefixes.

    >>> clean_title("RE : Fwd: [Site] Devis"), clean_title("Re: ")
    ('Devis', '(no subject)')
    """
    while found := PREFIX.match(subject):
        subject = subject[found.end() :]
    return subject[:LONGEST_TITLE].strip() or NO_SUBJECT


def is_reply_subject(subject: str) -> bool:
    """Tell whether a subject says that it answers or forwards a mail: `Re:`, `TR:` and the like."""
    found = PREFIX.match(subject)
    return found is not None and not found[0].lstrip().startswith("[")


def parse_bytes(content: bytes) -> Received:
    """Parse the bytes of a message; of its long parts, only the beginning.

    Raises NoMailError where they are not a message (RFC 5322).
    """
    return parse_source(content)._replace(identity=compute_identity(content))


def parse_source(content: bytes) -> Received:
    """Parse a message, or its headers only if nothing else can be parsed.

    Raises NoMailError where it is not a message.
    """
    try:
        message = parse_message(content)
        return read_message(message, is_partial=is_read_in_part(content, message))
    except NoMailError:
        raise
    except Exception:  # Python's parser raises many types, mostly for parts of the body
        try:
            return read_message(parse_headers(repair_source(content)))
        except Exception as error:  # any type: the caller keeps the message
            raise NoMailError(f"cannot be read: {type(error).__name__}: {error}") from error


def parse_message(content: bytes) -> Message:
    """Parse a message into its parts, without the ends of the long ones; see `repair_source`."""
    source = repair_source(content)
    if has_too_many_parts(source):
        return parse_headers(source)
    return BytesParser(policy=headers.POLICY).parsebytes(source)


def parse_uncut(content: bytes) -> Message:
    """Parse a message into its whole parts, which takes many times its size of memory."""
    return BytesParser(policy=headers.POLICY).parsebytes(content[skip_beginning(content) :])


def parse_headers(source: bytes) -> Message:
    """Parse the headers of a message; what follows is one text."""
    return BytesParser(policy=headers.POLICY).parsebytes(source, headersonly=True)


def is_read_in_part(content: bytes, message: Message) -> bool:
    """Tell whether some text of a large message was not read; the ends of attachments are not missed."""
    if not is_oversized(content):
        return False
    cut = sum(read_cut(part).size for part in message_body.all_parts(message))
    is_text_cut = any(read_cut(part).size for part in message_body.inline_parts(message))
    return is_text_cut or len(repair_source(content)) + cut < len(content) - LONGEST_HEADERS


def read_message(message: Message, *, is_partial: bool = False) -> Received:
    """Return the content of a parsed message.

    Raises NoMailError where it has none of the usual headers.
    """
    if not any(headers.raw_values(message, name) for name in TELLING):
        raise NoMailError("is not a message: it has none of the usual headers")
    sender = next(iter(headers.read_mailboxes(message, "From", "Sender")), None)
    reply_to = next(iter(headers.read_mailboxes(message, "Reply-To")), None)
    recipients = [each.email.casefold() for each in headers.read_mailboxes(message, *RECIPIENTS)]
    subject = clean_text(headers.first_value(message, "Subject"))
    ids = headers.message_ids(message, "Message-ID")
    text = message_body.readable_text(message)
    if is_partial:
        text = f"{text}\n\n{PARTIAL}".strip()
    return Received(
        sender=sender,
        recipients=tuple(dict.fromkeys(recipients)),
        to=", ".join(str(each) for each in headers.read_mailboxes(message, "To"))[:LONGEST_TITLE],
        subject=subject,
        at=message_date(headers.first_value(message, "Date")),
        message_id=ids[0] if ids else None,
        answers=answered_ids(message),
        text=text,
        loops=any(headers.first_value(message, name) for name in OWN),
        report=read_report(message, sender, subject),
        automatic=find_automatic(message, sender, subject),
        reply_to=reply_to if reply_to != sender else None,
        is_answer=any(headers.raw_values(message, name) for name in ("In-Reply-To", "References")),
        headers=list_headers(message),
        forwarded=read_forwarded(message, subject, text),
        attachments=tuple(each.entry for each in list_attachments(message)),
        shown=trim_message(text),
        addressed=tuple(headers.read_mailboxes(message, "To", "Cc")[:MOST_IDS]),
    )


def list_headers(message: Message) -> tuple[tuple[str, str], ...]:
    """Return the headers, decoded and bounded, for the patterns of routes."""
    pairs = islice(message.raw_items(), MOST_HEADERS)
    return tuple(
        (name, headers.decode_header(headers.from_bytes(str(value)[:LONGEST_HEADER])))
        for name, value in pairs
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
