"""The mail that another one forwards: attached (message/rfc822), or quoted below `De : …` lines."""

from email.message import Message
from email.utils import parseaddr
from typing import NamedTuple

from crmcli.domain.incoming.quotations import find_block, fold_line
from crmcli.domain.values.clean_text import clean_text
from crmcli.mail import headers
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming import message_body

LONGEST = 64 * 1024  # characters of a text that are looked at
PREFIXES = ("tr:", "tr :", "fw:", "fw :", "fwd:", "fwd :", "i:", "wg:", "rv:")


class ForwardedMail(NamedTuple):
    """A forwarded mail: who wrote it, its subject and text, and what was written above it."""

    sender: Mailbox | None
    subject: str
    text: str
    above: str
    message_id: str | None = None


def read_forwarded(message: Message, subject: str, text: str) -> ForwardedMail | None:
    """Return the mail that a message forwards; None if it forwards none.

    A quoted mail counts only where the subject says `TR:` or `Fwd:`, or nothing but a line stands above it:
    an answer quotes, too.
    """
    for part in message_body.all_parts(message):
        for inner in message_body.enclosed_mail(part):
            return attached_mail(inner, message)
    lines = text[:LONGEST].split("\n")
    block = find_block(lines)
    if block is None or "from" not in block.headers:
        return None
    above = "\n".join(lines[: block.start]).strip()
    if not fold_line(subject).startswith(PREFIXES):
        return None
    name, email = parseaddr(
        headers.bracket_address(block.headers["from"].replace("[mailto:", "<").replace("]", ">"))
    )
    sender = Mailbox(clean_text(name), email) if "@" in email else None
    body = "\n".join(lines[block.body :]).strip("\n") + text[LONGEST:]
    return ForwardedMail(sender, clean_text(block.headers.get("subject", "")), body, above)


def attached_mail(inner: Message, message: Message) -> ForwardedMail:
    """Return a mail that is attached to another one."""
    sender = next(iter(headers.read_mailboxes(inner, "From", "Sender")), None)
    ids = headers.message_ids(inner, "Message-ID")
    return ForwardedMail(
        sender=sender,
        subject=clean_text(headers.first_value(inner, "Subject")),
        text=message_body.own_text(inner),
        above=message_body.own_text(message),
        message_id=ids[0] if ids else None,
    )
