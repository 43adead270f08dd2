"""`crm contact …`: people and companies."""

import json
from typing import Any

import pytest

from tests.conftest import Crm


def shown(crm: Crm, who: str) -> dict[str, Any]:
    return dict(json.loads(crm("contact", "show", who, "-o", "json").out))


def test_a_contact_is_made_with_all_that_is_known(crm: Crm) -> None:
    crm(
        "contact", "create", "Luc MOAL", "--email", "luc@example.org", "--email", "l.moal@example.com",
        "--phone", "02 97 00 11 22", "--company", "Bâti Ouest", "--job", "Gérant", "--street", "3 quai Niémen",
        "--postcode", "56300", "--city", "Pontivy", "--tag", "pro",
    )  # fmt: skip
    person = shown(crm, "luc moal")
    assert person["emails"] == ["luc@example.org", "l.moal@example.com"]
    assert person["addresses"] == [{"street": "3 quai Niémen", "postcode": "56300", "city": "Pontivy"}]
    assert (person["company_name"], person["job"], person["tags"]) == ("Bâti Ouest", "Gérant", ["pro"])
    assert shown(crm, "Bâti Ouest")["kind"] == "company"


@pytest.mark.parametrize(
    "args",
    [
        ["Pierre RICHARD"],
        ["P. Richard", "--email", "PIERRE.richard@example.org"],
        ["P. R.", "--phone", "0612345678"],
    ],
)
def test_somebody_who_is_known_is_not_made_twice(crm: Crm, args: list[str]) -> None:
    assert "f8dz9xw4  Pierre RICHARD" in crm.refused("contact", "create", *args, code=4)
    crm("contact", "create", *args, "--force")


def test_set_adds_removes_and_clears(crm: Crm) -> None:
    crm("contact", "set", "f8dz9xw4", "phones+=02 97 25 11 11", "city=Rohan", "tags+=vip", "job=Retraité")
    crm("contact", "set", "f8dz9xw4", "phones-=06 12 34 56 78", "job=", "tags-=vip")
    person = shown(crm, "f8dz9xw4")
    assert (person["phones"], person["addresses"][0]["city"]) == (["+33297251111"], "Rohan")
    assert "job" not in person
    assert "tags" not in person


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("emails+=no address", "is no e-mail address"),
        ("phones=x", "is no phone number"),
        ("name=", "a contact needs a name"),
        ("colour=red", "unknown field 'colour'"),
        ("owner=pierre", "unknown user 'pierre'"),
        ("company=Jeanne MARTIN", "is no company"),
    ],
)
def test_a_value_that_cannot_be_is_refused(crm: Crm, assignment: str, message: str) -> None:
    before = crm.records()
    assert message in crm.refused("contact", "set", "f8dz9xw4", assignment, code=2)
    assert crm.records() == before


def test_a_company_shows_what_its_people_want(crm: Crm) -> None:
    assert crm("contact", "opportunities", "Constructions Carré", "-o", "ids").out == "z5966pa8\n"
    assert "z5966pa8" in crm("contact", "show", "tszg6wec").out


@pytest.mark.parametrize(
    "word", ["kervella", "KERVELLA", "mathilde.kervella@example", "annick jegou", "Neulliac"]
)
def test_words_find_contacts_without_case_and_accents(crm: Crm, word: str) -> None:
    assert len(crm("contact", "list", word, "-o", "ids").out.split()) == 1


def test_a_contacts_file_keeps_what_a_person_wrote_in_it(crm: Crm) -> None:
    path = crm.file("f8dz9xw4")
    path.write_text(path.read_text() + "# rappeler le soir\nsurnom: Pierrot\n")
    crm("contact", "set", "f8dz9xw4", "city=Rohan")
    assert path.read_text().endswith("# rappeler le soir\nsurnom: Pierrot\n")
