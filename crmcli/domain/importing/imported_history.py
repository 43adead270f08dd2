"""The past of an imported record: a history that says no more than the other program told."""

from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import UNSTATED, Config, known_lost_reason
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import CLOSINGS, append_entry, is_move, no_earlier
from crmcli.domain.model.pipeline import Event, Outcome, Stage
from crmcli.domain.model.record_types import Entry, HistoryEvent, Instant, Kind, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records import transitions
from crmcli.domain.rules import fire_rules
from crmcli.domain.rules.referral_program import ReferralProgram
from crmcli.domain.values.errors import RefusedError, UsageError


class Past(NamedTuple):
    """Where a record stands in the other program, and since when; None is unknown."""

    stage: str | None = None
    status: Status | None = None
    lost: str | None = None  # the reason
    created: Instant | None = None
    stage_since: Instant | None = None
    closed: Instant | None = None


def without_rules(config: Config) -> Config:
    """Return the configuration without rules and requirements, and so without rewards."""

    def quiet(stage: Stage) -> Stage:
        return replace(stage, on_enter=(), on_exit=(), after=(), require=())

    links = tuple(replace(link, rewards=()) for link in config.referral.links)
    return replace(
        config,
        only_stages=tuple(map(quiet, config.only_stages)),
        pipelines=tuple(replace(each, stages=tuple(map(quiet, each.stages))) for each in config.pipelines),
        rules=(),
        referral=ReferralProgram(links=links),
        fields=tuple(replace(field, required_in=()) for field in config.fields),
        lost_reason_required=False,
    )


def settle_stage(past: Past, config: Config) -> Stage:
    """Return the stage of a record: the one named, else the first won one of a won record, else the first."""
    won = [stage for stage in config.stages if stage.outcome is Outcome.WON]
    if past.stage is not None:
        named = config.stage(past.stage) or config.stages[0]
        if past.status is Status.WON and named.outcome is not Outcome.WON:
            beside = [each for each in config.stages_beside(named.id) if each.outcome is Outcome.WON]
            return next(iter([*beside, *won]), named)
        return named
    return won[0] if past.status is Status.WON and won else config.stages[0]


def check_past(past: Past, now: Instant) -> None:
    """Check that the past is in order, and not in the future.

    Raises UsageError with the two times.
    """
    named = {"created": past.created, "stage_since": past.stage_since, "closed": past.closed}
    known = [(name, at) for name, at in named.items() if at is not None]
    for name, at in known:
        if at > now:
            raise UsageError(f"{name} is in the future: {at:%Y-%m-%d %H:%M}")
    for (name, at), (later, after) in pairwise(known):
        if at > after:
            raise UsageError(f"{later} {after:%Y-%m-%d} is before {name} {at:%Y-%m-%d}")


def begin_imported(facts: Facts, past: Past, moment: Moment, *, fires: bool = False) -> Change:
    """Return a new record with its history as far as it is known; with `fires`, rules for its stage fire.

    Raises UsageError for a past that cannot be, a lead that is won, and an unknown lost reason; with
    `fires`, RefusedError where it lacks what its stage requires.
    """
    check_past(past, moment.at)
    config, stage = facts.config, settle_stage(past, facts.config)
    won = stage.outcome is Outcome.WON
    if won and facts.opportunity.kind is Kind.LEAD:
        raise UsageError(f"a lead cannot be in {stage.title}, which is won")
    if fires and past.status is not Status.LOST:
        check_requirements(facts, stage)
    created = past.created or min(filter(None, (past.stage_since, past.closed, moment.at)))
    first = config.stages_beside(stage.id)[0].id if past.stage_since else stage.id
    deal = replace(facts.opportunity, stage=stage.id, created=created, history=())
    deal = append_entry(deal, Entry(at=created, event=HistoryEvent.CREATED, to=first, visit=1, by=moment.by))
    if first != stage.id:
        deal = append_entry(deal, move_entry(first, stage.id, past.stage_since or created, moment))
    if won or past.status is Status.LOST:
        deal = close_imported(deal, stage, past, moment, config)
    change = Change(before=None, after=deal)
    if not fires:
        return change
    triggers = [
        *fire_rules.triggers_for_entry(stage, 1),
        *fire_rules.triggers_for_event(Event.CREATED, config, "1"),
    ]
    if deal.closed:
        event = Event.WON if won else Event.LOST
        triggers += fire_rules.triggers_for_event(event, config, "1")
    return change.then(fire_rules.fire_rules(facts.about(deal), triggers, moment))


def check_requirements(facts: Facts, stage: Stage) -> None:
    """Check that a new record has what its stage requires.

    Raises RefusedError naming what is missing; the record, which is in no file, has no id for a command.
    """
    try:
        transitions.check_allowed(facts.about(replace(facts.opportunity, id=None)), stage, force=False)
    except RefusedError as error:
        raise RefusedError(error.what, hint="give it in a column, or leave --rules out") from None


