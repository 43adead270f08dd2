"""The pipeline by owner, origin, month and other groups: number of records, expected and weighted revenue."""

from collections.abc import Iterable

import msgspec

from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.report.amounts import sum_cents
from crmcli.store.index.deal_rows import DealRow


class DealFigures(msgspec.Struct, frozen=True):
    """The figures of some deals that are open or won."""

    count: int
    expected_revenue: Money
    weighted_revenue: Money


def deal_figures(rows: Iterable[DealRow]) -> DealFigures:
    """Return the figures of some deals; lost ones are not part of a pipeline."""
    alive = [row for row in rows if row.status != Status.LOST]
    return DealFigures(
        len(alive), sum_cents(row.expected for row in alive), sum_cents(row.weighted for row in alive)
    )
