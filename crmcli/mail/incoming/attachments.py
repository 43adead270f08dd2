"""The attachments of a mail: their names, kinds and sizes, and names that are safe to save them under."""

from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import NamedTuple

from crmcli.domain.model.record_types import Attachment
from crmcli.domain.values.clean_text import clean_text
from crmcli.mail import headers
from crmcli.mail.incoming.message_body import ENCODED, all_parts, child_parts, is_attachment
from crmcli.mail.incoming.repair_source import CUT, count_base64

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
    """Return the size of an attachment in bytes; of an enclosed mail and quoted-printable, about so."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return sum(size_of(each) for each in payload if isinstance(each, Message))
    cut = read_cut(part)
    encoding = str(part.get("content-transfer-encoding", "")).lower()
    if encoding == "base64":
        return (count_base64(encoded_bytes(part)) + cut.in_base64) * 3 // 4
    return len(decoded_bytes(part)) + cut.size


def encoded_bytes(part: Message) -> bytes:
    """Return the bytes of a part as they came, as far as they were parsed."""
    if str(part.get("content-transfer-encoding", "")).lower() in ENCODED:
        return str(part.get_payload()).encode("ascii", "replace")  # other characters mean nothing in it
    return decoded_bytes(part)


def decoded_bytes(part: Message) -> bytes:
    """Return the bytes that a part stands for."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


class Cut(NamedTuple):
    """The bytes of a message that belong to a part and were left out when it was parsed."""

    start: int = 0
    end: int = 0
    in_base64: int = 0  # of these, those that stand for data if the part is in base64

    @property
    def size(self) -> int:
        """The number of bytes left out, without the line end before a boundary."""
        return max(0, self.end - self.start - 1)


def read_cut(part: Message) -> Cut:
    """Return which bytes of the message were left out of a part."""
    words = str(part.get(CUT, "")).split()  # anybody may have written it
    if len(words) == len(Cut._fields) and all(
        each.isdigit() and len(each) < LONGEST_NUMBER for each in words
    ):
        return Cut(*map(int, words))
    return Cut()


def part_content(part: Message, source: bytes) -> bytes:
    """Return the bytes of an attachment of the message with these bytes, also those that were not parsed."""
    inner = child_parts(part)
    if part.get_content_type() == "message/rfc822" and inner:
        return inner[0].as_bytes()
    cut = read_cut(part)
    if not cut.size:
        return decoded_bytes(part)
    rest = source[cut.start : cut.end]
    rest = rest if cut.end == len(source) else rest.removesuffix(b"\n").removesuffix(b"\r")
    whole = Message(policy=headers.POLICY)
    whole["Content-Transfer-Encoding"] = str(part.get("content-transfer-encoding", ""))
    whole.set_payload((encoded_bytes(part) + rest).decode("ascii", "surrogateescape"))
    return decoded_bytes(whole)


def is_cut_mail(part: Message) -> bool:
    """Tell whether an attachment is a mail of which something was left out when it was parsed."""
    return part.get_content_type() == "message/rfc822" and any(
        read_cut(each).size for each in all_parts(part)
    )
