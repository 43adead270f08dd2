"""`crm create`: full, quick, from fields, like another; whose contact is whose."""

import json
import re
from typing import Any

import pytest

from tests.harness.crm import Crm


def made(crm: Crm, *args: str) -> dict[str, Any]:
    [document] = json.loads(crm("create", *args, "-o", "json").out)
    return dict(document)


def test_a_full_creation_holds_all_of_it(crm: Crm) -> None:
    deal = made(
        crm, "Véranda", "--contact", "Pierre RICHARD", "--revenue", "7500,50", "--stage", "contacted",
        "--priority", "3", "--description", "Deux lignes\nen tout", "--tag", "pag", "--tag", "chaud",
        "--field", "appliance=PAG", "--owner", "paul", "--team", "ouest", "--close", "eom", "--budget", "7000",
        "--recurring", "120", "--months", "12", "--campaign", "Salon de l’habitat 2026", "--medium", "fair",
        "--source", "salon", "--referred-by", "Jeanne MARTIN", "--link", "neighbour", "--probability", "45",
    )  # fmt: skip
    wanted = {
        "contact": "f8dz9xw4", "expected_revenue": 7500.5, "stage": "contacted", "priority": 3,
        "description": "Deux lignes\nen tout", "tags": ["chaud", "pag"], "fields": {"appliance": "PAG"},
        "owner": "paul", "team": "ouest", "expected_close": "2026-11-30", "budget": 7000,
        "recurring_revenue": 120, "recurring_months": 12, "probability": 45, "probability_from": "manual",
        "marketing": {"campaign": "salon-habitat-2026", "medium": "fair", "source": "salon"},
        "referral": {"by": "z5f8q6tn", "link": "neighbour"},
    }  # fmt: skip
    assert {key: deal[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    "spelling",
    ["f8dz9xw4", "pierre richard", "Pierre  RICHARD", "PIERRE.RICHARD@example.org", "0612345678",
     "+33 6 12 34 56 78", "0033612345678", '"P. Richard" <pierre.richard@example.org>'],
)  # fmt: skip
def test_a_contact_that_is_known_is_linked(crm: Crm, spelling: str) -> None:
    assert made(crm, "Essai", "--contact", spelling)["contact"] == "f8dz9xw4"
    assert "RICHARD" in crm("contact", "list", "richard").out


@pytest.mark.parametrize(
    ("text", "name", "emails", "phones"),
    [
        ("Anne DUPONT", "Anne DUPONT", [], []),
        ("anne@example.org", "anne@example.org", ["anne@example.org"], []),
        ("Anne DUPONT <anne@example.org>", "Anne DUPONT", ["anne@example.org"], []),
        ("0699 88.77.66", "06 99 88 77 66", [], ["+33699887766"]),
    ],
)
def test_one_that_nobody_has_is_made(
    crm: Crm, text: str, name: str, emails: list[str], phones: list[str]
) -> None:
    deal = made(crm, "Essai", "--contact", text)
    person = json.loads(crm("contact", "show", deal["contact"], "-o", "json").out)
    assert (person["name"], person.get("emails", []), person.get("phones", [])) == (name, emails, phones)


def test_several_contacts_are_named_and_none_is_chosen(crm: Crm) -> None:
    crm("contact", "create", "Pierre RICHARD", "--city", "Rennes", "--force")
    error = crm.refused("create", "Essai", "--contact", "Pierre RICHARD", code=4)
    assert "f8dz9xw4" in error


def test_an_id_that_is_not_there_makes_no_contact(crm: Crm) -> None:
    assert "no contact 'zzzzzzzz'" in crm.refused("create", "Essai", "--contact", "zzzzzzzz", code=3)
    assert "no contact at contacts/no.yaml" in crm.refused(
        "create", "X", "--contact", "contacts/no.yaml", code=3
    )


def test_fields_make_the_title(crm: Crm) -> None:
    deal = made(crm, "--field", "appliance=PAG", "--field", "brand=rika",
                "--field", "installation=Raccordement sur conduit existant")  # fmt: skip
    assert deal["title"] == "PAG Rika - Raccordement sur conduit existant"
    assert "pag-rika-raccordement-sur-conduit-existant--" in crm.file(deal["id"]).name


def test_without_a_title_the_contact_gives_one(crm: Crm) -> None:
    assert made(crm, "--contact", "Pierre RICHARD")["title"] == "Opportunité de Pierre RICHARD"
    assert "a title is missing" in crm.refused("create", code=2)


def test_a_copy_starts_anew(crm: Crm) -> None:
    deal = made(crm, "--like", "hhrpaqxg")
    assert (deal["title"], deal["fields"]["model"]) == ("PAG Rika - Création de conduit", "Domo")
    assert (deal["stage"], deal["outcome"], deal["activities"]) == ("new", "open", [])
    assert [entry["event"] for entry in deal["history"]] == ["created"]


def test_a_dry_run_makes_nothing(crm: Crm) -> None:
    before = crm.records()
    assert "would change" in crm("create", "Essai", "--contact", "Anne DUPONT", "--dry-run").out
    assert crm.records() == before


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--revenue", "8.000"], "can be read in two ways (write 8000)"),
        (["--revenue", "beaucoup"], "is not an amount"),
        (["--stage", "contcated"], "did you mean contacted?"),
        (["--field", "colour=red"], "unknown custom field 'colour'"),
        (["--field", "brand=Rica"], "did you mean Rika?"),
        (["--field", "brand"], "is not an assignment"),
        (["--priority", "4"], "0 to 3 stars"),
        (["--probability", "101"], "0 to 100"),
        (["--close", "05/13/2026"], "'05/13/2026' does not exist (write 2026-05-13)"),
        (["--close", "31/02/2026"], "'31/02/2026' does not exist (write 2026-02-28)"),
        (["--close", "25/12/26"], "a year has four digits (write 2026-12-25)"),
        (["--owner", "pierre"], "unknown user 'pierre'"),
        (["--source", "webiste"], "did you mean website?"),
        (["--tag", "deux mots"], "cannot be a tag"),
        (["--months", "0"], "not a number of months"),
        (["--like", "zzzzzzzz"], "no opportunity"),
        (["--colour", "red"], "no option '--colour'"),
        (["-o", "xml"], "unknown format 'xml'"),
        (["--as", "pierre"], "unknown user 'pierre'"),
        (["--now", "yesterday"], "not an instant"),
    ],
)
def test_a_mistake_is_one_clear_line(shared: Crm, args: list[str], message: str) -> None:
    before = shared.records()
    code = 3 if "--like" in args else 2
    error = shared.refused("create", "Essai", *args, code=code)
    assert message in error
    assert error.count("\n") == 1
    assert shared.records() == before


def test_an_empty_owner_is_nobody(crm: Crm) -> None:
    for words in (
        ["create", "Essai", "--owner", ""],
        ["create", "--like", "xgcej9p8", "--owner", "", "--field", "title=Essai"],
        ["contact", "new-opportunity", "f8dz9xw4", "--owner", ""],
    ):
        [id] = crm(*words, "-o", "ids").ids
        assert "owner:" not in crm.file(id).read_text("utf-8")
    [id] = crm("create", "Essai", "-o", "ids").ids
    assert "owner: marie\n" in crm.file(id).read_text("utf-8")


def test_every_stage_that_a_deal_can_move_to_has_a_probability(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(  - id: won\n(?:    .*\n)*?)    probability: 100\n", r"\1", text), "utf-8")
    rows = json.loads(crm("next", "xgcej9p8", "-o", "json").out)
    assert {row["stage"]: row["probability"] for row in rows}["won"] == 100
    assert all(row["probability"] is not None for row in rows)
