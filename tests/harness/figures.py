"""How much the tests have tried: processes killed, files merged, attacks; said at the end of a run."""

from collections import Counter

TRIED: Counter[str] = Counter()


def count(what: str, number: int = 1) -> None:
    """Count something that a test tries."""
    TRIED[what] += number


def say(tried: Counter[str]) -> str:
    """What was tried, in a line, without what was not.

    >>> say(Counter({"commands run": 1618, "processes killed": 4}))
    'tried: 1,618 commands run, 4 processes killed'
    """
    return "tried: " + ", ".join(f"{number:,} {what}" for what, number in sorted(tried.items()))
