"""How a pattern that somebody wrote is searched for; a caller with a clock may put an end to it."""

import re
from collections.abc import Callable

INVALID = (re.error, ValueError, OverflowError, RecursionError, MemoryError)  # what `re` raises for a bad one
Searching = Callable[[str], object]  # of a pattern: what it finds in a text, something or nothing


def search_unhurried(pattern: str) -> Searching:
    """A pattern, as Python has them, searched for as long as it takes.

    Raises re.error and others where it is not valid.
    """
    return re.compile(pattern, re.IGNORECASE).search
