"""Bytes of others as text: mail, cards and spreadsheets, whatever they say of their encoding.

What is valid UTF-8 is UTF-8, also under the label of ASCII or Latin-1. One wrong byte garbles nothing else:
it alone is read as Windows-1252, and its line is named.
"""

import codecs
import re
from typing import NamedTuple

from crmcli.domain.values.errors import UsageError

WEAK = dict.fromkeys(  # labels that say little: programs write them by default; browsers read Windows-1252
    ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"
)
NO_CHARSETS = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"}  # only in Python
MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
SAMPLE = 200  # bytes from which an encoding without a mark is guessed
LONE = "lone-bytes-as-windows-1252"  # the name of the error handler


class Decoded(NamedTuple):
    """A text, and the numbers of its lines with bytes that are not in the encoding of the others."""

    text: str
    odd_lines: tuple[int, ...] = ()
    encoding: str = "UTF-8"


def decode_text(content: bytes, charset: str | None = None) -> str:
    """Decode bytes with the most probable charset; never fails, and the result can be encoded in UTF-8.

    >>> decode_text("Poêle".encode("cp1252"), "x-unknown"), decode_text("Poêle".encode(), "us-ascii")
    ('Poêle', 'Poêle')
    >>> decode_text("Élodie ".encode() + b"Dupr\\xe9")
    'Élodie Dupré'
    """
    return decode_lines(content, charset).text


def decode_lines(content: bytes, charset: str | None = None) -> Decoded:
    """Decode bytes as `decode_text` does, and name the lines that are in another encoding than the rest."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Decoded(content.decode("utf-16", "replace"), encoding="UTF-16")
    if charset is None and (found := find_utf16(content)):
        return Decoded(drop_surrogates(content.decode(found, "replace")), encoding="UTF-16")
    content = content.removeprefix(codecs.BOM_UTF8)
    claimed = (charset or "utf-8").strip().lower()
    if WEAK.get(claimed) is None and claimed not in ("utf-8", "utf8"):
        text = decode_strictly(content, claimed)
        if text is not None:
            return Decoded(text, encoding=claimed)
    text = decode_strictly(content, "utf-8")
    if text is not None:
        return Decoded(text)
    if not is_mostly_utf8(content):
        return Decoded(content.decode("cp1252", "replace"), encoding="Windows-1252")
    odd = [number for number, line in enumerate(content.split(b"\n"), start=1) if not is_utf8(line)]
    return Decoded(content.decode("utf-8", LONE), tuple(odd))


def decode_exactly(content: bytes, charset: str) -> Decoded:
    """Decode bytes that a person says to be in a charset.

    Raises UsageError for a charset that does not exist, and for bytes that are not in it.
    """
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = ""
    if not name or name in NO_CHARSETS:
        raise UsageError(f"unknown encoding {charset!r}", hint="like utf-8, utf-16, cp1252 or mac-roman")
    text = decode_strictly(content.removeprefix(codecs.BOM_UTF8) if name == "utf-8" else content, charset)
    if text is None:
        raise UsageError(f"is not {charset}")
    return Decoded(text.removeprefix("\ufeff"), encoding=charset)


def find_utf16(content: bytes) -> str | None:
    """Return the encoding of UTF-16 without a mark: every other byte of its beginning is NUL; else None.

    >>> find_utf16("Nom;Ville".encode("utf-16-le")), find_utf16(b"Nom;Ville"), find_utf16(b"\\0" * 8)
    ('utf-16-le', None, None)
    """
    start = content[:SAMPLE]
    nuls = (start[::2].count(0), start[1::2].count(0))
    if len(start) < 4 or min(nuls) > 0 or max(nuls) * 4 < len(start):
        return None
    return "utf-16-le" if nuls[1] else "utf-16-be"


def decode_strictly(content: bytes, charset: str) -> str | None:
    """Decode bytes with a charset; None for one that does not exist, and for bytes that are not in it."""
    try:
        if codecs.lookup(charset).name in NO_CHARSETS:
            return None
        return drop_surrogates(content.decode(charset))
    except (LookupError, ValueError):
        return None


def is_utf8(content: bytes) -> bool:
    """Tell whether bytes are valid UTF-8."""
    return decode_strictly(content, "utf-8") is not None


def is_mostly_utf8(content: bytes) -> bool:
    """Tell whether bytes that are not valid UTF-8 have at least as many of its characters as lone bytes."""
    characters = MULTIBYTE.findall(content)
    lone = sum(byte > 127 for byte in content) - sum(map(len, characters))
    return len(characters) >= max(lone, 1)


def read_lone_bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are not valid UTF-8 as Windows-1252: an error handler of `codecs`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(LONE, read_lone_bytes)


def drop_surrogates(text: str) -> str:
    """Return the text with each lone surrogate replaced; UTF-7 can produce these."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
