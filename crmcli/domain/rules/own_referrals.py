"""The record of a sponsor after a deal that they referred was won, or does not count any more."""

from msgspec.structs import replace

from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import last_firing
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_types import Entry, Opportunity, Reward, State
from crmcli.domain.rules import fire_rules
from crmcli.domain.rules.rewards import DUE, PAID, SPONSOR, VOID, amount_of, keys_for_referring, receiver_of
from crmcli.domain.rules.take_back import take_back_firings

ENDED = "referral ended"  # why an activity was cancelled


def informed_sponsor(deal: Opportunity, config: Config) -> str | None:
    """Return the sponsor of a deal, if rules of `on: referral-won` wait for its win; else None."""
    return receiver_of(SPONSOR, deal) if keys_for_referring(config) else None


def win_referral(facts: Facts, moment: Moment) -> Change:
    """Fire the rules of the sponsor's own record after a deal that they referred (`facts.referred`) was won.

    A rule fires once for a deal. If it fired before and the referral ended since, what was taken back is
    given again.
    """
    deal, won = facts.opportunity, (facts.referred.id if facts.referred else None) or ""
    again = give_back(deal, won, facts.config, moment)
    triggers = fire_rules.triggers_for_event(Event.REFERRAL_WON, facts.config, won)
    return Change(before=deal, after=again).then(fire_rules.fire_rules(facts.about(again), triggers, moment))


def end_referral(facts: Facts, moment: Moment) -> Change:
    """Take back what rules gave the sponsor's own record for a deal (`facts.referred`) that no longer counts.

    Due rewards become void; what is paid, done or sent stays, and is named.
    """
    deal, ended = facts.opportunity, (facts.referred.id if facts.referred else None) or ""
    firings = firings_for(deal, ended, facts.config)
    given = given_rewards(firings)
    why = f"{deal.id}: {ended} is not a referral any more"
    after = replace(
        deal,
        rewards=tuple(
            replace(each, state=VOID, at=moment.at) if each.id in given and each.state == DUE else each
            for each in deal.rewards
        ),
    )
    paid = tuple(
        f"{why}, but reward {each.id}{amount_of(each)} was paid"
        for each in deal.rewards
        if each.id in given and each.state == PAID
    )
    change = Change(before=deal, after=after, notices=paid)
    return change.then(take_back_firings(facts.about(after), firings, moment, ENDED, why))


def give_back(deal: Opportunity, won: str, config: Config, moment: Moment) -> Opportunity:
    """Return the sponsor's record with what was taken back for a deal that counts again."""
    firings = firings_for(deal, won, config)
    given = given_rewards(firings)
    effects = [effect for entry in firings for effect in entry.did]
    activities = {effect.activity for effect in effects if effect.activity}

    def restore(each: Reward) -> Reward:
        is_void = each.id in given and each.state == VOID
        return replace(each, state=DUE, at=moment.at) if is_void else each

    untagged = {effect.untag for effect in effects}
    tags = {*deal.tags, *(effect.tag for effect in effects if effect.tag)} - untagged
    return replace(
        deal,
        rewards=tuple(map(restore, deal.rewards)),
        tags=tuple(sorted(tag for tag in tags if tag)) if effects else deal.tags,
        activities=tuple(
            replace(each, state=State.PLANNED, closed=None, reason=None)
            if each.id in activities and each.state is State.CANCELLED and each.reason == ENDED
            else each
            for each in deal.activities
        ),
    )


def firings_for(deal: Opportunity, won: str, config: Config) -> list[Entry]:
    """Return what each rule of `on: referral-won` last did on the sponsor's record for a won deal."""
    keys = keys_for_referring(config)
    return [entry for key in sorted(keys) if (entry := last_firing(deal, key, won)) is not None]


def given_rewards(firings: list[Entry]) -> set[str]:
    """Return the ids of the rewards that these firings granted."""
    return {effect.reward for entry in firings for effect in entry.did if effect.reward}
