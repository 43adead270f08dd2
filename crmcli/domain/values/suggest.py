"""Suggestions for misspelled names."""

from collections.abc import Iterable

SHORT = 3  # letters of a name that is near another one though a third of it differs


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return `did you mean …?` with the nearest known name, or an empty text.

    >>> suggest_name("contcated", ["new", "contacted"])
    'did you mean contacted?'
    >>> suggest_name("stgae", ["state", "stage"])
    'did you mean stage?'
    """
    from difflib import get_close_matches  # imported only after a mistake

    folded: dict[str, str] = {}
    for word in known:  # the first of equal ones is the id, before its label
        folded.setdefault(word.casefold(), word)
    begun = [word for word in folded if len(name) > 1 and word.startswith(name.casefold())]
    near = begun if len(begun) == 1 else find_swapped(name.casefold(), folded)
    near = near or get_close_matches(name.casefold(), folded, n=1, cutoff=0.6 if len(name) <= SHORT else 0.7)
    return f"did you mean {folded[near[0]]}?" if near else ""


def find_swapped(name: str, known: Iterable[str]) -> list[str]:
    """Return the known name that two neighbouring letters of this one make when swapped, if any.

    difflib prefers a name of which one letter differs, though swapping is the more common slip.
    """
    return [word for word in known if is_swapped(name, word)][:1]


def is_swapped(name: str, word: str) -> bool:
    """Tell whether two neighbouring letters of a name, swapped, make a word; in time linear in its length."""
    if len(name) != len(word) or name == word:
        return False
    at = next(place for place, (mine, other) in enumerate(zip(name, word, strict=True)) if mine != other)
    return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :] == word
