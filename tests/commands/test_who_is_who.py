"""Who wrote, called or was typed: one person is recognised, two are never taken for one."""

import json
from typing import Any

import pytest

from tests.harness.crm import Crm

LANDLINE = "02 97 11 22 33"
HEAD = "Subject: Devis\nContent-Type: text/plain; charset=utf-8"


def form(text: str) -> bytes:
    head = "From: www@atre-granules.example\nTo: formulaire@atre-granules.example"
    return f"{head}\nMessage-ID: <{hash(text)}@x>\n{HEAD}\n\n{text}".encode()


def letter(sender: str) -> bytes:
    to = "To: contact@atre-granules.example"
    return f"From: {sender}\n{to}\nMessage-ID: <{hash(sender)}@y>\n{HEAD}\n\nBonjour\n".encode()


def lead(crm: Crm, content: bytes) -> dict[str, Any]:
    [made] = json.loads(crm("ingest", "-o", "json", stdin=content).out)
    return dict(json.loads(crm("show", made["id"], "-o", "json").out)) | {"similar": made["similar"]}


def create(crm: Crm, name: str, *options: str) -> str:
    return crm("contact", "create", name, *options, "-o", "ids").out.strip()


def test_a_form_with_the_landline_of_somebody_else_is_its_writers(crm: Crm) -> None:
    jean = create(crm, "Jean LE GOFF", "--email", "jean@example.org", "--phone", LANDLINE)
    marie = lead(crm, form(f"Nom: Marie LE GOFF\nE-mail: marie@example.org\nTéléphone: {LANDLINE}\n"))
    assert (marie["contact_name"], marie["similar"]) == ("Marie LE GOFF", [jean])
    assert f"! similar: Jean LE GOFF ({jean}) has the same phone" in crm("show", marie["id"]).out
    crm("set", marie["id"], "revenue=4000")
    crm("move", marie["id"], "--to", "contacted")
    [mail] = [m for m in json.loads(crm("outbox", "list", "-o", "json").out) if m["record"] == marie["id"]]
    assert mail["to"] == "Marie LE GOFF <marie@example.org>"
    said = crm("ingest", stdin=form(f"Nom: Yann LE GOFF\nTéléphone: {LANDLINE}\nMessage: Bonjour\n")).out
    assert "similar: Jean LE GOFF" in said
    assert f"crm contact merge {jean} " in said


def test_a_phone_with_a_name_that_fits_is_somebody_known(crm: Crm) -> None:
    jean = create(crm, "Jean LE GOFF", "--phone", LANDLINE)
    for number, name in enumerate(["LE GOFF Jean", "M. Jean Le Goff", "J. LE GOFF", "jean legoff"]):
        made = lead(crm, form(f"Nom: {name}\nTéléphone: {LANDLINE}\nMessage: {number}\n"))
        assert (made["contact"], made["similar"]) == (jean, []), name
        assert "contact_unsure" not in made


def test_a_form_with_a_phone_and_without_a_name_is_one_new_contact(crm: Crm) -> None:
    jean = create(crm, "Jean LE GOFF", "--phone", LANDLINE)
    first, second = (lead(crm, form(f"Nom:\nE-mail:\nTéléphone: {LANDLINE}\nMessage: {n}\n")) for n in "12")
    assert jean != first["contact"] == second["contact"]
    assert first["similar"] == [jean]


def test_qualifying_a_lead_does_not_go_by_the_phone_alone(crm: Crm) -> None:
    jean = create(crm, "Jean LE GOFF", "--phone", LANDLINE)
    for name, known in (("Marie LE GOFF", False), ("LE GOFF Jean", True)):
        id = crm("create", "Poêle", "--lead", "-o", "ids").out.strip()
        path = crm.file(id)
        path.write_text(f'{path.read_text("utf-8")}contact_name: {name}\nphone: "{LANDLINE}"\n', "utf-8")
        said = crm("qualify", id).err
        assert (json.loads(crm("show", id, "-o", "json").out)["contact"] == jean) == known
        assert ("similar: Jean LE GOFF" in said) != known


@pytest.fixture
def couple(crm: Crm) -> tuple[Crm, str, str]:
    """M. and Mme COUPLE, who share an e-mail."""
    first = create(crm, "M. COUPLE", "--email", "couple@example.org", "--now", "2026-11-20T09:00")
    assert (
        "couple@example.org is known already"
        in crm("contact", "create", "Mme COUPLE", "--email", "couple@example.org", code=4).err
    )
    return crm, first, create(crm, "Mme COUPLE", "--email", "couple@example.org", "--force")


