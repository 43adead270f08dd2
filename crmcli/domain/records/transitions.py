"""Transitions of a deal: create, move, win, lose, reopen, qualify."""

from msgspec.structs import replace

from crmcli.domain.localization.translations import Sentence, sentence
from crmcli.domain.model.changes import Change, Moment, ReferralEnded, ReferralWon
from crmcli.domain.model.config import Config, known_lost_reason, known_stage
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import (
    CLOSINGS,
    append_entry,
    highest_closing,
    highest_visit,
    kept_probability,
    last_open_stage,
    no_earlier,
)
from crmcli.domain.model.pipeline import Event, Outcome, Stage
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import (
    Activity,
    Entry,
    HistoryEvent,
    Kind,
    Message,
    Opportunity,
    Percent,
    Priority,
    RecordedEffect,
    State,
)
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records.activity_changes import cancel_planned, with_activities
from crmcli.domain.records.stage_requirements import list_missing, list_remedies
from crmcli.domain.rules import fire_rules, rewards, unsent_mails
from crmcli.domain.rules.own_referrals import informed_sponsor
from crmcli.domain.rules.take_back import take_back_win
from crmcli.domain.values.errors import RefusedError


def create_deal(facts: Facts, moment: Moment, *, force: bool = False) -> Change:
    """Create a record in its stage (the first unless it names one), and fire the rules for that.

    Raises RefusedError if it lacks what the named stage requires; `force` skips that and is recorded.
    """
    deal = facts.opportunity
    stage = known_stage(facts.config, deal.stage or facts.config.stages[0].id)
    forced = check_allowed(facts, stage, force=force) if deal.stage else ()
    won = stage.outcome is Outcome.WON
    if won and deal.kind is Kind.LEAD:
        raise RefusedError(f"a lead cannot begin in {stage.title}, which is won", hint="leave out --lead")
    deal = replace(deal, stage=stage.id, created=moment.at, closed=moment.at if won else None, history=())
    entry = Entry(at=moment.at, event=HistoryEvent.CREATED, to=stage.id, visit=1, did=forced, by=moment.by)
    given = deal.probability
    change = Change(before=None, after=append_entry(deal, entry))
    if won:
        closing = Entry(at=moment.at, event=HistoryEvent.WON, to=stage.id, visit=1, closing=1, by=moment.by)
        change = change.then(Change(before=None, after=append_entry(change.after, closing)))
        change = change.then(grant_referral_rewards(facts.about(change.after), moment))
    triggers = fire_rules.triggers_for_entry(stage, 1) + fire_rules.triggers_for_event(
        Event.CREATED, facts.config, "1"
    )
    triggers += fire_rules.triggers_for_event(Event.WON, facts.config, "1") if won else []
    change = change.then(fire_rules.fire_rules(facts.about(change.after), triggers, moment))
    return change.then(insist_on_probability(change.after, given, moment))


def move_deal(
    facts: Facts,
    to: str,
    moment: Moment,
    *,
    probability: Percent | None = None,
    force: bool = False,
    keep_mails: bool = False,
) -> Change:
    """Move the deal to another stage, which sets its probability, and fire the rules of both stages.

    A given probability is stored as a manual one. Winning withdraws the unsent mails of the stages left,
    unless `keep_mails` is given. Raises RefusedError if a requirement of the stage is not
    met (`force` skips that and is recorded), or if there is nothing to do.
    """
    deal, config = facts.opportunity, facts.config
    stage = known_stage(config, to)
    if deal.lost is not None:
        raise RefusedError(f"{name_deal(deal)} is lost", hint=f"crm reopen {deal.id} --to {to}")
    if stage.id == deal.stage and not force:
        raise RefusedError(f"{name_deal(deal)} is in {stage.title} already", hint="--force enters it again")
    if stage.outcome is Outcome.WON and deal.kind is Kind.LEAD:
        raise RefusedError(f"{name_deal(deal)} is a lead", hint=f"crm win {deal.id} --qualify")
    if stage.outcome is Outcome.WON and probability is not None:
        raise RefusedError(f"{stage.title} is won, its probability is 100", hint="leave out --probability")
    forced = check_allowed(facts, stage, force=force)
    return enter_stage(facts, stage, moment, probability=probability, forced=forced, keep_mails=keep_mails)


