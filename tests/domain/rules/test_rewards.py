"""Rewards for who brought a deal: due once it is won, void when it is reopened, paid for good."""

from msgspec.structs import replace

from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Opportunity, Referral
from crmcli.domain.records import transitions
from crmcli.domain.rules import own_referrals
from tests.harness.builders import a_config, after, at, created

CONFIG = """
stages: [{id: new}, {id: won, outcome: won}]
rules:
  - {id: sponsor, on: won, when: referral, reward: {amount: 100}}
  - {id: bottle, on: won, reward: {kind: bouteille, to: contact}}
  - {id: proud, on: referral-won, tag: [ambassador], set: {description: "A amené {{ referred.title }}"}}
"""
SPONSOR = Referral(by="b4n8t2wz", link="neighbour")


def made(referral: Referral | None = SPONSOR) -> Facts:
    about = created(a_config(CONFIG), referral=referral)
    return about.about(replace(about.opportunity, contact="x2a9c4d8"))


def won(about: Facts) -> Facts:
    return after(about, transitions.win_deal(about, at()))


def states(about: Facts) -> list[str | None]:
    return [each.state for each in about.opportunity.rewards]


def test_winning_owes_the_sponsor_a_reward_once() -> None:
    about = won(made())
    [sponsor, bottle] = about.opportunity.rewards
    assert (sponsor.to, sponsor.amount, sponsor.link, sponsor.state) == ("b4n8t2wz", 100, "neighbour", "due")
    assert (bottle.to, bottle.kind) == ("x2a9c4d8", "bouteille")


def test_two_clones_that_win_the_same_deal_make_one_reward() -> None:
    about = made()
    assert won(about).opportunity.rewards[0].id == won(about).opportunity.rewards[0].id


def test_a_reopened_deal_owes_nothing_until_it_is_won_again() -> None:
    about = won(made())
    about = after(about, transitions.reopen_deal(about, at()))
    assert states(about) == ["void", "void"]
    about = won(about)
    assert states(about) == ["due", "due"]
    assert len(about.opportunity.rewards) == 2


def test_what_was_paid_stays_paid_and_is_told() -> None:
    about = won(made())
    paid = tuple(replace(each, state="paid") for each in about.opportunity.rewards)
    about = about.about(replace(about.opportunity, rewards=paid))
    change = transitions.reopen_deal(about, at())
    assert [each.state for each in change.after.rewards] == ["paid", "paid"]
    assert "but reward" in change.notices[0]
    assert "100.00 was paid" in change.notices[0]
    assert states(won(about.about(change.after))) == ["paid", "paid"]


def test_nobody_is_rewarded_for_bringing_themselves() -> None:
    about = won(made(Referral(by="x2a9c4d8", link="neighbour")))
    assert [each.kind for each in about.opportunity.rewards] == ["bouteille"]


def test_nobody_brought_it_nobody_is_owed() -> None:
    about = won(made(referral=None))
    assert [each.to for each in about.opportunity.rewards] == ["x2a9c4d8"]


def test_the_sponsors_own_record_hears_of_it_once_a_deal() -> None:
    change = transitions.win_deal(made(), at())
    [news] = [effect for effect in change.effects if hasattr(effect, "sponsor")]
    assert news.sponsor == "b4n8t2wz"  # type: ignore[union-attr]
    own = created(a_config(CONFIG), id="s1234567", title="Le sien")
    own = replace(own, referred=Opportunity(id="k7f3q9mx", title="Poêle"))
    first = own_referrals.win_referral(own, at())
    assert (first.after.tags, first.after.description) == (("ambassador",), "A amené Poêle")
    assert own_referrals.win_referral(own.about(first.after), at()).after == first.after
