"""The referral programme: the rewards for each kind of link, and the rules after a referred deal is won.

The programme is a short form of rules: `program_rules` returns them with their keys in histories.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.pipeline import Event, RewardAction, Rule
from crmcli.domain.model.record_types import Money, Part
from crmcli.domain.values.list_entries import Named

BROUGHT = "referral and referral.by"  # the condition of all rules of the programme


class LinkReward(Part, frozen=True, kw_only=True):
    """The reward of a sponsor with this link to the customer, if the deal is won and a condition holds."""

    id: str
    amount: Money | None = None
    kind: str | None = None
    when: str | None = None


class Link(Named, frozen=True, kw_only=True):
    """A kind of link between a sponsor and a customer."""

    rewards: tuple[LinkReward, ...] = ()


class ReferralProgram(Part, frozen=True, kw_only=True):
    """The kinds of link, and the rules for all referred deals that are won."""

    links: tuple[Link, ...] = ()
    on_success: tuple[Rule, ...] = ()


class Written(NamedTuple):
    """A rule of the programme: its key in histories, its path below `referral`, and the rule."""

    key: str
    path: tuple[str | int, ...]
    rule: Rule


def program_rules(programme: ReferralProgram) -> Iterator[Written]:
    """Yield the rules of the programme, all of which fire on `won`."""
    for number, link in enumerate(programme.links):
        for index, reward in enumerate(link.rewards):
            rule = Rule(
                id=reward.id,
                on=Event.WON,
                when=combine_conditions(f"{BROUGHT} and referral.link == {link.id!r}", reward.when),
                reward=RewardAction(amount=reward.amount, kind=reward.kind),
            )
            key = f"referral.{link.id}.{reward.id}"
            yield Written(key, ("links", number, "rewards", index), rule)
    for index, given in enumerate(programme.on_success):
        yield Written(f"referral.{given.id}", ("on_success", index), success_rule(given))


def success_rule(rule: Rule) -> Rule:
    """Return a rule of `on_success` as a rule on `won` for referred deals."""
    return replace(rule, on=Event.WON, when=combine_conditions(BROUGHT, rule.when))


def combine_conditions(first: str, second: str | None) -> str:
    """Return two conditions joined by `and`."""
    return f"{first} and ({second})" if second else first
