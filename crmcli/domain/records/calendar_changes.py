"""What changes in an activity that somebody ticked off, moved, renamed or commented on in a calendar."""

from collections.abc import Mapping

from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Instant, State
from crmcli.domain.records import activity_changes
from crmcli.domain.records.activity_changes import find_activity

CLEARED = "-"  # a field of an activity is cleared by this text
DELETED = "deleted in the calendar"


def take_calendar_values(
    facts: Facts,
    id: str,
    moment: Moment,
    ours: Mapping[str, str],
    merged: Mapping[str, str],
    completed: Instant | None,
) -> Change:
    """Change an activity from `ours` to `merged`; `completed` is when it was ticked off, if that is known.

    Raises UsageError for a day that a record cannot have.
    """
    deal = facts.opportunity
    change = Change(before=deal, after=deal)
    edits = list_edits(ours, merged)
    if edits:
        change = change.then(activity_changes.edit_activity(facts, id, moment, edits))
    if merged["state"] != ours["state"]:
        change = change.then(
            close_activity(facts.about(change.after), id, moment, State(merged["state"]), completed)
        )
    return change


def list_edits(ours: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    """Return the fields of an activity that change, as texts."""
    edits: dict[str, str | tuple[str, ...]] = {}
    if merged["summary"] not in (ours["summary"], "", CLEARED):
        edits["summary"] = merged["summary"]
    if merged["note"] != ours["note"] and merged["note"] != CLEARED:
        edits["note"] = merged["note"] or CLEARED
    (day, hour), (old_day, old_hour) = (each["when"].partition(" ")[::2] for each in (merged, ours))
    if day != old_day:
        edits["due"] = day or CLEARED
    if hour != old_hour:
        edits["time"] = hour or CLEARED
    return edits


def close_activity(facts: Facts, id: str, moment: Moment, state: State, completed: Instant | None) -> Change:
    """Complete or cancel an activity; one that was cancelled here and done there is done."""
    deal = facts.opportunity
    if state is State.CANCELLED:
        return activity_changes.cancel_activity(facts, id, None, moment)
    activity = find_activity(deal, id)
    reopened = activity_changes.replace_activity(
        deal, activity, state=State.PLANNED, closed=None, reason=None
    )
    done = activity_changes.complete_activity(
        facts.about(reopened),
        id,
        moment,
        outcome=activity.outcome,
        note=None,
        closed=limit_instant(completed, deal.created, moment.at),
    )
    return Change(before=deal, after=reopened).then(done)


def limit_instant(at: Instant | None, earliest: Instant | None, latest: Instant) -> Instant:
    """Return an instant of somebody's clock, between two that are certain."""
    if at is None:
        return latest
    return min(max(at, earliest or at), latest)
