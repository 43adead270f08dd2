"""Header texts as encoded words (RFC 2047), for characters outside ASCII."""

import base64
import re
from collections.abc import Callable, Iterator

LONGEST_WORD = 75  # characters of one encoded word (RFC 2047, section 2)
AROUND = len("=?utf-8?q?") + len("?=")
PLAIN_IN_Q = re.compile(r"[A-Za-z0-9!*+/-]")  # allowed anywhere in a header, display names included
Q_CODES = {byte: chr(byte) if PLAIN_IN_Q.match(chr(byte)) else f"={byte:02X}" for byte in range(256)}
Q_CODES[ord(" ")] = "_"

Encoder = Callable[[str], str]


def encode_words(text: str, first: int = LONGEST_WORD) -> list[str]:
    """Encode a text as words of at most 75 characters, the first of at most `first`.

    Each word can be decoded alone: no character is split over two.

    >>> encode_words("Poêle")
    ['=?utf-8?q?Po=C3=AAle?=']
    """
    is_readable = 2 * len(encode_q(text)) <= 3 * len(encode_b(text))
    letter, encode = ("q", encode_q) if is_readable else ("b", encode_b)
    return [f"=?utf-8?{letter}?{encode(piece)}?=" for piece in split_to_fit(text, encode, first)]


def encode_q(text: str) -> str:
    """Encode a text in the Q encoding (RFC 2047, section 4.2)."""
    return text.encode("utf-8").decode("latin-1").translate(Q_CODES)


def encode_b(text: str) -> str:
    """Encode a text in the B encoding (RFC 2047, section 4.1)."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def split_to_fit(text: str, encode: Encoder, first: int) -> Iterator[str]:
    """Split a text into pieces that fit into one encoded word each."""
    piece, room = "", first - AROUND
    for character in text:
        if piece and len(encode(piece + character)) > room:
            yield piece
            piece, room = "", LONGEST_WORD - AROUND
        piece += character
    yield piece
