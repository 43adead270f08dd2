"""Texts as people compare them: case, accents, ligatures and kinds of apostrophe do not count."""

from functools import lru_cache

AS_TYPED = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "’": "'", "‘": "'"})  # what keyboards make of them
BETWEEN = "\x1f"  # stands between two texts of a record, and is found in none


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """A text without case, accents and what stands between two texts.

    >>> folded("Poêle à Granulés"), folded("L’Œuvre"), folded("Jøtul")
    ('poele a granules', "l'oeuvre", 'jotul')
    """
    if text.isascii():
        return text.lower().replace(BETWEEN, " ")
    import unicodedata  # two ms that most commands do without

    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return bare.translate(AS_TYPED).replace(BETWEEN, " ")


def folded_name(name: str) -> str:
    """A name as names are compared: without double blanks, too.

    >>> folded_name("  Élodie   LEFÈVRE ")
    'elodie lefevre'
    """
    return " ".join(folded(name).split())
