"""Origins of records and their results: by campaign, medium or source, and by sponsor."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.report.amounts import percent_of, sum_cents
from crmcli.store.index.deal_rows import DealRow


class OriginFigures(msgspec.Struct, frozen=True):
    """The records of one origin. Leads are counted in `leads` only."""

    leads: int
    deals: int  # open, won and lost
    open: int
    won: int
    lost: int
    win_rate: Decimal | None  # won of won and lost, in per cent; None while none is closed
    expected_revenue: Money  # of open ones
    weighted_revenue: Money
    won_revenue: Money


def origin_figures(rows: Sequence[DealRow]) -> OriginFigures:
    """Return the figures of some records."""
    deals = [row for row in rows if not row.is_lead]
    open, won, lost = (
        [row for row in deals if row.status == status] for status in (Status.OPEN, Status.WON, Status.LOST)
    )
    return OriginFigures(
        len(rows) - len(deals),
        len(deals),
        len(open),
        len(won),
        len(lost),
        percent_of(len(won), len(won) + len(lost)),
        sum_cents(row.expected for row in open),
        sum_cents(row.weighted for row in open),
        sum_cents(row.expected for row in won),
    )


def sort_key(figures: OriginFigures, id: str | None) -> tuple[bool, Decimal, Decimal, int, str]:
    """Return a sort key: most won revenue, then most weighted, then most records; unknown origin last."""
    records = figures.leads + figures.deals
    return id is None, -figures.won_revenue, -figures.weighted_revenue, -records, id or ""
