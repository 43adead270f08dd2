"""Several records made into one: which stays, what it takes, what is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from crmcli.domain.merging import merge_contacts, merge_opportunities
from crmcli.domain.merging.merge_records import MergeResult
from crmcli.domain.model.history import highest_visit, recorded_stage
from crmcli.domain.model.record_types import (
    Activity,
    Address,
    Contact,
    ContactKind,
    Entry,
    Kind,
    Marketing,
    Message,
    Opportunity,
    Percent,
    Priority,
    Project,
    Referral,
    Reward,
)
from crmcli.domain.model.status import probability_of
from crmcli.domain.values.errors import RefusedError, UsageError
from tests.harness.builders import a_config, at, euros

CONFIG = a_config()


def a_deal(id: str, **fields: Any) -> Opportunity:
    fields = {"title": f"Poêle {id}", "stage": "new", "created": datetime(2026, 11, 1, tzinfo=UTC), **fields}
    stage = Entry(at=fields["created"], event="created", to=fields["stage"], visit=1, by="marie")
    return Opportunity(id=id, **{"history": (stage,), **fields})


def joined(*deals: Opportunity) -> MergeResult[Opportunity]:
    return merge_opportunities.join_opportunities(deals, CONFIG, at())


def test_the_master_is_an_opportunity_then_later_then_more_probable_then_older() -> None:
    deals = [
        a_deal("lead", kind=Kind.LEAD, stage="quoted"),
        a_deal("young", created=datetime(2026, 11, 2, tzinfo=UTC)),
        a_deal("likely", probability=Percent(Decimal(45))),
        a_deal("old"),
        a_deal("late", stage="contacted"),
    ]
    order = [deal.id for deal in merge_opportunities.order_by_master(deals, CONFIG)]
    assert order == ["late", "likely", "old", "young", "lead"]


def test_a_field_is_the_first_that_says_something_and_money_is_never_summed() -> None:
    one = a_deal(
        "first", expected_revenue=euros("8000"), tags=("rika",), description="Un conduit.", owner="marie"
    )
    two = a_deal(
        "other", kind=Kind.LEAD, expected_revenue=euros("6500"), budget=euros("7000"), tags=("pag",),
        priority=Priority(2), description="Une cave.", contact="c2345678", marketing=Marketing(source="google"),
        fields={"brand": "Rika"}, extra={"dossier": "A12"},
    )  # fmt: skip
    made = joined(two, one)
    deal = made.record
    assert (deal.id, deal.kind, deal.expected_revenue, deal.budget) == (
        "first",
        Kind.OPPORTUNITY,
        euros("8000"),
        euros("7000"),
    )
    assert (deal.priority, deal.tags, deal.contact) == (2, ("pag", "rika"), "c2345678")
    assert deal.description == "Un conduit.\n\nUne cave."
    assert (deal.marketing, deal.fields, deal.extra) == (
        Marketing(source="google"),
        {"brand": "Rika"},
        {"dossier": "A12"},
    )
    revenue = next(each for each in made.fields if each.field == "expected_revenue")
    assert (revenue.of, revenue.left[0].value, revenue.left[0].of) == ("first", euros("6500"), "other")


def test_a_stage_and_its_probability_are_the_masters() -> None:
    made = joined(
        a_deal("first", stage="contacted"), a_deal("other", kind=Kind.LEAD, probability=Percent(Decimal(70)))
    )
    assert (made.record.stage, probability_of(made.record, CONFIG)[0]) == ("contacted", 30)


def test_histories_are_all_there_and_those_taken_over_never_count() -> None:
    moved = Entry(at=datetime(2026, 11, 3, tzinfo=UTC), event="stage", to="quoted", visit=4, by="paul")
    other = a_deal("other", kind=Kind.LEAD)
    deal = joined(a_deal("first"), replace(other, history=(*other.history, moved))).record
    assert [entry.of for entry in deal.history] == [None, "other", "other", None]
    assert (deal.history[-1].event, deal.history[-1].ids) == ("merged", ("other",))
    assert (recorded_stage(deal), highest_visit(deal, "quoted")) == ("new", 0)


def test_what_was_merged_before_keeps_its_own_name() -> None:
    twice = joined(
        a_deal("first"), joined(a_deal("other", kind=Kind.LEAD), a_deal("third", kind=Kind.LEAD)).record
    ).record
    assert {entry.of for entry in twice.history} == {None, "other", "third"}


def test_activities_and_messages_are_those_of_all() -> None:
    one = a_deal(
        "first", activities=(Activity(id="a1"),), messages=(Message(id="m2", at=at("2026-11-05").at),)
    )
    two = a_deal(
        "other", activities=(Activity(id="a2"),), messages=(Message(id="m1", at=at("2026-11-04").at),)
    )
    deal = joined(one, two).record
    assert [each.id for each in deal.activities] == ["a1", "a2"]
    assert [each.id for each in deal.messages] == ["m1", "m2"]


def test_answers_to_one_questionnaire_are_joined_and_two_questionnaires_refused() -> None:
    one = a_deal("first", project=Project(questionnaire="pag", version=1, answers={"surface": "120"}))
    two = a_deal(
        "other", project=Project(questionnaire="pag", version=1, answers={"surface": "90", "etage": "1"})
    )
    made = joined(one, two)
    assert made.record.project is not None
    assert made.record.project.answers == {"surface": "120", "etage": "1"}
    assert any(each.field == "answer.surface" and each.left[0].value == "90" for each in made.fields)
    with pytest.raises(RefusedError, match="two questionnaires"):
        joined(one, a_deal("other", project=Project(questionnaire="foyer", answers={"surface": "90"})))


def test_rewards_stay_where_they_were_earned_and_void_ones_can_never_be_due_again() -> None:
    void = Reward(id="r1", to="c2345678", state="void", rule="reward-sponsor")
    deal = joined(a_deal("first"), a_deal("other", kind=Kind.LEAD, rewards=(void,))).record
    assert [(each.state, each.rule) for each in deal.rewards] == [("void", None)]
    with pytest.raises(RefusedError, match="reward r1, which is paid"):
        joined(a_deal("first"), a_deal("other", kind=Kind.LEAD, rewards=(replace(void, state="paid"),)))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (a_deal("other", lost="price"), "is lost"),
        (a_deal("other", stage="won"), "is won"),
        (a_deal("other", referral=Referral(by="c2345678")), "referred themselves"),
        (a_deal("other", schema=2), "newer crm"),
    ],
)
def test_what_cannot_be_merged_is_named(other: Opportunity, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        joined(a_deal("first", contact="c2345678"), other)


def test_one_record_is_an_error() -> None:
    with pytest.raises(UsageError, match="two records"):
        joined(a_deal("first"))


def test_contacts_have_everything_once_and_the_fuller_address() -> None:
    one = Contact(
        id="a", name="Pierre RICHARD", phones=("06 12 34 56 78",), addresses=(Address(city="Pontivy"),)
    )
    two = Contact(
        id="b", name="P. Richard", job="Maçon", emails=("p@a.example",), phones=("+33612345678", "+33297251111"),
        addresses=(Address(street="3 quai Niémen", city="PONTIVY"), Address(label="chantier", city="Rohan")), tags=("vip",),
    )  # fmt: skip
    person = merge_contacts.join_contacts([one, two], CONFIG, at()).record
    assert (person.name, person.job, person.tags) == ("Pierre RICHARD", "Maçon", ("vip",))
    assert person.phones == ("06 12 34 56 78", "+33297251111")
    assert person.addresses == (two.addresses[0], two.addresses[1])


def test_a_person_and_a_company_are_not_one() -> None:
    with pytest.raises(RefusedError, match="cannot be merged"):
        merge_contacts.join_contacts(
            [Contact(id="a", name="A"), Contact(id="b", name="B", kind=ContactKind.COMPANY)], CONFIG, at()
        )
