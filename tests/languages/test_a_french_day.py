"""What a French reader is told, day by day, is French: changes, refusals in a plan, what the reader stopped."""

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import INTERRUPT, crm_at_terminal

DEAL, LEAD, OTHER = "xgcej9p8", "esdwgtts", "teqcvdqh"


@pytest.fixture
def french(crm: Crm) -> Crm:
    crm.environment["CRM_LANG"] = "fr"
    return crm


def test_a_loss_without_a_reason_is_in_words(french: Crm) -> None:
    config = french.data / "crm.yaml"
    config.write_text(config.read_text("utf-8").replace("lost_reason_required: true", ""), "utf-8")
    assert "perdue (sans motif)" in french("lose", DEAL).out
    assert "unstated" not in french("show", DEAL).out
    assert "sans motif" in french("list", f"id:{DEAL}", "is:lost", "--columns", "motif").out


def test_changes_of_activities_fields_and_answers_name_what_people_see(french: Crm) -> None:
    [activity] = french("due", f"id:{DEAL}", "-o", "ids").ids
    assert ": échéance : " in french("activity", "snooze", activity, "--by", "3d").out
    edited = french("activity", "edit", activity, "--summary", "Autre", "--time", "14h", "--type", "call").out
    for said in ("résumé : ", "heure : vide → 14:00", "type : E-mail → Appel"):
        assert said in edited
    assert "Marque : Rika → MCZ" in french("set", DEAL, "brand=MCZ").out
    answered = french("questionnaire", "answer", OTHER, "surface=95", "--questionnaire", "pag").out
    assert "réponse surface : " in answered
    assert "modification : projet" in french("show", OTHER).out


def test_next_says_why_a_lead_is_not_won(french: Crm) -> None:
    assert f"refusé : c’est une piste ; crm win {LEAD} --qualify" in french("next", LEAD).out


def test_a_mail_by_hand_that_stays_is_told_in_french_and_to_programs_in_english(french: Crm) -> None:
    french("email", "queue", DEAL, "--template", "accuse-reception")
    told = french("win", DEAL, "--dry-run").err
    assert "a été mis en attente à la main et reste dans la boîte d’envoi" in told
    assert "was queued by hand" in french("win", DEAL, "--dry-run", "--errors", "json").err


def test_what_the_reader_stopped_is_told_in_french(french: Crm) -> None:
    with crm_at_terminal(french, "tag", "is:open", "--add", "essai", width=100) as command:
        command.expect_exact("[o/N]")
        command.sendline("n")
        command.expect_exact("arrêté, rien n’a été modifié")
    with crm_at_terminal(french, "questionnaire", "fill", DEAL, width=100) as command:
        command.expect(">|:")
        command.send(INTERRUPT)
        command.expect_exact("arrêté, 0 réponse enregistrée")


def test_the_place_of_a_line_for_completion_is_told_in_french(french: Crm) -> None:
    assert ", à la fin : fpath=" in french("completion", "install", "zsh", "--dry-run").out
