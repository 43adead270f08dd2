"""Velocity: how long deals stay in each stage, how long it takes to win, and what that brings in a day."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec

from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.domain.progress.course import whole_course
from crmcli.report.amounts import DAY, mean_of, median_of, percent_of, round_fraction
from crmcli.report.reported_period import ReportedPeriod
from crmcli.store.index.deal_rows import DealRow, read_moves

DayOf = Callable[[int | None], date | None]


class VelocityFigures(msgspec.Struct, frozen=True):
    """The stays of some deals in stages, in days, and what follows from those that are closed."""

    stays: int
    mean_days: Decimal | None
    median_days: Decimal | None
    open: int
    won: int | None  # unknown of a single stage
    lost: int | None
    win_rate: Decimal | None  # in per cent
    mean_won: Money | None
    cycle_days: Decimal | None
    revenue_per_day: Money | None


class Progress(msgspec.Struct, frozen=True):
    """A deal, and its ended stays in open stages: (stage, seconds)."""

    row: DealRow
    stays: tuple[tuple[str, int], ...]


def progress_of(
    row: DealRow, stages: Collection[str], won: Collection[str], period: ReportedPeriod, day_of: DayOf
) -> Progress:
    """Return the stays of a deal in some stages that ended in a period."""
    closed = row.closed if row.status == Status.LOST else None
    visits = whole_course(read_moves(row.moves), won, stage=row.stage, since=row.created, closed=closed)
    return Progress(
        row,
        tuple(
            (visit.stage, visit.seconds)
            for visit in visits
            if visit.seconds is not None and visit.stage in stages and period.holds(day_of(visit.left))
        ),
    )


def stage_velocity(deals: Sequence[Progress], stage: str) -> VelocityFigures:
    """Return the stays in one stage, and the number of deals there."""
    seconds = [length for each in deals for where, length in each.stays if where == stage]
    here = sum(each.row.stage == stage and each.row.status == Status.OPEN for each in deals)
    return VelocityFigures(
        len(seconds), mean_of(seconds, DAY), median_of(seconds, DAY), here, None, None, None, None, None, None
    )


def sales_velocity(
    deals: Sequence[Progress], here: Sequence[DealRow], period: ReportedPeriod, day_of: DayOf
) -> VelocityFigures:
    """Return the figures of deals over all stages; a period limits the closings that count.

    `here` holds the deals that are in the pipeline still: only they are open, won or lost there.
    """
    seconds = [length for each in deals for _, length in each.stays]
    open = sum(row.status == Status.OPEN for row in here)
    closed = [row for row in here if row.status != Status.OPEN and period.holds(day_of(row.closed))]
    won = [row for row in closed if row.status == Status.WON]
    amounts = [row.expected for row in won if row.expected is not None]
    cycles = list(cycles_of(won))
    return VelocityFigures(
        stays=len(seconds),
        mean_days=mean_of(seconds, DAY),
        median_days=median_of(seconds, DAY),
        open=open,
        won=len(won),
        lost=len(closed) - len(won),
        win_rate=percent_of(len(won), len(closed)),
        mean_won=Money(round_fraction(Fraction(sum(amounts), 100 * len(amounts)), 2)) if amounts else None,
        cycle_days=mean_of(cycles, DAY),
        revenue_per_day=revenue_per_day(open, len(won), len(closed), amounts, cycles),
    )


def cycles_of(won: Sequence[DealRow]) -> Iterator[int]:
    """Yield the seconds from the creation of each won deal until it was won, where both are known."""
    for row in won:
        if row.created is not None and row.closed is not None:
            yield max(0, row.closed - row.created)


def revenue_per_day(
    open: int, won: int, closed: int, amounts: Sequence[int], cycles: Sequence[int]
) -> Money | None:
    """Return open deals × win rate × mean won value ÷ mean cycle in days; None where one is unknown.

    >>> revenue_per_day(20, 1, 4, [1_000_000], [50 * DAY])
    Decimal('1000.00')
    """
    if not amounts or not sum(cycles):
        return None
    mean_won = Fraction(sum(amounts), 100 * len(amounts))
    mean_cycle = Fraction(sum(cycles), len(cycles) * DAY)
    return Money(round_fraction(open * Fraction(won, closed) * mean_won / mean_cycle, 2))
