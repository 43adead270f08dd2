"""Names of people for comparison: their words in any order, without civilities.

Particles and compound names stay whole: LE BRAS is one word, and neither Jean nor Marc is Jean-Marc.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from crmcli.domain.values.folding import folded_name

MEN = frozenset({"m", "mr", "monsieur", "mister", "messieurs", "mm"})
WOMEN = frozenset({"mme", "mmes", "madame", "mesdames", "mlle", "mademoiselle", "mrs", "ms", "miss"})
OTHERS = frozenset({"dr", "docteur", "doctor", "pr", "prof", "professeur", "me", "maitre"})
CIVILITIES = MEN | WOMEN | OTHERS
ANYWHERE = CIVILITIES - {"m", "me", "pr", "ms", "mm"}  # not an initial or a short name where it stands later
AND = frozenset({"et", "&", "and", "ou"})
PARTICLES = frozenset(
    {
        *("le", "la", "les", "l'", "du", "de", "des", "d'", "da", "di", "do", "dos", "del", "della", "van"),
        *("von", "der", "den", "ter", "ten", "el", "mc", "mac", "saint", "sainte"),
    }
)
SAINTS = {"st": "saint", "ste": "sainte"}
BEFORE_NAMES = CIVILITIES | AND
COUPLE = "couple"
SEPARATED = re.compile(r"""[,;:()\[\]<>«»/."_']|--|(?<!\S)-|-(?!\S)""")  # needs more than a split at blanks
LONGEST = 400  # characters of a name that is taken apart: comparing words takes quadratic time


class PersonName(NamedTuple):
    """A name in parts: folded words in the order written, and whether it says a man, a woman or a couple."""

    words: tuple[str, ...]
    civility: str = ""  # of MEN or WOMEN, COUPLE, or empty

    @property
    def atoms(self) -> tuple[str, ...]:
        """The words, those with hyphens in pieces."""
        return tuple(atom for word in self.words for atom in split_atoms(word))


def split_atoms(word: str) -> list[str]:
    """Return the pieces of a word with hyphens."""
    return [atom for atom in word.split("-") if atom]


def parse_name(name: str) -> PersonName:
    """Return a name in parts; one that is too long for a name is compared as a single word.

    >>> parse_name("M. Pierre RICHARD")
    PersonName(words=('pierre', 'richard'), civility='m')
    >>> parse_name("LE BRAS, Jean-Marc").words, parse_name("d’Artagnan").words
    (('lebras', 'jean-marc'), ('dartagnan',))
    """
    return parse_short(name) if len(name) <= LONGEST else PersonName((folded_name(name),), "")


@lru_cache(maxsize=65536)
def parse_short(name: str) -> PersonName:
    """Return a name of usual length in parts."""
    kept, civility = without_civilities(split_words(name))
    return PersonName(tuple(join_particles(kept)) or (folded_name(name),), civility)


def split_words(name: str) -> list[str]:
    """Return the folded words of a name; civilities after a comma or in brackets come first.

    >>> split_words("RICHARD, J.-P. (M.)")
    ['m', 'richard', 'j-p']
    """
    folded = folded_name(name)
    if not SEPARATED.search(folded):  # as most names are
        return folded.split()
    plain = re.sub(r"\b([dl])' +", r"\1'", folded.replace(".-", "-"))
    plain = re.sub(r"-{2,}|(?<!\S)-|-(?!\S)", " ", plain)  # dashes between words
    parts = [re.sub(r"""[."_]""", " ", part).split() for part in re.split(r"[,;:()\[\]<>«»/]", plain)]
    parts.sort(key=lambda part: not set(part) <= BEFORE_NAMES)
    return [word for part in parts for word in part]


def without_civilities(words: Sequence[str]) -> tuple[list[str], str]:
    """Return the words of a name without civilities, and what they say; a name of civilities alone stays."""
    leading = next((at for at, word in enumerate(words) if word not in BEFORE_NAMES), len(words))
    kept = [word for word in words[leading:] if word not in ANYWHERE]
    if not kept:
        return list(words), ""
    said = [*words[:leading], *(word for word in words[leading:] if word in ANYWHERE)]
    genders = {"m" if word in MEN else "f" for word in said if word in MEN | WOMEN}
    return kept, COUPLE if len(genders) > 1 else "".join(genders)


