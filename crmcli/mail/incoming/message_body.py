"""The text of a mail: its plain part, else its HTML as text, else the text of a mail it forwards."""

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.utils import collapse_rfc2231_value

from crmcli.domain.values.decoding import decode_text
from crmcli.mail import headers
from crmcli.mail.incoming.html_text import LONGEST_SOURCE, read_html
from crmcli.mail.incoming.message_text import clean_text
from crmcli.mail.incoming.repair_source import has_too_many_parts
from crmcli.mail.incoming.unreadable_parts import describe_part

LONGEST_TEXT = 256 * 1024  # characters of text that are read of a message
LONGEST_SOURCE_TEXT = 3 * LONGEST_TEXT  # of a plain part before it is decoded from quoted-printable
MOST_PARTS = 1_000  # texts of one message
ENCODED = ("base64", "quoted-printable")
STUB = 0.4  # a plain part shorter than this share of the HTML, with other words, is a stub
COMPARED = 60  # characters at the start of a plain part that its HTML must hold, too


def readable_text(message: Message) -> str:
    """Return the text of a message, or of the first forwarded mail that has one; no attachments."""
    mails = [message, *(inner for part in all_parts(message) for inner in enclosed_mail(part))]
    return next((read for read in map(own_text, mails) if read), "")


def own_text(message: Message) -> str:
    """Return the text of a message itself, enclosed mails left out.

    Parts that cannot be read as text are named on lines of their own at the end.
    """
    shown = list(inline_parts(message))
    plain, html = (join_texts(shown, kind) for kind in ("text/plain", "text/html"))
    text = html if not plain or is_stub(plain, html) else plain
    said = list(dict.fromkeys(filter(None, map(describe_part, all_parts(message)))))
    return clean_text("\n\n".join(filter(None, [text, *said])))


def join_texts(parts: list[Message], kind: str) -> str:
    """Return the texts of a kind as one, at most 256 Ki characters."""
    texts: list[str] = []
    left = LONGEST_TEXT
    for part in parts:
        if part.get_content_type() == kind and left > 0:
            source = part_text(part)
            text = read_html(source) if kind == "text/html" else source
            texts.append(text[:left])
            left -= len(text)
    return clean_text("\n\n".join(text for text in texts if text.strip()))


def is_stub(plain: str, html: str) -> bool:
    """Tell whether a plain text only stands in for the HTML: shorter, and with other words.

    >>> is_stub("Votre logiciel ne lit pas le HTML.", "Bonjour, " * 20), is_stub("Bonjour,", "Bonjour, " * 20)
    (True, False)
    """
    if not html or len(plain) >= STUB * len(html):
        return False
    start = "".join(plain[: 2 * COMPARED].split())[:COMPARED]
    return start not in "".join(html[: 20 * COMPARED].split())


def all_parts(message: Message) -> Iterator[Message]:
    """Yield a message and all parts in it, in order, at any depth."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(child_parts(part))


def inline_parts(message: Message) -> Iterator[Message]:
    """Yield the text parts of a message that are shown, without those of enclosed mails."""
    waiting = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        if part.get_content_maintype() == "multipart":
            waiting += reversed(child_parts(part) or recover_parts(part))
        elif part.get_content_maintype() == "text" and not is_attachment(part):
            yield part


def child_parts(part: Message) -> list[Message]:
    """Return the direct parts of a part."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def recover_parts(part: Message) -> list[Message]:
    """Return the parts of a multipart whose boundary never comes: with the one in its text, else one text."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return []
    lines = payload[:LONGEST_TEXT].split("\n")
    start = next((number for number, line in enumerate(lines) if begins_part(lines, number, line)), None)
    head = "Content-Type: text/plain"
    if start is not None and '"' not in lines[start]:
        head = f'Content-Type: multipart/mixed; boundary="{lines[start].strip()[2:]}"'
    source = f"{head}\n\n{payload[:LONGEST_SOURCE]}".encode("utf-8", "surrogateescape")
    if has_too_many_parts(source):
        return []
    try:
        found = BytesParser(policy=headers.POLICY).parsebytes(source)
    except Exception:  # Python's parser raises many types; without parts, the message has no text
        return []
    return child_parts(found) or ([] if start is not None else [found])


def begins_part(lines: list[str], number: int, line: str) -> bool:
    """Tell whether a line is a boundary: headers of a part follow it."""
    following = lines[number + 1].lower() if number + 1 < len(lines) else ""
    return line.startswith("--") and len(line.strip()) > 2 and following.startswith("content-")


def is_attachment(part: Message) -> bool:
    """Tell whether a part is an attachment."""
    return (part.get_content_disposition() or "") == "attachment"


def enclosed_mail(part: Message) -> list[Message]:
    """Return the mail in a message/rfc822 part, as a list; empty for other parts."""
    return child_parts(part) if part.get_content_type() == "message/rfc822" else []


def part_text(part: Message) -> str:
    """Return the text of a part, decoded from its transfer encoding and charset."""
    longest = LONGEST_SOURCE if part.get_content_subtype() == "html" else LONGEST_SOURCE_TEXT
    encoding = str(part.get("content-transfer-encoding", "")).lower()
    shortened = shorten_payload(part, longest) if encoding in ENCODED else part
    payload = shortened.get_payload(decode=True)
    charset = part.get_param("charset")
    named = collapse_rfc2231_value(charset) if charset else None
    return decode_text(payload[:longest], named) if isinstance(payload, bytes) else ""


def shorten_payload(part: Message, longest: int) -> Message:
    """Return an encoded part with the beginning of a long payload, cut at the end of a line."""
    payload = part.get_payload()
    if not isinstance(payload, str) or len(payload) <= longest:
        return part
    short = Message(policy=headers.POLICY)
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        for value in part.get_all(name, [])[:1]:
            short[name] = value
    short.set_payload(payload[: payload.rfind("\n", 0, longest) + 1 or longest])
    return short
