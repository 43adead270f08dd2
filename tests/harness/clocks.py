"""A clock that is set back or forward, for one process."""

import itertools
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from crmcli.operations import request
from crmcli.operations.messages import record_outcomes

HOUR = 3600.0


def clock_off_by(**amount: float) -> Callable[[], None]:
    """What makes a new process one whose clock is wrong, in days, hours, or other units of `timedelta`."""

    def set_clock() -> None:
        shift, real = timedelta(**amount), time.time

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + shift

        for module in (request, record_outcomes):
            module.datetime = Shifted  # type: ignore[attr-defined]
        time.time = lambda: real() + shift.total_seconds()

    return set_clock


def clock_that_runs_back() -> None:
    """Make the clock of this process go back by an hour whenever it is looked at."""
    real, looks = time.time, itertools.count()
    time.time = lambda: real() - next(looks) * HOUR
