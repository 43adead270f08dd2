"""Content lines of vCard: `group.NAME;PARAM=value:text`, folded and escaped (RFC 6350, section 3).

Parsed without a library, so that lines of other programs are written back unchanged, unknown ones too.
"""

import codecs
import quopri
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crmcli.domain.values.decoding import decode_text, is_mostly_utf8, is_utf8

FOLD = 75  # octets of a line
ESCAPES = {"n": "\n", "N": "\n"}
UNQUOTED = "ENCODING=QUOTED-PRINTABLE"


class Line(NamedTuple):
    """A line as written: its name in capitals, raw value, parameters and group."""

    name: str
    value: str
    params: str = ""  # the text between the name and the colon, `;TYPE=home`
    group: str = ""
    number: int = 0  # line number, if read from a file

    def __str__(self) -> str:
        group = f"{self.group}." if self.group else ""
        return f"{group}{self.name}{self.params}:{self.value}"

    @property
    def types(self) -> list[str]:
        """The values of TYPE in lower case, with those that vCard 2.1 writes without a name."""
        found = []
        for each in split_raw(self.params.lstrip(";"), ";"):
            name, equals, value = each.partition("=")
            if not equals or name.upper() == "TYPE":
                found += [part.strip('"').lower() for part in (value if equals else name).split(",")]
        return [each for each in found if each]


class TextLine(NamedTuple):
    """An unfolded line of a file; `is_odd` where bytes of it are not UTF-8 as the rest is."""

    number: int
    text: str
    is_odd: bool = False


def unfold_lines(content: bytes) -> Iterator[TextLine]:
    """Yield the lines of a file, with folded and quoted-printable continuation lines joined.

    Bytes are unfolded before they are decoded: a program may fold inside a character. A card of version 2.1
    keeps the blank at which a line was folded (vCard 2.1, section 2.1.3), but in base64.
    """
    whole = content.decode("utf-16", "replace").encode("utf-8") if is_utf16(content) else content
    is_utf8_file = is_mostly_utf8(whole)
    plain = whole.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    begins, pieces, waiting, is_old = 0, [b""], False, False
    for place, raw in enumerate(plain.split(b"\n"), start=1):
        if waiting:
            pieces[-1] = pieces[-1][:-1]
            pieces.append(raw.lstrip(b" \t"))
            waiting = raw.endswith(b"=")
        elif raw[:1] in (b" ", b"\t") and pieces[0]:
            keeps = is_old and b"BASE64" not in pieces[0].partition(b":")[0].upper()
            pieces.append(raw if keeps else raw[1:])
        else:
            if pieces[0]:
                yield read_line(begins, b"".join(pieces), is_utf8_file)
            begins, pieces, waiting = place, [raw], is_broken(raw)
            is_old = b"VERSION:2.1" in raw.upper() or (is_old and b"BEGIN:VCARD" not in raw.upper())
    if pieces[0]:
        yield read_line(begins, b"".join(pieces), is_utf8_file)


def is_utf16(content: bytes) -> bool:
    """Tell whether a file begins with the byte order mark of UTF-16."""
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def read_line(number: int, raw: bytes, is_utf8_file: bool) -> TextLine:
    """Decode an unfolded line: as UTF-8, unless the whole file is in Windows-1252."""
    if raw.isascii():
        return TextLine(number, raw.decode("ascii"))
    return TextLine(number, decode_text(raw), is_odd=is_utf8_file and not is_utf8(raw))


def is_broken(line: bytes) -> bool:
    """Tell whether a quoted-printable value continues on the next line."""
    return line.endswith(b"=") and UNQUOTED.encode() in line.partition(b":")[0].upper()


def parse_line(text: str, number: int = 0) -> Line | None:
    """Parse an unfolded line, and decode quoted-printable; return None where it is not valid."""
    colon = outside_quotes(text, ":")
    if colon < 1:
        return None
    head, value = text[:colon], text[colon + 1 :]
    semicolon = outside_quotes(head, ";")
    whole, params = (head, "") if semicolon < 0 else (head[:semicolon], head[semicolon:])
    group, _, name = whole.rpartition(".")
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        return None
    if UNQUOTED in params.upper() or ";QUOTED-PRINTABLE" in params.upper():
        value, params = decode_printable(value, params)
    return Line(name.upper(), value, params, group, number)


