"""How long the patterns of one command may be searched: some take longer than the world will last.

Python's `re` looks for signals while it searches, so a timer of the process's own time stops it, in
whichever pattern, however it blows up; a check of the pattern itself would refuse good ones and miss
bad ones.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from crmcli.domain.values.errors import CrmError, shorten_text
from crmcli.domain.values.patterns import Searching

LONGEST_QUOTE = 80
SECONDS = 5.0  # of searching, all texts of a command together


class Patience:
    """What is left of the time for searching."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.left = seconds

    def searching(self, pattern: str) -> Searching:
        """A pattern, as Python has them, that is read and searched no longer than there is patience.

        Raises re.error and others where it is not valid.
        """
        with self.limit(pattern):
            search = re.compile(pattern, re.IGNORECASE).search

        def patiently(text: str) -> object:
            with self.limit(pattern):
                return search(text)

        return patiently

    @contextmanager
    def limit(self, pattern: str) -> Iterator[None]:
        """Take what is done here from the time that is left.

        Raises CrmError where none is left.
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
    """Leave the search."""
    raise TimeoutError


def timeout_error(pattern: str) -> CrmError:
    """The error for a pattern that takes too long."""
    return CrmError(
        f"/{shorten_text(pattern, LONGEST_QUOTE)}/ takes longer than {SECONDS:g} s to search for",
        hint="a repetition within a repetition? ~part is quick",
    )
