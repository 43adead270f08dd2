"""Forecast: the open deals, expected and weighted revenue, by when they are expected to close."""

from collections.abc import Sequence
from datetime import date

import msgspec

from crmcli.domain.localization.periods import shift_months
from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.report.amounts import sum_cents
from crmcli.report.reported_period import month_of
from crmcli.store.index.deal_rows import DealRow

AHEAD = 4  # months with a row of their own, the current one included
EARLIER, LATER = "earlier", "later"


class ForecastFigures(msgspec.Struct, frozen=True):
    """The figures of some open deals."""

    count: int
    expected_revenue: Money
    weighted_revenue: Money


def forecast_figures(rows: Sequence[DealRow]) -> ForecastFigures:
    """Return the figures of the open deals among some."""
    open = [row for row in rows if row.status == Status.OPEN]
    return ForecastFigures(
        len(open), sum_cents(row.expected for row in open), sum_cents(row.weighted for row in open)
    )


def months_ahead(today: date) -> list[str]:
    """Return the months of the forecast.

    >>> months_ahead(date(2026, 11, 24))
    ['2026-11', '2026-12', '2027-01', '2027-02']
    """
    return [month_of(shift_months(today.replace(day=1), ahead)) for ahead in range(AHEAD)]


def month_ahead(expected_close: str | None, today: date) -> str | None:
    """Return the row of the forecast for a day: a month, `earlier` or `later`; None without a day."""
    months = months_ahead(today)
    if expected_close is None:
        return None
    month = expected_close[:7]
    if month < months[0]:
        return EARLIER
    return month if month <= months[-1] else LATER
