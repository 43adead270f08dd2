"""The part of a mail's text that a record keeps: clean lines, no longer than can be read."""

import re

LONGEST = 8 * 1024  # bytes of UTF-8 that a record holds of one message
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
CUT = "\n[…]"


def clean_text(text: str) -> str:
    """A text with plain line ends, without control characters and surrounding blank lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u0085", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    lines = (line.rstrip() for line in UNPRINTABLE.sub("", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def shorten_message(text: str) -> str:
    """What a record keeps of a message's text."""
    kept = clean_text(text)
    encoded = kept.encode("utf-8")
    if len(encoded) <= LONGEST:
        return kept
    return encoded[: LONGEST - len(CUT.encode())].decode("utf-8", "ignore").rstrip() + CUT
