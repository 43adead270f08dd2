"""A year, day by day, of two hundred deals that anything may happen to: nothing doubled, lost or orphaned."""

from collections import Counter
from datetime import timedelta
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.domain.model.changes import TICK, Change, Moment, QueueMail
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Contact, Entry, Opportunity, RecordedEffect, State
from crmcli.domain.model.urgency import planned_activities
from crmcli.domain.records import activity_changes, transitions
from crmcli.domain.rules.timed_rules import apply_due_rules
from crmcli.domain.values.errors import CrmError
from crmcli.store.configuration import read_config
from tests.harness.builders import at
from tests.harness.places import ROOT

PATH = ROOT / "pipeline_data" / "crm.yaml"
CONFIG = read_config(PATH, PATH.read_bytes())
PERSON = Contact(id="x2a9c4d8", name="Pierre RICHARD", emails=("pierre@example.org",))
DEALS, DAYS, EVENTS_A_DAY = 200, 365, 8
START = at("2026-01-01T08:00").at
DOINGS = ("move", "win", "lose", "reopen", "done", "cancel", "snooze", "hand", "untag", "add")
Doing = tuple[int, int, str, int]  # day, deal, what, and a number to choose by


def happens(about: Facts, doing: Doing, moment: Moment) -> Change:
    """One thing that a person does, or what it is refused as."""
    deal, (_, _, what, number) = about.opportunity, doing
    stages = [stage.id for stage in CONFIG.stages]
    todo = planned_activities(deal)
    match what:
        case "move":
            return transitions.move_deal(about, stages[number % len(stages)], moment, force=True)
        case "win":
            return transitions.win_deal(about, moment)
        case "lose":
            return transitions.lose_deal(about, None, moment)
        case "reopen":
            change = transitions.reopen_deal(about, moment)
            return change.then(
                transitions.revive_activities(change.after, transitions.cancelled_by_closing(deal))
            )
        case "hand":
            return Change(before=deal, after=replace(deal, stage=stages[number % len(stages)]))
        case "untag":
            return Change(before=deal, after=replace(deal, tags=()))
        case "add":
            made = activity_changes.new_activity(
                about, moment, id=f"p{number % 10**7:07d}", type="sweep", every="1mo"
            )
            return Change(before=deal, after=activity_changes.with_activity(deal, made))
    if not todo:
        return Change(before=deal, after=deal)
    id = todo[number % len(todo)].id or ""
    match what:
        case "done":
            return activity_changes.complete_activity(about, id, moment, outcome=None, note=None)
        case "cancel":
            return activity_changes.cancel_activity(about, id, "plus utile", moment)
    return activity_changes.snooze_activity(about, id, "3d", moment)


def fresh(number: int) -> Facts:
    deal = Opportunity(id=f"d{number:07d}", title=f"Poêle {number}", owner="marie", contact=PERSON.id)
    about = Facts(opportunity=deal, config=CONFIG, contact=PERSON)
    return about.about(transitions.create_deal(about, Moment(at=START, by="marie")).after)


def kept(before: Opportunity, after: Opportunity) -> None:
    """Nothing that was there is gone: every activity, every line of the history, in its place."""
    assert [each.id for each in after.activities][: len(before.activities)] == [
        each.id for each in before.activities
    ]
    assert after.history[: len(before.history)] == before.history


def firings(deal: Opportunity) -> Counter[tuple[str | None, str | None]]:
    return Counter((e.rule, e.occurrence) for e in deal.history if e.event == "rule")


def rule_of_made(entries: tuple[Entry, ...]) -> set[str]:
    """The activities that the history says rules have made."""
    effects = (effect for e in entries if e.event == "rule" for effect in e.did)
    return {effect.activity for effect in effects if effect.activity}


@settings(max_examples=2, phases=[Phase.generate])
@given(st.randoms(use_true_random=True))
def test_in_a_year_no_activity_is_doubled_lost_or_orphaned(chance: Random) -> None:
    doings: list[Doing] = [
        (chance.randrange(DAYS), chance.randrange(DEALS), chance.choice(DOINGS), chance.randrange(10**6))
        for _ in range(DAYS * EVENTS_A_DAY)
    ]
    deals = [fresh(number) for number in range(DEALS)]
    mails: Counter[str] = Counter()
    by_day: dict[int, list[Doing]] = {}
    for doing in doings:
        by_day.setdefault(doing[0], []).append(doing)
    for day in range(DAYS):
        now = START + timedelta(days=day)
        for doing in by_day.get(day, []):
            about = deals[doing[1]]
            try:
                change = happens(about, doing, Moment(at=now, by="marie"))
            except CrmError:
                continue
            kept(about.opportunity, change.after)
            deals[doing[1]] = about.about(change.after)
            mails.update(effect.message for effect in change.effects if isinstance(effect, QueueMail))
        for number, about in enumerate(deals):
            change = apply_due_rules(about, Moment(at=now + timedelta(hours=9), by=TICK))
            kept(about.opportunity, change.after)
            mails.update(effect.message for effect in change.effects if isinstance(effect, QueueMail))
            deals[number] = about.about(change.after)
    assert max(mails.values(), default=0) <= 1  # no mail is queued twice
    for about in deals:
        deal = about.opportunity
        ids = [each.id for each in deal.activities]
        assert len(ids) == len(set(ids))  # none doubled
        assert max(firings(deal).values(), default=0) <= 1  # no rule fired twice for the same thing
        assert rule_of_made(deal.history) == {
            each.id for each in deal.activities if each.rule or is_next(each.id, deal)
        }
        recurring = [each for each in deal.activities if each.every and each.state is State.DONE]
        again = {e.occurrence for e in deal.history if e.rule == "activity.every"}
        assert {each.id for each in recurring} <= again  # what recurs has come back
        again = apply_due_rules(about, Moment(at=now + timedelta(hours=10), by=TICK)).after
        assert again == deal, (
            again.history[len(deal.history) :],
            deal.history[-8:],
            deal.stage,
            deal.closed,
            deal.lost,
        )


def is_next(id: str | None, deal: Opportunity) -> bool:
    """Was this planned because another was done?"""
    made = (RecordedEffect(activity=id),)
    return any(e.rule in ("activity.every", "activity.next") and e.did == made for e in deal.history)
