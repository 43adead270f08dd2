"""What scripts rely on: the documents of every kind, field by field. Fields are added, never changed.

`GOLDEN=write pytest tests/golden` writes them anew; read the difference before you commit it.
"""

import os
import re
from pathlib import Path

import pytest

from tests.harness.calendar_folder import CalendarFolder
from tests.harness.crm import Crm
from tests.harness.places import MAILS
from tests.harness.workspaces import add_service_pipeline

HERE = Path(__file__).parent
COMMANDS = {
    "opportunity.json": ["show", "xgcej9p8", "-o", "json"],
    "lost.json": ["show", "phwvchqk", "-o", "json"],
    "list.csv": ["list", "is:any", "-o", "csv"],
    "list.yaml": ["list", "stage:negotiation", "-o", "yaml"],
    "activities.json": ["due", "-o", "json"],
    "contact.json": ["contact", "show", "f8dz9xw4", "-o", "json"],
    "contacts.tsv": ["contact", "list", "-o", "tsv"],
    "merged.json": ["merge", "kkvsm4kq", "enk3gr0s", "--dry-run", "-o", "json"],
    "similar.json": ["duplicates", "is:any", "-o", "json"],
    "exported.json": ["contact", "export", "f8dz9xw4", "dossier", "--dry-run", "-o", "json"],
    "pipeline.json": ["report", "pipeline", "-o", "json"],
    "sources.json": ["report", "sources", "-o", "json"],
    "sponsors.json": ["report", "referrals", "-o", "json"],
    "report-forecast.json": ["report", "forecast", "-o", "json"],
    "report-funnel.json": ["report", "funnel", "-o", "json"],
    "report-velocity.json": ["report", "velocity", "-o", "json"],
    "report-lost.json": ["report", "lost", "-o", "json"],
    "report-stale.json": ["report", "stale", "-o", "json"],
    "report-response.json": ["report", "response", "-o", "json"],
    "report-activities.json": ["report", "activities", "-o", "json"],
    "report-compared.json": [
        "report",
        "pipeline",
        "--by",
        "owner",
        "--since",
        "2026-11",
        "--compare",
        "year",
        "-o",
        "json",
    ],
    "report-months.csv": ["report", "lost", "--by", "month", "--since", "2026-08", "-o", "csv"],
    "context.json": ["context", "xgcej9p8", "-o", "json"],
    "digest.json": ["digest", "--since", "2026-09-01", "-o", "json"],
    "stats.json": ["stats", "-o", "json"],
    "rewards.json": ["reward", "list", "-o", "json"],
    "referrals.json": ["referral", "list", "-o", "json"],
    "tree.json": ["referral", "tree", "-o", "json"],
    "board.json": ["board", "-o", "json"],
    "next.json": ["next", "xgcej9p8", "-o", "json"],
    "log.json": ["log", "xgcej9p8", "-o", "json"],
    "why.json": ["why", "xgcej9p8", "-o", "json"],
    "questionnaires.json": ["questionnaire", "list", "-o", "json"],
    "answers.json": ["questionnaire", "show", "enpgbmme", "-o", "json"],
    "answered.jsonl": ["questionnaire", "show", "enpgbmme", "-o", "jsonl"],
    "templates.json": ["email", "list", "-o", "json"],
    "message.json": ["email", "preview", "xgcej9p8", "-t", "relance-devis", "-o", "json"],
    "outbox.json": ["outbox", "list", "-o", "json"],
    "views.json": ["sql", "-o", "json"],
    "explain.json": [
        "list",
        "stage:quoted",
        "close:..eom",
        "sort:-revenue",
        "limit:3",
        "--explain",
        "-o",
        "json",
    ],
    "schemas.json": ["schema", "-o", "json"],
    "config.json": ["config", "show", "-o", "json"],
    "moved.jsonl": ["move", "xgcej9p8", "--to", "negotiation", "-o", "jsonl"],
}


