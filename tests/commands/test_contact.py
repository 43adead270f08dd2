"""`crm contact …`: people and companies."""

import json
import re
from typing import Any

import pytest

from tests.harness.crm import Crm


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
        ("emails+=no address", "is not an e-mail address"),
        ("phones=x", "is not a phone number"),
        ("name=", "a contact needs a name"),
        ("colour=red", "unknown field 'colour'"),
        ("owner=pierre", "unknown user 'pierre'"),
        ("company=Jeanne MARTIN", "is not a company"),
    ],
)
def test_a_value_that_cannot_be_is_refused(shared: Crm, assignment: str, message: str) -> None:
    before = shared.records()
    assert message in shared.refused("contact", "set", "f8dz9xw4", assignment, code=2)
    assert shared.records() == before


def test_a_company_shows_what_its_people_want(crm: Crm) -> None:
    assert crm("contact", "opportunities", "Constructions Carré", "-o", "ids").out == "z5966pa8\n"
    assert "z5966pa8" in crm("contact", "show", "tszg6wec").out


@pytest.mark.parametrize(
    "word", ["kervella", "KERVELLA", "mathilde.kervella@example", "annick jegou", "Neulliac"]
)
def test_words_find_contacts_without_case_and_accents(shared: Crm, word: str) -> None:
    assert len(shared("contact", "list", word, "-o", "ids").out.split()) == 1


def test_a_contacts_file_keeps_what_a_person_wrote_in_it(crm: Crm) -> None:
    path = crm.file("f8dz9xw4")
    path.write_text(path.read_text() + "# rappeler le soir\nsurnom: Pierrot\n")
    crm("contact", "set", "f8dz9xw4", "city=Rohan")
    assert path.read_text().endswith("# rappeler le soir\nsurnom: Pierrot\n")


def test_phones_are_kept_in_one_form_and_shown_as_one_dials_them(crm: Crm) -> None:
    crm("contact", "create", "Luc MOAL", "--phone", "06.99/88 77-66", "--phone", "+32 499 22 33 11")
    person = shown(crm, "0699887766")
    assert person["phones"] == ["+33699887766", "+32499223311"]
    page = crm("contact", "show", person["id"]).out
    assert "06 99 88 77 66 · +32 499 22 33 11" in page
    for words in (["06 99"], ["0699"], ["06", "99", "88"], ["+33 6 99 88 77 66"], ["+32499"]):
        assert crm("contact", "list", *words, "-o", "ids").out == f"{person['id']}\n"
    for query in ("phone:0699887766", "phone:~0699", "phone:+33699887766"):
        assert crm("create", "x", "--contact", person["id"], "--dry-run").code == 0
        assert crm("list", query, "is:any").code == 0
    assert "three digits at least" in crm.refused("contact", "list", "06", code=2)
    assert "three digits at least" in crm.refused("list", "phone:06", code=2)


def test_a_spelling_of_ones_own_stays_until_the_number_goes(crm: Crm) -> None:
    crm("contact", "set", "f8dz9xw4", "phones+=+33612345678", "phones+=02 97 25 11 11")
    assert shown(crm, "f8dz9xw4")["phones"] == ["06 12 34 56 78", "+33297251111"]
    crm("contact", "set", "f8dz9xw4", "phones=0033612345678", "emails=<PIERRE.RICHARD@example.org>")
    person = shown(crm, "f8dz9xw4")
    assert (person["phones"], person["emails"]) == (["06 12 34 56 78"], ["pierre.richard@example.org"])
    crm("contact", "set", "f8dz9xw4", "phones+=02 97 25 11 11")
    crm("contact", "set", "f8dz9xw4", "phones-=0033 6 12 34 56 78", "emails-=Pierre.RICHARD@example.org")
    person = shown(crm, "f8dz9xw4")
    assert (person["phones"], "emails" in person) == (["+33297251111"], False)


def test_addresses_go_by_their_labels(crm: Crm) -> None:
    crm(
        "contact",
        "set",
        "f8dz9xw4",
        "label=domicile",
        "addresses.chantier.city=Rohan",
        "addresses.chantier.street=Kerio",
    )
    assert [(each["label"], each["city"]) for each in shown(crm, "f8dz9xw4")["addresses"]] == [
        ("domicile", "Pontivy"),
        ("chantier", "Rohan"),
    ]
    assert "Chantier    Kerio, Rohan" in crm("contact", "show", "f8dz9xw4").out
    crm("contact", "set", "f8dz9xw4", "addresses.chantier=")
    assert len(shown(crm, "f8dz9xw4")["addresses"]) == 1
    assert "unknown part of an address" in crm.refused(
        "contact", "set", "f8dz9xw4", "addresses.x.town=y", code=2
    )


