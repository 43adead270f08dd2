"""Days and hours of items in calendars, as clocks of the assignee show them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from crmcli.domain.values.errors import UsageError
from crmcli.exchange.component_lines import Component
from crmcli.exchange.content_lines import Line, split_raw

Zones = Mapping[str, tzinfo | None]  # by TZID
When = date | datetime  # a day, or a local time without a zone


def read_zones(calendar: Component) -> Zones:
    """Return the time zones that a calendar declares; None for those that nobody knows."""
    found: dict[str, tzinfo | None] = {}
    for each in calendar.inner("VTIMEZONE"):
        name = each.value("TZID").strip()
        found[name] = known_zone(name) or known_zone(each.value("X-LIC-LOCATION").strip()) or fixed_zone(each)
    return found


def known_zone(name: str) -> tzinfo | None:
    """Return the zone with a name of the zone database, perhaps after a path, or of Windows."""
    words = name.strip('"').split("/")
    tried = {name.strip('"'), "/".join(words[-2:]), "/".join(words[-3:]), WINDOWS_TO_OLSON.get(name, "")}
    for each in sorted(tried, key=len, reverse=True):
        try:
            return ZoneInfo(each) if each else None
        except (LookupError, ValueError, OSError):
            continue
    return None


def fixed_zone(zone: Component) -> tzinfo | None:
    """Return the zone of a declaration with only one offset; None for others."""
    offsets = {each.value("TZOFFSETTO").strip() for each in zone.inner("STANDARD", "DAYLIGHT")}
    if len(offsets) != 1:
        return None
    try:
        return datetime.strptime(offsets.pop(), "%z").tzinfo
    except ValueError:
        return None


def read_when(line: Line, zones: Zones, place: tzinfo) -> When:
    """Return the day or the local time that a line gives, for somebody in a place.

    A time without a zone is local. Raises UsageError for what is not a date, and for a time in a zone that
    nobody knows.
    """
    value = line.value.strip()
    try:
        if len(value) == 8:
            return datetime.strptime(value, "%Y%m%d").date()
        at = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        raise UsageError(f"{line.name} {value[:40]!r} is not a date") from None
    zone = UTC if value.endswith("Z") else zone_of_line(line, zones)
    if zone is None:
        return at
    try:
        return at.replace(tzinfo=zone).astimezone(place).replace(tzinfo=None)
    except OverflowError:
        raise UsageError(f"{line.name} {value[:40]!r} is not a date") from None


def zone_of_line(line: Line, zones: Zones) -> tzinfo | None:
    """Return the zone that a line names; None for local time. Raises UsageError for an unknown one."""
    for each in split_raw(line.params.lstrip(";"), ";"):
        name, _, value = each.partition("=")
        if name.upper() == "TZID":
            bare = value.strip('"')
            found = zones.get(bare) or known_zone(bare)
            if found is None and bare:
                raise UsageError(f"{line.name} has the unknown time zone {bare[:40]!r}")
            return found
    return None


def read_instant(line: Line | None) -> datetime | None:
    """Return an instant in UTC; None without one."""
    if line is None:
        return None
    try:
        return datetime.strptime(line.value.strip(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def format_when(when: When | None) -> str:
    """Return a day, perhaps with an hour, as text.

    >>> format_when(datetime(2026, 12, 24, 14, 30)), format_when(date(2026, 12, 24)), format_when(None)
    ('2026-12-24 14:30', '2026-12-24', '')
    """
    if when is None:
        return ""
    return f"{when:%Y-%m-%d %H:%M}" if isinstance(when, datetime) else when.isoformat()


def parse_when(day: date | None, hour: str | None) -> When | None:
    """Return the deadline of an activity."""
    return datetime.combine(day, time.fromisoformat(hour)) if day and hour else day


def format_duration(length: timedelta) -> str:
    """Return a length as RFC 5545 has it.

    >>> format_duration(timedelta(minutes=90)), format_duration(timedelta(days=2))
    ('PT90M', 'P2D')
    """
    minutes = max(0, round(length.total_seconds() / 60))
    return f"P{minutes // 1440}D" if minutes and minutes % 1440 == 0 else f"PT{minutes}M"
