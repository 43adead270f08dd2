"""Texts as they are stored: without characters that nobody sees, letters in one form."""

import re

SOFT = "\u00ad\u200b\u2060\u180e\ufeff"  # soft hyphen, zero-width spaces, byte order mark
STEERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # direction marks
JOINERS = "\u200c\u200d"  # between the parts of an emoji, and in Persian; nowhere in an address
INVISIBLE = str.maketrans(dict.fromkeys(SOFT + STEERING))
IN_ADDRESSES = str.maketrans(dict.fromkeys(SOFT + STEERING + JOINERS))
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"))


def clean_text(text: str) -> str:
    """Return a text without invisible characters, its letters composed (Unicode NFC).

    >>> clean_text("re\\u0301nove\\u0301"), clean_text("Ke\\u00adrma\\u200brrec")
    ('rénové', 'Kermarrec')
    """
    if text.isascii():
        return text
    import unicodedata  # takes 2 ms, and most texts are ASCII

    return unicodedata.normalize("NFC", text.translate(INVISIBLE))


def clean_email(text: str) -> str:
    """Return an e-mail address, perhaps with a name, without invisible characters and the scheme of a link.

    >>> clean_email("mailto:ann@example.org?subject=Devis"), clean_email("\\u200bann@example.org")
    ('ann@example.org', 'ann@example.org')
    """
    plain = text.translate(IN_ADDRESSES).strip()
    return re.sub(r"(?i)^mailto:([^?]*)(\?.*)?$", r"\1", plain)


def clean_phone(text: str) -> str:
    """Return a phone without invisible characters and the scheme of a link, its dashes as hyphens.

    >>> clean_phone("\\u202a06\\u201112\\u201134\\u201156\\u201178\\u202c")
    '06-12-34-56-78'
    """
    plain = text.translate(IN_ADDRESSES).translate(DASHES)
    return re.sub(r"\s", " ", plain).strip().removeprefix("tel:")