PREPARED: dict[str, tuple[list[str], list[str]]] = {  # after a first command
    "changes.json": (["note", "xgcej9p8", "-m", "Rappeler"], ["undo", "--list", "-o", "json"]),
    "undone.json": (["tag", "xgcej9p8", "--add", "x"], ["undo", "-o", "json"]),
}


TWO_PIPELINES = {
    "two-pipelines.json": ["report", "pipeline", "-o", "json"],
    "two-boards.json": ["board", "pipeline:service", "is:any", "-o", "json"],
    "two-next.json": ["next", "xgcej9p8", "-o", "json"],
}


def compared(name: str, printed: str) -> None:
    """What is printed now is what scripts know."""
    golden = HERE / name
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(printed, "utf-8")
    assert printed == golden.read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_document_is_what_scripts_know(crm: Crm, name: str) -> None:
    compared(name, crm(*COMMANDS[name]).out)


@pytest.mark.parametrize("name", PREPARED)
def test_a_document_about_what_was_done(crm: Crm, name: str) -> None:
    before, asked = PREPARED[name]
    crm(*before)
    compared(name, crm(*asked).out)


@pytest.mark.parametrize("name", TWO_PIPELINES)
def test_a_document_of_a_workspace_with_two_pipelines(crm: Crm, name: str) -> None:
    add_service_pipeline(crm.root)
    crm("move", "sdsw7zdf", "--to", "serviced")
    compared(name, crm(*TWO_PIPELINES[name]).out)


def test_a_document_about_what_a_phone_changed(crm: Crm) -> None:
    phone = CalendarFolder(crm, crm.root.parent / "agenda")
    phone.sync()
    phone.tick_off("b88tfths")
    phone.set("b88tfths", "SUMMARY", "SUMMARY:Rappeler")
    crm("activity", "edit", "b88tfths", "--summary", "Relancer")
    compared("synced.json", phone.sync("-o", "json").out)


def test_a_document_about_contacts_that_came_in_and_one_that_went(crm: Crm) -> None:
    cards = crm("export", "vcf", "f8dz9xw4").out.encode()
    compared("imported.json", crm("contact", "import", "-", "-o", "json", stdin=cards).out)
    crm("set", "xgcej9p8", "contact=")
    compared("erased.json", crm("contact", "erase", "f8dz9xw4", "--dry-run", "-o", "json").out)


def test_documents_about_what_came_in_and_what_is_wrong(crm: Crm) -> None:
    mail = (MAILS / "demande-poele.eml").read_bytes()
    compared("ingested.json", crm("ingest", "-o", "json", stdin=mail).out)
    path = crm.data / "opportunities" / "note.yaml"
    path.write_text("title: À la main\ncreated: 2026-11-24T08:00:00Z\nowner: nobody\n", "utf-8")
    compared("findings.json", crm("check", "-o", "json", code=5).out)
    compared("titles.json", crm("check", "--titles", "-o", "json", code=5).out)
    compared("error.json", crm("show", "zzzzzzzz", "--errors", "json", code=3).err)
    compared("warning.json", crm("list", "+rikka", "--errors", "json").err)
    mended = crm("check", "--fix", "pipeline_data/opportunities/note.yaml", "-o", "json").out
    compared("mended.json", re.sub('[0-9a-z]{8}(?=[".])', "kkkkkkkk", mended))
    made = crm("init", str(crm.root.parent / "another"), "-o", "json").out
    compared("workspace.json", made.replace(str(crm.root.parent), "/somewhere"))


def test_a_document_about_a_renamed_id(crm: Crm) -> None:
    compared("renamed.json", crm("field", "rename", "model", "version", "--dry-run", "-o", "json").out)


def test_a_document_about_programs(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    rule = "rules:\n  - {id: tell, on: won, run: make notify}\n"
    config.write_text(config.read_text().replace("rules:\n", rule, 1))
    (crm.root / "Makefile").write_text("notify:\n\t@true\n")
    compared("programs.json", crm("trust", "--list", "-o", "json").out)
