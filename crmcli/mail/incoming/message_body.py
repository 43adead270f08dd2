"""The text of a mail: its plain part, else its HTML as text, else the text of a mail it forwards."""

import re
from collections.abc import Iterator
from email.message import Message

from crmcli.domain.values.decoding import decode_text
from crmcli.mail.incoming.html_source import simplify_html
from crmcli.mail.incoming.message_text import clean_text

LONGEST_SOURCE = 4 * 1024 * 1024  # characters of HTML that are read
LONGEST_HTML = 1024 * 1024  # characters of simplified HTML that are converted to text
UNREAD = ("script", "style", "head", "title", "template")
BLOCKS = "p,div,tr,li,h1,h2,h3,h4,h5,h6,ul,ol,table,blockquote,pre,hr,section,article"


def readable_text(message: Message) -> str:
    """Return the text of a message, or of the first forwarded mail that has one; no attachments."""
    mails = [message, *(inner for part in all_parts(message) for inner in enclosed_mail(part))]
    return next((read for read in map(own_text, mails) if read), "")


def own_text(message: Message) -> str:
    """Return the text of a message itself, enclosed mails left out."""
    shown = list(inline_parts(message))
    for wanted, turned in (("text/plain", str), ("text/html", from_html)):
        read = [turned(part_text(part)) for part in shown if part.get_content_type() == wanted]
        together = clean_text("\n\n".join(each for each in read if each.strip()))
        if together:
            return together
    return ""


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
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart":
            waiting += reversed(child_parts(part))
        elif part.get_content_maintype() == "text" and not is_attachment(part):
            yield part


def child_parts(part: Message) -> list[Message]:
    """Return the direct parts of a part."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def is_attachment(part: Message) -> bool:
    """Tell whether a part is an attachment."""
    return (part.get_content_disposition() or "") == "attachment"


def enclosed_mail(part: Message) -> list[Message]:
    """Return the mail in a message/rfc822 part, as a list; empty for other parts."""
    return child_parts(part) if part.get_content_type() == "message/rfc822" else []


def part_text(part: Message) -> str:
    """Return the text of a part, decoded from its transfer encoding and charset."""
    payload = part.get_payload(decode=True)
    charset = part.get_param("charset")
    named = charset if isinstance(charset, str) else None
    return decode_text(payload, named) if isinstance(payload, bytes) else ""


def from_html(html: str) -> str:
    """Return the text of an HTML page, with a line for each block."""
    from selectolax.lexbor import LexborHTMLParser

    page = simplify_html(re.sub(r"\s+", " ", html[:LONGEST_SOURCE]))
    tree = LexborHTMLParser(page[:LONGEST_HTML])
    tree.strip_tags(list(UNREAD))
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css(BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    body = tree.body
    lines = (" ".join(line.split()) for line in (body.text() if body else "").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
