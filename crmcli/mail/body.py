"""The text of a mail: the plain part, else the HTML as text, else that of the mail it forwards."""

import re
from collections.abc import Iterator
from email.message import Message

from crmcli.mail.charsets import text_of
from crmcli.mail.shown import clean

LONGEST_HTML = 2 * 1024 * 1024  # characters that are turned into text
UNREAD = ("script", "style", "head", "title", "template")
BLOCKS = "p,div,tr,li,h1,h2,h3,h4,h5,h6,ul,ol,table,blockquote,pre,hr,section,article"


def text(message: Message) -> str:
    """All that a person would read in a message, attachments left out."""
    parts = list(inline(message))
    for wanted, turned in (("text/plain", str), ("text/html", from_html)):
        read = [turned(content(part)) for part in parts if part.get_content_type() == wanted]
        together = clean("\n\n".join(each for each in read if each.strip()))
        if together:
            return together
    forwarded = (text(inner) for part in message.walk() for inner in enclosed(part))
    return next((each for each in forwarded if each), "")


def inline(message: Message) -> Iterator[Message]:
    """The parts of a message that are shown, not those of mails enclosed in it."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from inline(part)
    elif message.get_content_maintype() == "text" and not is_attachment(message):
        yield message


def is_attachment(part: Message) -> bool:
    """Is this part meant to be saved rather than shown?"""
    return (part.get_content_disposition() or "") == "attachment"


def enclosed(part: Message) -> list[Message]:
    """The mail that a part forwards."""
    if part.get_content_type() != "message/rfc822" or not part.is_multipart():
        return []
    return [inner for inner in part.get_payload() if isinstance(inner, Message)]


def content(part: Message) -> str:
    """The text of a part, transfer encoding and charset undone."""
    payload = part.get_payload(decode=True)
    charset = part.get_param("charset")
    named = charset if isinstance(charset, str) else None
    return text_of(payload, named) if isinstance(payload, bytes) else ""


def from_html(html: str) -> str:
    """The readable text of an HTML page, a line a block."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(re.sub(r"\s+", " ", html[:LONGEST_HTML]))
    tree.strip_tags(list(UNREAD))
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css(BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    body = tree.body
    lines = (" ".join(line.split()) for line in (body.text() if body else "").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