def check_allowed(facts: Facts, stage: Stage, *, force: bool) -> tuple[RecordedEffect, ...]:
    """Return the effect to record if a deal enters a stage by force; empty if it meets all requirements.

    Raises RefusedError naming what is missing, unless it is forced.
    """
    obstacles = list_missing(facts, stage)
    if obstacles and not force:
        raise RefusedError(
            f"{name_deal(facts.opportunity)} cannot move to {stage.title}: {'; '.join(obstacles)}",
            hint=f"{', '.join(list_remedies(facts, stage))}; or --force",
        )
    return (RecordedEffect(forced="; ".join(map(facts.config.language.say, obstacles))),) if obstacles else ()


def enter_stage(
    facts: Facts,
    stage: Stage,
    moment: Moment,
    *,
    probability: Percent | None,
    forced: tuple[RecordedEffect, ...],
    keep_mails: bool = False,
) -> Change:
    """Move the deal to a stage after the checks, and close or reopen it if the outcome changes."""
    deal = facts.opportunity
    was_won = status_of(deal, facts.config) is Status.WON
    wins = stage.outcome is Outcome.WON
    event = HistoryEvent.STAGE
    if wins != was_won:
        event = HistoryEvent.WON if wins else HistoryEvent.REOPENED
    closing = highest_closing(deal) + (event is HistoryEvent.WON)
    entry = Entry(
        at=moment.at,
        event=event,
        from_=deal.stage if event is HistoryEvent.STAGE else None,
        to=stage.id,
        visit=highest_visit(deal, stage.id) + 1,
        closing=closing if event is not HistoryEvent.STAGE else None,
        probability=deal.probability if event is HistoryEvent.WON else None,
        did=forced,
        by=moment.by,
    )
    kept = kept_probability(deal) if event is HistoryEvent.REOPENED else None
    after = replace(
        deal,
        stage=stage.id,
        probability=None if wins else probability if probability is not None else kept,
        closed=(deal.closed if was_won else no_earlier(deal, moment.at)) if wins else None,
    )
    change = Change(before=deal, after=append_entry(after, entry))
    if event is HistoryEvent.WON and not keep_mails:
        meant = unsent_mails.of_stages_left(facts.config, stage)
        change = change.then(unsent_mails.withdraw_mails(facts.about(change.after), meant, moment))
    if event is HistoryEvent.WON:
        change = change.then(cancel_planned_activities(change.after, "won", moment))
        change = change.then(grant_referral_rewards(facts.about(change.after), moment))
    if event is HistoryEvent.REOPENED:
        change = change.then(take_back(facts.about(change.after), moment))
    triggers = triggers_of(facts.config, deal, stage, entry)
    change = change.then(fire_rules.fire_rules(facts.about(change.after), triggers, moment))
    return change.then(insist_on_probability(change.after, probability, moment))


def insist_on_probability(deal: Opportunity, given: Percent | None, moment: Moment) -> Change:
    """Set the probability that a person gave with a move, where a rule of the stage has set another one."""
    if given is None or deal.probability == given:
        return Change(before=deal, after=deal)
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.SET,
        field="probability",
        from_=None if deal.probability is None else f"{deal.probability:f}",
        to=f"{given:f}",
        by=moment.by,
    )
    return Change(before=deal, after=append_entry(replace(deal, probability=given), entry))


def triggers_of(config: Config, before: Opportunity, stage: Stage, entry: Entry) -> list[fire_rules.Trigger]:
    """Return the triggers for entering a stage, in the order in which they fire."""
    old = config.stage(before.stage)
    visit, closing = entry.visit or 1, str(entry.closing or 1)
    triggers = fire_rules.triggers_for_exit(old, highest_visit(before, old.id)) if old else []
    triggers += fire_rules.triggers_for_entry(stage, visit)
    if entry.event in (HistoryEvent.WON, HistoryEvent.REOPENED):
        triggers += fire_rules.triggers_for_event(Event(entry.event), config, closing)
    return triggers


def win_deal(facts: Facts, moment: Moment, *, force: bool = False, keep_mails: bool = False) -> Change:
    """Move the deal to the nearest won stage after its own, else to the last one before it.

    Raises RefusedError if it is won already, or if no stage wins.
    """
    deal = facts.opportunity
    stages = facts.config.stages_beside(deal.stage)
    if status_of(deal, facts.config) is Status.WON:
        raise RefusedError(f"{name_deal(deal)} is won already")
    if deal.lost is not None:
        hint = f"crm reopen {deal.id}, then crm win {deal.id}"
        raise RefusedError(f"{name_deal(deal)} is lost", hint=hint)
    ids = [stage.id for stage in stages]
    here = ids.index(deal.stage) if deal.stage in ids else -1
    won = [index for index, stage in enumerate(stages) if stage.outcome is Outcome.WON]
    if not won:
        raise RefusedError("no stage has outcome: won", where="crm.yaml")
    nearest = next((index for index in won if index > here), won[-1])
    return move_deal(facts, ids[nearest], moment, force=force, keep_mails=keep_mails)


