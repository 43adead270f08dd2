"""Stale deals: too long in their stage, untouched, or since creation."""

from crmcli.domain.localization.elapsed import Reach, reach_of
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import last_touched, stage_since
from crmcli.domain.model.pipeline import Clock, Stage
from crmcli.domain.model.record_types import Instant, Opportunity
from crmcli.domain.model.status import Status, status_of


def still_since(deal: Opportunity, clock: Clock) -> Instant | None:
    """Return the instant from which a clock measures how long a deal has been inactive, or None."""
    match clock:
        case Clock.STAGE:
            return stage_since(deal)
        case Clock.TOUCHED:
            return last_touched(deal)
    return deal.created


def stale_since(deal: Opportunity, config: Config, at: Instant) -> Instant | None:
    """Return the instant since which a stale deal is inactive; None if it is not stale, or closed."""
    stage = config.stage(deal.stage)
    if stage is None or stage.stale_after is None or status_of(deal, config) is not Status.OPEN:
        return None
    since = still_since(deal, stage.stale_after.since)
    return since if since is not None and elapsed(stage.stale_after.after, at, config).holds(since) else None


def stale_from(stage: Stage, config: Config, at: Instant) -> Reach | None:
    """Return the instants from which an inactive deal is stale; None in a stage without a limit."""
    return elapsed(stage.stale_after.after, at, config) if stage.stale_after else None


def elapsed(span: str, at: Instant, config: Config) -> Reach:
    """Return the instants from which a span has elapsed at another, in the workspace's time zone."""
    return reach_of(span, at, find_zone(config.timezone), config.country, config.region)
