"""Activities as iCalendar (RFC 5545): a task for a day, an event for an hour; a UID never changes."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event, Todo, vRecur

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.recurrence import is_rule
from crmcli.domain.localization.zones import zone_of
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Instant, State

PRODUCT = "-//crm//activities//EN"
OURS = "@crm"  # how the UID of an item of ours ends
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)  # of a record without any time in its file
LENGTH = timedelta(hours=1)  # of an event, since an activity has no end
DAY_ALARM = timedelta(hours=9)  # after midnight, for what is to be done on a day
STATUS = {
    (Todo, State.DONE): "COMPLETED",
    (Todo, State.CANCELLED): "CANCELLED",
    (Event, State.CANCELLED): "CANCELLED",
    (Event, State.DONE): "CONFIRMED",
}


def write_calendar(
    activities: Iterable[Document], config: Config, touched: Mapping[str, Instant], alarm: timedelta | None
) -> bytes:
    """Return activities, as `crm.activity/1`, as a calendar; `alarm` is how long before an event it rings.

    `touched` tells when records were last changed, by their ids, so that the same activities give the same
    bytes (RFC 5545, section 3.8.7.2).
    """
    return write_items(
        build_item(each, config, touched.get(each["opportunity"], UNDATED), alarm) for each in activities
    )


def write_items(items: Iterable[Event | Todo]) -> bytes:
    """Return items as a calendar, with the time zones that they name."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    has_hours = False
    for each in items:
        calendar.add_component(each)
        has_hours = has_hours or has_zone(each)
    if has_hours:
        calendar.add_missing_timezones()  # slow
    return bytes(calendar.to_ical())


def has_zone(item: Event | Todo) -> bool:
    """Tell whether an item has an hour, and so a time zone."""
    return any(
        isinstance(getattr(item[name], "dt", None), datetime) for name in ("due", "dtstart") if name in item
    )


def build_item(
    held: Document,
    config: Config,
    at: Instant,
    alarm: timedelta | None,
    *,
    is_event: bool | None = None,
    repeats: bool = True,
) -> Event | Todo:
    """Return an activity as an event if it has a day and an hour, else as a task.

    `is_event` tells which of them it has been, and stays. Without `repeats` a recurrence is left to crm.
    """
    due = date.fromisoformat(held["due"]) if held.get("due") else None
    if is_event is None:
        is_event = due is not None and hour_of(held) is not None
    item: Event | Todo = Event() if is_event else Todo()
    item.add("uid", name_item(held["id"]))
    item.add("dtstamp", at)
    item.add("summary", held.get("summary") or held.get("type_label") or "")
    item.add("categories", [held["type"]] if held.get("type") else [])
    if description := describe_activity(held):
        item.add("description", description)
    if held.get("contact_city"):
        item.add("location", held["contact_city"])
    if due is not None:
        add_times(item, held, due, config)
        if repeats:
            add_recurrence(item, held, due)
    state = State(held["state"]) if held["state"] in list(State) else State.PLANNED
    item.add(
        "status", STATUS.get((type(item), state), "NEEDS-ACTION" if isinstance(item, Todo) else "CONFIRMED")
    )
    add_closing(item, held, state)
    if state is State.PLANNED and alarm is not None and due is not None:
        item.add_component(build_alarm(item, alarm))
    return item


def name_item(id: str) -> str:
    """Return the UID of the item of an activity."""
    return f"{id}{OURS}"


def add_times(item: Event | Todo, held: Document, due: date, config: Config) -> None:
    """Add the day or the hour of an activity."""
    when: date | datetime = due
    hour = hour_of(held)
    if hour is not None:
        when = datetime.combine(due, hour, zone_of(config, held.get("assignee")))
    if isinstance(item, Todo):
        item.add("due", when)
        return
    item.add("dtstart", when)
    if hour is not None:
        item.add("duration", LENGTH)


def hour_of(held: Document) -> time | None:
    """Return the hour of an activity; None without one, or where a person wrote none that can be read."""
    try:
        return time.fromisoformat(held["time"]) if held.get("time") else None
    except ValueError:
        return None


def add_recurrence(item: Event | Todo, held: Document, due: date) -> None:
    """Add the recurrence of a planned activity, if it is a rule."""
    rule = held.get("every") if is_rule(held.get("every") or "") else None
    if not rule or held["state"] in (State.DONE, State.CANCELLED):
        return
    if isinstance(item, Todo):
        item.add("dtstart", due)
    item.add("rrule", vRecur.from_ical(rule.upper().removeprefix("RRULE:")))


def add_closing(item: Event | Todo, held: Document, state: State) -> None:
    """Add when a task was done; an event that is over takes no time any more."""
    if state is State.PLANNED:
        return
    closed = parse_instant_text(held.get("closed"))
    if isinstance(item, Event):
        item.add("transp", "TRANSPARENT")
    elif state is State.DONE:
        item.add("percent-complete", 100)
        if closed:
            item.add("completed", closed)


def build_alarm(item: Event | Todo, before: timedelta) -> Alarm:
    """Return the alarm of an item: so long before an hour, in the morning of a day."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", str(item.get("summary")))
    trigger = -before if has_zone(item) else DAY_ALARM
    if isinstance(item, Event):
        alarm.add("trigger", trigger)
    else:
        alarm.add("trigger", trigger, parameters={"RELATED": "END"})
    return alarm


def describe_activity(held: Document) -> str:
    """Return what one wants to know at the time: record, contact, phone, note, outcome."""
    lines = (
        f"{held['title']} ({held['opportunity']})",
        " · ".join(filter(None, (held.get("contact_name"), held.get("contact_phone")))),
        held.get("note"),
        held.get("outcome"),
        held.get("reason"),
    )
    return "\n".join(filter(None, lines))


def parse_instant_text(text: Any) -> Instant | None:
    """Return the instant in a text of a document, or None."""
    return datetime.fromisoformat(text) if text else None
