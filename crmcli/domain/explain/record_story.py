"""The story of a record: its history, and what stored versions of its file tell besides.

The history of a record holds what counts for its figures; other fields change without an entry. Where
versions of the file are kept, in git or in the undo records, their differences say the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from crmcli.domain.explain.event_words import describe_event
from crmcli.domain.explain.value_words import ValueWords
from crmcli.domain.explain.version_differences import Difference, list_version_differences
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.record_types import (
    Contact,
    Direction,
    Entry,
    HistoryEvent,
    Message,
    Opportunity,
)
from crmcli.domain.model.recorded_effects import name_message
from crmcli.domain.values.visible_text import visible

Record = Opportunity | Contact
TAKEN_BACK = (HistoryEvent.UNDONE, HistoryEvent.REDONE)
"""Events whose entry tells all that their change did."""
NOWHERE = -1  # the number of the version that has an entry, where none is kept
IN, SENT, QUEUED = (
    deferred("e-mail received: {subject} from {person}"),
    deferred("e-mail sent: {subject} to {person}"),
    deferred("e-mail queued: {subject} to {person}"),
)


class RecordVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A stored change of a record's file: who, when, and the record before and after."""

    at: datetime
    by: str = ""
    commit: str = ""  # empty for an undo record
    before: Record | None = None  # None where the file did not exist, or could not be read
    after: Record | None = None


class StoryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a record."""

    at: datetime
    by: str
    event: (
        str  # of the history, else `changed`, `activity`, `reward`, `file`, `message`, `deleted`, `restored`
    )
    text: str
    commit: str = ""


class StoryWords(msgspec.Struct, frozen=True):
    """The words of a story: values and contacts by name, parts of the record by what they are."""

    values: ValueWords
    parts: Mapping[str, str] = {}


def tell_story(record: Record, versions: Sequence[RecordVersion], words: StoryWords) -> list[StoryEvent]:
    """Return all that happened to a record, oldest first, each thing once.

    `versions` are those that are kept of its file, oldest first.
    """
    new_entries = [list_new_entries(each) for each in versions]
    places = find_places(new_entries)
    told: list[tuple[int, StoryEvent]] = []  # with the number of the version
    details: set[tuple[str, str]] = set()  # what the differences tell: kind, and id or field
    for number, version in enumerate(versions):
        was_there = any(each.after for each in versions[:number])
        for found in list_told_differences(version, new_entries[number], words.values, was_there=was_there):
            details.add((found.part, found.key))
            told.append((number, told_as_event(version, new_entries[number], found)))
    own: list[tuple[int, StoryEvent]] = []
    for entry in record.history:
        number = places.get(entry_key(entry), NOWHERE)
        if number == NOWHERE or not is_told_by_details(entry, details):
            commit = "" if number == NOWHERE else versions[number].commit
            own.append((number, tell_entry(entry, words, commit)))
    own += [(NOWHERE, each) for each in (*tell_creation(record, versions), *tell_parts(record, details))]
    return [each for _, each in sorted([*own, *told], key=lambda pair: (pair[1].at, pair[0]))]


def list_new_entries(version: RecordVersion) -> list[Entry]:
    """Return the history entries that a version added."""
    known = set(map(entry_key, version.before.history)) if version.before else set()
    history = version.after.history if version.after else ()
    return [each for each in history if entry_key(each) not in known]


def entry_key(entry: Entry) -> tuple[object, ...]:
    """Return what tells an entry apart, without the text of a note, which may be taken out later."""
    rule = (entry.rule, entry.occurrence)
    return entry.at, entry.event, entry.by, entry.id, rule, entry.field, entry.to, entry.of


def find_places(new_entries: Sequence[list[Entry]]) -> dict[tuple[object, ...], int]:
    """Return the number of the version that first had each history entry, by the key of the entry."""
    found: dict[tuple[object, ...], int] = {}
    for number, entries in enumerate(new_entries):
        for entry in entries:
            found.setdefault(entry_key(entry), number)
    return found


def list_told_differences(
    version: RecordVersion, entries: Sequence[Entry], values: ValueWords, *, was_there: bool
) -> Iterator[Difference]:
    """Yield the differences of a version that its new history entries do not tell."""
    if version.after is None:
        if version.before is not None:
            yield Difference("record", "", translate("deleted"), "deleted")
        return
    if version.before is None:
        if was_there and not any(each.event in TAKEN_BACK for each in entries):
            yield Difference("record", "", translate("restored"), "restored")
        return
    if any(each.event in TAKEN_BACK for each in entries):
        return
    recorded = {each.field for each in entries if each.event == HistoryEvent.SET}
    did = {id for each in entries for id in list_effect_ids(each)}
    for found in list_version_differences(version.before, version.after, values):
        is_recorded = found.part == "field" and found.key in recorded
        if not is_recorded and found.key not in did:
            yield found


def list_effect_ids(entry: Entry) -> Iterator[str]:
    """Yield what an entry's effects name: ids of activities, mails and rewards, and tags."""
    for effect in entry.did:
        named = (effect.activity, effect.mail, effect.reward)
        yield from (each for each in named if each)
        signs = (("+", effect.tag), ("-", effect.untag), ("", effect.set))
        yield from (f"{sign}{each}" for sign, each in signs if each)
        yield from ("owner" for each in [effect.assign] if each)


