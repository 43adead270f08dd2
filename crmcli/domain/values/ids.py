"""Record ids: eight characters of Crockford's base32, random for new records, derived for rules."""

import re

LETTERS = "abcdefghjkmnpqrstvwxyz"
ALPHABET = "0123456789" + LETTERS
LENGTH = 8
ID = rf"[{LETTERS}][{ALPHABET}]{{{LENGTH - 1}}}"


def is_id(text: str) -> bool:
    """Tell whether a text has the form of a full id.

    >>> is_id("k7f3q9mx"), is_id("7kf3q9mx"), is_id("Pierre")
    (True, False, False)
    """
    return re.fullmatch(ID, text) is not None


def from_bits(number: int) -> str:
    """Return the id for a whole number of at least 40 bits: a letter, then seven letters or digits."""
    number, first = divmod(number, len(LETTERS))
    characters = [LETTERS[first]]
    for _ in range(LENGTH - 1):
        number, digit = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(characters)


def derive_id(*parts: str) -> str:
    """Return the id derived from these parts; it is the same on every machine.

    >>> derive_id("k7f3q9mx", "contacted.first-call", "1") == derive_id(
    ...     "k7f3q9mx", "contacted.first-call", "1")
    True
    """
    import hashlib  # takes 2 ms, and most commands do not need it

    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).digest()
    return from_bits(int.from_bytes(digest[:16], "big"))
