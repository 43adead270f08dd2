"""The identity of a message as received: the same for a second copy of it, whichever way that one came."""

import hashlib
import re
from collections.abc import Iterator

from crmcli.mail.incoming.repair_source import (
    USUAL,
    find_end_of_headers,
    is_header_line,
    is_oversized,
    skip_beginning,
)

WRITTEN = (b"from", b"date", b"subject")  # by the sender; other headers are added and changed on the way
QUOTED_FROM = re.compile(rb"^>+(?=From )", re.MULTILINE)  # how mailbox files quote a line of the text
PIECE = 1024 * 1024  # bytes hashed at a time


def compute_identity(content: bytes) -> str:
    """Return the identity of a message: a SHA-256 over sender, date, subject and the whole body.

    What has none of these headers is identified by all its bytes. Line ends, blank lines at the ends and the
    quoting of mailbox files do not count (up to 25 MiB). A message that cannot be parsed has an identity too.

    >>> one = compute_identity(b"Received: a\\nFrom: a@b.fr\\nSubject: y\\n\\nBonjour\\n")
    >>> one == compute_identity(b"From: a@b.fr\\r\\nSubject: y\\r\\nX-Spam: 1\\r\\n\\r\\nBonjour")
    True
    """
    start = skip_beginning(content)
    begin = content[start : start + PIECE]
    end = find_end_of_headers(begin)
    head = begin[:end]
    fields = [find_field(head, name) for name in WRITTEN]
    if not any(fields):
        return hashlib.sha256(content).hexdigest()
    digest = hashlib.sha256()
    for value in (*fields, *find_text_in_headers(head)):
        digest.update(b" ".join(value.split()) + b"\0")
    for piece in normal_pieces(content, start + end):
        digest.update(piece)
    return digest.hexdigest()


def find_text_in_headers(head: bytes) -> list[bytes]:
    """Return the lines of text where the blank line before the text is missing; none in a proper message."""
    lines = head.splitlines(keepends=True)
    if all(map(is_header_line, lines)):
        return []
    found: list[bytes] = []
    is_usual = False
    for line in lines:
        is_usual = is_usual if line[:1] in (b" ", b"\t") else USUAL.match(line) is not None
        found += [] if is_usual else [line]
    return found


def find_field(head: bytes, name: bytes) -> bytes:
    """Return the value of the first header field of a name, with its folded lines; empty without one."""
    field = rb"^" + name + rb"[ \t]*:((?:.*)(?:\r?\n[ \t].*)*)"
    found = re.search(field, head, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else b""


def normal_pieces(content: bytes, start: int) -> Iterator[bytes]:
    """Yield a body in pieces of whole lines, with normal line ends; blank lines at its ends are left out."""
    pending, is_begun = b"", False
    while start < len(content):
        end = min(start + PIECE, len(content))
        if end < len(content):
            end = content.rfind(b"\n", start + PIECE // 2, end) + 1 or end
        piece = content[start:end].replace(b"\r\n", b"\n")
        piece = piece if is_oversized(content) else QUOTED_FROM.sub(b"", piece)
        if not is_begun:
            piece = piece.lstrip(b"\r\n")
            is_begun = bool(piece)
        kept = piece.rstrip(b"\r\n")
        if kept:
            yield pending + kept
            pending = b""
        pending += piece[len(kept) :]
        start = end
