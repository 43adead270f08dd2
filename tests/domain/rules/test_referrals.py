"""Who brought whom: no circles; what the programme gives for which link."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.checks.record_checks import check_config
from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.changes import QueueMail
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Contact, Entry, Opportunity, Referral, State
from crmcli.domain.records import transitions
from crmcli.domain.rules import rewards
from crmcli.domain.rules.referrals import find_circle
from crmcli.domain.values.errors import RefusedError
from tests.harness.builders import a_config, after, at, created, euros

PROGRAMME = """
stages: [{id: new}, {id: won, outcome: won}]
activity_types: [{id: call}]
referral:
  links:
    - id: client
      rewards:
        - {id: voucher, amount: 100}
        - {id: bottle, kind: bouteille, when: expected_revenue >= 8000}
    - {id: neighbour, label: Voisin, rewards: [{id: voucher, amount: 50}]}
    - {id: partner}
  on_success:
    - {id: thank, email: {template: merci, to: sponsor}}
    - {id: call, activity: {type: call, summary: "Remercier {{ sponsor.name }}", due: 3d}}
"""
SPONSOR = Contact(id="b4n8t2wz", name="Jeanne", emails=("jeanne@example.org",))


def brought(link: str | None, revenue: str = "5000.00", sponsor: Contact = SPONSOR) -> Facts:
    about = created(
        a_config(PROGRAMME),
        expected_revenue=euros(revenue),
        referral=Referral(by=sponsor.id, link=link),
    )
    return replace(about, sponsor=sponsor)


@pytest.mark.parametrize(
    ("link", "revenue", "granted"),
    [
        ("client", "5000.00", ["referral.client.voucher"]),
        ("client", "8000.00", ["referral.client.voucher", "referral.client.bottle"]),
        ("neighbour", "5000.00", ["referral.neighbour.voucher"]),
        ("partner", "5000.00", []),
        (None, "5000.00", []),
    ],
)
def test_each_link_has_its_rewards(link: str | None, revenue: str, granted: list[str]) -> None:
    about = brought(link, revenue)
    deal = transitions.win_deal(about, at()).after
    assert [each.rule for each in deal.rewards] == granted
    assert {each.to for each in deal.rewards} <= {"b4n8t2wz"}
    assert {each.state for each in deal.rewards} <= {"due"}


def test_a_success_thanks_the_sponsor_by_mail_and_plans_what_it_says() -> None:
    change = transitions.win_deal(brought("client"), at())
    [mail] = [effect for effect in change.effects if isinstance(effect, QueueMail)]
    assert (mail.template, mail.to) == ("merci", "sponsor")
    [call] = change.after.activities
    assert (call.summary, call.due, call.rule) == ("Remercier Jeanne", date(2026, 11, 27), "referral.call")


def test_a_sponsor_without_an_address_is_no_reason_to_fail() -> None:
    change = transitions.win_deal(brought("client", sponsor=replace(SPONSOR, emails=())), at())
    assert change.mails == []
    assert change.notices == ("referral.thank: the e-mail waits for an e-mail address of the sponsor",)


def test_a_deal_that_nobody_brought_brings_nobody_anything() -> None:
    change = transitions.win_deal(created(a_config(PROGRAMME)), at())
    assert (change.after.rewards, change.after.activities, change.mails) == ((), (), [])


def test_two_clones_make_the_same_rewards() -> None:
    about = brought("client", "9000.00")
    first, second = (transitions.win_deal(about, at(f"2026-11-2{day}T09:00")).after.rewards for day in (4, 5))
    assert [each.id for each in first] == [each.id for each in second]


def test_a_reward_is_due_then_paid_and_never_twice() -> None:
    about = brought("neighbour")
    about = after(about, transitions.win_deal(about, at()))
    [reward] = about.opportunity.rewards
    paid = rewards.pay_reward(about, reward.id or "", at("2026-12-01T10:00"))
    assert [(each.state, str(each.at)) for each in paid.rewards] == [("paid", "2026-12-01 10:00:00+00:00")]
    with pytest.raises(RefusedError, match="is paid already"):
        rewards.pay_reward(about.about(paid), reward.id or "", at())


def test_a_void_reward_is_not_paid() -> None:
    about = brought("neighbour")
    about = after(about, transitions.win_deal(about, at()))
    about = after(about, transitions.reopen_deal(about, at()))
    with pytest.raises(RefusedError, match="is void"):
        rewards.pay_reward(about, about.opportunity.rewards[0].id or "", at())


def test_a_programme_with_mistakes_is_told_where() -> None:
    config = a_config("""
