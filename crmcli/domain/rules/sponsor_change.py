"""Rewards follow the sponsor of a won deal who is named or corrected after the win."""

from collections.abc import Iterator

from msgspec.structs import replace

from crmcli.domain.model.changes import Change, Moment, ReferralEnded, ReferralWon
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import has_fired, highest_closing, recorded_stage
from crmcli.domain.model.pipeline import Event
from crmcli.domain.model.record_types import Opportunity, RecordedEffect, Reward
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.rules.fire_rules import Trigger, condition_holds, record_firing
from crmcli.domain.rules.own_referrals import informed_sponsor
from crmcli.domain.rules.rewards import (
    DUE,
    SPONSOR,
    VOID,
    amount_of,
    build_reward,
    is_paid_to_other,
    receiver_of,
    sponsor_rules,
)


def follow_sponsor(facts: Facts, before: Opportunity | None, moment: Moment) -> Change:
    """Let the rewards of a won deal follow its sponsor: void for the earlier one, due for the new one.

    Nothing changes unless the sponsor or the link differs from `before`, a reward that is due is for
    somebody else (after an edit of the file), or the deal is won again. Paid rewards stay, and are reported.
    """
    deal, config = facts.opportunity, facts.config
    nothing = Change(before=deal, after=deal)
    if before is None or status_of(deal, config) is not Status.WON:
        return nothing
    was_won = recorded_stage(before) in config.won_stages and before.lost is None
    is_named = was_won and before.referral != deal.referral
    if is_named or (was_won and has_misdirected(deal, config)):
        change = tell_sponsors(settle_rewards(facts, moment), before, config)
        return replace(change, notices=(*change.notices, *list_kept(before, facts)))
    return settle_rewards(facts, moment) if not was_won and highest_closing(deal) > 1 else nothing


def has_misdirected(deal: Opportunity, config: Config) -> bool:
    """Tell whether a sponsor's reward is due to somebody who is not the sponsor, or for another link."""
    stands = receiver_of(SPONSOR, deal), deal.referral.link if deal.referral else None
    keys = {key for key, _ in sponsor_rules(config)}
    due = (each for each in deal.rewards if each.state == DUE and each.rule in keys)
    return any((each.to, each.link) != stands for each in due)


def settle_rewards(facts: Facts, moment: Moment) -> Change:
    """Make the rewards due that rules give the sponsor of a won deal, and void those of anybody else."""
    deal, config = facts.opportunity, facts.config
    sponsor = receiver_of(SPONSOR, deal)
    at_win = dict(triggers_at_win(deal, config))
    earned = {key for key, each in at_win.items() if sponsor and condition_holds(facts, each, moment)}
    keys = {key for key, _ in sponsor_rules(config)}

    def settle(each: Reward) -> Reward:
        is_theirs = each.to == sponsor and (each.rule in earned or each.rule not in at_win)
        if each.rule in keys and each.state == DUE and not is_theirs:
            return replace(each, state=VOID, at=moment.at)
        if each.rule in earned and each.state == VOID and is_theirs:
            each = replace(each, state=DUE, at=moment.at)
        is_due = each.rule in keys and each.state == DUE
        return replace(each, link=deal.referral.link) if is_due and deal.referral else each

    after = replace(deal, rewards=tuple(map(settle, deal.rewards)))
    for key in at_win:
        if key in earned and not any(each.rule == key and each.to == sponsor for each in deal.rewards):
            after = grant_reward(facts.about(after), at_win[key], moment)
    return Change(before=deal, after=after)


def triggers_at_win(deal: Opportunity, config: Config) -> Iterator[tuple[str, Trigger]]:
    """Yield the rules that reward the sponsor when a deal is won in its stage, by their keys."""
    stage = config.stage(deal.stage)
    entering = {f"{stage.id}.{rule.id}" for rule in stage.on_enter} if stage else set()
    for key, rule in sponsor_rules(config):
        if rule.on is Event.WON or key in entering:
            yield key, Trigger(key, rule, "1")


def grant_reward(facts: Facts, trigger: Trigger, moment: Moment) -> Opportunity:
    """Return the deal with the reward of a rule for its sponsor; unchanged if it gave them one before.

    The occurrence is that of any reward, `1`, or for a further sponsor their id, so that two clones that
    correct the sponsor make one reward.
    """
    deal, action = facts.opportunity, trigger.rule.reward
    occurrence = receiver_of(SPONSOR, deal) or "1" if has_fired(deal, trigger.key, "1") else "1"
    if action is None or has_fired(deal, trigger.key, occurrence):
        return deal
    reward = build_reward(action, facts, trigger.key, moment, occurrence)
    if reward is None or reward.id in [each.id for each in deal.rewards]:
        return deal
    after = replace(deal, rewards=(*deal.rewards, reward))
    return record_firing(after, trigger.key, occurrence, (RecordedEffect(reward=reward.id),), moment)


def tell_sponsors(change: Change, before: Opportunity, config: Config) -> Change:
    """Return the change with the news for the own records of the earlier and of the new sponsor.

    Nobody is told unless a rule waits for the win of a referred deal.
    """
    deal = change.after
    earlier, sponsor = informed_sponsor(before, config), informed_sponsor(deal, config)
    if earlier == sponsor:
        return change
    ended = (ReferralEnded(sponsor=earlier, deal=deal),) if earlier else ()
    won = (ReferralWon(sponsor=sponsor, deal=deal),) if sponsor else ()
    return replace(change, effects=(*change.effects, *ended, *won))


def list_kept(before: Opportunity, facts: Facts) -> Iterator[str]:
    """Yield a notice for each reward of an earlier sponsor that stays: paid, or granted by hand."""
    deal = facts.opportunity
    sponsor, earlier = receiver_of(SPONSOR, deal), receiver_of(SPONSOR, before)
    for each in deal.rewards:
        to = facts.name_contact(each.to) if each.to else "nobody"
        if is_paid_to_other(each, deal, facts.config):
            yield f"reward {each.id}{amount_of(each)} was paid to {to}, who is not the sponsor, and stays"
        elif each.state == DUE and each.rule is None and each.to == earlier != sponsor:
            yield f"reward {each.id}{amount_of(each)} to {to} was granted by hand and stays due"
