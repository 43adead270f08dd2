"""Bytes of a mail as text, whatever they claim to be: real mail names charsets that do not exist."""

FALLBACKS = ("utf-8", "cp1252")  # what mail that says nothing, or something wrong, mostly is


def text_of(content: bytes, charset: str | None) -> str:
    """The text that these bytes most probably are; never fails.

    >>> text_of("Poêle".encode("cp1252"), "x-unknown")
    'Poêle'
    """
    for name in (charset, *FALLBACKS):
        try:
            return content.decode(name or "utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")
