"""The spelling that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` for the nearest known name, or nothing.

    >>> suggestion("contcated", ["new", "contacted"])
    'did you mean contacted?'
    """
    folded = {word.casefold(): word for word in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]}?" if near else ""
