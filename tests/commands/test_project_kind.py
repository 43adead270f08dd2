"""The kind of project changes: the questionnaire that no longer fits is named, and can be switched."""

import json
from typing import Any

import pytest

from tests.harness.crm import Crm

DEAL = "xgcej9p8"


def show(crm: Crm) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(crm("show", DEAL, "-o", "json").out)
    return found


@pytest.fixture
def answered(crm: Crm) -> Crm:
    crm("questionnaire", "answer", DEAL, "surface=85", "stockage=garage")
    return crm


@pytest.mark.parametrize("door", ["set", "edit", "file"])
def test_a_questionnaire_that_no_longer_fits_is_named(answered: Crm, door: str) -> None:
    why = "its questionnaire pag is for appliance PAG, not PAB"
    if door == "set":
        said = answered("set", DEAL, "appliance=PAB").err
        assert f"{why} (crm questionnaire switch {DEAL} pab)" in said
    else:
        path = answered.file(DEAL)
        path.write_text(path.read_text("utf-8").replace("appliance: PAG", "appliance: PAB"), "utf-8")
    assert f"! {why}" in answered("show", DEAL).out
    assert why in answered("check", code=5).out


def test_switching_keeps_what_both_ask_and_names_the_rest(answered: Crm) -> None:
    answered("set", DEAL, "appliance=PAB")
    said = answered("questionnaire", "switch", DEAL, "Poêle à bois")
    assert f"{DEAL}: pab does not ask stockage; the answers are kept" in said.err
    project = show(answered)["project"]
    assert (project["questionnaire"], project["answers"]) == ("pab", {"surface": 85, "stockage": "garage"})
    assert "its questionnaire" not in answered("check").out
    assert "has questionnaire pab already" in answered("questionnaire", "switch", DEAL, "pab", code=5).err
    answered("undo")
    assert show(answered)["project"]["questionnaire"] == "pag"


def require(crm: Crm, *names: str) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("require: [contact, expected_revenue]", f"require: [{', '.join(names)}]"), "utf-8"
    )


def test_a_stage_can_require_stars_and_what_the_contact_lacks(crm: Crm) -> None:
    require(crm, "priority", "contact.phone", "contact.city", "contact.email", "marketing.source")
    crm("config", "check")
    id = crm("create", "X", "--contact", "Ann Bob", "-o", "ids").out.strip()
    missing = "missing priority, contact.phone, contact.city, contact.email, marketing.source"
    assert missing in crm("move", id, "--to", "quoted", code=5).err
    crm("contact", "set", "Ann Bob", "phones=0612345678", "city=Pontivy", "emails=ann@example.org")
    crm("set", id, "priority=1", "source=website")
    crm("move", id, "--to", "quoted")


@pytest.mark.parametrize("name", ["contact.fone", "priorty", "marketing.sauce"])
def test_a_requirement_that_does_not_exist_is_found(crm: Crm, name: str) -> None:
    require(crm, name)
    assert f"unknown field '{name}' (did you mean" in crm("config", "check", code=5).out


@pytest.mark.parametrize(("required", "code"), [("contact", 5), ("contact.city", 0)])
def test_a_text_that_fails_for_a_contact_without_a_city_is_found(crm: Crm, required: str, code: int) -> None:
    require(crm, required)
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    summary = "summary: \"Relancer {{ contact.name or 'le client' }} au sujet du devis\""
    config.write_text(text.replace(summary, 'summary: "Visite à {{ contact.city }}"', 1), "utf-8")
    assert ("stages.3.on_enter.0.activity.summary" in crm("rules", "check", code=code).out) == (code == 5)