stages: [{id: referral}, {id: won, outcome: won}]
referral:
  links:
    - {id: client, rewards: [{id: a}, {id: a, amount: 10, when: "(("}]}
  on_success:
    - {id: b}
    - {id: c, email: {template: nowhere, to: sponsor}, in: 3d}
""")
    found = {".".join(map(str, each.path)): each.what for each in check_config(config, ["merci"])}
    assert found["referral"] == "is the name of a stage, too"
    assert found["referral.links.0.rewards.0.reward"] == "is nothing"
    assert "referral.links.0.rewards.1.when" in found
    assert found["referral.links.0.rewards.1.id"] == "'a' is used twice"
    assert found["referral.on_success.0"] == "rule b does nothing"
    assert found["referral.on_success.1.email.template"] == "unknown template 'nowhere'"
    assert found["referral.on_success.1.in"] == "is only for `on: overdue` and under `after`"


def test_who_brings_themselves_is_the_smallest_circle() -> None:
    assert find_circle(deal("a", "a"), lambda _: []) == ["a", "a"]


def test_a_circle_is_found_however_long() -> None:
    brought_by = {"b": ["c", "x"], "c": ["d"], "d": ["a"]}
    assert find_circle(deal("a", "b"), lambda each: brought_by.get(each, [])) == ["a", "b", "c", "d", "a"]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=25))
def test_deals_taken_one_after_the_other_never_make_a_circle(pairs: list[tuple[int, int]]) -> None:
    edges: dict[str, list[str]] = {}
    for buyer, sponsor in pairs:
        if not find_circle(deal(str(buyer), str(sponsor)), lambda each: edges.get(each, [])):
            edges.setdefault(str(buyer), []).append(str(sponsor))

    def upwards(contact: str, above: frozenset[str]) -> bool:
        return contact in above or any(
            upwards(sponsor, above | {contact}) for sponsor in edges.get(contact, [])
        )

    assert not any(upwards(contact, frozenset()) for contact in edges)


def deal(contact: str, by: str) -> Opportunity:
    return Opportunity(title="Poêle", contact=contact, referral=Referral(by=by))


def test_two_clones_that_win_the_same_deal_and_are_merged_owe_one_reward() -> None:
    about = brought("client", "9000.00")
    mine, theirs = (transitions.win_deal(about, at(f"2026-11-2{day}T09:00")).after for day in (5, 4))
    called = replace(theirs.activities[0], state=State.DONE, closed=at().at, outcome="fait")
    for ours, others in ((mine, theirs), (theirs, mine)):
        done = replace(others, activities=(called,)) if others is theirs else others
        own = replace(ours, activities=(called,)) if ours is theirs else ours
        merged, conflicts = merge_versions(about.opportunity, own, done)
        assert conflicts == ()
        assert merged.rewards == theirs.rewards
        [activity] = merged.activities
        assert (activity.state, activity.outcome, activity.due) == ("done", "fait", called.due)
        fired = [each.rule for each in merged.history if each.event == "rule"]
        assert len(fired) == len(set(fired)) == 4
        assert [each.at for each in merged.history if each.event == "won"] == [merged.closed] == [mine.closed]


def test_what_fired_again_after_an_undo_stays_twice_and_notes_stay_apart() -> None:
    about = brought("client")
    won = transitions.win_deal(about, at()).after
    fired = [each for each in won.history if each.event == "rule"]
    again = replace(fired[0], at=at("2026-11-25T10:00").at)
    twice = replace(won, history=(*won.history, again))
    noted = replace(won, history=(*won.history, *(note(text) for text in ("un", "deux"))))
    for ours, theirs in ((twice, noted), (noted, twice)):
        merged, conflicts = merge_versions(won, ours, theirs)
        assert conflicts == ()
        assert len(merged.history) == len(won.history) + 3
    merged, _ = merge_versions(about.opportunity, about.opportunity, twice)
    assert merged.history == twice.history


def note(text: str) -> Entry:
    return Entry(at=at("2026-11-26T10:00").at, event="note", text=text)
