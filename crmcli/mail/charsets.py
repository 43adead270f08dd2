"""Decoding of mail text, whatever its charset label: real mail names charsets that do not exist."""

import codecs

MEANT = dict.fromkeys(
    ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"
)  # as browsers decode them
FALLBACKS = ("utf-8", "cp1252")  # the usual charsets of mail with a missing or wrong label
NO_CHARSETS = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"}  # only in Python


def decode_text(content: bytes, charset: str | None) -> str:
    """Decode bytes with the most probable charset; never fails, and the result can be encoded in UTF-8.

    >>> decode_text("Poêle".encode("cp1252"), "x-unknown")
    'Poêle'
    """
    claimed = (charset or "utf-8").strip().lower()
    for name in (MEANT.get(claimed, claimed), *FALLBACKS):
        try:
            if codecs.lookup(name).name not in NO_CHARSETS:
                return drop_surrogates(content.decode(name))
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def drop_surrogates(text: str) -> str:
    """Return the text with each lone surrogate replaced; UTF-7 can produce these."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
