"""Activities: how many are planned, overdue, done and cancelled, and how many were done in time."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from crmcli.domain.model.record_types import State
from crmcli.domain.model.urgency import Urgency
from crmcli.report.amounts import percent_of
from crmcli.store.index.deal_rows import ActivityRow

StateOf = Callable[[ActivityRow], str]
DayDone = Callable[[ActivityRow], date | None]


class ActivityFigures(msgspec.Struct, frozen=True):
    """The figures of some activities; `in_time` is in per cent of those done that had a deadline."""

    count: int
    planned: int
    overdue: int  # of the planned ones
    done: int
    cancelled: int
    in_time: Decimal | None


def activity_figures(rows: Sequence[ActivityRow], state_of: StateOf, day_done: DayDone) -> ActivityFigures:
    """Return the figures of some activities.

    `state_of` tells the state on the assignee's day, and `day_done` on which of these days one was done.
    """
    states = [state_of(row) for row in rows]
    done, cancelled = states.count(State.DONE), states.count(State.CANCELLED)
    dated = [
        (row.due, day)
        for row, state in zip(rows, states, strict=True)
        if state == State.DONE and row.due and (day := day_done(row)) is not None
    ]
    return ActivityFigures(
        len(rows),
        len(rows) - done - cancelled,
        states.count(Urgency.OVERDUE),
        done,
        cancelled,
        percent_of(sum(day.isoformat() <= due for due, day in dated), len(dated)),
    )
