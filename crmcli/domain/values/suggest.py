"""Suggestions for misspelled names."""

from collections.abc import Iterable


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return `did you mean …?` with the nearest known name, or an empty text.

    >>> suggest_name("contcated", ["new", "contacted"])
    'did you mean contacted?'
    """
    from difflib import get_close_matches  # imported only after a mistake

    folded: dict[str, str] = {}
    for word in known:  # the first of equal ones is the id, before its label
        folded.setdefault(word.casefold(), word)
    begun = [word for word in folded if len(name) > 1 and word.startswith(name.casefold())]
    near = begun if len(begun) == 1 else get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]}?" if near else ""
