"""Time zones: instants are in UTC, deadlines are days in the time zone of a user or the workspace."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Instant
from crmcli.domain.values.errors import RefusedError


def find_zone(name: str) -> ZoneInfo:
    """Return the time zone with this name.

    Raises RefusedError if it does not exist on this machine.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise RefusedError(f"unknown time zone {name!r} in crm.yaml", hint="like Europe/Paris") from None


def local_day(at: Instant, config: Config, user: str | None = None) -> date:
    """Return the day at an instant in the time zone of a user, else of the workspace."""
    return at.astimezone(zone_of(config, user)).date()


def zone_of(config: Config, user: str | None = None) -> ZoneInfo:
    """Return the time zone of a user, else of the workspace."""
    known = config.user(user) if user else None
    return find_zone(known.timezone if known and known.timezone else config.timezone)


def local_days(at: Instant, config: Config) -> set[date]:
    """Return the days that it is at an instant, for the workspace and for each user."""
    return {local_day(at, config, user) for user in (None, *(each.id for each in config.users))}


def local_noon(day: date, config: Config) -> Instant:
    """Return noon of a day in the workspace's time zone, for events known only to the day."""
    return datetime.combine(day, time(12), find_zone(config.timezone)).astimezone(UTC)
