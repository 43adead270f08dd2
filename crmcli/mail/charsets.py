"""Bytes of a mail as text, whatever they claim to be: real mail names charsets that do not exist."""

import codecs

MEANT = dict.fromkeys(
    ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"
)  # as browsers take it
FALLBACKS = ("utf-8", "cp1252")  # what mail that says nothing, or something wrong, mostly is
NO_CHARSETS = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"}  # Python's own


def decode_text(content: bytes, charset: str | None) -> str:
    """The text that these bytes most probably are; never fails, and all of it can be written as UTF-8.

    >>> text_of("Poêle".encode("cp1252"), "x-unknown")
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
    """The text with every half of a surrogate pair (UTF-7 can name one alone) replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
