"""`crm qualify`: leads become opportunities with a contact, an owner, and a look at those like them."""

import json
from typing import Any

import pytest

from tests.harness.crm import Crm


def a_lead(crm: Crm, text: str = "", *args: str) -> str:
    """A lead without a contact, with these lines in its file."""
    id = crm("create", "Poêle", "--lead", *args, "-o", "ids").out.strip()
    path = crm.file(id)
    path.write_text(path.read_text("utf-8") + text, "utf-8")
    return id


def shown(crm: Crm, *args: str) -> dict[str, Any]:
    return dict(json.loads(crm(*args, "-o", "json").out))


def test_leads_are_dealt_out_in_turn(crm: Crm) -> None:
    leads = [a_lead(crm, "", "--contact", name) for name in ("Un", "Deux", "Trois", "Quatre", "Cinq")]
    crm("qualify", *leads, "--owner", "marie,paul,sophie")
    owners = {each["id"]: each["owner"] for each in json.loads(crm("list", "-o", "json").out)}
    assert [owners[lead] for lead in leads] == ["marie", "paul", "sophie", "marie", "paul"]
    assert "unknown user 'pierre'" in crm.refused("qualify", "kkvsm4kq", "--owner", "pierre", code=2)


def test_a_lead_finds_its_contact_by_email_then_phone_never_by_name(crm: Crm) -> None:
    by_email = a_lead(crm, "email: PIERRE.richard@example.org\nphone: 02 97 25 44 10\n")
    by_phone = a_lead(crm, "contact_name: J. Martin\nphone: +33 2 97 25 44 10\n")
    by_name = a_lead(crm, "contact_name: Pierre RICHARD\nemail: autre@example.net\n")
    said = crm("qualify", by_email, by_phone, by_name).err
    contacts = [shown(crm, "show", each)["contact"] for each in (by_email, by_phone, by_name)]
    assert contacts[:2] == ["f8dz9xw4", "z5f8q6tn"]
    assert contacts[2] != "f8dz9xw4"
    assert f"has the same name; if it is the same person: crm contact merge f8dz9xw4 {contacts[2]}" in said
    assert shown(crm, "contact", "show", contacts[2])["emails"] == ["autre@example.net"]


def test_a_company_and_the_person_under_it_are_made(crm: Crm) -> None:
    lead = a_lead(crm, "contact_name: Luc MOAL\ncompany_name: Bâti Ouest\nphone: 06 12 00 00 01\n")
    other = a_lead(crm, "company_name: BATI OUEST\n")
    crm("qualify", lead, other)
    person = shown(crm, "contact", "show", shown(crm, "show", lead)["contact"])
    assert (person["name"], person["company_name"], person["phones"]) == (
        "Luc MOAL",
        "Bâti Ouest",
        ["+33612000001"],
    )
    assert shown(crm, "show", other)["contact"] == person["company"]


def test_a_lead_of_nobody_stays_so(crm: Crm) -> None:
    lead = a_lead(crm)
    crm("qualify", lead)
    assert shown(crm, "show", lead)["kind"] == "opportunity"
    assert shown(crm, "show", lead)["contact_name"] is None


def test_the_writer_of_a_mail_is_made_a_contact_with_the_name_it_gives(crm: Crm) -> None:
    mail = b"From: Ann BIHAN <ann@bihan.example>\nTo: devis@atre-granules.example\nSubject: Devis\n\nBonjour"
    lead = json.loads(crm("ingest", "-o", "json", stdin=mail).out)[0]
    crm("set", lead["id"], "contact=")
    crm.file(lead["contact"]).unlink()
    crm("qualify", lead["id"])
    assert shown(crm, "show", lead["id"])["contact_name"] == "Ann BIHAN"


def test_open_records_of_the_same_email_are_named(crm: Crm) -> None:
    lead = a_lead(crm, "email: pierre.richard@example.org\n")
    said = crm("qualify", lead).err
    assert (
        f"may be the same as xgcej9p8 « PAG Rika - Raccordement sur conduit existant »: crm merge xgcej9p8 {lead}"
        in said
    )


@pytest.mark.parametrize("lost", [True, False])
def test_a_closed_lead_is_refused_by_name_and_nobody_is_made_for_it(crm: Crm, lost: bool) -> None:
    lead = a_lead(crm, "contact_name: Luc MOAL\n")
    crm(*(["lose", lead] if lost else ["qualify", lead]))
    before = crm.records()
    said = crm.refused("qualify", lead, code=5)
    assert f"{lead} « Poêle » is " in said
    assert crm.records() == before
