"""The attachments of a mail: their names, kinds and sizes, and names that are safe to save them under."""

from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import NamedTuple

from crmcli.domain.model.record_types import Attachment
from crmcli.domain.values.clean_text import clean_text
from crmcli.mail import headers
from crmcli.mail.incoming.message_body import child_parts, is_attachment
from crmcli.mail.incoming.repair_source import CUT_BYTES

MOST = 200  # attachments that are listed
LONGEST_NAME = 150
LONGEST_NUMBER = 12
SHOWN = ("text/plain", "text/html")  # kinds of parts that are the text, unless they have a name


class AttachedFile(NamedTuple):
    """An attachment: its name as sent, its kind, its size in bytes, and the part that holds it."""

    name: str
    kind: str
    size: int
    part: Message

    @property
    def entry(self) -> Attachment:
        """The attachment as a record lists it."""
        return Attachment(name=self.name, type=self.kind, size=self.size)


def list_attachments(message: Message) -> list[AttachedFile]:
    """Return the attachments of a message, in order; those of an enclosed mail belong to that mail."""
    found: list[AttachedFile] = []
    waiting = [message]
    while waiting and len(found) < MOST:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart":
            waiting += reversed(child_parts(part))
        elif is_listed(part, message):
            found.append(AttachedFile(name_of(part), part.get_content_type(), size_of(part), part))
    return found


def is_listed(part: Message, message: Message) -> bool:
    """Tell whether a part is an attachment, not the text of the message."""
    if is_attachment(part) or read_name(part):
        return True
    return part.get_content_type() not in SHOWN and (
        part is not message or part.get_content_maintype() != "text"
    )


def read_name(part: Message) -> str:
    """Return the name of a part (RFC 2183, RFC 2231), also as encoded words; empty if it has none."""
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        value = part.get_param(parameter, header=header)
        if value:
            text = headers.from_bytes(collapse_rfc2231_value(value))
            return clean_text(headers.decode_header(text))[:LONGEST_NAME]
    return ""


def name_of(part: Message) -> str:
    """Return the name of an attachment; for an enclosed mail without one, its subject."""
    if named := read_name(part):
        return named
    if part.get_content_type() == "message/rfc822":
        subject = next((headers.first_value(inner, "Subject") for inner in child_parts(part)), "")
        return f"{clean_text(subject)[:LONGEST_NAME] or 'message'}.eml"
    return f"{part.get_content_maintype()}.{part.get_content_subtype().rpartition('.')[2]}"[:LONGEST_NAME]


def size_of(part: Message) -> int:
    """Return the size of an attachment in bytes, about right for an enclosed mail and a long part."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return sum(size_of(each) for each in payload if isinstance(each, Message))
    text = payload if isinstance(payload, str) else ""
    encoding = str(part.get("content-transfer-encoding", "")).lower()
    cut = read_cut(part)
    if encoding == "base64":
        bare = len(text) - text.count("\n") - text.count("\r")
        bare += cut * bare // max(1, len(text))
        return max(0, bare * 3 // 4 - text[-8:].count("="))
    if encoding == "quoted-printable":
        decoded = part.get_payload(decode=True)
        return (len(decoded) if isinstance(decoded, bytes) else 0) + cut
    return len(text.encode("utf-8", "surrogateescape")) + cut


def read_cut(part: Message) -> int:
    """Return how many bytes of a part were left out when it was parsed."""
    value = str(part.get(CUT_BYTES, "0"))
    return int(value) if value.isdigit() and len(value) < LONGEST_NUMBER else 0


def part_content(part: Message) -> bytes:
    """Return the bytes of an attachment."""
    inner = child_parts(part)
    if part.get_content_type() == "message/rfc822" and inner:
        return inner[0].as_bytes()
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
