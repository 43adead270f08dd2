"""Synchronising activities with a folder of calendar files, both ways.

First what somebody changed in the files goes into the records, in one transaction; then the files are made
as the activities are. A run that is killed in between is completed by the next one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from crmcli.domain.documents.sync_documents import ItemOutcome
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.zones import zone_of
from crmcli.domain.merging.merge_calendar import LastSynced, MergedItem, add_lines, fingerprint, merge_item
from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import State
from crmcli.domain.records import activity_changes
from crmcli.domain.records.calendar_changes import DELETED, take_calendar_values
from crmcli.domain.records.documents import build_activity, build_opportunity
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.visible_text import visible_line
from crmcli.exchange import calendar_files, component_lines
from crmcli.exchange.calendar_files import CalendarItem
from crmcli.exchange.calendar_items import parse_instant_text
from crmcli.operations.activities import ActivitySelection, change_activities
from crmcli.operations.change_records import ChangeReport
from crmcli.operations.exchange.folder_sync import FolderSync, SyncReport
from crmcli.operations.exchange.guard_removals import refuse_removals
from crmcli.operations.find_records import planned_unless_named
from crmcli.operations.request import Request
from crmcli.store.index.queries import Index
from crmcli.store.item_folder import FoundFile, ItemFolder, open_items
from crmcli.store.local_state.sync_memory import (
    SyncedItem,
    SyncMemory,
    print_whole,
    read_memory,
)
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

SUFFIX = ".ics"
MINE = ("assignee:me",)
STAYS = timedelta(days=30)  # in the calendar, once done or cancelled
Activities = dict[str, Document]  # `crm.activity/1` by id


class FoundItem:
    """An item of ours with its file, parsed when somebody asks for it."""

    def __init__(
        self, id: str, file: FoundFile, content_print: str, item: CalendarItem | None = None
    ) -> None:
        self.id = id
        self.file = file.name
        self.content = file.content
        self.content_print = content_print
        self.parsed = item

    @property
    def item(self) -> CalendarItem:
        """The item in the file."""
        if self.parsed is None:
            self.parsed = calendar_files.read_item(self.content)
        assert self.parsed is not None
        return self.parsed


class DrawnItem(NamedTuple):
    """An activity as crm writes it, with the fingerprint of all that this depends on."""

    record_print: str
    content: bytes
    item: CalendarItem


def sync_calendar(
    request: Request,
    target: Path,
    terms: Sequence[str] | None = None,
    *,
    cancels_deleted: bool = False,
    removes_unmatched: bool = False,
) -> SyncReport:
    """Synchronise planned activities that match, by default those of the acting user, with a folder's files.

    An item that was deleted there is written again, or with `cancels_deleted` its activity is cancelled.
    Raises NotFoundError without the folder, RefusedError where all items are gone and would be cancelled, and
    without `removes_unmatched` where most would be removed since they do not match.
    """
    with open_items(target, request.workspace.data, SUFFIX) as folder:
        memory = read_memory(request.workspace.root, target)
        sync = CalendarSync(
            request,
            folder,
            memory,
            terms,
            cancels_deleted=cancels_deleted,
            removes_unmatched=removes_unmatched,
        )
        return sync.run(target)


class CalendarSync(FolderSync[MergedItem]):
    """A synchronisation of a workspace with an open folder."""

    def __init__(
        self,
        request: Request,
        folder: ItemFolder,
        memory: SyncMemory,
        terms: Sequence[str] | None,
        *,
        cancels_deleted: bool,
        removes_unmatched: bool,
    ) -> None:
        super().__init__(request, folder, memory)
        self.terms = list(MINE if terms is None else terms)
        self.query = planned_unless_named(request.query(self.terms))
        self.cancels_deleted = cancels_deleted
        self.removes_unmatched = removes_unmatched
        self.items: dict[str, FoundItem] = {}
        self.drawn: dict[str, DrawnItem] = {}

    def synchronise(self) -> None:
        """Take what changed in the folder into the records, and write what changed here into the files."""
        activities, wanted = self.load_activities(self.request.reading_for(self.query))
        if not self.removes_unmatched:
            self.guard_items(activities, wanted)
        gone = self.list_deleted(activities, wanted)
        changed = self.list_changed(activities, wanted)
        if changed or (gone and self.cancels_deleted):
            done = self.change_records(activities, changed, gone if self.cancels_deleted else [])
            activities, wanted = self.load_changed(activities, wanted, done)
        for id in dict.fromkeys([*wanted, *self.memory.items, *self.items]):
            self.settle_item(id, activities.get(id), id in wanted)

    def guard_items(self, activities: Activities, wanted: Sequence[str]) -> None:
        """Refuse a run that would remove most of the planned items since they do not match."""
        known = {
            id
            for id in self.list_known()
            if id in activities and id in self.items and id not in self.unsure
            if calendar_files.own_state(activities[id]) is State.PLANNED
        }
        unmatched = known - set(wanted)
        refuse_removals(
            known, {id for id in unmatched if not self.memory.is_of_others(id, self.request.user)}
        )

    def read_folder(self) -> None:
        """Read the items of ours; what cannot be read is reported."""
        found: dict[str, list[FoundItem]] = {}
        for each in self.folder.files():
            self.names.add(each.name)
            item = self.read_file(each)
            if item is not None:
                found.setdefault(item.id, []).append(item)
        for id, items in found.items():
            self.items[id] = self.choose_item(id, items)

    def read_file(self, file: FoundFile) -> FoundItem | None:
        """Return the item of ours in a file; None for others, and for what cannot be read."""
        what = file.fault
        try:
            if not what:
                return self.find_item(file)
        except CrmError as error:
            what = error.what
        self.leave_file(file.name, f"{what}; left as it is")
        known = self.known_files.get(file.name)
        self.unsure.update([known] if known else [])
        id = file.name.removesuffix(calendar_files.name_file(""))
        self.unsure.update([id] if is_id(id) else [])
        return None

    def find_item(self, file: FoundFile) -> FoundItem | None:
        """Return the item of ours in a file; one that is as it was left is not parsed.

        Raises UsageError for a file that has one of ours and cannot be read.
        """
        content_print = print_whole(file.content)
        id = self.known_files.get(file.name)
        if id is not None and self.memory.items[id].content == content_print:
            return FoundItem(id, file, content_print)
        item = calendar_files.read_item(file.content)
        return FoundItem(item.id, file, content_print, item) if item else None

    def choose_item(self, id: str, items: Sequence[FoundItem]) -> FoundItem:
        """Return the one of several files with the same item that was written here; report the others."""
        known = self.memory.items.get(id)
        names = (known.file if known else "", calendar_files.name_file(id))
        best = min(items, key=lambda each: names.index(each.file) if each.file in names else len(names))
        for each in items:
            if each is not best:
                what = f"has the same UID as {visible_line(best.file)}; left as it is"
                self.leave_file(each.file, what)
        return best

    def load_activities(self, reading: Reading) -> tuple[Activities, list[str]]:
        """Return the activities that match or are in the folder, and the ids of those that belong there."""
        index, viewing = reading.index, self.request.viewing
        wanted = keep_known(index.activities(self.query, viewing))
        others = {*self.items, *self.memory.items} - set(wanted)
        if others:
            query = self.request.query(["state:any"])
            found = keep_known(index.activities(query, viewing))
            wanted |= {id: each for id, each in found.items() if id in others}
        own = self.list_own(index, others - self.list_known())
        chosen = [id for id, each in wanted.items() if id not in others or self.is_recent(each, own)]
        missing = others - set(wanted)
        self.unsure.update(id for id in missing if index.broken_holding("opportunities", [id]))
        return wanted, chosen

    def list_known(self) -> set[str]:
        """Return what is known from runs of the acting user; items of others are left alone."""
        return {id for id in self.memory.items if self.memory.is_of(id, self.request.user)}

    def list_own(self, index: Index, unknown: Set[str]) -> set[str]:
        """Return the activities that belong here once they are closed: known ones, and those that match.

        A run that was killed, or whose memory is lost, has left items that nothing is remembered of.
        """
        own = self.list_known() | self.merged.keys()
        if unknown - own:
            query = self.request.query(["state:any", *self.terms])
            found = index.activity_ids(query, self.request.viewing)
            own |= {id for id in found if id and id in unknown}
        return set(own)

    def is_recent(self, held: Document, own: Set[str]) -> bool:
        """Tell whether an activity of this folder was closed a short time ago, so that it stays."""
        closed = parse_instant_text(held.get("closed"))
        is_closed = calendar_files.own_state(held) is not State.PLANNED
        return held["id"] in own and is_closed and bool(closed and self.request.at - closed <= STAYS)

    def list_deleted(self, activities: Activities, wanted: Sequence[str]) -> list[str]:
        """Return the planned activities whose items somebody deleted.

        Raises RefusedError where all are gone and would be cancelled.
        """
        gone = [
            id
            for id in wanted
            if id in self.memory.items and id not in self.items and id not in self.unsure
            if calendar_files.own_state(activities[id]) is State.PLANNED
        ]
        if self.cancels_deleted and len(gone) > 1 and not any(id in self.items for id in wanted):
            raise RefusedError(
                f"all {len(gone)} items are gone; nothing was cancelled",
                hint="without --deleted cancel they are written again",
            )
        return gone

    def last(self, id: str) -> LastSynced | None:
        """Return what was last synchronised of an item; None where nothing is known."""
        known = self.memory.items.get(id)
        return LastSynced(known.fields, frozenset(known.lines)) if known else None

    def list_changed(self, activities: Activities, wanted: Sequence[str]) -> list[str]:
        """Return the activities with fields that somebody changed in the folder."""
        changed, belonging = [], {*wanted, *self.list_known()}
        for id, found in self.items.items():
            if id not in activities or id in self.unsure or id not in belonging:
                continue
            if self.is_settled(activities[id], found):
                continue
            try:
                ours, merged = self.merge(activities[id], found.item)
            except CrmError as error:
                self.leave_file(found.file, f"{error.what}; left as it is")
                self.unsure.add(id)
                continue
            changed += [id] if self.note_merged(id, ours, merged) else []
        return changed

    def note_merged(self, id: str, ours: Mapping[str, str], merged: MergedItem) -> bool:
        """Note what is taken from an item; tell whether it is anything."""
        self.merged[id] = merged
        self.taken[id] = [name for name, value in merged.fields.items() if value != ours[name]]
        return bool(self.taken[id])

    def print_activity(self, held: Document) -> str:
        """Return a fingerprint of all that an item is written from; the day does not count."""
        told = {**held, "state": calendar_files.own_state(held).value, "days": None}
        place = zone_of(self.request.config, held.get("assignee"))
        return print_whole(msgspec.json.encode(told, order="sorted"), str(place).encode())

    def is_settled(self, held: Document, found: FoundItem) -> bool:
        """Tell whether an item and its activity are as the last run left them."""
        known = self.memory.items.get(found.id)
        if known is None or (known.file, known.content) != (found.file, found.content_print):
            return False
        return known.record == self.print_activity(held)

    def draw(self, held: Document, *, is_event: bool | None) -> DrawnItem:
        """Return an activity as crm writes it, as an event or a task."""
        known, record_print = self.drawn.get(held["id"]), self.print_activity(held)
        if known and known.record_print == record_print and is_event in (None, known.item.is_event):
            return known
        content = calendar_files.write_item(held, self.request.config, self.request.at, is_event=is_event)
        item = calendar_files.read_item(content)
        assert item is not None
        self.drawn[held["id"]] = DrawnItem(record_print, content, item)
        return self.drawn[held["id"]]

    def merge(self, held: Document, item: CalendarItem) -> tuple[dict[str, str], MergedItem]:
        """Return the fields of an activity, and their merge with those of its item."""
        known = self.memory.items.get(held["id"])
        fresh = self.draw(held, is_event=item.is_event).item
        state, place = calendar_files.own_state(held), zone_of(self.request.config, held.get("assignee"))
        head = calendar_files.head_of(held)
        ours = {**fresh.fields(state, place, head), "state": state.value}
        theirs = item.fields(state, place, frozenset(known.head) if known else head)
        seen = set(known.comments) if known else set()
        for comment in item.comments:
            if fingerprint(comment) not in seen and comment not in item.description:
                theirs["note"] = add_lines(theirs["note"], comment.split("\n"))
        theirs["summary"] = theirs["summary"] or ours["summary"]
        return ours, merge_item(self.last(held["id"]), ours, theirs)

    def change_records(self, activities: Activities, changed: list[str], gone: list[str]) -> ChangeReport:
        """Change the activities, in one transaction; those that are refused are reported."""
        references = self.request.reading().opportunity_references
        pairs = [(references.exact(activities[id]["opportunity"]), id) for id in (*changed, *gone)]

        def decide(session: Writing, facts: Facts, id: str) -> Change:
            if id in gone:
                return activity_changes.cancel_activity(facts, id, DELETED, session.moment)
            activity = activity_changes.find_activity(facts.opportunity, id)
            item = self.items[id].item
            ours, merged = self.merge(build_activity(self.request.viewing, facts, activity), item)
            self.note_merged(id, ours, merged)
            return take_calendar_values(facts, id, session.moment, ours, merged.fields, item.completed)

        report = change_activities(self.request, ActivitySelection(pairs), decide, keep_going=True)
        self.report.faults += report.failed
        self.report.notes += report.notices
        changed_records = {record.id for record in report.records}
        self.unsure.update(
            id for id in (*changed, *gone) if activities[id]["opportunity"] not in changed_records
        )
        return report

    def load_changed(
        self, activities: Activities, wanted: list[str], done: ChangeReport
    ) -> tuple[Activities, list[str]]:
        """Return activities and wanted ids after the change; in a dry run from the records of the report."""
        if not self.request.dry_run:
            return self.load_activities(self.request.reading())
        for record in done.records:
            for each in build_opportunity(done.reading.facts(record), self.request.at)["activities"]:
                activities[each["id"]] = each
        return activities, wanted

    def settle_item(self, id: str, held: Document | None, is_wanted: bool) -> None:
        """Make the file of an item as its activity is."""
        found = self.items.get(id)
        if id in self.unsure:
            return
        if held is not None and is_wanted:
            self.write_found(held, found) if found else self.write_missing(held)
            self.memory.claim(id, self.request.user)
        elif id in self.memory.items and (held is None or self.memory.release(id, self.request.user)):
            self.remove_item(id, held, found)

    def write_found(self, held: Document, found: FoundItem) -> None:
        """Update a file, if it differs from its activity."""
        if self.is_settled(held, found):
            return
        place = zone_of(self.request.config, held.get("assignee"))
        drawn = self.draw(held, is_event=found.item.is_event)
        item, written = calendar_files.update_item(found.item, drawn.item, place, self.last(found.id))
        content = component_lines.write_component(item.calendar).encode() if written else found.content
        if self.put_file(found.file, content, found.content):
            self.remember(held, found.file, content, item)
            self.tell_about(held, found.file, "changed" if written else "unchanged", written)

    def write_missing(self, held: Document) -> None:
        """Write a new file, unless the activity is closed."""
        id, file = held["id"], calendar_files.name_file(held["id"])
        was_there = id in self.memory.items
        if calendar_files.own_state(held) is not State.PLANNED:
            self.memory.items.pop(id, None)
            if id in self.taken or (was_there and self.cancels_deleted):
                self.tell_about(held, file, "cancelled")
            return
        drawn = self.draw(held, is_event=None)
        if file in self.names or not (self.request.dry_run or self.folder.put(file, drawn.content, None)):
            self.leave_lost(file, id)
            return
        self.remember(held, file, drawn.content, drawn.item)
        self.tell_about(held, file, "restored" if was_there else "added")

    def remove_item(self, id: str, held: Document | None, found: FoundItem | None) -> None:
        """Remove the file of an activity that is gone, closed long ago, or does not match any more."""
        if found is not None:
            if not self.remove_file(found.file, found.content):
                return
            self.tell_about(held or {"id": id, "summary": found.item.summary}, found.file, "removed")
        self.memory.items.pop(id, None)

    def remember(self, held: Document, file: str, content: bytes, item: CalendarItem) -> None:
        """Note what a file and its activity have in common now."""
        last = calendar_files.last_synced(item, held, self.request.config)
        self.memory.items[held["id"]] = SyncedItem(
            file,
            dict(last.fields),
            sorted(calendar_files.head_of(held)),
            sorted(last.lines),
            [fingerprint(each) for each in item.comments],
            content=print_whole(content),
            record=self.print_activity(held),
            users=self.memory.users_of(held["id"]),
        )
        self.drawn.pop(held["id"], None)

    def tell_about(
        self, held: Document, file: str, outcome: ItemOutcome, written: Sequence[str] = ()
    ) -> None:
        """Report what was done to the item of an activity."""
        name = held.get("summary") or held.get("type_label") or ""
        self.tell(held["id"], name, file, outcome, written, held.get("opportunity"))


def keep_known(found: Iterable[Document]) -> Activities:
    """Return activities by id, without those that no command can name."""
    return {each["id"]: each for each in named_activities(found)}


def named_activities(found: Iterable[Document]) -> Iterator[Document]:
    """Yield the activities that have an id, in a record that has one."""
    return (each for each in found if is_id(each.get("id") or "") and each.get("opportunity"))
