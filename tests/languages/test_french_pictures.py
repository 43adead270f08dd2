"""What people in France see, command by command.

`GOLDEN=write pytest tests/languages` writes the pictures anew; look at them before you commit them.
"""

import os
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal

HERE = Path(__file__).parent / "pictures"
DEAL = "xgcej9p8"
READ = {
    "list": ["list", "is:any"],
    "due": ["due"],
    "due-by-week": ["due", "--by", "state"],
    "show": ["show", DEAL],
    "show-won": ["show", "jb9cp4xc"],
    "why": ["why", DEAL],
    "next": ["next", DEAL],
    "contact": ["contact", "show", "Jeanne MARTIN"],
    "contacts": ["contact", "list"],
    "pipeline": ["report", "pipeline"],
    "sources": ["report", "sources"],
    "sponsors": ["report", "referrals"],
    "forecast": ["report", "forecast"],
    "funnel": ["report", "funnel"],
    "velocity": ["report", "velocity"],
    "lost": ["report", "lost"],
    "response": ["report", "response"],
    "stats": ["stats"],
    "rewards": ["reward", "list"],
    "tree": ["referral", "tree"],
    "board": ["board"],
    "outbox": ["outbox", "list"],
    "duplicates": ["contact", "duplicates"],
    "questionnaire": ["questionnaire", "show", DEAL],
    "win": ["win", DEAL, "--dry-run"],
    "lose": ["lose", DEAL, "--reason", "price", "--dry-run"],
    "set": ["set", DEAL, "owner=paul", "expected_revenue=9000", "tags+=urgent", "--dry-run"],
    "sponsor": ["set", DEAL, "contact=Claire DUBOIS", "--dry-run"],
    "done": ["done", "pat31e4a", "--dry-run"],
    "delete": ["delete", DEAL, "--dry-run"],
    "merge": ["contact", "merge", "Claire DUBOIS", "Yves LE GALL", "--dry-run"],
    "outbox-hold": ["outbox", "hold", "e3aew9rq", "--dry-run"],
}


@pytest.fixture(scope="module")
def french(shared: Crm) -> Crm:
    """The demo, as its people see it."""
    seen = Crm(shared.root)
    seen.environment = {**shared.environment, "CRM_LANG": ""}
    return seen


@pytest.mark.parametrize("name", READ)
def test_people_in_france_see_french(french: Crm, name: str) -> None:
    shown = french.run(*READ[name])
    assert shown.code == 0, shown
    compare_picture(name, shown.out)


def test_a_questionnaire_asks_in_french_and_takes_oui(crm: Crm) -> None:
    crm.environment["CRM_LANG"] = "fr"
    crm("questionnaire", "answer", DEAL, "depose=", "motif=")
    with crm_at_terminal(crm, "questionnaire", "fill", DEAL) as terminal:
        terminal.expect_exact("Entrée passe, ou accepte ce qui est entre [ ]")
        terminal.expect_exact("Nature du projet *")
        terminal.expect_exact("> ")
        terminal.sendline("3")
        terminal.expect_exact("Appareil à remplacer")
        terminal.expect_exact("> ")
        terminal.sendline("")
        terminal.expect_exact("oui ou non")
        terminal.sendline("peut-être")
        terminal.expect_exact("✗ depose est oui ou non, pas 'peut-être'")
        terminal.expect_exact("> ")
        terminal.sendline("oui")
        terminal.expect_exact("> ")
        terminal.sendline("q")
        terminal.expect_exact("2 réponses enregistrées")
        assert terminal.wait() == 0
    assert "depose: true" in crm.file(DEAL).read_text("utf-8")


def test_the_mailed_report_is_french_whatever_its_sender_sees(crm: Crm) -> None:
    assert crm.environment["CRM_LANG"] == "en"
    crm.run("due", "assignee:sophie", "--mail")
    mails = [
        message_from_bytes(path.read_bytes(), policy=default) for path in (crm.data / "outbox").glob("*.eml")
    ]
    [report] = [each for each in mails if "sophie" in each["To"]]
    compare_picture(
        "due-mail",
        f"{report['Subject']}\n\n{report.get_body(('plain',)).get_content()}".replace("\r\n", "\n"),
    )


def compare_picture(name: str, shown: str) -> None:
    """Compare what is shown with its picture, or write that."""
    picture = HERE / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        HERE.mkdir(exist_ok=True)
        picture.write_text(shown, "utf-8")
    assert shown == picture.read_text("utf-8")
