"""Which day it is for whom: instants are UTC, deadlines are plain days in somebody's time zone."""

from datetime import date
from zoneinfo import ZoneInfo

from crmcli.domain.config import Config
from crmcli.domain.model import Instant


def today(at: Instant, config: Config, user: str | None = None) -> date:
    """The day at an instant, for a user, else for the workspace."""
    known = config.user(user) if user else None
    zone = known.timezone if known and known.timezone else config.timezone
    return at.astimezone(ZoneInfo(zone)).date()