def test_a_consent_is_kept_with_its_source_and_its_withdrawal_is_recorded(crm: Crm) -> None:
    crm(
        "contact",
        "set",
        "f8dz9xw4",
        "consent=formulaire",
        "consent.purposes=devis,offres",
        "consent.at=2026-11-20",
    )
    assert shown(crm, "f8dz9xw4")["consent"] == {
        "source": "formulaire", "at": "2026-11-20T11:00:00Z", "purposes": ["devis", "offres"],
    }  # fmt: skip
    crm("contact", "set", "f8dz9xw4", "consent.purposes-=offres")
    crm("contact", "set", "f8dz9xw4", "consent=")
    person = shown(crm, "f8dz9xw4")
    assert "consent" not in person
    assert [each["to"] for each in person["history"]] == [
        "formulaire (devis, offres)",
        "formulaire (devis)",
        "withdrawn",
    ]
    assert "Consent     withdrawn 24 nov. 2026" in crm("contact", "show", "f8dz9xw4").out


def test_notes_are_in_the_history_and_an_edit_is_checked(crm: Crm) -> None:
    crm("contact", "note", "f8dz9xw4", "-m", "Préfère le soir\nChien")
    assert shown(crm, "f8dz9xw4")["history"][0]["text"] == "Préfère le soir\nChien"
    crm("contact", "edit", "f8dz9xw4", EDITOR="sed -i s/Moulins/Tilleuls/")
    assert shown(crm, "f8dz9xw4")["addresses"][0]["street"] == "18 rue des Tilleuls"
    before = crm.records()
    for edit in ("s/^id:.*/id: a2345678/", "s/^name:.*/company: zzzzzzzz/"):
        assert crm("contact", "edit", "f8dz9xw4", EDITOR=f"sed -i '{edit}'", code=5).out == ""
    assert crm.records() == before


def test_a_contact_made_by_hand_needs_a_name_only(crm: Crm) -> None:
    path = crm.data / "contacts" / "voisin.yaml"
    path.write_text("name: Le voisin\n", "utf-8")
    assert "no id yet" in crm("contact", "show", "Le voisin").out
    refused = crm.refused("contact", "set", "Le voisin", "city=Rohan", code=5)
    assert "crm check --fix pipeline_data/contacts/voisin.yaml" in refused
    crm("check", "--fix", "pipeline_data/contacts/voisin.yaml")
    crm("contact", "set", "Le voisin", "city=Rohan")


def test_an_opportunity_of_a_contact_is_titled_and_owned_after_them(crm: Crm) -> None:
    crm("contact", "set", "f8dz9xw4", "owner=paul")
    made = json.loads(crm("contact", "new-opportunity", "Pierre RICHARD", "-o", "json").out)[0]
    assert (made["title"], made["contact"], made["owner"]) == (
        "Opportunité de Pierre RICHARD",
        "f8dz9xw4",
        "paul",
    )
    other = crm(
        "contact",
        "new-opportunity",
        "0612345678",
        "Insert",
        "--revenue",
        "6 500 €",
        "--owner",
        "marie",
        "-o",
        "json",
    )
    assert (json.loads(other.out)[0]["owner"], json.loads(other.out)[0]["expected_revenue"]) == (
        "marie",
        6500,
    )
    assert "no contact 'Personne'" in crm.refused("contact", "new-opportunity", "Personne", code=3)


def test_a_contact_shows_what_they_want_what_they_bring_and_what_they_get(crm: Crm) -> None:
    crm("win", "xgcej9p8", "--force")
    crm("contact", "new-opportunity", "f8dz9xw4", "Insert", "--revenue", "6500")
    buyer = shown(crm, "f8dz9xw4")
    assert buyer["totals"] == {
        "open": 1, "expected": 6500, "weighted": 650, "won": 1, "won_revenue": 8000, "lost": 0,
    }  # fmt: skip
    page = re.sub("[\u202f\xa0]", " ", crm("contact", "show", "f8dz9xw4").out)
    assert "customer (1 won)" in page
    assert "1 open: 6 500,00 € (weighted 650,00 €) · 1 won: 8 000,00 €" in page
    sponsor = re.sub("[\u202f\xa0]", " ", crm("contact", "show", "z5f8q6tn").out)
    assert "referred 2" in sponsor
    assert "100,00 € for PAG Rika - Raccordement sur conduit existant: due" in sponsor
    assert "Sylvie PERRIN" in crm("contact", "show", "tszg6wec").out.partition("People")[2]
