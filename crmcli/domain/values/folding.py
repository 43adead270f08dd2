"""Folding of texts for comparison: without case, accents, ligatures, kinds of apostrophe and dash."""

import re
from functools import lru_cache

AS_TYPED = str.maketrans(  # not decomposed by NFKD
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        **dict.fromkeys("’‘ʼ′", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
LONGEST_KEPT = 1_000  # characters of a text whose folded form is cached
LONGEST_PART = 8  # characters that one may decompose into; a few Arabic ligatures are whole sentences
BETWEEN = "\x1f"  # separates two texts of a record; no folded text contains it


def fold_text(text: str) -> str:
    """Return a text without case, accents and the separator BETWEEN.

    >>> fold_text("Poêle à Granulés"), fold_text("L’Œuvre"), fold_text("Jøtul")
    ('poele a granules', "l'oeuvre", 'jotul')
    """
    return fold_short(text) if len(text) <= LONGEST_KEPT else fold_long(text)


def fold_long(text: str) -> str:
    """Return a text without case, accents and the separator BETWEEN, without caching."""
    if text.isascii():
        return text.lower().replace(BETWEEN, " ")
    return strip_accents(text).casefold().translate(AS_TYPED).replace(BETWEEN, " ")


fold_short = lru_cache(maxsize=65536)(fold_long)


class Unaccented(dict[int, str]):
    """A cached table from each character to its form without accents (NFKD).

    Characters are decomposed one by one: decomposing a whole text takes quadratic time where many
    combining accents follow each other.
    """

    def __missing__(self, code: int) -> str:
        import unicodedata  # takes 2 ms, and most texts are ASCII

        parts = unicodedata.normalize("NFKD", chr(code))
        plain = "".join(
            char for char in parts if not unicodedata.combining(char) and unicodedata.category(char) != "Cf"
        )
        self[code] = plain if len(plain) <= LONGEST_PART else chr(code)
        return self[code]


UNACCENTED = Unaccented()


def strip_accents(text: str) -> str:
    """Return a text without accents and invisible characters, its compatibility characters decomposed.

    >>> strip_accents("Poêle à 20 ㎡")
    'Poele a 20 m2'
    """
    return text.translate(UNACCENTED)


def folded_name(name: str) -> str:
    """Return a name folded for comparison, with each run of blanks as one space.

    >>> folded_name("  Élodie   LEFÈVRE ")
    'elodie lefevre'
    """
    return " ".join(fold_text(name).split())


def words_of_name(name: str) -> list[str]:
    """Return the folded words of a title or name, without the punctuation between them.

    >>> words_of_name("Longère de Plouay - poêle à granulés"), words_of_name("andré le-goff")
    (['longere', 'de', 'plouay', 'poele', 'a', 'granules'], ['andre', 'le', 'goff'])
    """
    return re.findall(r"[^\W_]+", fold_text(name))
