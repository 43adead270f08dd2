"""Search for regular expressions of the workspace; a caller with a clock may limit its time."""

import re
from collections.abc import Callable

INVALID = (re.error, ValueError, OverflowError, RecursionError, MemoryError)  # of a bad pattern
Searching = Callable[[str], object]  # the search function of a pattern: returns a match of a text, or None


def search_unhurried(pattern: str) -> Searching:
    """Return the search function of a regular expression, ignoring case, without a time limit.

    Raises re.error or another of INVALID if it is not valid.
    """
    return re.compile(pattern, re.IGNORECASE).search
