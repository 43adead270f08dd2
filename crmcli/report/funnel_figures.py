"""Funnel: how many deals entered each stage, and where they are now: further on, lost, still there."""

from collections.abc import Collection, Sequence
from decimal import Decimal

import msgspec

from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.domain.progress.course import whole_course
from crmcli.report.amounts import percent_of, sum_cents
from crmcli.store.index.deal_rows import DealRow, read_moves


class FunnelFigures(msgspec.Struct, frozen=True):
    """The deals that entered a stage; `entered` is the sum of the four after it."""

    entered: int
    advanced: int
    lost: int
    open: int
    returned: int
    advanced_rate: Decimal | None  # in per cent of `entered`
    lost_revenue: Money


class Passage(msgspec.Struct, frozen=True):
    """A deal, and the stages that it has entered, each once."""

    row: DealRow
    entered: frozenset[str]


def passage_of(row: DealRow, won: Collection[str]) -> Passage:
    """Return the stages that a deal has entered."""
    closed = row.closed if row.status == Status.LOST else None
    visits = whole_course(read_moves(row.moves), won, stage=row.stage, since=row.created, closed=closed)
    return Passage(row, frozenset(visit.stage for visit in visits))


def stage_funnel(passages: Sequence[Passage], stage: str, later: Collection[str]) -> FunnelFigures:
    """Return the figures of one stage; `later` holds the stages after it, and all won ones."""
    rows = [each.row for each in passages if stage in each.entered]
    lost = [row for row in rows if row.stage == stage and row.status == Status.LOST]
    open = sum(row.stage == stage and row.status == Status.OPEN for row in rows)
    advanced = sum(row.stage in later for row in rows)
    return build_figures(len(rows), advanced, lost, open)


def group_funnel(rows: Sequence[DealRow], here: Sequence[DealRow]) -> FunnelFigures:
    """Return the figures of some deals over all stages: all of them entered, those that are won advanced.

    `here` holds those that are in the pipeline still.
    """
    lost = [row for row in here if row.status == Status.LOST]
    won = sum(row.status == Status.WON for row in here)
    return build_figures(len(rows), won, lost, len(here) - won - len(lost))


def build_figures(entered: int, advanced: int, lost: Sequence[DealRow], open: int) -> FunnelFigures:
    """Return the figures, of which the deals that neither advanced nor stayed are the rest."""
    return FunnelFigures(
        entered,
        advanced,
        len(lost),
        open,
        entered - advanced - len(lost) - open,
        percent_of(advanced, entered),
        sum_cents(row.expected for row in lost),
    )
