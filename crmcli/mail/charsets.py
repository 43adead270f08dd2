"""Bytes of a mail as text, whatever they claim to be: real mail names charsets that do not exist."""

MEANT = dict.fromkeys(
    ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"
)  # as browsers take it
FALLBACKS = ("utf-8", "cp1252")  # what mail that says nothing, or something wrong, mostly is


def text_of(content: bytes, charset: str | None) -> str:
    """The text that these bytes most probably are; never fails.

    >>> text_of("Poêle".encode("cp1252"), "x-unknown")
    'Poêle'
    """
    claimed = (charset or "utf-8").strip().lower()
    for name in (MEANT.get(claimed, claimed), *FALLBACKS):
        try:
            return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")
