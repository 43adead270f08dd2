"""The language of the screen: of the workspace, or as CRM_LANG and LANG say; scripts get English."""

import json
import re
import subprocess
import sys

import pytest

from tests.harness.crm import Crm
from tests.harness.places import MAILS
from tests.harness.terminal import crm_at_terminal

DEAL = "xgcej9p8"


@pytest.fixture
def french(crm: Crm) -> Crm:
    """The demo, whose locale is French, as its people see it."""
    del crm.environment["CRM_LANG"]
    return crm


def test_people_see_the_language_of_the_workspace(french: Crm) -> None:
    assert french("report", "sources").out.split()[:2] == ["source", "pistes"]


def test_crm_lang_chooses_another_language_for_its_user(french: Crm) -> None:
    assert "Responsable" in french("show", DEAL).out
    assert "Owner" in french("show", DEAL, CRM_LANG="en").out


def test_a_language_that_crm_does_not_speak_is_one_clear_line(french: Crm) -> None:
    said = french.refused("list", code=2, CRM_LANG="de")
    assert said == "crm: CRM_LANG=de: crm does not speak this language (en, fr)\n"


def test_the_language_of_the_system_is_that_of_a_workspace_without_a_locale(french: Crm) -> None:
    config = french.data / "crm.yaml"
    config.write_text(re.sub("(?m)^locale:.*\n", "", config.read_text("utf-8")), "utf-8")
    assert "Responsable" in french("show", DEAL, LANG="fr_FR.UTF-8").out
    assert "Owner" in french("show", DEAL, LANG="fr_FR.UTF-8", LC_ALL="C").out
    assert "Owner" in french("show", DEAL, LANG="de_DE.UTF-8").out


def test_the_language_of_the_system_does_not_outweigh_that_of_the_workspace(french: Crm) -> None:
    assert "Responsable" in french("show", DEAL, LANG="en_GB.UTF-8").out


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "tsv", "yaml", "ids"])
@pytest.mark.parametrize("command", [["due"], ["why", DEAL], ["next", DEAL], ["report", "sources"], ["list"]])
def test_scripts_get_the_same_in_every_language(french: Crm, command: list[str], format: str) -> None:
    shown = french.run(*command, "-o", format, CRM_LANG="fr")
    assert shown.out == french.run(*command, "-o", format, CRM_LANG="en").out


def test_the_reason_why_a_message_is_kept_aside_is_english_for_scripts(french: Crm) -> None:
    content = (MAILS / "lettre-information.eml").read_bytes()
    told = json.loads(french("ingest", "-o", "json", stdin=content).out)
    assert told[0]["reason"] == "automatic: it has List-Id"
    assert "automatique : il porte List-Id" in french("inbox", "list").out


def test_errors_stay_english(french: Crm) -> None:
    said = french.refused("set", DEAL, "expected_revenue=beaucoup", code=2)
    assert said == "crm: 'beaucoup' is not an amount (like 8000, 7500.50 or '8 000 €')\n"


def test_a_question_is_asked_and_answered_in_french(french: Crm) -> None:
    with crm_at_terminal(french, "delete", DEAL) as terminal:
        terminal.expect_exact("Supprimer ? [o/N]: ")
        terminal.sendline("peut-être")
        terminal.expect_exact("Répondez par oui ou par non.")
        terminal.sendline("oui")
        terminal.expect_exact("suppression")
        assert terminal.wait() == 0


def test_the_catalogue_is_read_when_something_is_printed_in_french_and_else_never(french: Crm) -> None:
    for words, language, is_read in (
        (["list"], "fr", True),
        (["list"], "en", False),
        (["list", "-o", "json"], "fr", False),
        (["list", "-o", "csv"], "fr", False),
        (["list", "-o", "ids"], "fr", False),
    ):
        opened = list_opened(french, *words, CRM_LANG=language)
        assert any(path.endswith("fr/crm.mo") for path in opened) is is_read, (words, language)


def list_opened(crm: Crm, *words: str, **environment: str) -> list[str]:
    """The files that a command opens."""
    script = (
        "import sys; sys.addaudithook(lambda event, said: event == 'open' and print(said[0], file=sys.stderr))\n"
        "from crmcli.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        env={**crm.environment, **environment},
        cwd=crm.root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stderr.splitlines()