def test_of_two_with_one_address_the_one_whose_name_fits_is_meant(couple: tuple[Crm, str, str]) -> None:
    crm, he, she = couple
    for sender, who in (("Mme Couple", she), ("Monsieur COUPLE", he)):
        made = lead(crm, letter(f'"{sender}" <couple@example.org>'))
        assert (made["contact"], made.get("contact_unsure")) == (who, None)
    id = crm("create", "Poêle", "--contact", "Mme Couple <couple@example.org>", "-o", "ids").out.strip()
    assert json.loads(crm("show", id, "-o", "json").out)["contact"] == she
    refused = crm("create", "Poêle", "--contact", "Zoé MEUR <couple@example.org>", code=4).err
    assert "M. COUPLE" in refused
    assert "--force" in refused


def test_a_record_whose_contact_is_unsure_says_so_until_somebody_decides(
    couple: tuple[Crm, str, str],
) -> None:
    crm, he, she = couple
    for sender, instead in (
        ("couple@example.org", "Mme COUPLE"),
        ("Zoé MEUR <couple@example.org>", "Zoé MEUR"),
    ):
        made = lead(crm, letter(sender))
        assert (made["contact"], made["contact_unsure"]) == (he, instead)
        assert f"contact unsure: given to M. COUPLE, may be {instead}" in crm("show", made["id"]).out
        assert made["id"] in crm("list", "contact_unsure:any", "-o", "ids").out
        found = crm("check", code=5).out
        assert f"contact_unsure: the contact may be {instead} instead" in found
        crm("set", made["id"], f"contact={she}")
        assert crm("check").out == ""


@pytest.mark.parametrize("stays", ["he", "she"])
def test_merging_the_two_people_settles_who_it_is(couple: tuple[Crm, str, str], stays: str) -> None:
    crm, he, she = couple
    made = lead(crm, letter("couple@example.org"))
    stranger = lead(crm, letter("Zoé MEUR <couple@example.org>"))
    first, second = (he, she) if stays == "he" else (she, he)
    crm("contact", "merge", first, second, "--yes")
    settled = json.loads(crm("show", made["id"], "-o", "json").out)
    assert (settled["contact"], settled.get("contact_unsure")) == (first, None)
    assert json.loads(crm("show", stranger["id"], "-o", "json").out)["contact_unsure"] == "Zoé MEUR"
    crm("undo")
    assert json.loads(crm("show", made["id"], "-o", "json").out)["contact_unsure"] == "Mme COUPLE"


def test_one_with_an_address_is_unsure_only_where_another_name_writes(crm: Crm) -> None:
    anne = create(crm, "Anne MEUR", "--email", "anne.meur@example.org")
    firm = create(crm, "Ateliers Meur")
    crm("contact", "set", firm, "kind=company", "emails=info@meur.example")
    assert lead(crm, letter("Luc <info@meur.example>")).get("contact_unsure") is None
    for sender, unsure in (
        ("anne.meur@example.org", None),
        ("anne.meur <anne.meur@example.org>", None),
        ("MEUR Anne <anne.meur@example.org>", None),
        ("A. Meur <anne.meur@example.org>", None),
        ("Luc MEUR <anne.meur@example.org>", "Luc MEUR"),
    ):
        made = lead(crm, letter(sender))
        assert (made["contact"], made.get("contact_unsure")) == (anne, unsure), sender


def test_merging_records_takes_the_contact_that_is_sure(couple: tuple[Crm, str, str]) -> None:
    crm, _, she = couple
    unsure = lead(crm, letter("couple@example.org"))["id"]
    sure = crm("create", "Poêle", "--lead", "--contact", she, "-o", "ids").out.strip()
    crm("merge", unsure, sure, "--yes")
    merged = json.loads(crm("show", unsure, "-o", "json").out)
    assert (merged["contact"], merged.get("contact_unsure")) == (she, None)


def test_a_name_is_found_in_any_order_and_with_any_civility(crm: Crm) -> None:
    for spelled in ("RICHARD Pierre", "M. Pierre Richard", "richard, pierre"):
        assert crm("contact", "show", spelled, "-o", "ids").out.strip() == "f8dz9xw4"
        assert "Pierre RICHARD" in crm("contact", "create", spelled, code=4).err
    create(crm, "RICHARD Pierre", "--force")
    assert crm("contact", "show", "Pierre Richard", "-o", "ids").out.strip() == "f8dz9xw4"


