"""What a questionnaire asks, what counts as an answer, and what follows from one."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from crmcli.domain.localization.days import parse_day
from crmcli.domain.model import answer_types, questionnaires
from crmcli.domain.model.answer_types import Reader, take_answer
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Question, Questionnaire
from crmcli.domain.model.record_types import Project
from crmcli.domain.model.recorded_effects import describe_effects
from crmcli.domain.records import answer, questionnaire_sheet, transitions
from crmcli.domain.records.questionnaire_sheet import Asked, Sheet
from crmcli.domain.templates.expressions import condition_holds_for
from crmcli.domain.values.errors import CrmError, RefusedError, UsageError
from crmcli.domain.values.values import Plain
from tests.harness.builders import CONFIG, a_config, a_questionnaire, at, facts

HOUSE = a_questionnaire("""
    {id: surface, label: Surface à chauffer, type: number, unit: m², min: 5, max: 1000, required: true}
    {id: budget, label: Budget, type: money, min: 0, sets: budget}
    {id: flue, label: Conduit ?, type: bool, required: true}
    {id: lined, label: Tubé ?, type: bool, required: true, ask_if: flue}
    {id: bore, label: Diamètre, type: number, ask_if: flue and lined}
    {id: outlet, label: Sortie, type: choice, choices: [{id: roof, label: Toiture}, {id: wall, label: "Façade, ventouse"}], ask_if: flue == false}
    {id: heating, label: Chauffage, type: choices, choices: [{id: oil, label: Fioul}, {id: wood, label: Bois}]}
    {id: day, label: Date, type: date, min: 2026-01-01, sets: expected_close}
    {id: plate, label: Plaque, pattern: "[A-Z]{2}-[0-9]+"}
    {id: brand, label: Marque, type: choice, choices: [{id: rika, label: Rika}, {id: mcz, label: MCZ}], sets: brand}
    {id: note, label: Remarques}
""")
OWN = a_config(
    CONFIG
    + """
title: "{{ appliance }} {{ brand }}"
fields:
  - {name: appliance, type: choice, choices: [PAG, PAB]}
  - {name: brand, type: choice, choices: [Rika, MCZ]}
