"""The referral programme: what each kind of link is worth to a sponsor, and what follows a success.

The programme is a short way of writing rules: `rules` gives them as what they are, each under the
key that histories know it by.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.pipeline import Event, RewardAction, Rule
from crmcli.domain.model.record_types import Money, Part
from crmcli.domain.values.list_entries import Named

BROUGHT = "referral and referral.by"  # the condition of all that the programme does


class LinkReward(Part, frozen=True, kw_only=True):
    """What somebody with this link to the customer gets once the deal is won, if a condition holds."""

    id: str
    amount: Money | None = None
    kind: str | None = None
    when: str | None = None


class Link(Named, frozen=True, kw_only=True):
    """A kind of link between a sponsor and who they bring."""

    rewards: tuple[LinkReward, ...] = ()


class ReferralProgram(Part, frozen=True, kw_only=True):
    """The kinds of link, and the rules for any deal that was brought and won."""

    links: tuple[Link, ...] = ()
    on_success: tuple[Rule, ...] = ()


class Written(NamedTuple):
    """A rule of the programme: its key in histories, where it stands below `referral`, the rule."""

    key: str
    path: tuple[str | int, ...]
    rule: Rule


def program_rules(programme: ReferralProgram) -> Iterator[Written]:
    """What the programme says, as rules that wait for `won`."""
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
    """A rule of `on_success` as one that waits for `won`."""
    return replace(rule, on=Event.WON, when=combine_conditions(BROUGHT, rule.when))


def combine_conditions(first: str, second: str | None) -> str:
    """Two conditions as one."""
    return f"{first} and ({second})" if second else first
