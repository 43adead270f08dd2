"""Texts as people compare them: case, accents, ligatures and kinds of apostrophe do not count."""

from functools import lru_cache

AS_TYPED = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "’": "'", "‘": "'"})  # what keyboards make of them
LONGEST_KEPT = 1_000  # characters of a text that is folded once for all
LONGEST_PART = 8  # characters that one character is taken apart into; a few Arabic ones are sentences
BETWEEN = "\x1f"  # stands between two texts of a record, and is found in none


def fold_text(text: str) -> str:
    """A text without case, accents and what stands between two texts.

    >>> folded("Poêle à Granulés"), folded("L’Œuvre"), folded("Jøtul")
    ('poele a granules', "l'oeuvre", 'jotul')
    """
    return fold_short(text) if len(text) <= LONGEST_KEPT else fold_long(text)


def fold_long(text: str) -> str:
    """Return a text without case, accents and what stands between two texts."""
    if text.isascii():
        return text.lower().replace(BETWEEN, " ")
    return strip_accents(text).casefold().translate(AS_TYPED).replace(BETWEEN, " ")


fold_short = lru_cache(maxsize=65536)(fold_long)


class Unaccented(dict[int, str]):
    """What each character is without accents (NFKD), worked out when it is met first.

    A whole text decomposed at once takes quadratic time for accents that follow each other.
    """

    def __missing__(self, code: int) -> str:
        import unicodedata  # two ms that most commands do without

        parts = unicodedata.normalize("NFKD", chr(code))
        plain = "".join(char for char in parts if not unicodedata.combining(char))
        self[code] = plain if len(plain) <= LONGEST_PART else chr(code)
        return self[code]


UNACCENTED = Unaccented()


def strip_accents(text: str) -> str:
    """Return a text without accents, ligatures and the like taken apart.

    >>> strip_accents("Poêle à 20 ㎡")
    'Poele a 20 m2'
    """
    return text.translate(UNACCENTED)


def folded_name(name: str) -> str:
    """A name as names are compared: without double blanks, too.

    >>> folded_name("  Élodie   LEFÈVRE ")
    'elodie lefevre'
    """
    return " ".join(fold_text(name).split())