def test_duplicates_are_found_by_name_in_any_order_and_compound_names_stay_whole(bare: Crm) -> None:
    one = [
        create(bare, name, "--force") for name in ("Pierre RICHARD", "RICHARD Pierre", "M. Pierre Richard")
    ]
    for other in ("Jean-Marc RICHARD", "Marc RICHARD", "Katell LE BRAS", "Katell BRAS", "Famille Stéphan"):
        create(bare, other)
    create(bare, "Loïc STÉPHAN")
    create(bare, "M. COUPLE")
    create(bare, "Mme COUPLE")
    [group] = json.loads(bare("contact", "duplicates", "-o", "json").out)
    assert sorted(group["ids"]) == sorted(one)
    create(bare, "COUPLE", "--force")
    names = [each["names"] for each in json.loads(bare("contact", "duplicates", "-o", "json").out)]
    assert sorted(map(sorted, names))[:2] == [["COUPLE", "M. COUPLE"], ["COUPLE", "Mme COUPLE"]]


def test_the_email_of_somebody_else_takes_force(couple: tuple[Crm, str, str]) -> None:
    crm, he, _ = couple
    before = crm.records()
    for given in (
        "emails+=COUPLE@example.org",
        "emails=mailto:couple@example.org",
        "email+=<couple@example.org>",
    ):
        refused = crm.refused("contact", "set", "f8dz9xw4", given, code=4)
        assert "is the e-mail of another contact" in refused
        assert f"{he}  M. COUPLE" in refused
    assert crm.records() == before
    crm("contact", "set", "f8dz9xw4", "emails+=couple@example.org", "--force")
    crm("contact", "set", "f8dz9xw4", "emails+=couple@example.org", "city=Pontivy")
    other = create(crm, "Luc MOAL")
    assert (
        "pierre2@example.org"
        in crm("contact", "set", "f8dz9xw4", other, "emails+=pierre2@example.org", code=4).err
    )


def test_an_edited_file_with_the_email_of_somebody_else_is_told(couple: tuple[Crm, str, str]) -> None:
    crm, he, _ = couple
    editor = "sed -i s/pierre.richard@/couple@/"
    assert f"is the e-mail of M. COUPLE ({he}), too" in crm("contact", "edit", "f8dz9xw4", EDITOR=editor).err


def test_a_contact_is_deleted_and_comes_back(crm: Crm) -> None:
    before = crm.records()
    one, other = create(crm, "Luc MOAL"), create(crm, "Zoé MEUR", "--phone", LANDLINE)
    with_them = crm.records()
    assert "--yes" in crm.refused("contact", "delete", one, code=2)
    assert f"would delete {one}" in crm("contact", "delete", one, other, "--dry-run").out
    assert crm.records() == with_them
    assert f"deleted {other} « Zoé MEUR »" in crm("contact", "delete", one, LANDLINE, "--yes").out
    assert crm.records() == before
    assert crm.refused("contact", "show", one, code=3)
    crm("undo")
    assert crm.records() == with_them
    assert crm("contact", "show", "Luc MOAL", "-o", "ids").out.strip() == one


def test_a_contact_that_a_record_refers_to_stays(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    head = "fields:\n  - {name: architect, type: contact}\n"
    config.write_text(config.read_text("utf-8").replace("\nfields:\n", f"\n{head}", 1), "utf-8")
    architect = create(crm, "Zoé MEUR")
    crm("set", "xgcej9p8", f"architect={architect}")
    before = crm.records()
    for who, by in (
        ("f8dz9xw4", "xgcej9p8"),  # the customer
        ("z5f8q6tn", "szqg1arp"),  # a sponsor with a reward
        ("tszg6wec", "b0fkd1g8"),  # a company with a person
        (architect, "xgcej9p8"),  # in a custom field
    ):
        refused = crm.refused("contact", "delete", who, "--yes", code=5)
        assert "is referred to by" in refused
        assert by in refused
    assert crm.records() == before
    person = create(crm, "Luc MOAL", "--company", "Bati Ouest").split()
    crm("contact", "delete", *person, "--yes")
    assert crm.records() == before


def test_a_contact_in_a_file_that_cannot_be_read_stays(crm: Crm) -> None:
    one = create(crm, "Luc MOAL")
    broken = crm.data / "opportunities" / "2026" / "cassé--zzzzzzzz.yaml"
    broken.write_text(f"title: [\ncontact: {one}\n", "utf-8")
    assert "cassé--zzzzzzzz.yaml" in crm("contact", "delete", one, "--yes", code=5).err
