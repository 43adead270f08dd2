"""Every mistake in a questionnaire is explained."""

import pytest

from crmcli.checks import question_checks
from crmcli.domain.model.record_types import Opportunity, Project
from crmcli.domain.values.values import Plain
from tests.harness.builders import CONFIG, a_config, a_questionnaire

OWN = a_config(
    CONFIG.replace("require: [contact, expected_revenue]", "require: [questionnaire, answers.surfase]")
    + """
rules:
  - {id: large, on: created, when: answers.surface > 100 and answers.rooms > 2, tag: [grand]}
fields:
  - {name: appliance, type: choice, choices: [PAG, PAB]}
  - {name: brand, type: choice, choices: [Rika, MCZ]}
"""
)
FIRST = "{id: flue, label: Conduit ?, type: bool}\n{id: use, label: Usage, type: choice, choices: [{id: main}, {id: extra}]}\n"


def said(questions: str, head: str = "id: pag\nversion: 1\n") -> list[str]:
    found = question_checks.of_questionnaire(a_questionnaire(questions, head), "pag", OWN)
    return [
        f"{'.'.join(map(str, each.path))}: {each.what}" + (f" ({each.hint})" if each.hint else "")
        for each in found
    ]


def test_a_good_one_is_passed_in_silence() -> None:
    assert (
        said(
            FIRST
            + "{id: bore, label: B, type: number, min: 60, max: 300, default: 80, ask_if: flue and use == 'main'}"
        )
        == []
    )


@pytest.mark.parametrize(
    ("question", "mistake"),
    [
        ("{id: Flue, label: A}", "id: 'Flue' is not a valid id"),
        ("{id: and, label: A}", "id: 'and' is not a valid id"),
        ("{id: flue, label: A}", "id: 'flue' is used twice"),
        ("{id: a, label: A, type: choice}", "a is a choice and has no choices"),
        ("{id: a, label: A, choices: [{id: x}]}", "choices: are for type: choice or choices, not text"),
        ("{id: a, label: A, type: choice, choices: [{id: x}, {id: x}]}", "'x' is used twice"),
        ("{id: a, label: A, min: 3}", "min: is for numbers, money and dates, not text"),
        ("{id: a, label: A, type: number, max: viel}", "max: 'viel' is not a valid number"),
        ("{id: a, label: A, type: number, min: 5, max: 4}", "max: 4 is less than min, 5"),
        ("{id: a, label: A, type: number, pattern: x}", "pattern: is for type: text, not number"),
        ("{id: a, label: A, pattern: '('}", "pattern: is not a valid pattern"),
        ("{id: a, label: A, type: number, min: 5, default: 3}", "default: a: 3 is less than 5"),
        ("{id: a, label: A, type: choice, choices: [{id: x}], default: y}", "default: unknown a 'y'"),
        ("{id: a, label: A, sets: fields.brnd}", "sets: unknown field 'brnd' (did you mean brand?)"),
        ("{id: a, label: A, sets: title}", "sets: title is not filled in by an answer"),
        ("{id: a, label: A, type: choice, choices: [{id: godin, label: Godin}], sets: brand}", "sets: brand has no choice 'Godin'"),
        ("{id: a, label: A, ask_if: 'flue ='}", "ask_if: "),
        ("{id: a, label: A, ask_if: fluee}", "ask_if: unknown question 'fluee' (did you mean flue?)"),
        ("{id: a, label: A, ask_if: a}", "ask_if: a is this question itself"),
        ("{id: a, label: A, ask_if: b}\n{id: b, label: B}", "ask_if: b is asked later"),
        ("{id: a, label: A, ask_if: answers.b}\n{id: b, label: B, ask_if: a}", "ask_if: b is asked later"),
        ("{id: a, label: A, ask_if: use == 'mian'}", "ask_if: unknown choice of use 'mian' (did you mean main?)"),
        ("{id: a, label: A, ask_if: \"use in ('main', 'nothing')\"}", "ask_if: unknown choice of use 'nothing'"),
        ("{id: a, label: A, ask_if: not flue}", "ask_if: not flue also holds before flue is answered (write flue == false)"),
        ("{id: a, label: A, ask_if: fields.brandt == 'x'}", "ask_if: unknown custom field 'brandt'"),
    ],
)  # fmt: skip
def test_a_mistake_is_explained(question: str, mistake: str) -> None:
    [found] = said(FIRST + question)
    assert mistake in found


@pytest.mark.parametrize(
    ("head", "mistake"),
    [
        ("id: pag\n", "version: is missing"),
        ("id: pag\nversion: 0\n", "version: begins at 1"),
        ("id: pab\nversion: 1\n", "id: is 'pab', but the file is called pag.yaml"),
        (
            "id: pag\nversion: 1\nfor: {field: aplliance, is: [PAG]}\n",
            "for.field: unknown custom field 'aplliance' (did you",
        ),
        ("id: pag\nversion: 1\nfor: {field: appliance, is: [PEG]}\n", "for.is.0: unknown appliance 'PEG'"),
        ("id: pag\nversion: 1\nfor: {field: appliance}\n", "for: has no value of appliance"),
    ],
)
def test_a_mistake_in_its_head_is_explained(head: str, mistake: str) -> None:
    [found] = said(FIRST, head)
    assert mistake in found


def test_rules_and_stages_that_speak_of_questions_nobody_asks() -> None:
    known = {"pag": a_questionnaire("{id: surface, label: S, type: number}")}
    found = [
        (each.path[-1], each.what, each.hint)
        for each in question_checks.check_questions_of_config(OWN, known)
    ]
    assert found == [
        (1, "unknown question 'surfase'", "did you mean surface?"),
        ("when", "unknown question 'rooms'", ""),
    ]


def test_answers_that_a_question_does_not_allow_and_questionnaires_that_are_not_there() -> None:
    known = {"pag": a_questionnaire("{id: surface, label: S, type: number}")}
    project = Project(questionnaire="pag", answers={"surface": "grand", "gone": Plain("7")})
    deal = Opportunity(id="k7f3q9mx", title="Poêle", project=project)
    [found] = question_checks.of_opportunity(deal, known, ["pag"])
    assert found.path == ("project", "answers", "surface")
    assert found.hint == "crm questionnaire answer k7f3q9mx surface=…"
    other = Opportunity(id="k7f3q9mx", title="Poêle", project=Project(questionnaire="pga"))
    assert [each.what for each in question_checks.of_opportunity(other, known, ["pag"])] == [
        "unknown questionnaire 'pga'"
    ]
