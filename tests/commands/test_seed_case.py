"""The deal that this program was asked for: a lead for Pierre RICHARD, 8 000 €."""

import json

from tests.harness.crm import Crm


def test_from_lead_to_contacted(bare: Crm) -> None:
    title = "Remplacement d'un poêle à bois par un poêle à granulé"
    made = bare(
        "create", "--lead", title, "--contact", "Pierre RICHARD", "--revenue", "8 000 €", "-o", "json"
    )
    [lead] = json.loads(made.out)
    assert (lead["kind"], lead["stage"], lead["probability"]) == ("lead", "new", 10)
    assert (lead["expected_revenue"], lead["contact_name"]) == (8000, "Pierre RICHARD")
    page = bare("show", lead["id"]).out
    assert "Lead · Nouveau · 10 %" in page

    bare("qualify", lead["id"], "--priority", "2")
    assert "★★ · Opportunity · Nouveau · 10 %" in bare("show", lead["id"]).out

    bare("move", lead["id"], "--to", "contacted")
    bare("move", lead["id"], "--to", "new")
    bare("move", lead["id"], "--to", "contacted")
    [deal] = json.loads(bare("list", "-o", "json").out)
    assert (deal["probability"], deal["probability_from"]) == (30, "stage")
    assert [each["summary"] for each in deal["activities"]] == ["Appeler Pierre RICHARD"]
