"""Record ids: eight characters of Crockford's base32, random for people, derived for rules."""

import re

LETTERS = "abcdefghjkmnpqrstvwxyz"
ALPHABET = "0123456789" + LETTERS
LENGTH = 8
ID = rf"[{LETTERS}][{ALPHABET}]{{{LENGTH - 1}}}"


def is_id(text: str) -> bool:
    """Has this text the form of a full id?

    >>> is_id("k7f3q9mx"), is_id("7kf3q9mx"), is_id("Pierre")
    (True, False, False)
    """
    return re.fullmatch(ID, text) is not None


def from_bits(number: int) -> str:
    """The id that a whole number of at least 40 bits spells; a letter first, then seven characters."""
    number, first = divmod(number, len(LETTERS))
    characters = [LETTERS[first]]
    for _ in range(LENGTH - 1):
        number, digit = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(characters)


def derive_id(*parts: str) -> str:
    """The one id that these parts have on every machine: two clones make one thing.

    >>> derived("k7f3q9mx", "contacted.first-call", "1") == derived(
    ...     "k7f3q9mx", "contacted.first-call", "1")
    True
    """
    import hashlib  # two ms that most commands do without

    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).digest()
    return from_bits(int.from_bytes(digest[:16], "big"))
