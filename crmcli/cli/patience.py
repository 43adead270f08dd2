"""How long the patterns of one command may be searched: some take longer than the world will last.

Python's `re` looks for signals while it searches, so a timer of the process's own time stops it, in
whichever pattern, however it blows up; a check of the pattern itself would refuse good ones and miss
bad ones.
"""

import re
import signal
from types import FrameType

from crmcli.domain.errors import CrmError
from crmcli.domain.patterns import Searching

SECONDS = 5.0  # of searching, all texts of a command together


class Patience:
    """What is left of the time for searching."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.left = seconds

    def searching(self, pattern: str) -> Searching:
        """A pattern, as Python has them, that is searched no longer than there is patience.

        Raises re.error and others where it is none.
        """
        search = re.compile(pattern, re.IGNORECASE).search

        def patiently(text: str) -> object:
            if self.left <= 0:
                raise impatient(pattern)
            before = signal.signal(signal.SIGVTALRM, stop)
            signal.setitimer(signal.ITIMER_VIRTUAL, self.left)
            try:
                return search(text)
            except TimeoutError:
                raise impatient(pattern) from None
            finally:
                self.left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                signal.signal(signal.SIGVTALRM, before)

        return patiently


def stop(number: int, frame: FrameType | None) -> None:
    """Leave the search."""
    raise TimeoutError


def impatient(pattern: str) -> CrmError:
    """The error for a pattern that takes too long."""
    return CrmError(
        f"/{pattern}/ takes longer than {SECONDS:g} s to search for",
        hint="a repetition within a repetition? ~part is quick",
    )
