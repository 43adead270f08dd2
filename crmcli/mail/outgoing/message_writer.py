"""Writing of messages (RFC 5322) from headers and bodies, with a check that they read back the same.

Header values are data: each is encoded here once, and decoding it once gives it back. Text that looks
like an encoded word (RFC 2047) or like another header remains text. Python's own writer decodes the
values that it is given, and could create headers from a stranger's text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses
from itertools import chain
from typing import NamedTuple

from crmcli.domain.values.errors import RefusedError
from crmcli.mail.addresses import ATOM, ENCODED, ascii_address
from crmcli.mail.encoded_words import encode_words
from crmcli.mail.headers import Mailbox, decode_words, raw_values, replace_line_breaks, unfold_header
from crmcli.mail.incoming.message_body import child_parts, is_attachment, part_text

WIDTH = 76  # columns of a line, where it can be folded (RFC 2047, section 2)
LONGEST_LINE = 998  # bytes of a line that any mail server takes (RFC 5322, section 2.1.1)
MOST_QUOTED = 0.7  # of the bytes; with more, base64 is shorter and nobody reads either
PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
ATOMS = re.compile(rf"{ATOM}(?: {ATOM})*")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
HALF = re.compile("[\ud800-\udfff]")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
LINE_END = re.compile("\r\n?|\n")


class Enclosure(NamedTuple):
    """A file that is sent with a message."""

    name: str
    type: str  # its media type
    content: bytes


class Draft(NamedTuple):
    """The content of a message, before encoding; headers by name."""

    mailboxes: Mapping[str, Sequence[Mailbox]]
    texts: Mapping[str, str]
    ids: Mapping[str, Sequence[str]]  # each in angle brackets
    text: str
    html: str | None = None
    enclosures: Sequence[Enclosure] = ()


def write_message(draft: Draft) -> bytes:
    """Write a message; a header without a value is left out.

    Raises RefusedError where an address, an id or a character cannot be written in a message, and where
    the message does not read back as exactly the given headers and bodies.
    """
    meant = clean_draft(draft)
    body = build_body(meant)
    written = {
        **{name: encode_mailboxes(name, each) for name, each in meant.mailboxes.items()},
        **{name: encode_text(name, each) for name, each in meant.texts.items()},
        **{name: fold_header(each, len(name) + 2) for name, each in meant.ids.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in written.items())
    message = lines.encode("ascii") + body.as_bytes()
    refuse_difference(message, meant, [*written, *body.keys()])
    return message


def clean_draft(draft: Draft) -> Draft:
    """Put each value on one line and spell addresses in ASCII.

    Raises RefusedError for an address, an id or a character that cannot be written.
    """
    for id in chain(*draft.ids.values()):
        if not is_message_id(id):
            raise RefusedError("is not a message id that can be written", where=id)
    cleaned = Draft(
        {name: [clean_mailbox(box) for box in boxes] for name, boxes in draft.mailboxes.items() if boxes},
        {name: line for name, text in draft.texts.items() if (line := replace_line_breaks(text))},
        {name: ids for name, ids in draft.ids.items() if ids},
        draft.text,
        draft.html,
        [each._replace(name=replace_line_breaks(each.name) or "file") for each in draft.enclosures],
    )
    names = (box.name for boxes in cleaned.mailboxes.values() for box in boxes)
    files = (each.name for each in cleaned.enclosures)
    refuse_half_characters(chain(names, cleaned.texts.values(), files, [draft.text, draft.html or ""]))
    return cleaned


def clean_mailbox(mailbox: Mailbox) -> Mailbox:
    """Return a mailbox in the form in which it is written.

    Raises RefusedError where its address is not valid.
    """
    return Mailbox(replace_line_breaks(mailbox.name), ascii_address(mailbox.email))


def refuse_half_characters(texts: Iterable[str]) -> None:
    """Raise RefusedError for lone surrogates, which cannot be encoded."""
    for text in texts:
        half = HALF.search(text)
        if half:
            raise RefusedError(f"U+{ord(half[0]):04X} is half of a character and cannot be mailed")


def is_message_id(text: str) -> bool:
    """Tell whether an id can be written in a header; one from a stranger may contain anything."""
    return bool(MESSAGE_ID.fullmatch(text)) and ENCODED not in text


def encode_mailboxes(name: str, mailboxes: Sequence[Mailbox]) -> str:
    """Return the value of an address header, one mailbox a line."""
    columns = [len(name) + 2, *[1] * (len(mailboxes) - 1)]
    return ",\r\n ".join(map(encode_mailbox, mailboxes, columns))


def encode_mailbox(mailbox: Mailbox, column: int) -> str:
    """Return a mailbox (RFC 5322, section 3.4) that starts in this column."""
    address = f"<{mailbox.email}>" if mailbox.name else mailbox.email
    return fold_header([*encode_name(mailbox.name, column), address], column)


def encode_name(name: str, column: int) -> list[str]:
    """Return a display name, in pieces between which the line can be folded."""
    is_plain = PLAIN.fullmatch(name) and ENCODED not in name and len(name) + 2 <= WIDTH - column
    if not name or (is_plain and ATOMS.fullmatch(name)):
        return name.split()
    if is_plain and '"' not in name and "\\" not in name:
        return [f'"{name}"']
    return encode_words(name, WIDTH - column)


def encode_text(name: str, text: str) -> str:
    """Return the value of a free-text header; text that is not plain ASCII is encoded whole."""
    column = len(name) + 2
    words = text.split(" ")
    is_plain = PLAIN.fullmatch(text) and ENCODED not in text and max(map(len, words)) <= WIDTH - column
    return fold_header(words if is_plain else encode_words(text, WIDTH - column), column)


def fold_header(pieces: Iterable[str], column: int) -> str:
    """Join pieces with spaces, starting in this column, in lines of 76 columns where possible."""
    first, *others = pieces
    value, column = first, column + len(first)
    for each in others:
        is_full = column + 1 + len(each) > WIDTH
        value += f"\r\n {each}" if is_full else f" {each}"
        column = len(each) + 1 if is_full else column + 1 + len(each)
    return value


def build_body(draft: Draft) -> EmailMessage:
    """Build the body with only the headers that describe it."""
    built = EmailMessage(policy=policy.SMTP.clone(max_line_length=WIDTH))
    built.set_content(draft.text, charset="utf-8", cte=transfer_encoding(draft.text))
    if draft.html is not None:
        encoding = transfer_encoding(draft.html)
        built.add_alternative(draft.html, subtype="html", charset="utf-8", cte=encoding)
    for each in draft.enclosures:
        major, minor = media_type(each.type)
        built.add_attachment(each.content, major, minor, cte="base64", filename=each.name)
    return built


def media_type(type: str) -> tuple[str, str]:
    """Return the media type of an attachment in its two parts.

    Texts, mails and compounds, which programs convert or take apart, are sent as mere bytes.
    """
    major, _, minor = type.partition("/")
    if not MEDIA_TYPE.fullmatch(type) or major in ("message", "multipart", "text"):
        return "application", "octet-stream"
    return major, minor


def transfer_encoding(text: str) -> str:
    """Choose the transfer encoding of a body, so that each mail server takes the mail as it is.

    A server may take 7 bits and short lines only, and crm converts nothing on the way. Most texts stay
    readable in the file.

    >>> transfer_encoding("Bonjour"), transfer_encoding("Bon été"), transfer_encoding("Привет")
    ('7bit', 'quoted-printable', 'base64')
    """
    encoded = text.encode("utf-8")
    others = sum(byte > 127 for byte in encoded)
    if CONTROL.search(text) or others > len(encoded) * MOST_QUOTED:
        return "base64"
    longest = max(map(len, LINE_END.split(text)))
    return "quoted-printable" if others or longest > LONGEST_LINE else "7bit"


def refuse_difference(written: bytes, meant: Draft, names: Sequence[str]) -> None:
    """Read a message again and compare it with the draft.

    Raises RefusedError naming what differs.
    """
    message = BytesParser(policy=policy.compat32).parsebytes(written)
    if [name for name, _ in message.raw_items()] != list(names) or message.defects:
        raise RefusedError("the e-mail would have other headers than are meant")
    for name, value in (*meant.mailboxes.items(), *meant.texts.items(), *meant.ids.items()):
        if read_value(message, name, meant) != value:
            raise RefusedError(f"the e-mail's {name} would not read back as it is meant")
    if read_enclosures(message) != [(each.name, each.content) for each in meant.enclosures]:
        raise RefusedError("the e-mail's attachments would not read back as they are meant")
    if read_bodies(message) != [lines_of(each) for each in (meant.text, meant.html) if each is not None]:
        raise RefusedError("the e-mail's text would not read back as it is meant")


def read_value(message: Message, name: str, meant: Draft) -> str | list[Mailbox] | list[str]:
    """Return a header's value, parsed as strictly as it was written."""
    [value] = map(unfold_header, raw_values(message, name))
    if name in meant.texts:
        return decode_words(value)
    if name in meant.ids:
        return value.split(" ")
    return [Mailbox(decode_words(box), email) for box, email in getaddresses([value])]


def read_bodies(message: Message) -> list[str]:
    """Return the texts of a message, in order."""
    return [lines_of(part_text(part)) for part in list_leaves(message) if not is_attachment(part)]


def read_enclosures(message: Message) -> list[tuple[str, bytes]]:
    """Return the names and contents of the attachments of a message, in order."""
    parts = (part for part in list_leaves(message) if is_attachment(part))
    contents = ((part.get_filename() or "", part.get_payload(decode=True)) for part in parts)
    return [(name, content if isinstance(content, bytes) else b"") for name, content in contents]


def list_leaves(message: Message) -> list[Message]:
    """Return the parts of a message that hold no others."""
    if not message.is_multipart():
        return [message]
    return [leaf for part in child_parts(message) for leaf in list_leaves(part)]


def lines_of(text: str) -> str:
    """Return a text with \\n line ends, the last line ended."""
    plain = LINE_END.sub("\n", text)
    return plain if plain.endswith("\n") else f"{plain}\n"
