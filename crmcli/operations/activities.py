"""Operations on activities: add, complete, edit, cancel, snooze, reassign, start and move a plan."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.records import activity_changes, plan_start
from crmcli.domain.records.plan_start import Late
from crmcli.domain.rules import plan_move
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.list_entries import check_entry
from crmcli.operations.change_records import ChangeReport, Check, Records, Selection, change_records
from crmcli.operations.request import Request, accept
from crmcli.store.writer import Writing

Fields = dict[str, str | tuple[str, ...]]  # of an activity, as texts; files as paths of a record
DecideOne = Callable[[Writing, Facts, str], Change]


class ActivitySelection(NamedTuple):
    """The activities that an operation applies to, each as the path of its record and its id."""

    pairs: list[tuple[str, str]]
    failed: tuple[CrmError, ...] = ()  # errors for names that were not found


def add(
    request: Request,
    records: Records,
    *,
    type: str,
    fields: Fields,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Plan an activity on records; fields that are not given take the defaults of its type."""

    def decide(session: Writing, facts: Facts) -> Change:
        activity = activity_changes.new_activity(
            facts, session.moment, id=session.new_id(), type=type, **fields
        )
        after = activity_changes.with_activity(facts.opportunity, activity)
        return Change(before=facts.opportunity, after=after)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def complete(
    request: Request,
    activities: ActivitySelection,
    *,
    outcome: str = "",
    note: str = "",
    files: tuple[str, ...] = (),
    following: Mapping[str, str] | None = None,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Mark activities done, with their outcome; recurring and following activities are planned.

    `following` maps the id of an activity to the type of the one to plan next; an empty type plans none.
    """

    def decide(session: Writing, facts: Facts, id: str) -> Change:
        change = activity_changes.complete_activity(
            facts, id, session.moment, outcome=outcome or None, note=note or None, files=files
        )
        type = (following or {}).get(id)
        if not type:
            return change
        about = facts.about(change.after).of(activity_changes.find_activity(change.after, id))
        planned = activity_changes.new_activity(about, session.moment, id=session.new_id(), type=type)
        after = activity_changes.with_activity(change.after, planned)
        return change.then(Change(before=change.after, after=after))

    return change_activities(request, activities, decide, keep_going=keep_going, check=check)


def edit(
    request: Request,
    activities: ActivitySelection,
    *,
    fields: Fields,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Change fields of activities, planned or closed; the value `-` clears a field."""

    def decide(session: Writing, facts: Facts, id: str) -> Change:
        return activity_changes.edit_activity(facts, id, session.moment, fields)

    return change_activities(request, activities, decide, keep_going=keep_going, check=check)


def cancel(
    request: Request,
    activities: ActivitySelection,
    *,
    reason: str = "",
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Cancel activities; they stay in the file with the reason, and recurring ones end."""

    def decide(session: Writing, facts: Facts, id: str) -> Change:
        return activity_changes.cancel_activity(facts, id, reason or None, session.moment)

    return change_activities(request, activities, decide, keep_going=keep_going, check=check)


def snooze(
    request: Request,
    activities: ActivitySelection,
    *,
    by: str,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Postpone activities by a span, counted from their deadline, or from today if that has passed."""

    def decide(session: Writing, facts: Facts, id: str) -> Change:
        return activity_changes.snooze_activity(facts, id, by, session.moment)

    return change_activities(request, activities, decide, keep_going=keep_going, check=check)


def reassign(
    request: Request,
    activities: ActivitySelection,
    *,
    to: str,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Assign activities to another user; `owner` stands for the record's owner."""

    def decide(session: Writing, facts: Facts, id: str) -> Change:
        return activity_changes.reassign_activity(facts, id, to, session.moment)

    return change_activities(request, activities, decide, keep_going=keep_going, check=check)


def start_plan(
    request: Request,
    records: Records,
    *,
    plan: str,
    day: date,
    late: Late | None = None,
    again: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Start a plan on records: add all its activities, each at its offset from a day.

    `late` says what to do with lines that would lie in the past. Raises UsageError for an unknown plan,
    RefusedError if it runs already, unless `again` is given, and LateError for lines in the past.
    """
    wanted = plan_start.find_plan(request.config, plan)

    def decide(session: Writing, facts: Facts) -> Change:
        if not again:
            plan_start.refuse_running(facts.opportunity, wanted)
        fresh = [session.new_id() for _ in wanted.lines]
        started = plan_start.start_plan(
            facts, session.moment, plan=wanted, day=day, id_of=lambda number: fresh[number - 1]
        )
        after = facts.opportunity
        for each in plan_start.admit_late(started, facts, session.moment, late, "leaves them out"):
            after = activity_changes.with_activity(after, each)
        return Change(before=facts.opportunity, after=after)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def move_plan(
    request: Request,
    records: Records,
    *,
    day: date,
    plan: str = "",
    since: date | None = None,
    late: Late | None = None,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Let what is still planned of a plan count from another day; see `plan_move.move_plan`.

    Raises UsageError for a plan that is neither listed nor held by a record.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        held = plan in [each.plan for each in facts.opportunity.activities]
        named = plan if held or not plan else check_entry("plan", plan, session.config.plans)
        return plan_move.move_plan(facts, session.moment, plan=named, day=day, since=since, late=late)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def change_activities(
    request: Request,
    activities: ActivitySelection,
    decide: DecideOne,
    *,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Apply `decide` to each of these activities, in one transaction."""
    wanted: dict[str, list[str]] = {}
    for path, activity in activities.pairs:
        wanted.setdefault(path, []).append(activity)

    def decide_record(session: Writing, facts: Facts) -> Change:
        change = Change(before=facts.opportunity, after=facts.opportunity)
        for id in wanted[session.places[facts.opportunity.id or ""]]:
            change = change.then(decide(session, facts.about(change.after), id))
        return change

    records = Selection(list(wanted), failed=activities.failed)
    return change_records(request, records, decide_record, keep_going=keep_going, check=check)
