"""Suggestions for misspelled names."""

from collections.abc import Iterable


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
    near = near or get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]}?" if near else ""


def find_swapped(name: str, known: Iterable[str]) -> list[str]:
    """Return the known name that two neighbouring letters of this one make when swapped, if any.

    difflib prefers a name of which one letter differs, though swapping is the more common slip.
    """
    swapped = {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}
    return [word for word in known if word in swapped and word != name][:1]
