"""A refusal says what to type next, with the words that the user typed."""

import json

import pytest

from tests.harness.crm import Crm

WITHOUT_REVENUE, WITH_CALL = "teqcvdqh", "p4rr1d0x"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["move", WITHOUT_REVENUE], 2, f"missing option '--to' (crm move {WITHOUT_REVENUE} --to STAGE)"),
        (["done"], 2, "(crm done ACTIVITY…)"),
        (["new"], 2, "(did you mean create?)"),
        (["import", "x.csv"], 2, "(did you mean csv x.csv?)"),
        (["activity", "done", WITH_CALL], 2, "(did you mean crm done?)"),
        (["list", "--sort", "title"], 2, "no option '--sort' (crm list --help)"),
        (["list", "--columns", "nam"], 2, "unknown column 'nam' (-o json shows their names)"),
        (["set", WITH_CALL, "revenue=8k"], 2, "'8k' is not an amount (write 8000)"),
        (["set", WITH_CALL, "revenue=7,5 k"], 2, "(write 7500)"),
        (["set", WITH_CALL, "revenue=-5"], 2, "(write 5"),
        (["set", WITH_CALL, "stage=won"], 2, f"(crm move {WITH_CALL} --to won)"),
        (["set", WITH_CALL, "contact=Zoé Inconnue"], 3, "(crm contact create 'Zoé Inconnue')"),
        (["set", WITH_CALL, "title"], 2, f"(crm set {WITH_CALL} priority=2)"),
        (["list", "revenue.gt:8 000,50"], 2, "is not a plain number (revenue.gt:8000.50)"),
        (["list", "revenue:8 000 €"], 2, "(revenue:8000)"),
        (["list", "deadline:2026-12-25"], 2, "unknown key 'deadline' (crm help query)"),
    ],
)
def test_what_is_refused_says_what_to_type(shared: Crm, words: list[str], code: int, said: str) -> None:
    assert said in shared.refused(*words, code=code)


@pytest.mark.parametrize(
    "words",
    [
        ["create", "x", "--close", "bientôt"],
        ["questionnaire", "answer", WITH_CALL, "surface=3"],
        ["create", "\u202ex", "--owner", "\x1b\x9b\u202epaul"],
    ],
)
def test_a_refusal_for_programs_says_the_same_in_json(shared: Crm, words: list[str]) -> None:
    said = shared.refused(*words, code=2)
    line = shared.refused(*words, "--errors", "json", code=2)
    refusal = json.loads(line)
    assert (
        refusal["what"].replace("\x1b", r"\x1b").replace("\x9b", r"\x9b").replace("\u202e", r"\u202e") in said
    )
    assert not {"\x1b", "\x9b", "\u202e"} & set(line)


def test_a_stage_that_is_not_allowed_is_named_with_the_commands_that_allow_it(crm: Crm) -> None:
    refused = crm.refused("move", WITHOUT_REVENUE, "--to", "quoted", code=5)
    assert "cannot move to Devis envoyé: missing expected_revenue" in refused
    assert f"(crm set {WITHOUT_REVENUE} expected_revenue=VALUE; or --force)" in refused
    crm("set", WITHOUT_REVENUE, "expected_revenue=8000")
    crm("move", WITHOUT_REVENUE, "--to", "quoted")


@pytest.mark.parametrize(
    ("required", "command"),
    [
        ("[contact.email]", "crm contact set {contact} emails+=VALUE"),
        ("[contact.city]", "crm contact set {contact} city=VALUE"),
        ("[questionnaire]", "crm questionnaire fill {deal}"),
        ("[answers.surface]", "crm questionnaire answer {deal} surface=ANSWER"),
        ("[budget, team]", "crm set {deal} budget=VALUE team=VALUE"),
    ],
)
def test_each_kind_of_requirement_has_a_command(crm: Crm, required: str, command: str) -> None:
    crm("contact", "create", "Zoé Sans Rien")
    crm("create", "Essai", "--contact", "Zoé Sans Rien")
    deal = crm("list", "title:Essai", "-o", "ids").out.strip()
    contact = crm("contact", "list", "Zoé Sans Rien", "-o", "ids").out.strip()
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace("[contact, expected_revenue]", required))
    refused = crm.refused("move", deal, "--to", "quoted", code=5)
    assert f"({command.format(deal=deal, contact=contact)}; or --force)" in refused


def test_a_change_of_many_says_the_command_that_confirms_it(crm: Crm) -> None:
    refused = crm.refused("move", "stage:new", "--to", "contacted", code=2)
    assert "(crm move stage:new --to contacted --yes; --dry-run to preview)" in refused


def test_one_of_several_activities_is_named_by_its_id(crm: Crm) -> None:
    crm("activity", "add", WITH_CALL, "--type", "call", "--due", "tomorrow")
    refused = crm("done", WITH_CALL, code=4).err
    assert "(give the id of one, like m80w7wkx)" in refused


def test_a_user_of_the_environment_is_told_as_such(shared: Crm) -> None:
    assert "CRM_USER: unknown user 'zorro'" in shared.refused(
        "set", WITH_CALL, "priority=1", code=2, CRM_USER="zorro"
    )
