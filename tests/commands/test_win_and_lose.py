"""Winning, losing and what follows: leads, reasons, notes, and refusals that say what to do."""

import json
import re
from typing import Any

import pytest

from tests.harness.crm import Crm

LEAD, OPEN, WON, LOST = "kkvsm4kq", "xgcej9p8", "jb9cp4xc", "phwvchqk"
COMMAND = re.compile(r"crm ([a-z][^,;()]*)")


def show(crm: Crm, id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(crm("show", id, "-o", "json").out)
    return found


@pytest.mark.parametrize("command", [("win", LEAD), ("move", LEAD, "--to", "won")])
def test_a_lead_is_not_won_before_it_is_qualified(crm: Crm, command: tuple[str, ...]) -> None:
    assert f"is a lead (crm win {LEAD} --qualify)" in crm(*command, code=5).err
    assert crm("list", f"id:{LEAD}", "is:open", "-o", "ids").out == f"{LEAD}\n"


def test_winning_a_lead_with_qualify_does_both(crm: Crm) -> None:
    crm("win", LEAD, "--qualify", "-m", "Acompte reçu")
    deal = show(crm, LEAD)
    assert (deal["kind"], deal["stage"]) == ("opportunity", "won")
    assert [each["text"] for each in deal["history"] if each["event"] == "note"] == ["Acompte reçu"]
    crm("undo")
    assert (show(crm, LEAD)["kind"], show(crm, LEAD)["stage"]) == ("lead", "new")


def test_a_lead_does_not_begin_won(crm: Crm) -> None:
    assert "a lead cannot begin in Gagné" in crm("create", "X", "--lead", "--stage", "won", code=5).err


@pytest.mark.parametrize("report", [("report", "pipeline"), ("board",)])
def test_figures_count_leads_only_where_the_query_says_so(crm: Crm, report: tuple[str, ...]) -> None:
    both = crm(*report, "is:any", "-o", "json").out
    assert both == crm(*report, "is:any", "is:opportunity", "-o", "json").out
    assert both != crm(*report, "is:any", "is:lead,opportunity", "-o", "json").out


def test_a_reason_can_be_required(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("\nlost_reasons:", "\nlost_reason_required: true\nlost_reasons:"), "utf-8")
    for given in ((), ("--reason", "unstated"), ("--reason", "")):
        assert "a reason is required" in crm("lose", OPEN, *given, code=2).err
    crm("lose", OPEN, "--reason", "prix trop eleve", "-m", "1 200 € de trop")
    deal = show(crm, OPEN)
    assert deal["lost"] == "price"
    assert deal["history"][-1]["text"] == "1 200 € de trop"


def test_the_reason_outlives_the_reopening(crm: Crm) -> None:
    crm("set", LOST, "lost=Prix trop élevé")
    corrected = show(crm, LOST)["history"][-1]
    assert (corrected["field"], corrected["from"], corrected["to"]) == ("lost", "postponed", "price")
    crm("reopen", LOST, "--no-revive")
    assert show(crm, LOST)["history"][-1]["was"] == "price"
    assert "reopened in Devis envoyé, was lost: Prix trop élevé" in crm("show", LOST).out
    assert "reopened, visit 2, was lost: Prix trop élevé" in crm("why", LOST).out


def test_only_a_lost_deal_has_a_reason(crm: Crm) -> None:
    assert "is not lost" in crm("set", OPEN, "lost=price", code=5).err
    assert "is lost (crm reopen" in crm("set", LOST, "lost=", code=5).err
    assert "unknown reason" in crm("set", LOST, "lost=prise", code=2).err


@pytest.mark.parametrize(
    "refused",
    [
        ("win", LEAD),
        ("win", LOST),
        ("lose", WON),
        ("lose", LOST),
        ("move", LOST, "--to", "visit"),
        ("set", LOST, "lost="),
        ("set", OPEN, "lost=price"),
        ("set", WON, "probability=40"),
        ("set", LOST, "probability=40"),
        ("activity", "add", OPEN, "--type", "apel"),
        ("questionnaire", "answer", "p4rr1d0x", "surface=1"),
        ("qualify", OPEN),
        ("reopen", OPEN),
    ],
    ids=" ".join,
)
def test_every_command_of_a_hint_can_be_run(crm: Crm, refused: tuple[str, ...]) -> None:
    said = crm.run(*refused)
    assert said.code != 0, said
    hint = said.err.rpartition(" (")[2]
    for command in COMMAND.findall(hint):
        words = command.replace("REASON", "price").split()
        crm(*(word.strip() for word in words))


def test_a_given_probability_stands_before_the_one_of_a_rule(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    rule = "      - id: certain\n        set: {probability: 80}\n"
    config.write_text(
        text.replace("    on_enter:\n      - id: site-visit", f"    on_enter:\n{rule}      - id: site-visit")
    )
    crm("move", OPEN, "--to", "visit", "--probability", "45")
    assert show(crm, OPEN)["probability"] == 45
    assert "probability 45 %: set by hand" in crm("why", OPEN).out
    made = crm("create", "X", "--stage", "visit", "--probability", "12", "-o", "ids").out.strip()
    assert show(crm, made)["probability"] == 12
    crm("move", made, "--to", "contacted")
    crm("move", made, "--to", "visit")
    assert "probability 80 %: set by rule visit.certain" in crm("why", made).out
    crm("set", made, "probability=81")
    assert "probability 81 %: set by hand" in crm("why", made).out


def test_check_finds_a_lead_that_a_hand_has_won(crm: Crm) -> None:
    path = crm.file(LEAD)
    path.write_text(path.read_text("utf-8").replace("stage: new", "stage: won", 1), "utf-8")
    assert "kind: is a lead in a won stage" in crm("check", code=5).out
