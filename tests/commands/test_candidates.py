"""What a name can mean is told apart: whose deal, where they live, since when nothing came."""

from tests.harness.crm import Crm


def test_deals_are_told_apart_by_contact_town_stage_and_last_news(shared: Crm) -> None:
    said = shared.refused("show", "pag-rika", code=4)
    assert (
        "  hhrpaqxg « PAG Rika - Création de conduit » · Soizic MORVAN · Noyal-Pontivy · Gagné"
        " · last news 2026-08-05\n" in said
    )


def test_contacts_are_told_apart_by_town_mail_and_phone(bare: Crm) -> None:
    for town, mail in (("Pontivy", "marc@example.org"), ("Rohan", "marc.lebras@example.com")):
        bare("contact", "create", "Marc LE BRAS", "--city", town, "--email", mail, "--force")
    said = bare.refused("create", "Poêle", "--contact", "Marc LE BRAS", code=4)
    assert "Marc LE BRAS · Pontivy · marc@example.org" in said
    assert "Marc LE BRAS · Rohan · marc.lebras@example.com" in said


def test_a_change_of_contact_names_both(crm: Crm) -> None:
    said = crm("set", "xgcej9p8", "contact=Claire DUBOIS").out
    assert "  contact Pierre RICHARD → Claire DUBOIS\n" in said
    ann = crm("contact", "create", "Claire DUBOIS", "--city", "Brest", "--force", "-o", "ids").ids[0]
    said = crm("set", "xgcej9p8", f"contact={ann}").out
    assert f"  contact Claire DUBOIS (n9gnrr44) → Claire DUBOIS ({ann})\n" in said