def join_particles(words: Sequence[str]) -> list[str]:
    """Return words with each particle joined to what follows it; apostrophes are left out.

    >>> join_particles(["jean", "de", "la", "tour"]), join_particles(["st-martin"])
    (['jean', 'delatour'], ['saintmartin'])
    """
    found: list[str] = []
    before = ""
    for word in (piece for each in words for piece in split_particles(each)):
        spelled = SAINTS.get(word, word)
        if spelled in PARTICLES:
            before += spelled
        else:
            found.append((before + spelled).replace("'", ""))
            before = ""
    return [*found, before.replace("'", "")] if before else found


def split_particles(word: str) -> list[str]:
    """Return a word with hyphens as its leading particles and the rest: `le-bras` as `le`, `bras`."""
    head, hyphen, tail = word.partition("-")
    is_particle = bool(hyphen and tail) and SAINTS.get(head, head) in PARTICLES
    return [head, *split_particles(tail)] if is_particle else [word]


def name_key(name: str) -> str:
    """Return a key that names of one person share, in whatever order; few others share it.

    >>> name_key("Mme Le Bras Katell") == name_key("Katell LE BRAS") == name_key("Katell Lebras")
    True
    """
    return " ".join(sorted(parse_name(name).atoms)) or folded_name(name)


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two names are those of one person, apart from order, civility, accents and hyphens.

    >>> is_same_name("RICHARD Pierre", "M. Pierre Richard"), is_same_name("M. COUPLE", "Mme COUPLE")
    (True, False)
    """
    if name_key(one) != name_key(other):
        return False
    mine, theirs = parse_name(one), parse_name(other)
    return not differ_in_civility(mine, theirs) and has_words_of(mine, theirs) and has_words_of(theirs, mine)


def has_words_of(name: PersonName, other: PersonName) -> bool:
    """Tell whether a name has each word with hyphens of another one, in one piece or side by side."""
    joined = f" {' '.join(name.atoms)} "
    return all(f" {' '.join(split_atoms(word))} " in joined for word in other.words if split_atoms(word))


def differ_in_civility(one: PersonName, other: PersonName) -> bool:
    """Tell whether two names say a man, a woman or a couple, and not the same."""
    return bool(one.civility and other.civility) and one.civility != other.civility


def do_names_fit(one: str, other: str) -> bool:
    """Tell whether two names may be those of one person: one has all words of the other, or their initials.

    >>> do_names_fit("P. Richard", "Pierre RICHARD"), do_names_fit("Marie LE GOFF", "Jean LE GOFF")
    (True, False)
    >>> do_names_fit("Marc DUPONT", "Jean-Marc DUPONT"), do_names_fit("M. et Mme COUPLE", "Anne COUPLE")
    (False, True)
    """
    mine, theirs = parse_name(one), parse_name(other)
    if COUPLE not in (mine.civility, theirs.civility) and differ_in_civility(mine, theirs):
        return False
    return (
        is_same_name(one, other)
        or contains_words(mine.words, theirs.words)
        or contains_words(theirs.words, mine.words)
    )


def contains_words(more: Sequence[str], fewer: Sequence[str]) -> bool:
    """Tell whether each word, or initial, has a word of its own among others; initials alone do not count."""
    left, initials = list(more), []
    for word in fewer:
        if word in left:
            left.remove(word)
        else:
            initials.append(word)
    for word in initials:
        found = next((each for each in left if is_initial_of(word, each)), None)
        if found is None:
            return False
        left.remove(found)
    return any(len(word) > 1 and word in more for word in fewer)


def is_initial_of(one: str, other: str) -> bool:
    """Tell whether two words are alike, if an initial counts for a word: `j-p` and `jean-pierre`."""
    mine, theirs = one.split("-"), other.split("-")
    return len(mine) == len(theirs) and all(
        a == b or (1 in (len(a), len(b)) and a[:1] == b[:1]) for a, b in zip(mine, theirs, strict=True)
    )


def is_nameless(name: str, email: str = "") -> bool:
    """Tell whether a name only repeats how somebody is reached: an e-mail, its first part, or a phone.

    >>> is_nameless("06 12 34 56 78"), is_nameless("legoff56", "legoff56@example.org"), is_nameless("Marie")
    (True, True, False)
    """
    local = email.partition("@")[0]
    is_local = bool(local) and squeeze(name) == squeeze(local)
    return "@" in name or not any(char.isalpha() for char in name) or (is_local and " " not in name.strip())


def squeeze(text: str) -> str:
    """Return a folded text without dots, dashes and underscores."""
    return re.sub(r"[-._\s]", "", folded_name(text))
