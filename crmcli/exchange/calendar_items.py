"""Activities as iCalendar (RFC 5545): a task for a day, an event for an hour; a UID never changes."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event, Todo, vRecur

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.recurrence import is_rule
from crmcli.domain.localization.zones import zone_of
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Instant, State

PRODUCT = "-//crm//activities//EN"
LENGTH = timedelta(hours=1)  # of an event, since an activity has no end
DAY_ALARM = timedelta(hours=9)  # after midnight, for what is to be done on a day
STATUS = {
    (Todo, State.DONE): "COMPLETED",
    (Todo, State.CANCELLED): "CANCELLED",
    (Event, State.CANCELLED): "CANCELLED",
    (Event, State.DONE): "CONFIRMED",
}


def write_calendar(
    activities: Iterable[Document], config: Config, at: Instant, alarm: timedelta | None
) -> bytes:
    """Return activities, as `crm.activity/1`, as a calendar; `alarm` is how long before an event it rings."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for each in activities:
        calendar.add_component(build_item(each, config, at, alarm))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def build_item(held: Document, config: Config, at: Instant, alarm: timedelta | None) -> Event | Todo:
    """Return an activity as an event if it has a day and an hour, else as a task."""
    due = date.fromisoformat(held["due"]) if held.get("due") else None
    is_event = due is not None and bool(held.get("time"))
    item: Event | Todo = Event() if is_event else Todo()
    item.add("uid", f"{held['id']}@crm")
    item.add("dtstamp", parse_instant_text(held.get("closed")) or at)
    item.add("summary", held.get("summary") or held.get("type_label") or "")
    item.add("categories", [held["type"]] if held.get("type") else [])
    if description := describe_activity(held):
        item.add("description", description)
    if held.get("contact_city"):
        item.add("location", held["contact_city"])
    if due is not None:
        add_times(item, held, due, config)
    state = State(held["state"]) if held["state"] in list(State) else State.PLANNED
    item.add(
        "status", STATUS.get((type(item), state), "NEEDS-ACTION" if isinstance(item, Todo) else "CONFIRMED")
    )
    add_closing(item, held, state)
    if state is State.PLANNED and alarm is not None and due is not None:
        item.add_component(build_alarm(item, alarm))
    return item


def add_times(item: Event | Todo, held: Document, due: date, config: Config) -> None:
    """Add the day or the hour of an activity, and its recurrence."""
    rule = held.get("every") if is_rule(held.get("every") or "") else None
    if isinstance(item, Event):
        hour = time.fromisoformat(held["time"])
        item.add("dtstart", datetime.combine(due, hour, zone_of(config, held.get("assignee"))))
        item.add("duration", LENGTH)
    else:
        item.add("due", due)
        if rule:
            item.add("dtstart", due)
    if rule and held["state"] not in (State.DONE, State.CANCELLED):
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
    """Return the alarm of an item: so long before an event, in the morning of the day of a task."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", str(item.get("summary")))
    if isinstance(item, Event):
        alarm.add("trigger", -before)
    else:
        alarm.add("trigger", DAY_ALARM, parameters={"RELATED": "END"})
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
