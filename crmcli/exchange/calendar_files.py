"""One activity in one file of a calendar (a vdir): what a phone changed in it, and how it is written back.

Only the properties of fields that differ are replaced; alarms, colours and all that crm does not know stay.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from icalendar import Event, Todo, vDuration

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.zones import zone_of
from crmcli.domain.merging.merge_calendar import LastSynced, fingerprint, is_same
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Instant, State
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import is_id
from crmcli.exchange.calendar_items import (
    DAY_ALARM,
    OURS,
    build_item,
    describe_activity,
    name_item,
    write_items,
)
from crmcli.exchange.calendar_times import (
    When,
    Zones,
    format_duration,
    format_when,
    read_instant,
    read_when,
    read_zones,
)
from crmcli.exchange.component_lines import (
    Component,
    lines_named,
    parse_calendar,
    replace_lines,
)
from crmcli.exchange.content_lines import Line, unescape

RECORD, STATE = "X-CRM-RECORD", "X-CRM-STATE"
ALARM = timedelta(minutes=30)  # before a new event
KINDS = ("VTODO", "VEVENT")
TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT")
WORD = r"[^\s,;:–—-]+"
BETWEEN = " \t,;:·–—-"  # a line of ours and what somebody wrote behind it
LONGEST_HEAD = 400  # characters of a line of ours that is looked for
LONGEST = 65_536  # characters of all its texts
PROPERTIES = {  # of a field
    "summary": ("SUMMARY",),
    "when": ("DUE", "DTSTART", "DTEND", "DURATION"),
    "state": ("STATUS", "COMPLETED", "PERCENT-COMPLETE", STATE),
    "about": ("DESCRIPTION",),
    "place": ("LOCATION",),
    "changed": ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE"),
}


class CalendarItem(NamedTuple):
    """An item of ours in a calendar file, as somebody may have changed it."""

    id: str  # of the activity
    calendar: Component
    item: Component  # the one in it that is not an exception of a series

    @property
    def is_event(self) -> bool:
        """True for an event, which cannot be ticked off, False for a task."""
        return self.item.name == "VEVENT"

    @property
    def summary(self) -> str:
        """The summary on one line."""
        return " ".join(clean_text(unescape(self.item.value("SUMMARY"))).split())

    @property
    def description(self) -> str:
        """The description."""
        return tidy_lines(unescape(self.item.value("DESCRIPTION")))

    @property
    def place(self) -> str:
        """The location."""
        return clean_text(unescape(self.item.value("LOCATION"))).strip()

    @property
    def comments(self) -> list[str]:
        """The comments that somebody added."""
        found = (tidy_lines(unescape(line.value)) for line in self.item.lines("COMMENT"))
        return [each for each in found if each]

    @property
    def completed(self) -> datetime | None:
        """When a task was ticked off, as the phone says."""
        return read_instant(self.item.line("COMPLETED"))

    def when(self, place: tzinfo) -> When | None:
        """Return the deadline of a task, or the beginning of an event, by the clock of a place.

        Raises UsageError for what is not a date.
        """
        line = (None if self.is_event else self.item.line("DUE")) or self.item.line("DTSTART")
        return read_when(line, read_zones(self.calendar), place) if line else None

    def state(self, ours: State) -> State:
        """Return the state of an item; an event that is not cancelled is as done as ours."""
        status = self.item.value("STATUS").strip().upper()
        if status == State.CANCELLED.upper():
            return State.CANCELLED
        if self.is_event:
            return State.PLANNED if ours is State.CANCELLED else ours
        is_done = status == "COMPLETED" or (not status and self.item.line("COMPLETED") is not None)
        return State.DONE if is_done else State.PLANNED

    def fields(self, ours: State, place: tzinfo, head: Collection[str]) -> dict[str, str]:
        """Return the fields; `head` holds the fingerprints of the lines that tell of the record.

        Raises UsageError for a deadline that is not a date.
        """
        return {
            "summary": self.summary,
            "when": format_when(self.when(place)),
            "state": self.state(ours).value,
            "note": note_below(self.description, head),
        }


def tidy_lines(text: str) -> str:
    """Return a text without blanks at the ends of its lines, and without empty lines around it."""
    plain = clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip("\n")


def note_below(description: str, head: Collection[str]) -> str:
    """Return the lines of a description that are not among those with these fingerprints.

    Of a line that somebody continued, what follows: where one of these lines is missing.
    """
    lines = description.split("\n")
    missing = set(head) - set(map(fingerprint, lines))
    kept = [note_after(line, missing) if missing else line for line in lines if fingerprint(line) not in head]
    return "\n".join(kept).strip("\n")


def note_after(line: str, missing: Collection[str]) -> str:
    """Return what follows the line with one of these fingerprints on the same line; without one, the line."""
    ends = [each.end() for each in re.finditer(WORD, line[:LONGEST_HEAD])]
    found = next((end for end in reversed(ends) if fingerprint(line[:end]) in missing), None)
    return line if found is None else line[found:].lstrip(BETWEEN)


def head_of(held: Document) -> frozenset[str]:
    """Return the fingerprints of the lines of a description outside the note."""
    about = tidy_lines(describe_activity({**held, "note": None}))
    return frozenset(fingerprint(line) for line in about.split("\n"))


def read_item(content: bytes) -> CalendarItem | None:
    """Return the item of ours in a file; None for an item of somebody else.

    Raises UsageError for a file that has one of ours and cannot be read, or with too long texts.
    """
    if OURS.encode() not in content.replace(b"\r", b"").replace(b"\n ", b"").replace(b"\n\t", b""):
        return None
    calendar = parse_calendar(content)
    found = [each for each in calendar.inner(*KINDS) if each.line("RECURRENCE-ID") is None]
    ours = [each for each in found if is_id(id_of(each))]
    if not ours:
        return None
    if len(found) > 1:
        raise UsageError("has several items")
    if sum(len(line) for line in lines_named(ours[0], TEXTS)) > LONGEST:
        raise UsageError(f"has more than {LONGEST} characters of text")
    return CalendarItem(id_of(ours[0]), calendar, ours[0])


def id_of(item: Component) -> str:
    """Return the id of the activity whose item this is; empty for an item that is not ours."""
    uid = item.value("UID").strip()
    return uid.removesuffix(OURS) if uid.endswith(OURS) else ""


def name_file(id: str) -> str:
    """Return the name of the file of an activity."""
    return f"{name_item(id)}.ics"


def write_item(held: Document, config: Config, at: Instant, *, is_event: bool | None = None) -> bytes:
    """Return a new file for an activity, as `crm.activity/1`."""
    item: Event | Todo = build_item(held, config, at, ALARM, is_event=is_event, repeats=False)
    item.add(RECORD.lower(), held["opportunity"])
    if held["state"] == State.DONE:
        item.add(STATE.lower(), State.DONE.value)
    return write_items([item])


def last_synced(item: CalendarItem, ours: Document, config: Config) -> LastSynced:
    """Return what the next run has to know of an item that is as the activity is."""
    fields = item.fields(own_state(ours), zone_of(config, ours.get("assignee")), head_of(ours))
    prints = {name: fingerprint(value) for name, value in fields.items()}
    prints["place"] = fingerprint(ours.get("contact_city") or "")
    return LastSynced(prints, frozenset(map(fingerprint, fields["note"].split("\n"))))


def own_state(held: Document) -> State:
    """Return the state of an activity without its urgency."""
    return State(held["state"]) if held["state"] in list(State) else State.PLANNED


def update_item(
    found: CalendarItem, fresh: CalendarItem, place: tzinfo, last: LastSynced | None
) -> tuple[CalendarItem, list[str]]:
    """Return an item with the fields that differ from those of a fresh one, and their names.

    Raises UsageError for a deadline that is not a date.
    """
    changed = [name for name, differs in DIFFERENT.items() if differs(found, fresh, place)]
    if is_same(found.place, fresh.place) or (last and last.fields.get("place") == fingerprint(fresh.place)):
        changed.remove("place")
    if not changed:
        return found, []
    item = found.item
    for name in changed:
        item = replace_lines(item, PROPERTIES[name], lines_for(name, found, fresh, place))
    if "when" in changed:
        item = renew_alarms(item, found, fresh, place)
    if "state" in changed:
        item = show_as_busy(item, fresh.item)
    item = replace_lines(item, PROPERTIES["changed"], changed_lines(found.item, fresh.item))
    return CalendarItem(found.id, replace_item(found, item, fresh), item), changed


def is_other_state(found: CalendarItem, fresh: CalendarItem, place: tzinfo) -> bool:
    """Tell whether the state has to be written; whether an event is over stands in a line of our own."""
    ours = State.DONE if fresh.item.value(STATE) else State.PLANNED
    if found.is_event and found.item.value(STATE) != fresh.item.value(STATE):
        return True
    return found.state(ours) is not fresh.state(ours)


Differs = Callable[[CalendarItem, CalendarItem, tzinfo], bool]
DIFFERENT: dict[str, Differs] = {
    "summary": lambda found, fresh, place: not is_same(found.summary, fresh.summary),
    "when": lambda found, fresh, place: format_when(found.when(place)) != format_when(fresh.when(place)),
    "state": is_other_state,
    "about": lambda found, fresh, place: not is_same(found.description, fresh.description),
    "place": lambda found, fresh, place: True,
}


def lines_for(name: str, found: CalendarItem, fresh: CalendarItem, place: tzinfo) -> list[str]:
    """Return the lines of a field, as they replace those in a file."""
    lines = list(lines_named(fresh.item, PROPERTIES[name]))
    if name != "when":
        return lines
    if found.is_event:
        length = length_of(found, fresh, place)
        kept = [line for line in lines if not line.startswith("DURATION")]
        return [*kept, f"DURATION:{format_duration(length)}"] if length else lines
    return lines


def length_of(found: CalendarItem, fresh: CalendarItem, place: tzinfo) -> timedelta | None:
    """Return the length that a moved event keeps; None if a day becomes an hour or the reverse."""
    end = found.item.line("DTEND")
    old, new = found.when(place), fresh.when(place)
    if end is None or old is None or isinstance(old, datetime) is not isinstance(new, datetime):
        return None
    try:
        until = read_when(end, read_zones(found.calendar), place)
    except UsageError:  # its beginning can be read
        return None
    if isinstance(until, datetime) is not isinstance(old, datetime):
        return None
    length = until - old
    return length if length > timedelta(0) else None


def show_as_busy(item: Component, fresh: Component) -> Component:
    """Return an event that takes time as our event does: a done one takes none."""
    lines = list(lines_named(fresh, ("TRANSP",)))
    return replace_lines(item, ("TRANSP",), lines) if item.name == "VEVENT" else item


def renew_alarms(item: Component, found: CalendarItem, fresh: CalendarItem, place: tzinfo) -> Component:
    """Return an item with our alarm for an hour instead of a day, or the reverse; other alarms stay."""
    old, new = found.when(place), fresh.when(place)
    ours = list(fresh.item.inner("VALARM"))
    if type(old) is type(new):
        return item
    if old is None:
        return item if item.inner("VALARM") else item._replace(parts=[*item.parts, *ours])
    parts: list[str | Component] = []
    for part in item.parts:
        if isinstance(part, Component) and is_own_alarm(part, found.is_event, old):
            parts += [with_trigger(part, each) for each in ours]
        else:
            parts.append(part)
    return item._replace(parts=parts)


def is_own_alarm(part: Component, is_event: bool, when: When) -> bool:
    """Tell whether a part of an item is the alarm that crm writes for it."""
    line = part.line("TRIGGER") if part.name == "VALARM" else None
    if line is None or part.value("ACTION").strip().upper() != "DISPLAY":
        return False
    try:
        trigger = vDuration.from_ical(line.value.strip())  # type: ignore[no-untyped-call]
    except ValueError:  # an instant
        return False
    is_from_end = "RELATED=END" in line.params.upper()
    return trigger == (-ALARM if isinstance(when, datetime) else DAY_ALARM) and is_from_end is not is_event


def with_trigger(alarm: Component, other: Component) -> Component:
    """Return an alarm that rings when another one does."""
    return replace_lines(alarm, ("TRIGGER",), list(lines_named(other, ("TRIGGER",))))


def changed_lines(item: Component, fresh: Component) -> list[str]:
    """Return the lines that tell that an item was changed now."""
    stamp = fresh.value("DTSTAMP")
    number = item.value("SEQUENCE").strip()
    following = int(number) + 1 if number.isascii() and number.isdecimal() and len(number) < 9 else 1
    return [f"DTSTAMP:{stamp}", f"LAST-MODIFIED:{stamp}", f"SEQUENCE:{following}"]


def replace_item(found: CalendarItem, item: Component, fresh: CalendarItem) -> Component:
    """Return the calendar of an item with another version of it, and the time zones that this one names."""
    parts: Sequence[str | Component] = [item if part is found.item else part for part in found.calendar.parts]
    known: Zones = read_zones(found.calendar)
    needed = {zone_name(line) for line in item.lines("DUE", "DTSTART")}
    added = [
        each
        for each in fresh.calendar.inner("VTIMEZONE")
        if each.value("TZID") in needed and each.value("TZID") not in known
    ]
    place = next(at for at, part in enumerate(parts) if isinstance(part, Component))
    return found.calendar._replace(parts=[*parts[:place], *added, *parts[place:]])


def zone_name(line: Line) -> str:
    """Return the time zone that a line names; empty without one."""
    return next((each[5:].strip('"') for each in line.params.split(";") if each[:5].upper() == "TZID="), "")