def told_as_event(version: RecordVersion, entries: Sequence[Entry], found: Difference) -> StoryEvent:
    """Return a difference as an event, at the time of what the version records, else of the version."""
    own = [each for each in entries if not each.of and version.before is not None]
    last = own[-1] if own else None
    return StoryEvent(
        at=last.at if last else version.at,
        by=version.by or (last.by if last else "") or "",
        event=found.kind,
        text=found.text,
        commit=version.commit,
    )


def is_told_by_details(entry: Entry, details: set[tuple[str, str]]) -> bool:
    """Tell whether an entry only says which part was changed, and the differences say how."""
    if entry.event != HistoryEvent.EDITED or entry.did:
        return False
    field = entry.field or ""
    return any(part == field or key == field or key.startswith(f"{field}.") for part, key in details)


def tell_entry(entry: Entry, words: StoryWords, commit: str) -> StoryEvent:
    """Return a history entry as an event."""
    text = describe_event(entry, words.values, words.parts)
    by = " ".join(each for each in (entry.by, f"({entry.of})" if entry.of else "") if each)
    return StoryEvent(at=entry.at, by=by, event=str(entry.event), text=text, commit=commit)


def tell_creation(record: Record, versions: Sequence[RecordVersion]) -> Iterator[StoryEvent]:
    """Yield that a record was created, where its history does not say so."""
    if record.created and not any(each.event == HistoryEvent.CREATED for each in record.history):
        first = next((each for each in versions if each.after is not None), None)
        is_first = first is not None and first.before is None
        yield StoryEvent(
            at=record.created,
            by=first.by if first and is_first else "",
            event=HistoryEvent.CREATED,
            text=translate("created"),
            commit=first.commit if first and is_first else "",
        )


def tell_parts(record: Record, details: set[tuple[str, str]]) -> Iterator[StoryEvent]:
    """Yield what the parts of a record tell themselves: mails, and activities that were closed."""
    if not isinstance(record, Opportunity):
        return
    queued = {each.mail for entry in record.history for each in entry.did if each.mail}
    for message in record.messages:
        yield from tell_message(message, is_queued_by_rule=message.id in queued)
    for activity in record.activities:
        if activity.closed and ("activities", activity.id or "") not in details:
            what = activity.summary or activity.type or activity.id or ""
            said = translate("{activity}: {state}", activity=f"« {what} »", state=translate(activity.state))
            yield StoryEvent(at=activity.closed, by="", event="activity", text=said)


def tell_message(message: Message, *, is_queued_by_rule: bool) -> Iterator[StoryEvent]:
    """Yield that a mail came in, was queued or was sent; a rule that queued it says so itself."""
    name = name_message(message)
    if message.direction is Direction.IN and message.at:
        said = translate(IN, subject=name, person=message.from_ or "?")
        yield StoryEvent(at=message.at, by="", event="message", text=visible(said))
    elif message.sent:
        said = translate(SENT, subject=name, person=message.to or "?")
        yield StoryEvent(at=message.sent, by="", event="message", text=visible(said))
    elif message.at and not is_queued_by_rule:
        said = translate(QUEUED, subject=name, person=message.to or "?")
        yield StoryEvent(at=message.at, by="", event="message", text=visible(said))
