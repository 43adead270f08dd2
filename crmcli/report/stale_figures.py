"""Stale deals: open ones that have been inactive for longer than their stage allows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from crmcli.domain.localization.elapsed import Reach
from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Clock
from crmcli.domain.model.record_types import Instant, Money
from crmcli.domain.model.staleness import stale_from
from crmcli.domain.model.status import Status
from crmcli.report.amounts import DAY, median_of, percent_of, sum_cents
from crmcli.store.index.deal_rows import DealRow


class StaleFigures(msgspec.Struct, frozen=True):
    """The stale deals among some open ones; days since the clock of their stage began."""

    open: int
    stale: int
    share: Decimal | None  # in per cent of the open ones
    median_days: int | None
    oldest_days: int | None
    expected_revenue: Money  # of the stale ones
    weighted_revenue: Money


class StaleClock:
    """The limits of the stages at an instant."""

    def __init__(self, config: Config, at: Instant) -> None:
        self.at = int(at.timestamp())
        self.limits: dict[str, tuple[Clock, Reach]] = {
            stage.id: (stage.stale_after.since, reach)
            for stage in config.stages
            if stage.stale_after and stage.outcome is None and (reach := stale_from(stage, config, at))
        }

    def since(self, row: DealRow) -> int | None:
        """Return the instant since which a deal is inactive, by the clock of its stage."""
        clock, _ = self.limits.get(row.stage, (Clock.STAGE, None))
        return {Clock.STAGE: row.stage_since, Clock.TOUCHED: row.touched, Clock.CREATED: row.created}[clock]

    def is_stale(self, row: DealRow) -> bool:
        """Tell whether a deal is open and has exceeded the limit of its stage."""
        since = self.since(row)
        if row.status != Status.OPEN or since is None or row.stage not in self.limits:
            return False
        return self.limits[row.stage][1].holds(datetime.fromtimestamp(since, UTC))

    def days(self, row: DealRow) -> int:
        """Return the whole days that a deal has been inactive."""
        since = self.since(row)
        return 0 if since is None else max(0, self.at - since) // DAY


def stale_figures(rows: Sequence[DealRow], clock: StaleClock) -> StaleFigures:
    """Return the figures of the stale deals among some."""
    open = [row for row in rows if row.status == Status.OPEN]
    stale = [row for row in open if clock.is_stale(row)]
    days = [clock.days(row) for row in stale]
    median = median_of(days, 1)
    return StaleFigures(
        len(open),
        len(stale),
        percent_of(len(stale), len(open)),
        None if median is None else int(median),
        max(days, default=None),
        sum_cents(row.expected for row in stale),
        sum_cents(row.weighted for row in stale),
    )
