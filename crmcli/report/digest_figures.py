"""The digest: what happened in a period, for each owner and for all."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import msgspec

from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.domain.progress.course import whole_course
from crmcli.report.amounts import sum_cents
from crmcli.report.reported_period import ReportedPeriod
from crmcli.report.stale_figures import StaleClock
from crmcli.store.index.deal_rows import DealRow, read_moves

DayOf = Callable[[int | None], date | None]


class DigestFigures(msgspec.Struct, frozen=True):
    """What happened in a period; `stuck` are the deals that are stale at its end."""

    leads: int  # that came in
    created: int
    moved: int  # deals that entered another open stage
    won: int
    won_revenue: Money
    lost: int
    lost_revenue: Money
    stuck: int
    paid: Money  # rewards of sponsors


class PeriodEvents:
    """What happened to deals in a period."""

    def __init__(
        self, period: ReportedPeriod, day_of: DayOf, clock: StaleClock, won: Collection[str]
    ) -> None:
        self.period, self.day_of, self.clock, self.won = period, day_of, clock, won

    def holds(self, at: int | None) -> bool:
        """Tell whether an instant is in the period."""
        day = self.day_of(at)
        return day is not None and self.period.holds(day)

    def is_moved(self, row: DealRow) -> bool:
        """Tell whether a deal entered another open stage in the period; a reopened deal did not."""
        visits = whole_course(
            read_moves(row.moves), self.won, stage=row.stage, since=row.created, closed=None
        )
        return any(
            visit.stage not in {*self.won, before.stage} and self.holds(visit.entered)
            for before, visit in pairwise(visits)
        )

    def paid(self, row: DealRow) -> Decimal:
        """Return the rewards for a deal that were paid in the period."""
        return sum(
            (Decimal(str(amount)) for at, amount in row.paid if at and amount and self.holds(seconds_of(at))),
            Decimal("0.00"),
        )


def seconds_of(at: str) -> int:
    """Return an ISO instant in seconds since 1970."""
    return int(datetime.fromisoformat(at).timestamp())


def digest_figures(rows: Sequence[DealRow], events: PeriodEvents) -> DigestFigures:
    """Return what happened to some records."""
    deals = [row for row in rows if not row.is_lead]
    closed = [row for row in deals if row.status != Status.OPEN and events.holds(row.closed)]
    won = [row for row in closed if row.status == Status.WON]
    lost = [row for row in closed if row.status == Status.LOST]
    return DigestFigures(
        leads=sum(row.is_lead and events.holds(row.created) for row in rows),
        created=sum(events.holds(row.created) for row in deals),
        moved=sum(map(events.is_moved, deals)),
        won=len(won),
        won_revenue=sum_cents(row.expected for row in won),
        lost=len(lost),
        lost_revenue=sum_cents(row.expected for row in lost),
        stuck=sum(map(events.clock.is_stale, deals)),
        paid=Money(sum(map(events.paid, rows), Decimal("0.00"))),
    )
