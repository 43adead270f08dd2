"""The whole on one screen: the pipeline, this month against the last, win rate and cycle of a year."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from crmcli.domain.localization.periods import shift_months
from crmcli.domain.model.record_types import Money
from crmcli.domain.model.status import Status
from crmcli.report.amounts import sum_cents
from crmcli.report.forecast_figures import forecast_figures
from crmcli.report.reported_period import ReportedPeriod, a_year_before
from crmcli.report.velocity_figures import DayOf, VelocityFigures, sales_velocity
from crmcli.store.index.deal_rows import DealRow


class WonFigures(msgspec.Struct, frozen=True):
    """The deals won in a period, and what they brought."""

    count: int
    revenue: Money


class StatsFigures(msgspec.Struct, frozen=True):
    """The figures of one pipeline."""

    open: int
    expected_revenue: Money
    weighted_revenue: Money
    won: WonFigures  # this month so far
    won_before: WonFigures  # in the whole month before
    year: VelocityFigures  # of the last twelve months


def stats_figures(rows: Sequence[DealRow], today: date, day_of: DayOf) -> StatsFigures:
    """Return the figures of the deals of one pipeline."""
    first = today.replace(day=1)
    ahead = forecast_figures(rows)
    year = ReportedPeriod(a_year_before(today) + timedelta(days=1), today)
    return StatsFigures(
        ahead.count,
        ahead.expected_revenue,
        ahead.weighted_revenue,
        won_in(rows, ReportedPeriod(first, today), day_of),
        won_in(rows, ReportedPeriod(shift_months(first, -1), first - timedelta(days=1)), day_of),
        sales_velocity([], rows, year, day_of),
    )


def won_in(rows: Sequence[DealRow], period: ReportedPeriod, day_of: DayOf) -> WonFigures:
    """Return the deals won in a period."""
    won = [row for row in rows if row.status == Status.WON and period.holds(day_of(row.closed))]
    return WonFigures(len(won), sum_cents(row.expected for row in won))
