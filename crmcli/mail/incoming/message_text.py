"""The text of a mail that a record keeps: clean lines, limited in length."""

import re

LONGEST = 8 * 1024  # bytes of UTF-8 that a record holds of one message
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
CUT = "\n[…]"


def clean_text(text: str) -> str:
    """Return a text with \\n line ends, without control characters and surrounding blank lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u0085", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    lines = (line.rstrip() for line in UNPRINTABLE.sub("", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def shorten_message(text: str) -> str:
    """Return the text of a message that its record keeps: cleaned, at most 8 KiB in UTF-8."""
    kept = clean_text(text)
    encoded = kept.encode("utf-8")
    if len(encoded) <= LONGEST:
        return kept
    return encoded[: LONGEST - len(CUT.encode())].decode("utf-8", "ignore").rstrip() + CUT