"""
)


def asked(config: Config = OWN, given: dict[str, Any] | None = None, **fields: Any) -> Facts:
    project = Project(questionnaire="pag", version=1, answers=given or {})
    return facts(config, project=project, **fields).asked(HOUSE)


def answered(about: Facts, **given: Any) -> Facts:
    reader = Reader(lambda text: parse_day(text, at().at.date(), about.config))
    return about.about(answer.answer_questions(about, given, at(), reader).after)


def sheet(about: Facts) -> Sheet:
    assert about.questionnaire is not None
    return questionnaire_sheet.sheet_of(about.questionnaire, about.opportunity)


def states(of: Sheet) -> dict[str, Asked]:
    return {item.question.id: item.asked for item in of.items}


def stored(about: Facts) -> dict[str, Any]:
    assert about.opportunity.project is not None
    return about.opportunity.project.answers


@pytest.mark.parametrize(
    ("id", "text", "kept"),
    [
        ("surface", "120", Plain("120")),
        ("surface", " 120 m² ", Plain("120")),
        ("surface", "99,5", Plain("99.5")),
        ("budget", "7 500 €", Plain("7500.00")),
        ("flue", "oui", Plain("true")),
        ("flue", "N", Plain("false")),
        ("outlet", "FACADE, ventouse", "wall"),
        ("outlet", "roof", "roof"),
        ("heating", "fioul, wood, Fioul", ["oil", "wood"]),
        ("heating", ["Bois"], ["wood"]),
        ("day", "2w", Plain("2026-12-08")),
        ("day", "2026-12-31", Plain("2026-12-31")),
        ("plate", "AB-12", "AB-12"),
        ("note", "12", "12"),
    ],
)
def test_an_answer_is_kept_as_its_question_types_it(id: str, text: Any, kept: Any) -> None:
    assert stored(answered(asked(), **{id: text}))[id] == kept


@pytest.mark.parametrize(
    ("id", "text", "said"),
    [
        ("surface", "beaucoup", "surface: 'beaucoup' is not a number"),
        ("surface", "2", "surface: 2 is less than 5 (5 to 1000)"),
        ("surface", "2000", "surface: 2000 is more than 1000"),
        ("budget", "12 livres", "'12 livres' is not an amount"),
        ("budget", "8.000", "can be read in two ways"),
        ("flue", "peut-être", "flue is yes or no"),
        ("outlet", "rof", "unknown outlet 'rof' (did you mean roof?)"),
        ("heating", "oil,gas", "unknown heating 'gas'"),
        ("day", "2025-12-31", "day: 2025-12-31 is less than 2026-01-01"),
        ("day", "2026-12", "is more than one day"),
        ("plate", "AB12", "plate: 'AB12' does not match the required pattern"),
        ("note", "x" * 5000, "longer than 4000"),
        ("surfase", "12", "unknown question 'surfase' (did you mean surface?)"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told(id: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as told:
        answered(asked(), **{id: text})
    assert said in str(told.value)


def test_every_bad_answer_is_named_and_none_is_taken() -> None:
    about = asked()
    with pytest.raises(UsageError, match="2 answers are invalid") as told:
        answered(about, surface="x", flue="oui", outlet="y")
    assert "surface: 'x'" in str(told.value)
    assert "unknown outlet 'y'" in str(told.value)


def test_a_question_is_asked_only_where_its_condition_holds() -> None:
    open_ = states(sheet(asked()))
    assert [open_[id] for id in ("lined", "bore", "outlet")] == [Asked.MAYBE] * 3
    with_flue = states(sheet(answered(asked(), flue="oui")))
    assert [with_flue[id] for id in ("lined", "bore", "outlet")] == [Asked.YES, Asked.MAYBE, Asked.NO]
    without = states(sheet(answered(asked(), flue="non")))
    assert [without[id] for id in ("lined", "bore", "outlet")] == [Asked.NO, Asked.NO, Asked.YES]


def test_an_answer_to_what_is_not_asked_any_more_is_kept_and_does_not_count() -> None:
    about = answered(asked(), flue="oui", lined="oui", bore="150")
    about = answered(about, flue="non")
    assert stored(about)["bore"] == Plain("150")
    assert states(sheet(about))["bore"] is Asked.NO
    assert sheet(about).missing[0].question.id == "surface"
    change = answer.answer_questions(about, {"bore": "160"}, at(), Reader())
    assert change.notices == ("k7f3q9mx: bore is kept, and is not asked as things stand (flue and lined)",)


def test_what_is_required_and_asked_is_missing_until_it_is_answered() -> None:
    about = asked()
    assert [item.question.id for item in sheet(about).missing] == ["surface", "flue"]
    about = answered(about, surface="120", flue="oui")
    assert [item.question.id for item in sheet(about).missing] == ["lined"]
    about = answered(about, lined="non")
    assert sheet(about).missing == []
    assert (len(sheet(about).answered), len(sheet(about).asked), sheet(about).done) == (3, 9, 33)
    assert [item.question.id for item in sheet(answered(about, surface="")).missing] == ["surface"]


def test_a_later_version_keeps_the_answers_to_questions_that_are_gone() -> None:
    about = asked(given={"hauteur": Plain("7"), "surface": Plain("120")})
    assert sheet(about).gone == {"hauteur": Plain("7")}
    about = answered(about, flue="non")
    assert about.opportunity.project is not None
    assert about.opportunity.project.version == 2
    assert stored(about) == {"hauteur": Plain("7"), "surface": Plain("120"), "flue": Plain("false")}


def test_an_answer_that_a_later_version_does_not_allow_is_faulty() -> None:
    about = asked(given={"surface": "grand", "outlet": "chimney", "flue": ["a", "b"], "day": {"a": "b"}})
    faults = {item.question.id: item.fault for item in sheet(about).items if item.fault}
    assert faults["surface"].startswith("surface: 'grand' is not a number")
    assert set(faults) == {"surface", "outlet", "flue", "day"}
    assert [item.question.id for item in sheet(about).missing] == ["surface", "flue"]


def test_an_answer_fills_in_its_field_and_a_title_that_follows_the_pattern() -> None:
    about = asked(title="PAG Rika", fields={"appliance": "PAG", "brand": "Rika"})
    about = answered(about, budget="7500", day="2026-12-31", brand="mcz")
    deal = about.opportunity
    assert (deal.budget, str(deal.expected_close)) == (Decimal("7500.00"), "2026-12-31")
    assert (deal.fields["brand"], deal.title) == ("MCZ", "PAG MCZ")
    assert [entry.field for entry in deal.history] == ["expected_close"]
    free = asked(title="Pour la longère", fields={"appliance": "PAG", "brand": "Rika"})
    assert answered(free, brand="mcz").opportunity.title == "Pour la longère"


def test_the_questionnaire_is_chosen_by_the_record_else_by_its_field() -> None:
    pag = a_questionnaire("{id: a, label: A}", "id: pag\nfor: {field: appliance, is: [PAG]}\n")
    pab = a_questionnaire("{id: a, label: A}", "id: pab\nfor: {field: appliance, is: [PAB, Insert]}\n")
    known: dict[str, Questionnaire] = {"pab": pab, "pag": pag}
    assert questionnaires.choose_questionnaire("pab", {"appliance": "PAG"}, known) is pab
    assert questionnaires.choose_questionnaire(None, {"appliance": "pag"}, known) is pag
    assert questionnaires.choose_questionnaire(None, {"appliance": ["x", "insert"]}, known) is pab
    assert questionnaires.choose_questionnaire(None, {"brand": "PAG"}, known) is None
    assert questionnaires.choose_questionnaire("gone", {"appliance": "PAG"}, known) is None


def test_without_a_questionnaire_nothing_can_be_answered() -> None:
    for about, said in (
        (facts(), "no questionnaire is chosen"),
        (replace(asked(), questionnaire=None), "'pag'"),
    ):
        with pytest.raises(RefusedError, match=said):
            answered(about, surface="12")


GATED = a_config(
    CONFIG.replace("require: [contact, expected_revenue]", "require: [questionnaire, answers.budget]")
)


def test_a_stage_asks_for_the_answers_that_it_requires() -> None:
    about = asked(GATED, stage="new", created=at().at)
    with pytest.raises(RefusedError, match=r"missing questionnaire \(surface, flue\), answers\.budget"):
        transitions.move_deal(about, "quoted", at())
    forced = transitions.move_deal(about, "quoted", at(), force=True).after
    assert (
        describe_effects(forced.history[-1].did)
        == "forced: missing questionnaire (surface, flue), answers.budget"
    )
    about = answered(about, surface="120", flue="oui", lined="oui", budget="7500")
    assert transitions.move_deal(about, "quoted", at()).after.stage == "quoted"
    with pytest.raises(RefusedError, match=r"missing questionnaire, answers\.budget"):
        transitions.move_deal(replace(about, questionnaire=None), "quoted", at())


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ("answers.surface > 100", True),
        ("answers.bore > 100", False),
        ("not answers.bore", True),
        ("answers.note == '12'", True),
        ("'oil' in answers.heating", True),
        ("answers.flue", True),
        ("answers.budget >= 7500 and answers.day > today", True),
    ],
)
def test_conditions_of_rules_see_answers_as_their_questions_type_them(condition: str, held: bool) -> None:
    given = {"note": Plain("12"), "surface": "120", "flue": Plain("yes"), "heating": "oil"}
    about = asked(given={**given, "budget": Plain("7500.00"), "day": Plain("2027-01-01")})
    assert condition_holds_for(condition, about, at().at.date()) is held


def test_conditions_between_questions_may_look_at_fields_and_fail_towards_asking() -> None:
    about = asked(fields={"appliance": "PAG"})
    own = a_questionnaire("""
        {id: a, label: A, ask_if: fields.appliance == 'PAG'}
        {id: b, label: B, ask_if: fields.appliance == 'PAB'}
        {id: c, label: C, ask_if: "1 / 0"}
        {id: d, label: D, ask_if: answers.a == 'x'}
    """)
    assert [item.asked for item in questionnaire_sheet.sheet_of(own, about.opportunity).items] == [
        Asked.YES,
        Asked.NO,
        Asked.YES,
        Asked.MAYBE,
    ]


def test_an_answer_can_be_given_again_as_it_is_told() -> None:
    about = answered(
        asked(), surface="99.50", budget="0", flue="o", heating="oil,wood", day="2026-12-01", note="à voir"
    )
    for item in sheet(about).answered:
        again = answer_types.take_answer(
            item.question, answer_types.spell_answer(item.question, item.meaning)
        )
        assert answer_types.read_held(item.question, again) == item.meaning


def test_a_broken_rule_of_the_field_names_the_question() -> None:
    broken = a_questionnaire("{id: brand, label: Marque, sets: brand}")
    with pytest.raises(CrmError, match="brand sets brand: unknown brand 'Godin'"):
        answered(asked().asked(broken), brand="Godin")


@pytest.mark.parametrize("typed", ["$500", "500 CHF", "£500", "USD 500"])
def test_an_amount_in_another_currency_is_refused(typed: str) -> None:
    wanted = Question(id="budget", label="Budget", type=FieldType.MONEY)
    assert take_answer(wanted, "500 €", Reader(currency="EUR")) == Plain("500.00")
    with pytest.raises(UsageError, match="is not in EUR"):
        take_answer(wanted, typed, Reader(currency="EUR"))
