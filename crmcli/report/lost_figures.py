"""Lost deals: how many, for how much, at which stage they died and for which reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.report.amounts import percent_of, sum_cents
from crmcli.store.index.deal_rows import DealRow


class LostFigures(msgspec.Struct, frozen=True):
    """The lost deals among some: `share` is their part of all lost deals of the report."""

    lost: int
    lost_revenue: Money
    share: Decimal | None  # in per cent
    stages: dict[str, int]  # where they died
    reasons: dict[str, int]  # and why


def lost_figures(rows: Sequence[DealRow], all_lost: int) -> LostFigures:
    """Return the figures of the lost deals among some, of so many lost ones in the whole report."""
    lost = lost_deals(rows)
    return LostFigures(
        len(lost),
        sum_cents(row.expected for row in lost),
        percent_of(len(lost), all_lost),
        count_values(row.stage for row in lost),
        count_values(row.lost or "" for row in lost),
    )


def lost_deals(rows: Iterable[DealRow]) -> list[DealRow]:
    """Return the lost deals among some."""
    return [row for row in rows if row.status == Status.LOST]


def count_values(values: Iterable[str]) -> dict[str, int]:
    """Return how often each value occurs, the most frequent first.

    >>> count_values(["quoted", "new", "quoted"])
    {'quoted': 2, 'new': 1}
    """
    found = Counter(values)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
