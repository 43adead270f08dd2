"""Mail headers as text: folded, encoded (RFC 2047), raw eight-bit, or malformed."""

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from crmcli.domain.values.decoding import decode_text

LONGEST = 64 * 1024  # characters read of one header, or of all addresses
LONGEST_OF_PART = 2 * 1024  # of a Content-* header; parsing its parameters takes quadratic time
MOST = 1_000  # headers read of a message
WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?\r\n]*)\?=")  # with blanks, which some programs leave in it
BETWEEN_WORDS = re.compile(r"(?<=\?=)[ \t\r\n]+(?==\?)")
MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\x9f]{1,900}>")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f]+")
CHARSET = re.compile(
    r"(charset)\*=[\w-]{0,40}'[\w-]{0,40}'", re.IGNORECASE
)  # RFC 2231; the parser fails on it
GAP = re.compile("[ \x00-\x1f\x7f-\x9f\u2028\u2029]+")
FOLD = re.compile(r"\r?\n(?=[ \t])")
SPECIAL = re.compile(r'[][\\()<>@,:;"]')  # need quotes in a display name (RFC 5322, section 3.2.3)


class Mailbox(NamedTuple):
    """A display name, perhaps empty, and an address."""

    name: str
    email: str

    def __str__(self) -> str:
        """Return the usual form, which `parseaddr` can read; a name with special characters is quoted."""
        return f"{quote_name(self.name)} <{self.email}>" if self.name else self.email


def quote_name(name: str) -> str:
    """Return a display name as written before an address."""
    if not SPECIAL.search(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


class ParsedMessage(Message):
    """A message, or a part of one, as the parser makes it; what kind it is, is read from its headers once."""

    @cached_property
    def kind(self) -> str:
        """The media type in lower case, without parameters."""
        return super().get_content_type()

    def get_content_type(self) -> str:
        """Return the media type; the parser itself asks only after the last header."""
        return self.kind


class HeaderPolicy(Compat32):
    """A policy that truncates headers to the length that is read."""

    message_factory = ParsedMessage

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return the name and the truncated value of a header; those about parts unfolded."""
        name, value = super().header_source_parse(sourcelines)
        if not name.lower().startswith("content-"):
            return name, value[:LONGEST]
        value = unfold_header(value[:LONGEST_OF_PART])
        if name.lower() == "content-transfer-encoding":  # programs write a comment or a semicolon behind it
            value = next(iter(value.replace(";", " ").replace("(", " ").split()), "")
        return name, CHARSET.sub(r"\1=", value)

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header's text; the parser takes eight-bit bytes in it for unknown characters."""
        return from_bytes(value)


POLICY = HeaderPolicy()


def raw_values(message: Message, name: str) -> list[str]:
    """Return all values of a header as they stand, eight-bit bytes decoded as UTF-8 or Windows-1252."""
    looked_at = islice(message.raw_items(), MOST)
    found = [value for key, value in looked_at if key.lower() == name.lower()]
    return [from_bytes(str(value)[:LONGEST]) for value in found]


def from_bytes(value: str) -> str:
    """Return a raw header's text; the parser represents eight-bit bytes in it as lone surrogates."""
    return value if value.isascii() else decode_text(value.encode("utf-8", "surrogateescape"), None)


def first_value(message: Message, name: str) -> str:
    """Return the first value of a header, decoded, on one line; empty where it is absent."""
    values = raw_values(message, name)
    return decode_header(values[0]) if values else ""


def decode_header(value: str) -> str:
    """Return a header's text on one line, its encoded words decoded once.

    >>> decode_header("=?utf-8?Q?Po=C3=AAle?= =?utf-8?B?IMOgIGdyYW51bMOpcw==?=")
    'Poêle à granulés'
    """
    return one_line(decode_words(value))


def decode_words(value: str) -> str:
    """Decode the encoded words of a header (RFC 2047, section 6.2); other text is unchanged.

    Decoded text is not decoded again.

    >>> decode_words("=?utf-8?q?=3D=3Futf-8=3Fq=3FBcc=3A=3F=3D?=")
    '=?utf-8?q?Bcc:?='
    """
    together = BETWEEN_WORDS.sub("", value)
    pieces: list[str] = []
    end, pending, charset = 0, b"", ""
    for word in WORD.finditer(together):
        gap = together[end : word.start()]
        if pending and (gap or word[1].lower() != charset):
            pieces.append(decode_text(pending, charset))
            pending = b""
        pieces.append(gap)
        charset = word[1].lower().partition("*")[0]
        pending += word_bytes(word[2], word[3])
        end = word.end()
    if pending:
        pieces.append(decode_text(pending, charset))
    return "".join([*pieces, together[end:]])


def word_bytes(encoding: str, text: str) -> bytes:
    """Return the bytes of one encoded word; text that cannot be decoded is returned unchanged."""
    content = text.encode("utf-8")
    if encoding.upper() == "Q":
        return quopri.decodestring(content, header=True)
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4))
    except (binascii.Error, ValueError):
        return content


def one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def replace_line_breaks(text: str) -> str:
    """Replace each run of line breaks and control characters with a space; keep other spaces."""
    return GAP.sub(lambda gap: " " if gap[0].strip(" ") else gap[0], text).strip(" ")


def unfold_header(value: str) -> str:
    """Undo the folding of a header (RFC 5322, section 2.2.3)."""
    return FOLD.sub("", value)


def read_mailboxes(message: Message, *names: str) -> list[Mailbox]:
    """Return the addresses in these headers, in order, with the members of groups (RFC 5322, 3.4)."""
    values = [UNPRINTABLE.sub(" ", value) for name in names for value in raw_values(message, name)]
    pairs = getaddresses([bracket_address(value) for value in cut_values(values)])
    return [Mailbox(decode_header(name), email.strip()) for name, email in pairs if "@" in email]


def bracket_address(value: str) -> str:
    """Return a value like `Anne a@b.fr` with the brackets that it lacks; any other unchanged.

    >>> bracket_address("Anne Le Goff anne@example.fr"), bracket_address("anne@example.fr")
    ('Anne Le Goff <anne@example.fr>', 'anne@example.fr')
    """
    if "<" in value or "," in value or ";" in value or ":" in value or value.count("@") != 1:
        return value
    name, _, address = value.strip().rpartition(" ")
    return f"{name} <{address}>" if name and "@" in address and "(" not in value else value


def cut_values(values: Iterable[str]) -> Iterator[str]:
    """Yield texts up to a total length of 65,536 characters, the last one cut."""
    left = LONGEST
    for value in values:
        yield value[:left]
        left -= len(value)
        if left <= 0:
            return


def message_ids(message: Message, *names: str) -> list[str]:
    """Return the message ids in these headers, with their angle brackets, in order, each once."""
    values = (value for name in names for value in raw_values(message, name))
    return list(dict.fromkeys(found for value in values for found in MESSAGE_ID.findall(value)))
