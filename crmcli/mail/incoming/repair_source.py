"""The source of a mail as mail programs read it: repaired where programs wrote it wrongly, and bounded.

The bytes that are kept are those received; only what is read is repaired.
"""

import re

LARGEST = 25 * 1024 * 1024  # bytes; in a larger mail, nothing is repaired that takes long to find
BEGINNING = 1024 * 1024  # bytes that are parsed of a larger mail that has too many parts
LONGEST_PART = 2 * 1024 * 1024  # bytes that are parsed of one part
LONGEST_PARTS = 4 * 1024 * 1024  # of all parts; then only their beginnings
LONGEST_BEGINNINGS = 8 * 1024 * 1024  # of all parts; those that follow are not parsed
SHORTEST_PART = 8 * 1024
CUT = "X-Crm-Cut"  # in what is parsed: where the bytes that a part lacks begin and end, and those in base64
LONGEST_HEADERS = 1024 * 1024  # bytes looked at for the end of the headers
MOST_PARTS = 10_000
MOST_COMPARISONS = 20_000_000  # of lines with boundaries
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ENVELOPE = (b"From ", b">From ")  # of a mailbox file
FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,20}:")
USUAL = re.compile(  # that follow a line which is none, where the headers go on
    rb"(?:from|to|cc|bcc|subject|date|sender|reply-to|message-id|in-reply-to|references|received|return-path|"
    rb"mime-version|delivered-to|user-agent|importance|priority|precedence|organization|thread-[a-z]+|"
    rb"(?:x|content|list|auto|arc|dkim|authentication|resent|envelope)-[a-z-]{1,50})[ \t]{0,20}:",
    re.IGNORECASE,
)


def is_oversized(content: bytes | bytearray) -> bool:
    """Tell whether only the beginning of a mail is parsed."""
    return len(content) > LARGEST


def repair_source(content: bytes) -> bytes:
    r"""Return the bytes to parse: without what stands before the headers and lines among them that are none.

    >>> repair_source(b"\xef\xbb\xbf\n>From jean Mon\nFrom: a@b.fr\nnonsense\nSubject: x\n\nBonjour")
    b'From: a@b.fr\nSubject: x\n\nBonjour'
    """
    start = skip_beginning(content)
    part = cut_parts(content, start)
    if is_oversized(content) and has_too_many_parts(part):
        part = part[:BEGINNING]
    end = find_end_of_headers(part)
    lines = part[:end].splitlines(keepends=True)
    if all(is_header_line(line) for line in lines):
        return part
    return b"".join(keep_headers(lines)) + part[end:]


def cut_parts(content: bytes, start: int) -> bytes:
    """Return a mail from a position on, with the ends of its long parts left out."""
    if len(content) - start <= LONGEST_PART or (not is_oversized(content) and has_too_many_parts(content)):
        return content[start:]
    mark = b"\n--" if b"boundary" in content[start : start + LONGEST_HEADERS].lower() else None
    pieces: list[bytes] = []
    read = 0
    while start < len(content) and read < LONGEST_BEGINNINGS:
        end = content.find(mark, start + 1) + 1 if mark else 0
        end = end or len(content)
        longest = max(SHORTEST_PART, min(LONGEST_PART, LONGEST_PARTS - read))
        piece = content[start:end] if end - start <= longest else cut_part(content, start, end, longest)
        pieces.append(piece)
        read += len(piece)
        start = end
    return b"".join(pieces)


def cut_part(content: bytes, start: int, end: int, longest: int) -> bytes:
    """Return the beginning of a part, with the range of bytes that are left out among its headers.

    It is cut before a line end, if there is one: the parser takes the one before a boundary away.
    """
    cut = content.rfind(b"\n", start + longest // 2, start + longest)
    cut = start + longest if cut < 0 else cut - content.startswith(b"\r", cut - 1)
    first = content.find(b"\n", start, cut) + 1 if content.startswith(b"--", start) else start
    said = f"{CUT}: {cut} {end} {count_base64(content[cut:end])}\n"
    line_end = b"" if end == len(content) else b"\n"
    return content[start:first] + said.encode() + content[first:cut] + line_end


def count_base64(encoded: bytes) -> int:
    r"""Return how many characters of base64 stand for data, without line ends and padding.

    >>> count_base64(b"QUJD\r\nQQ==\r\n")
    6
    """
    return len(encoded) - encoded.count(b"\n") - encoded.count(b"\r") - encoded[-8:].count(b"=")


def skip_beginning(content: bytes) -> int:
    """Return where the headers begin: after blank lines, a byte order mark and a line of a mailbox file."""
    place = len(BYTE_ORDER_MARK) if content.startswith(BYTE_ORDER_MARK) else 0
    for _ in range(100):
        if content[place : place + 1] in (b"\n", b"\r", b" ", b"\t", b"\x00"):
            end = place + 1
        elif content.startswith(ENVELOPE, place):
            end = content.find(b"\n", place) + 1
        elif content.startswith(BYTE_ORDER_MARK, place):
            end = place + len(BYTE_ORDER_MARK)
        else:
            break
        if not end:
            break
        place = end
    return place


def find_end_of_headers(content: bytes) -> int:
    """Return the position of the blank line after the headers, or how far it is looked for."""
    marks = (b"\n\n", b"\n\r\n", b"\r\r")
    found = [place for mark in marks if (place := content.find(mark, 0, LONGEST_HEADERS)) >= 0]
    return min(found) + 1 if found else min(len(content), LONGEST_HEADERS)


def is_header_line(line: bytes) -> bool:
    """Tell whether a line is one of the headers, or continues one."""
    return line[:1] in (b" ", b"\t") or FIELD.match(line) is not None


def keep_headers(lines: list[bytes]) -> list[bytes]:
    """Return the lines without those that are no headers, where headers follow them.

    Where none follows, the text begins there: a blank line is put before it.
    """
    odd = next(number for number, line in enumerate(lines) if not is_header_line(line))
    last = max((number for number, line in enumerate(lines) if USUAL.match(line)), default=-1)
    end = max(odd, last + 1)
    while end < len(lines) and last > odd and lines[end][:1] in (b" ", b"\t"):
        end += 1
    kept = [line for line in lines[:end] if is_header_line(line)]
    return [*kept, b"\n", *lines[end:]] if end < len(lines) else kept


def has_too_many_parts(content: bytes) -> bool:
    """Tell whether a message may have too many parts, or too many levels of parts, to parse in time.

    Python's parser compares each line with all boundaries that are open.
    """
    boundaries = content.lower().count(b"boundary=")
    is_long = boundaries * content.count(b"\n") > MOST_COMPARISONS
    return bool(boundaries) and (is_long or content.count(b"\n--") > MOST_PARTS)