def lose_deal(facts: Facts, reason: str | None, moment: Moment, *, keep_mails: bool = False) -> Change:
    """Mark the deal as lost in its stage.

    Planned activities are cancelled, and unsent mails of rules withdrawn, unless `keep_mails` is given.

    Raises RefusedError if it is closed already, UsageError for an unknown reason, and for a missing one
    where `lost_reason_required` is set.
    """
    deal, config = facts.opportunity, facts.config
    stands = status_of(deal, config)
    if stands is Status.WON:
        hint = f"crm reopen {deal.id}, then crm lose {deal.id}"
        raise RefusedError(f"{name_deal(deal)} is won", hint=hint)
    if stands is Status.LOST:
        hint = f"another reason: crm set {deal.id} lost=REASON"
        raise RefusedError(f"{name_deal(deal)} is lost already", hint=hint)
    lost = known_lost_reason(config, reason or "")
    closing = highest_closing(deal) + 1
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.LOST,
        to=deal.stage,
        visit=highest_visit(deal, deal.stage or "") or 1,
        closing=closing,
        probability=deal.probability,
        by=moment.by,
    )
    closed = no_earlier(deal, moment.at)
    after = append_entry(replace(deal, lost=lost, closed=closed, probability=None), entry)
    change = Change(before=deal, after=after)
    if not keep_mails:
        change = change.then(
            unsent_mails.withdraw_mails(facts.about(after), unsent_mails.of_any_rule, moment)
        )
    change = change.then(cancel_planned_activities(change.after, "lost", moment))
    triggers = fire_rules.triggers_for_event(Event.LOST, config, str(closing))
    return change.then(fire_rules.fire_rules(facts.about(change.after), triggers, moment))


def reopen_deal(
    facts: Facts, moment: Moment, *, to: str | None = None, force: bool = False, queues_mails: bool = False
) -> Change:
    """Reopen the deal in its last open stage, or in `to`, with its earlier manual probability.

    What the rules of a win did is taken back where nobody has touched it, and the rest is reported. Mails
    that the closing withdrew are queued again with `queues_mails`, else reported.

    Raises RefusedError if it is open, or if it may not enter the stage `to`.
    """
    deal, config = facts.opportunity, facts.config
    if status_of(deal, config) is Status.OPEN:
        raise RefusedError(f"{name_deal(deal)} is open")
    stage = known_stage(config, to or reopened_stage(deal, config))
    if stage.id in config.won_stages:
        raise RefusedError(f"{stage.title} is a won stage", hint=f"crm win {deal.id}, or --to an open stage")
    closing = highest_closing(deal)
    entry = Entry(
        at=moment.at,
        event=HistoryEvent.REOPENED,
        to=stage.id,
        visit=highest_visit(deal, stage.id) + 1,
        closing=closing,
        was=deal.lost,
        did=check_allowed(facts, stage, force=force) if to else (),
        by=moment.by,
    )
    change = return_mails(facts, queues_mails)
    after = replace(change.after, stage=stage.id, lost=None, closed=None, probability=kept_probability(deal))
    change = change.then(Change(before=deal, after=append_entry(after, entry)))
    if deal.lost is None:
        change = change.then(take_back(facts.about(change.after), moment))
    triggers = fire_rules.triggers_for_event(Event.REOPENED, config, str(closing))
    return change.then(fire_rules.fire_rules(facts.about(change.after), triggers, moment))


def return_mails(facts: Facts, queues_mails: bool) -> Change:
    """Queue the mails again that the closing withdrew, or report them."""
    if queues_mails:
        return unsent_mails.queue_mails_again(facts)
    deal = facts.opportunity
    notices = tuple(
        sentence(
            "{mail} stays withdrawn (crm undo, then {command})",
            mail=unsent_mails.name_mail(each),
            command=f"crm reopen {deal.id} --mails",
        )
        for each in unsent_mails.list_withdrawn(facts)
    )
    return Change(before=deal, after=deal, notices=notices)


def cancelled_by_closing(deal: Opportunity) -> list[Activity]:
    """Return the activities that were cancelled because the deal was closed."""
    return [
        each
        for each in deal.activities
        if each.state is State.CANCELLED and each.reason in CLOSINGS and each.closed == deal.closed
    ]


def revive_activities(deal: Opportunity, activities: list[Activity]) -> Change:
    """Plan cancelled activities again, as they were."""
    back = {each.id for each in activities}
    after = with_activities(
        deal,
        lambda each: (
            replace(each, state=State.PLANNED, closed=None, reason=None) if each.id in back else each
        ),
    )
    return Change(before=deal, after=after)


