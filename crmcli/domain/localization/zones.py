"""Which day it is for whom: instants are UTC, deadlines are plain days in somebody's time zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Instant
from crmcli.domain.values.errors import RefusedError


def find_zone(name: str) -> ZoneInfo:
    """The time zone with this name.

    Raises RefusedError where this machine knows none.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise RefusedError(f"unknown time zone {name!r} in crm.yaml", hint="like Europe/Paris") from None


def local_day(at: Instant, config: Config, user: str | None = None) -> date:
    """The day at an instant, for a user, else for the workspace."""
    known = config.user(user) if user else None
    return at.astimezone(find_zone(known.timezone if known and known.timezone else config.timezone)).date()


def local_noon(day: date, config: Config) -> Instant:
    """The middle of a day in the workspace, for what is known to the day only."""
    return datetime.combine(day, time(12), find_zone(config.timezone)).astimezone(UTC)
