"""What a customer writes behind the questions of a mail becomes answers, and nothing else does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.model.answer_types import PLAIN_READER
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Opportunity, Project
from crmcli.domain.records import replies
from crmcli.domain.values.values import Plain
from tests.harness.builders import a_questionnaire, at, facts

HOUSE = a_questionnaire("""
    {id: surface, label: Surface à chauffer, type: number, unit: m²}
    {id: flue, label: Y a-t-il un conduit ?, type: bool}
    {id: outlet, label: Sortie, type: choice, choices: [{id: roof, label: Toiture}]}
    {id: budget, label: Budget, type: money, sets: budget}
    {id: note, label: Remarques}
    {id: first, label: Le même}
    {id: second, label: Le même}
""")


def about(answers: dict[str, Any] | None = None, **fields: Any) -> Facts:
    return facts(project=Project(questionnaire="pag", answers=answers or {}), **fields).asked(HOUSE)


def after(text: str, of: Facts | None = None) -> tuple[Opportunity, str]:
    change, said = replies.answer_reply(of or about(), text, "c9d2e7fa", at(), PLAIN_READER)
    return change.after, said


def held(deal: Opportunity) -> dict[str, Any]:
    return deal.project.answers if deal.project else {}


@pytest.mark.parametrize(
    "line",
    [
        "surface: 120",
        "Surface : 120 m²",
        "SURFACE A CHAUFFER : 120",
        "Surface à chauffer (m²) * : 120 m².",
        "> > surface: 120",
        "> - Surface à chauffer (m²) :\u00a0120",
        "* surface : 120",
    ],
)
def test_a_question_is_named_by_its_id_or_label(line: str) -> None:
    assert held(after(f"Bonjour,\n\n{line}\n\nCordialement : Paul")[0]) == {"surface": Plain("120")}


def test_a_filled_form_becomes_answers_a_note_and_fields() -> None:
    deal, said = after(
        "flue: oui\nsortie: toiture\nbudget: 7 500 €\nnote: Avant Noël : si possible\nsurface: ........\n"
    )
    assert held(deal) == {
        "flue": Plain("true"),
        "outlet": "roof",
        "budget": Plain("7500.00"),
        "note": "Avant Noël : si possible",
    }
    assert str(deal.budget) == "7500.00"
    assert said == "answers: 4 taken"
    assert deal.history[-1].text == "Answers from the reply: flue, outlet, budget, note"


def test_what_was_written_anew_goes_before_what_is_quoted() -> None:
    assert held(after("> surface: 90\nsurface: 120\nsurface: 130")[0]) == {"surface": Plain("120")}


def test_an_answer_there_is_stays_and_a_field_too_and_both_are_noted() -> None:
    deal, said = after("surface: 120\nbudget: 9000", about({"surface": Plain("85")}, budget=None))
    assert held(deal)["surface"] == Plain("85")
    assert said == "answers: 1 taken; 1 different, left as it was"
    assert "Left as it was: surface is 85, the reply says 120" in (deal.history[-1].text or "")
    same, said = after("surface: 85.0", about({"surface": Plain("85")}))
    assert (same.history, said) == ((), "")
    from tests.harness.builders import euros

    kept, _ = after("budget: 9000", about(budget=euros("7000.00")))
    assert kept.budget == euros("7000.00")
    assert "budget is not set by budget, it has a value" in (kept.history[-1].text or "")


def test_what_cannot_be_taken_is_noted_and_not_answered() -> None:
    deal, said = after("surface: grande\nsortie: cave\nflue: non")
    assert held(deal) == {"flue": Plain("false")}
    assert said == "answers: 1 taken; 2 not understood"
    assert "Not taken from the reply: surface: 'grande' is not a number" in (deal.history[-1].text or "")


def test_a_label_of_two_questions_names_neither_and_other_lines_mean_nothing() -> None:
    deal, said = after("Le même: x\nTél : 06 12\nhttp://example.org\n: \nsurface 120\nsurface:\n")
    assert (held(deal), deal.history, said) == ({}, (), "")


@given(
    st.lists(
        st.one_of(
            st.text(max_size=40), st.sampled_from(["surface: ", "> flue: oui", "note: ", "budget: 1", ":"])
        )
    )
)
def test_no_text_makes_it_fail(pieces: list[str]) -> None:
    text = "\n".join(pieces) + "".join(pieces)
    deal, _ = after(text)
    assert set(held(deal)) <= {"surface", "flue", "outlet", "budget", "note", "first", "second"}


def test_a_giant_text_is_looked_at_in_bounds() -> None:
    deal, _ = after("x: 1\n" * 5_000 + "surface: 120\n")
    assert held(deal) == {}
    long, _ = after("note: " + "x" * 100_000)
    assert len(held(long)["note"]) < 1_000