def move_entry(first: str, stage: str, at: Instant, moment: Moment) -> Entry:
    """Return the history entry for entering a stage."""
    return Entry(at=at, event=HistoryEvent.STAGE, from_=first, to=stage, visit=1, by=moment.by)


def close_imported(
    deal: Opportunity, stage: Stage, past: Past, moment: Moment, config: Config
) -> Opportunity:
    """Return a record that was closed in the other program, at the time known, else now."""
    won = stage.outcome is Outcome.WON
    closed = no_earlier(deal, past.closed or past.stage_since or moment.at)
    entry = Entry(
        at=closed,
        event=HistoryEvent.WON if won else HistoryEvent.LOST,
        to=stage.id,
        visit=1,
        closing=1,
        probability=deal.probability,
        by=moment.by,
    )
    lost = None if won else known_lost_reason(replace(config, lost_reason_required=False), past.lost or "")
    return append_entry(replace(deal, lost=lost, closed=closed, probability=None), entry)


def follow_past(facts: Facts, past: Past, moment: Moment) -> Change:
    """Return the change of a known record to where it stands in the other program, if it does not yet."""
    deal = facts.opportunity
    change = Change(before=deal, after=deal)
    stands = status_of(deal, facts.config)
    if stands is not Status.OPEN and past.status in (None, stands) and is_another_day(past.closed, deal):
        notice = sentence(
            "closed stays {day}: {command} comes before another day",
            day=f"{deal.closed:%Y-%m-%d}",
            command=f"crm reopen {deal.id}",
        )
        change = change.advised(notice)
    if past.stage is None and past.status in (None, stands):
        return follow_reason(change, past, facts, moment)
    target = settle_stage(past, facts.config) if past.stage or past.status is Status.WON else None
    if stands is not Status.OPEN and past.status not in (None, stands):
        open_stage = target.id if target and target.outcome is None else None
        change = change.then(transitions.reopen_deal(facts, moment, to=open_stage))
        facts = facts.about(change.after)
    if target and change.after.lost is None and target.id != change.after.stage:
        change = change.then(transitions.move_deal(facts.about(change.after), target.id, moment))
    if past.status is Status.LOST and status_of(change.after, facts.config) is Status.OPEN:
        change = change.then(transitions.lose_deal(facts.about(change.after), past.lost, moment))
    if past.closed and change.after.closed not in (None, deal.closed):
        check_past(Past(created=deal.created, closed=past.closed), moment.at)
        change = change.then(date_closing(deal, change.after, past.closed))
    return follow_reason(change, past, facts, moment)


def date_closing(before: Opportunity, deal: Opportunity, closed: Instant) -> Change:
    """Return the change of a record that was closed just now to one that was closed at an earlier time.

    Its moves since `before` go where their time belongs. Where it was moved later before that, they stay,
    with a notice.
    """
    old, new = deal.history[: len(before.history)], deal.history[len(before.history) :]
    if any(each.at > closed for each in old if each.to and is_move(each) and each.of is None):
        notice = sentence(
            "closed {day} is not taken: {id} was moved after that day", day=f"{closed:%Y-%m-%d}", id=deal.id
        )
        return Change(before=deal, after=deal, notices=(notice,))
    moves = (replace(each, at=closed) for each in new if each.to and is_move(each))
    others = (each for each in new if not (each.to and is_move(each)))
    place = 1 + max((number for number, each in enumerate(old) if each.at <= closed), default=-1)
    history = (*old[:place], *moves, *old[place:], *others)
    activities = tuple(
        replace(each, closed=closed)
        if each.closed == deal.closed and each.reason in CLOSINGS and each not in before.activities
        else each
        for each in deal.activities
    )
    return Change(before=deal, after=replace(deal, history=history, closed=closed, activities=activities))


def is_another_day(closed: Instant | None, deal: Opportunity) -> bool:
    """Tell whether a time of closing is given that is not on the day of the record's, nor near it."""
    return closed is not None and deal.closed is not None and abs(closed - deal.closed) >= timedelta(days=1)


def follow_reason(change: Change, past: Past, facts: Facts, moment: Moment) -> Change:
    """Return the change with another reason of a lost record, if the other program tells one."""
    deal = change.after
    if deal.lost is None or past.lost in (None, UNSTATED, deal.lost):
        return change
    entry = Entry(
        at=moment.at, event=HistoryEvent.SET, field="lost", from_=deal.lost, to=past.lost, by=moment.by
    )
    return change.then(Change(before=deal, after=append_entry(replace(deal, lost=past.lost), entry)))