def decode_printable(value: str, params: str) -> tuple[str, str]:
    """Return a quoted-printable value as text, and the parameters without encoding and charset."""
    parts = [each for each in params.lstrip(";").split(";") if each]
    charset = next((each[8:] for each in parts if each.upper().startswith("CHARSET=")), "utf-8")
    kept = [each for each in parts if not each.upper().startswith(("CHARSET=", "ENCODING=", "QUOTED-"))]
    text = decode_text(quopri.decodestring(value.encode("utf-8")), charset)
    return text.replace("\r\n", "\n").replace("\n", "\\n"), "".join(f";{each}" for each in kept)


def outside_quotes(text: str, mark: str) -> int:
    """Return the first position of a mark outside double quotes; -1 where there is none."""
    if '"' not in text:
        return text.find(mark)
    quoted = False
    for place, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == mark and not quoted:
            return place
    return -1


def split_raw(text: str, mark: str) -> list[str]:
    """Split a raw value at each mark that is not escaped with a backslash."""
    if "\\" not in text:
        return text.split(mark)
    parts: list[str] = []
    current: list[str] = []
    escaped = False
    for char in text:
        if char == mark and not escaped:
            parts.append("".join(current))
            current = []
            continue
        current.append(char)
        escaped = char == "\\" and not escaped
    return [*parts, "".join(current)]


def unescape(raw: str) -> str:
    """Return a raw value as text.

    >>> unescape(r"a\\, b\\;\\nc")
    'a, b;\\nc'
    """
    if "\\" not in raw:
        return raw
    found, rest = [], iter(raw)
    for char in rest:
        following = next(rest, "") if char == "\\" else ""
        found.append(ESCAPES.get(following, following) if char == "\\" else char)
    return "".join(found)


def escape(text: str) -> str:
    """Return a text as a raw value."""
    escaped = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return escaped.replace("\r\n", "\n").replace("\n", "\\n")


def fold_line(line: str) -> str:
    """Return a line folded into pieces of at most 75 octets, with its line end."""
    if len(line.encode("utf-8")) <= FOLD:
        return f"{line}\r\n"
    pieces, room = [""], FOLD
    for char in line:
        size = len(char.encode("utf-8"))
        if size > room:
            pieces.append(" ")
            room = FOLD - 1
        pieces[-1] += char
        room -= size
    return "\r\n".join(pieces) + "\r\n"


class Card(NamedTuple):
    """A card of a file: the number of its first line, its lines, and its faults as (number, what)."""

    begins: int
    lines: list[Line]
    faults: list[tuple[int, str]]
    odd_lines: list[int]  # numbers of those with bytes that are not UTF-8 as the rest of the file is


def split_cards(content: bytes) -> Iterator[Card]:
    """Yield the cards of a file; lines outside any card become a card with a fault."""
    card: Card | None = None
    for number, text_line, is_odd in unfold_lines(content):
        line = parse_line(text_line, number)
        marker = (line.name, line.value.strip().upper()) if line else None
        if marker == ("BEGIN", "VCARD"):
            if card is not None:
                yield find_endless(card)
            card = Card(number, [], [], [])
        elif card is None:
            if text_line.strip():
                yield Card(number, [], [(number, "no card begins here")], [])
        elif marker == ("END", "VCARD"):
            yield card
            card = None
        elif line is not None:
            card.lines.append(line)
            card.odd_lines.extend([number] if is_odd else ())
        elif text_line.strip():
            card.faults.append((number, f"{text_line[:40]!r} is not a line of a card"))
    if card is not None:
        yield find_endless(card)


def find_endless(card: Card) -> Card:
    """Return a card without an end, with that as its only fault."""
    return card._replace(faults=[(card.begins, "this card has no end")])


def write_card(lines: Sequence[Line]) -> str:
    """Return the text of a card with these lines."""
    return "".join(fold_line(str(line)) for line in lines)
