"""Bytes of a message (RFC 5322) from headers and bodies, read back before anybody gets them.

What a header holds is data: it is encoded here, once, so that decoding it once gives it back. Text that
looks like an encoded word (RFC 2047) or like another header stays text. Python's own writer decodes the
values that it is given, and would make headers of what a stranger wrote.
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
from crmcli.mail.message_body import child_parts, part_text

WIDTH = 76  # columns of a line, where it can be folded (RFC 2047, section 2)
LONGEST_LINE = 998  # bytes of a line that any mail server takes (RFC 5322, section 2.1.1)
PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
ATOMS = re.compile(rf"{ATOM}(?: {ATOM})*")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
HALF = re.compile("[\ud800-\udfff]")
LINE_END = re.compile("\r\n?|\n")


class Draft(NamedTuple):
    """A message as it is meant, its headers by name."""

    mailboxes: Mapping[str, Sequence[Mailbox]]
    texts: Mapping[str, str]
    ids: Mapping[str, Sequence[str]]  # each in angle brackets
    text: str
    html: str | None = None


def write_message(draft: Draft) -> bytes:
    """Write a message; a header without a value is left out.

    Raises RefusedError where an address, an id or a character cannot stand in a message, and where the
    message would not read back as exactly the headers and bodies that are meant.
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
    )
    names = (box.name for boxes in cleaned.mailboxes.values() for box in boxes)
    refuse_half_characters(chain(names, cleaned.texts.values(), [draft.text, draft.html or ""]))
    return cleaned


def clean_mailbox(mailbox: Mailbox) -> Mailbox:
    """Return a mailbox as it is written.

    Raises RefusedError where its address is not valid.
    """
    return Mailbox(replace_line_breaks(mailbox.name), ascii_address(mailbox.email))


def refuse_half_characters(texts: Iterable[str]) -> None:
    """Refuse halves of surrogate pairs, which no encoding can write."""
    for text in texts:
        half = HALF.search(text)
        if half:
            raise RefusedError(f"U+{ord(half[0]):04X} is half of a character and cannot be mailed")


def is_message_id(text: str) -> bool:
    """Can this id be written as it is? One from a stranger may hold anything."""
    return bool(MESSAGE_ID.fullmatch(text)) and ENCODED not in text


def encode_mailboxes(name: str, mailboxes: Sequence[Mailbox]) -> str:
    """Write the value of an address header, a line a mailbox."""
    columns = [len(name) + 2, *[1] * (len(mailboxes) - 1)]
    return ",\r\n ".join(map(encode_mailbox, mailboxes, columns))


def encode_mailbox(mailbox: Mailbox, column: int) -> str:
    """Write a mailbox (RFC 5322, section 3.4) that begins in this column."""
    address = f"<{mailbox.email}>" if mailbox.name else mailbox.email
    return fold_header([*encode_name(mailbox.name, column), address], column)


def encode_name(name: str, column: int) -> list[str]:
    """Write the name before an address, in pieces between which a line can be folded."""
    is_plain = PLAIN.fullmatch(name) and ENCODED not in name and len(name) + 2 <= WIDTH - column
    if not name or (is_plain and ATOMS.fullmatch(name)):
        return name.split()
    if is_plain and '"' not in name and "\\" not in name:
        return [f'"{name}"']
    return encode_words(name, WIDTH - column)


def encode_text(name: str, text: str) -> str:
    """Write the value of a header that is free text; what is not plain ASCII is encoded whole."""
    column = len(name) + 2
    words = text.split(" ")
    is_plain = PLAIN.fullmatch(text) and ENCODED not in text and max(map(len, words)) <= WIDTH - column
    return fold_header(words if is_plain else encode_words(text, WIDTH - column), column)


def fold_header(pieces: Iterable[str], column: int) -> str:
    """Join pieces with spaces from this column on, in lines of 76 columns where that is possible."""
    first, *others = pieces
    value, column = first, column + len(first)
    for each in others:
        is_full = column + 1 + len(each) > WIDTH
        value += f"\r\n {each}" if is_full else f" {each}"
        column = len(each) + 1 if is_full else column + 1 + len(each)
    return value


def build_body(draft: Draft) -> EmailMessage:
    """Build the body with the headers that describe it, and no others."""
    built = EmailMessage(policy=policy.SMTP)
    built.set_content(draft.text, charset="utf-8", cte=transfer_encoding(draft.text))
    if draft.html is not None:
        encoding = transfer_encoding(draft.html)
        built.add_alternative(draft.html, subtype="html", charset="utf-8", cte=encoding)
    return built


def transfer_encoding(text: str) -> str | None:
    """Choose how a body is encoded for the way: Base64 where it must be, else as Python finds best."""
    longest = max((len(line.encode("utf-8")) for line in LINE_END.split(text)), default=0)
    return "base64" if longest > LONGEST_LINE or CONTROL.search(text) else None


def refuse_difference(written: bytes, meant: Draft, names: Sequence[str]) -> None:
    """Read a message again and compare it with what is meant.

    Raises RefusedError naming what differs.
    """
    message = BytesParser(policy=policy.compat32).parsebytes(written)
    if [name for name, _ in message.raw_items()] != list(names) or message.defects:
        raise RefusedError("the e-mail would have other headers than are meant")
    for name, value in (*meant.mailboxes.items(), *meant.texts.items(), *meant.ids.items()):
        if read_value(message, name, meant) != value:
            raise RefusedError(f"the e-mail's {name} would not read back as it is meant")
    if read_bodies(message) != [lines_of(each) for each in (meant.text, meant.html) if each is not None]:
        raise RefusedError("the e-mail's text would not read back as it is meant")


def read_value(message: Message, name: str, meant: Draft) -> str | list[Mailbox] | list[str]:
    """Read a header as strictly as it was written."""
    [value] = map(unfold_header, raw_values(message, name))
    if name in meant.texts:
        return decode_words(value)
    if name in meant.ids:
        return value.split(" ")
    return [Mailbox(decode_words(box), email) for box, email in getaddresses([value])]


def read_bodies(message: Message) -> list[str]:
    """Read the texts of a message, in their order."""
    parts = child_parts(message) if message.is_multipart() else [message]
    return [lines_of(part_text(part)) for part in parts]


def lines_of(text: str) -> str:
    """Return a text with plain line ends, the last line ended."""
    plain = LINE_END.sub("\n", text)
    return plain if plain.endswith("\n") else f"{plain}\n"
