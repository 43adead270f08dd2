"""A time limit for the regular expressions of a command: some take exponential time.

Python's `re` checks for signals during a search, so a timer of the process's own CPU time can stop any
search. A check of the pattern instead would refuse harmless ones and miss slow ones.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from crmcli.domain.values.errors import CrmError, shorten_text
from crmcli.domain.values.patterns import Searching

LONGEST_QUOTE = 80
SECONDS = 5.0  # of CPU time, for all searches of a command together


class Patience:
    """The time that is left for searching."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.left = seconds

    def searching(self, pattern: str) -> Searching:
        """Compile a Python pattern and return its search function; both stop when the time is used up.

        Raises re.error and others if the pattern is not valid, CrmError if no time is left.
        """
        with self.limit(pattern):
            search = re.compile(pattern, re.IGNORECASE).search

        def patiently(text: str) -> object:
            with self.limit(pattern):
                return search(text)

        return patiently

    @contextmanager
    def limit(self, pattern: str) -> Iterator[None]:
        """Limit the body of a `with` statement to the time that is left, and deduct the time that it takes.

        Raises CrmError if no time is left.
        """
        if self.left <= 0:
            raise timeout_error(pattern)
        before = signal.signal(signal.SIGVTALRM, stop_search)
        signal.setitimer(signal.ITIMER_VIRTUAL, self.left)
        try:
            yield
        except TimeoutError:
            raise timeout_error(pattern) from None
        finally:
            self.left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)


def stop_search(number: int, frame: FrameType | None) -> None:
    """Raise TimeoutError to stop a search, when the timer's signal arrives."""
    raise TimeoutError


def timeout_error(pattern: str) -> CrmError:
    """Return the error for a pattern that takes too long."""
    return CrmError(
        f"/{shorten_text(pattern, LONGEST_QUOTE)}/ takes longer than {SECONDS:g} s to search for",
        hint="a repetition within a repetition? ~part is quick",
    )
