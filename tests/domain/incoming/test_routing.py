"""Routes: which of them a message takes, by recipient, sender, subject and headers, and what they give."""

import pytest

from crmcli.domain.incoming.routing import Envelope, matching_routes, routed_answers, routed_deal
from crmcli.domain.model.record_types import Opportunity
from tests.harness.builders import a_config

CONFIG = a_config("""
stages: [{id: new}, {id: contacted}]
users: [{id: marie}, {id: sophie}]
ingest:
  default: {medium: email, owner: marie}
  routes:
    - {to: devis, tags: [local]}
    - {to: devis@x.example, tags: [devis], owner: marie}
    - {to: sav@x.example, tags: [sav]}
    - to: devis@x.example
      subject: "*ramonage*"
      owner: sophie
      team: entretien
      priority: 2
      kind: opportunity
      stage: contacted
      source: website
      campaign: automne
      questionnaire: pag
      answers: {appliance: PAG}
    - {from: "*@portail.example", tags: [portail]}
    - {headers: {X-Form-Id: "landing-*"}, tags: [landing]}
""")


def tags_of(**values: object) -> list[str]:
    envelope = Envelope(**values)  # type: ignore[arg-type]
    return [tag for route in matching_routes(CONFIG, envelope) for tag in route.tags]


@pytest.mark.parametrize(
    ("envelope", "tags"),
    [
        ({"recipients": ("devis@x.example",)}, ["devis", "local"]),
        ({"recipients": ("devis+k7f3q9mx@y.example",)}, ["local"]),
        ({"recipients": ("sav@x.example", "devis@x.example")}, ["sav", "devis", "local"]),
        ({"recipients": ("other@x.example",)}, []),
        ({"sender": "info@portail.example", "recipients": ("sav@x.example",)}, ["portail", "sav"]),
        ({"headers": (("x-form-id", "Landing-Poêle"),)}, ["landing"]),
        ({"headers": (("X-Form-Id", "other"),)}, []),
    ],
)
def test_a_message_takes_the_routes_whose_conditions_it_meets(
    envelope: dict[str, object], tags: list[str]
) -> None:
    assert tags_of(**envelope) == tags


def test_a_route_with_a_subject_goes_before_one_that_has_the_address_alone() -> None:
    envelope = Envelope(("devis@x.example",), "lea@example.net", "Demande de RAMONAGE")
    deal = routed_deal(CONFIG, envelope, Opportunity(title="x"))
    assert (deal.owner, deal.team, deal.priority, deal.kind, deal.stage) == (
        "sophie",
        "entretien",
        2,
        "opportunity",
        "contacted",
    )
    assert deal.tags == ("devis", "local")
    assert deal.marketing is not None
    assert (deal.marketing.source, deal.marketing.campaign) == ("website", "automne")
    assert deal.project is not None
    assert deal.project.questionnaire == "pag"
    assert routed_answers(CONFIG, envelope) == {"appliance": "PAG"}


def test_without_a_route_the_default_counts() -> None:
    assert routed_deal(CONFIG, Envelope(), Opportunity(title="x")).owner == "marie"