def reopened_stage(deal: Opportunity, config: Config) -> str:
    """Return the stage where a closed deal reopens: its last open stage, else the first of its pipeline."""
    known = {stage.id for stage in config.stages}
    last = last_open_stage(deal, config.won_stages)
    return last if last in known else config.stages_beside(deal.stage)[0].id


def qualify_lead(facts: Facts, moment: Moment, *, priority: Priority | None = None) -> Change:
    """Turn the lead into an opportunity in its stage, with a priority if one is given.

    Raises RefusedError for an opportunity, and for a closed lead.
    """
    refuse_unqualifiable(facts)
    deal, config = facts.opportunity, facts.config
    after = replace(
        deal,
        kind=Kind.OPPORTUNITY,
        priority=deal.priority if priority is None else priority,
        stage=deal.stage or config.stages[0].id,
    )
    after = append_entry(after, Entry(at=moment.at, event=HistoryEvent.QUALIFIED, by=moment.by))
    triggers = fire_rules.triggers_for_event(Event.QUALIFIED, config, "1")
    fired = fire_rules.fire_rules(facts.about(after), triggers, moment)
    return Change(before=deal, after=after).then(fired)


def refuse_unqualifiable(facts: Facts) -> None:
    """Check that this is an open lead.

    Raises RefusedError for an opportunity, and for a closed lead.
    """
    deal, config = facts.opportunity, facts.config
    if deal.kind is not Kind.LEAD:
        raise RefusedError(f"{name_deal(deal)} is an opportunity already")
    if status_of(deal, config) is not Status.OPEN:
        raise RefusedError(f"{name_deal(deal)} is {status_of(deal, config)}", hint=f"crm reopen {deal.id}")


def receive_message(facts: Facts, message: Message, moment: Moment, event: Event) -> Change:
    """Add an incoming message to the deal, and fire the rules for it.

    `event` is `ingested` if the message created this record, `replied` if it answers one.
    """
    deal = facts.opportunity
    after = replace(deal, messages=(*deal.messages, message))
    triggers = fire_rules.triggers_for_event(event, facts.config, message.id or "")
    change = Change(before=deal, after=after)
    return change.then(fire_rules.fire_rules(facts.about(after), triggers, moment))


def add_note(deal: Opportunity, text: str, id: str, moment: Moment) -> Change:
    """Add a note to the history of the deal."""
    entry = Entry(at=moment.at, event=HistoryEvent.NOTE, id=id, text=text, by=moment.by)
    return Change(before=deal, after=append_entry(deal, entry))


def cancel_planned_activities(deal: Opportunity, why: str, moment: Moment) -> Change:
    """Cancel the planned activities of a deal because it was closed."""
    return Change(before=deal, after=cancel_planned(deal, why, moment))


def grant_referral_rewards(facts: Facts, moment: Moment) -> Change:
    """Restore the sponsor's void rewards after a win, and trigger the rules of the sponsor's own record."""
    deal = facts.opportunity
    sponsor = informed_sponsor(deal, facts.config)
    effects = (ReferralWon(sponsor=sponsor, deal=deal),) if sponsor else ()
    return Change(before=deal, after=rewards.restore_rewards(facts, moment), effects=effects)


def take_back(facts: Facts, moment: Moment) -> Change:
    """Take back what the rules of a win did, after a reopening: due rewards, and what nobody has touched."""
    deal = facts.opportunity
    after, paid = rewards.void_rewards(facts, moment)
    sponsor = informed_sponsor(deal, facts.config)
    effects = (ReferralEnded(sponsor=sponsor, deal=deal),) if sponsor else ()
    change = Change(before=deal, after=after, notices=paid, effects=effects)
    return change.then(take_back_win(facts.about(after), moment))


def next_stages(facts: Facts) -> list[tuple[Stage, list[str]]]:
    """Return the other stages of the pipeline, each with the reasons why the deal may not enter it."""
    deal = facts.opportunity
    others = [stage for stage in facts.config.stages_beside(deal.stage) if stage.id != deal.stage]
    return [(stage, [*refuse_lead(deal, stage), *list_missing(facts, stage)]) for stage in others]


def refuse_lead(deal: Opportunity, stage: Stage) -> list[Sentence]:
    """Return the reason why a lead does not enter a won stage; empty for anything else."""
    is_lead = deal.kind is Kind.LEAD and stage.outcome is Outcome.WON
    command = f"crm win {deal.id} --qualify"
    return [sentence("is a lead; {command}", command=command)] if is_lead else []
