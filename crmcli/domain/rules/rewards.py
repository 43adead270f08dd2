"""Rewards of a sponsor for a deal that is won: due, paid, or void after the deal is reopened."""

from collections.abc import Iterator

from msgspec.structs import replace

from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Event, RewardAction, Rule
from crmcli.domain.model.record_types import Money, Opportunity, Reward
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.ids import derive_id, is_id

DUE, PAID, VOID = "due", "paid", "void"
SPONSOR, CONTACT = "referral.by", "contact"


def build_reward(
    action: RewardAction, facts: Facts, rule: str, moment: Moment, occurrence: str = "1"
) -> Reward | None:
    """Return the reward that a rule grants; None without a receiver.

    Its id is the same on every machine, so two clones that win the same deal create one reward.
    """
    deal = facts.opportunity
    to = receiver_of(action.to, deal)
    if to is None:
        return None
    return Reward(
        id=derive_id(deal.id or "", rule, occurrence, "reward"),
        to=to,
        link=deal.referral.link if deal.referral else None,
        amount=action.amount,
        kind=action.kind,
        state=DUE,
        at=moment.at,
        rule=rule,
    )


def sponsor_rules(config: Config) -> Iterator[tuple[str, Rule]]:
    """Yield the rules that reward the sponsor, with their keys in histories."""
    for key, rule in (*config.staged_rules(), *config.global_rules()):
        if rule.reward is not None and rule.reward.to == SPONSOR:
            yield key, rule


def receiver_of(named: str, deal: Opportunity) -> str | None:
    """Return the contact id for a rule's `to`; None without a valid receiver."""
    if named == SPONSOR:
        sponsor = deal.referral.by if deal.referral else None
        return None if sponsor == deal.contact else sponsor  # possible only by an edit of the file
    if named == CONTACT:
        return deal.contact
    return named if is_id(named) else None


def void_rewards(facts: Facts, moment: Moment) -> tuple[Opportunity, tuple[str, ...]]:
    """Return the deal with its due rewards void, and a notice for each paid one.

    What its contact got for referring another deal depends on that one, and stays as it is.
    """
    deal, others = facts.opportunity, keys_for_referring(facts.config)
    rewards = tuple(
        replace(each, state=VOID, at=moment.at) if each.state == DUE and each.rule not in others else each
        for each in deal.rewards
    )
    paid = tuple(
        f"{deal.id} is open again, but reward {each.id}{amount_of(each)} was paid"
        for each in deal.rewards
        if each.state == PAID and each.rule not in others
    )
    return replace(deal, rewards=rewards), paid


def keys_for_referring(config: Config) -> set[str]:
    """Return the keys of the rules that reward somebody on their own record for referring a deal."""
    return {key for key, rule in config.global_rules() if rule.on is Event.REFERRAL_WON}


def pay_reward(facts: Facts, id: str, moment: Moment) -> Opportunity:
    """Return the deal with a due reward marked as paid.

    Raises RefusedError if it is paid already, or void.
    """
    deal = facts.opportunity
    reward = next(each for each in deal.rewards if each.id == id)
    if reward.state == PAID:
        raise RefusedError(f"reward {id} is paid already")
    if reward.state != DUE:
        hint = f"it is due again when {deal.id} is won"
        if reward.rule and deal.referral and reward.to != deal.referral.by:
            hint = f"{facts.name_contact(reward.to or 'nobody')} is not the sponsor of {deal.id} any more"
        raise RefusedError(f"reward {id} is {reward.state}", hint=hint)
    after = replace(reward, state=PAID, at=moment.at)
    return replace(deal, rewards=tuple(after if each.id == id else each for each in deal.rewards))


def restore_rewards(facts: Facts, moment: Moment) -> Opportunity:
    """Return the deal with its void rewards due again, after it was won again; paid ones stay paid.

    Those of an earlier sponsor stay void.
    """
    deal = facts.opportunity
    for_sponsor = {key for key, _ in sponsor_rules(facts.config)}
    for_referring = keys_for_referring(facts.config)
    sponsor = receiver_of(SPONSOR, deal)
    rewards = tuple(
        replace(each, state=DUE, at=moment.at)
        if each.state == VOID
        and each.rule
        and each.rule not in for_referring
        and (each.rule not in for_sponsor or each.to == sponsor)
        else each
        for each in deal.rewards
    )
    return replace(deal, rewards=rewards)


def amount_of(reward: Reward) -> str:
    """Return the amount or the kind of a reward, in words."""
    amount: Money | None = reward.amount
    return f" of {amount:.2f}" if amount is not None else f" ({reward.kind})" if reward.kind else ""


def is_paid_to_other(reward: Reward, deal: Opportunity, config: Config) -> bool:
    """Tell whether a sponsor's reward was paid to somebody who is not the sponsor any more."""
    if reward.state != PAID or reward.to == receiver_of(SPONSOR, deal):
        return False
    return reward.rule in [key for key, _ in sponsor_rules(config)]
