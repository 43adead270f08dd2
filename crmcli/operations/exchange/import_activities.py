"""Importing activities from the tables of other programs, in one transaction."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from msgspec.structs import replace

from crmcli.domain.importing.import_values import DAYS, ReadRow
from crmcli.domain.localization.recurrence import check_recurrence_rule
from crmcli.domain.localization.times import parse_time
from crmcli.domain.model.history import record_edits
from crmcli.domain.model.record_types import Activity, Opportunity, State
from crmcli.domain.records.import_contact import ImportOutcome
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import derive_id, is_id
from crmcli.exchange.cell_table import CellTable
from crmcli.operations.exchange.import_report import CheckImport, ImportedRecord, TableReport
from crmcli.operations.exchange.table_import import ImportOptions, TableImport, begin_report, read_table
from crmcli.operations.request import Request, accept
from crmcli.store.writer import Writing

TEXTS = ("summary", "note", "outcome", "reason", "plan", "rule")


def import_activities(
    request: Request, source: str, table: CellTable, options: ImportOptions, *, check: CheckImport = accept
) -> TableReport:
    """Update the activities that are known and add the others to their records, each once; no rule fires.

    Faulty rows are left out and reported; a `check` that raises cancels the import.
    """
    with request.changing() as session:
        read = read_table(session, table, options)
        report = begin_report(source, table, read)
        ActivityImport(session, options, report).take(read.rows, request.progress)
        check(report)
    return report


class ActivityImport(TableImport):
    """The import of activities into a session."""

    def __init__(self, session: Writing, options: ImportOptions, report: TableReport) -> None:
        super().__init__(session, options, report)
        self.titles: dict[str, list[str]] = {}  # ids by folded title
        for id, deal in self.known.deals.items():
            self.titles.setdefault(folded_name(deal.title), []).append(id)
        self.seen: Counter[str] = Counter()  # how often this import has an activity without an id
        self.taken: dict[str, int] = {}  # the lines that are about activities, by their ids

    def attempt(self) -> AbstractContextManager[None]:
        """Forget the activities that are imported in this context if it ends in an error."""
        return self.session.attempt()

    def examine(self, row: ReadRow) -> None:
        """Add to a row what is wrong with each of its values that could be read."""
        before = None
        with row.collecting_faults():
            deal = self.find_deal(row.texts.get("opportunity", ""))
            id = self.find_id(deal, row)
            before = find_activity(deal, id)
            self.refuse_again(id)
        for target in list_read(row):
            with row.collecting_faults():
                read_value(row, target)
        with row.collecting_faults():
            self.read_state(before or Activity(), row)
        if "type" not in row.unread:
            with row.collecting_faults():
                refuse_typeless(row.texts.get("type") or (before or Activity()).type)

    def put(self, row: ReadRow) -> None:
        """Update the known activity of a row, or add a new one to its record.

        Raises UsageError for what cannot be.
        """
        deal = self.find_deal(row.texts.get("opportunity", ""))
        id = self.find_id(deal, row)
        self.refuse_again(id)
        before = find_activity(deal, id)
        activity = self.fill(before or Activity(id=id), row)
        outcome = ImportOutcome.CREATED if before is None else ImportOutcome.UPDATED
        if activity == before:
            outcome = ImportOutcome.UNCHANGED
        else:
            deal = self.save(deal, activity)
        self.seen[derive_same(deal, row)] += 1
        self.taken[id] = row.line
        told = (activity.summary or activity.type, str(activity.due or ""))
        words = " ".join(filter(None, told))
        self.report.taken.append(
            ImportedRecord(outcome, deal.id or "", deal.title, row.line, part=f"{activity.id}  {words}")
        )

    def save(self, deal: Opportunity, activity: Activity) -> Opportunity:
        """Save a record with an activity, changed or new, and return it."""
        moment = self.session.moment
        deal = self.session.adopted(self.known.path(deal)).after
        kept = [activity if each.id == activity.id else each for each in deal.activities]
        is_new = all(each.id != activity.id for each in deal.activities)
        after = replace(deal, activities=(*kept, activity) if is_new else tuple(kept))
        after = record_edits(deal, after, moment.at, moment.by)
        self.session.save(after)
        self.known.add(after)
        return after

    def refuse_again(self, id: str) -> None:
        """Check that no earlier row is about an activity.

        Raises UsageError, with its line, where one is.
        """
        if id in self.taken:
            raise UsageError(f"is about the same activity as line {self.taken[id]}: {id}")

    def find_deal(self, text: str) -> Opportunity:
        """Return the record with this id, external id or full title.

        Raises UsageError where there is none, or several have the title.
        """
        if not text:
            raise UsageError("names no record")
        system = self.options.map.system
        external = [text, f"{system}:{text}"] if system else [text]
        found = self.known.by_id(text) or self.known.by_external(external)
        if found:
            return found
        ids = self.titles.get(folded_name(text), [])
        if len(ids) > 1:
            raise UsageError(f"{len(ids)} records are called {text!r}: {', '.join(ids[:5])}")
        if not ids:
            raise UsageError(
                f"no record has the id, external id or title {text!r}", hint="import these first"
            )
        return self.known.read(ids[0])

    def find_id(self, deal: Opportunity, row: ReadRow) -> str:
        """Return the id of the activity of a row: given, from its external id, or from what it is.

        Raises UsageError for a given one that is not an id.
        """
        given, external = row.texts.get("id", ""), row.texts.get("external_id", "")
        if given:
            if not is_id(given):
                raise UsageError(f"{given!r} is not an id of crm", hint="map the column to external_id")
            return given
        if external:
            return derive_id("import-activity", self.options.map.system or "", external)
        same = derive_same(deal, row)
        earlier = self.seen[same]
        return derive_id(same, str(earlier + 1)) if earlier else same

    def fill(self, activity: Activity, row: ReadRow) -> Activity:
        """Return an activity with the values of a row; what the row leaves empty stays.

        Raises UsageError for an invalid time or recurrence, and for a new one without a type.
        """
        values = {target: read_value(row, target) for target in list_read(row)}
        found = replace(activity, **values, **self.read_state(activity, row))
        refuse_typeless(found.type)
        kind = self.session.config.activity_type(found.type)
        return found if found.summary or kind is None else replace(found, summary=kind.title)

    def read_state(self, activity: Activity, row: ReadRow) -> dict[str, Any]:
        """Return the state of an activity and when it was closed: known, else now.

        Raises UsageError for a time in the future, and for one of an activity that is planned.
        """
        closed = row.instants.get("closed")
        if closed and closed > self.session.moment.at:
            raise UsageError(f"closed is in the future: {closed:%Y-%m-%d %H:%M}")
        state = State(row.texts["state"]) if "state" in row.texts else None
        if state is None and closed:
            state = State.DONE
        if state is None:
            return {}
        if state is State.PLANNED and closed:
            raise UsageError("closed needs the state done or cancelled")
        if state is State.PLANNED:
            return {"state": state, "closed": None}
        return {"state": state, "closed": closed or activity.closed or self.session.moment.at}


def derive_same(deal: Opportunity, row: ReadRow) -> str:
    """Return the id that an activity without one has by its record and what it is."""
    parts = [row.texts.get(each, "") for each in ("type", "summary", "due", "time", "assignee")]
    return derive_id("import-activity", deal.id or "", *parts)


def find_activity(deal: Opportunity, id: str) -> Activity | None:
    """Return the activity of a record with this id, if it has it."""
    return next((each for each in deal.activities if each.id == id), None)


def list_read(row: ReadRow) -> list[str]:
    """Return the fields of a row that are read from their texts, in a fixed order."""
    return [target for target in READERS if target in row.texts]


def read_value(row: ReadRow, target: str) -> Any:
    """Return the value of a field of a row.

    Raises UsageError, with the heading of the column, for an invalid one.
    """
    try:
        return READERS[target](row.texts[target])
    except CrmError as error:
        raise row.name_fault(target, error) from None


def checked_recurrence(text: str) -> str:
    """Return a recurrence rule.

    Raises UsageError for an invalid one.
    """
    check_recurrence_rule(text)
    return text


def refuse_typeless(type: str | None) -> None:
    """Check that an activity has a type.

    Raises UsageError where it has none.
    """
    if not type:
        raise UsageError("has no type", hint="map a column to type")


READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(TEXTS, clean_text),
    **dict.fromkeys(DAYS, date.fromisoformat),
    **dict.fromkeys(("time", "recurs_at"), parse_time),
    "every": checked_recurrence,
    "type": str,
    "assignee": str,
}  # of the fields that a row has as texts, besides its state
