"""`crm log`: the story of a record, each event once, with who did it and the commit that has it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm
from tests.harness.git_workspace import GitWorkspace, a_clone, share

LATER = "2026-11-28T12:00:00Z"
Event = dict[str, Any]


def story(workspace: Crm, reference: str, *options: str) -> list[Event]:
    """What the log tells, oldest first."""
    lines = workspace("log", reference, "--reverse", *options, "-o", "jsonl").out.splitlines()
    return [json.loads(line) for line in lines]


def texts(workspace: Crm, reference: str, *options: str) -> list[str]:
    """The texts of a log, oldest first."""
    return [each["text"] for each in story(workspace, reference, *options)]


@pytest.fixture
def deal(office: GitWorkspace) -> str:
    """A deal with a history of some days."""
    deal = office.create("Poêle Rika", "--contact", "Anne DUPONT <anne@example.org>", "--revenue", "8000")
    office("set", deal, "tags=pag", "description=Cour", CRM_NOW="2026-11-24T08:00")
    office("move", deal, "--to", "contacted", CRM_NOW="2026-11-24T09:00")
    office(
        *("activity", "add", deal, "--type", "visit", "--summary", "Métré", "--due", "2d"),
        CRM_NOW="2026-11-25T10:00",
        CRM_USER="paul",
    )
    office("set", deal, "revenue=9000", "priority=2", CRM_NOW="2026-11-26T12:00")
    office("note", deal, "-m", "Rappelle\nen janvier\navec\nsa femme", CRM_NOW="2026-11-27T11:00")
    office.environment |= {"CRM_NOW": LATER, "GIT_AUTHOR_DATE": LATER}
    return deal


def test_each_thing_that_happened_is_told_once_and_by_name(office: GitWorkspace, deal: str) -> None:
    found = story(office, deal)
    [planned] = [each for each in found if "Métré" in each["text"]]
    assert [each["text"] for each in found if each is not planned] == [
        "created in new",
        "tags +pag",
        "description none → Cour",
        "stage new → contacted",
        "rule contacted.first-call: activity « Appeler le client »",
        "rule contacted.acknowledge: mail « Nous avons bien reçu votre demande »",
        "expected_revenue €8,000.00 → €9,000.00",
        "priority 0 → 2",
        "Rappelle\nen janvier\navec\nsa femme",
    ]
    assert (planned["by"], planned["event"]) == ("paul", "activity")
    assert {each["by"] for each in found if each is not planned} == {"marie"}
    assert {each["at"][:10] for each in found} == {f"2026-11-{day}" for day in (23, 24, 25, 26, 27)}


def test_each_event_names_the_commit_that_has_it(office: GitWorkspace, deal: str) -> None:
    for each in story(office, deal):
        assert any(deal in path for path in office.files_of(each["commit"]))
    last = story(office, deal)[-1]
    assert last["commit"] == office.git("rev-parse", "HEAD").strip()


def test_the_newest_is_first_and_periods_bound_it(office: GitWorkspace, deal: str) -> None:
    newest = json.loads(office("log", deal, "-o", "jsonl").out.splitlines()[0])
    assert newest["event"] == "note"
    assert texts(office, deal, "--since", "2026-11-26", "--until", "2026-11-26") == [
        "expected_revenue €8,000.00 → €9,000.00",
        "priority 0 → 2",
    ]
    assert len(texts(office, deal, "--since", "2026-11")) == len(texts(office, deal))
    assert texts(office, deal, "--until", "2026-10") == []
    assert office.run("log", deal, "--since", "2026-11-26", "--until", "2026-11-25").code == 2
    assert office.run("log", deal, "--since", "jamais").code == 2


def test_without_git_the_undo_records_of_this_machine_tell_the_same(office: GitWorkspace, deal: str) -> None:
    with_git = story(office, deal)
    shutil.rmtree(office.root / ".git")
    without = story(office, deal)
    assert {each["commit"] for each in without} == {None}
    assert [{**each, "commit": None} for each in with_git] == without
    shutil.rmtree(office.private)
    kept = [each["text"] for each in story(office, deal)]
    assert "stage new → contacted" in kept
    assert "priority 0 → 2" not in kept


def test_an_edit_by_hand_is_told_by_whoever_committed_it(office: GitWorkspace, deal: str) -> None:
    office.edit(deal, "description: Cour\n", "description: |\n  Cour\n  clé chez la voisine\n")
    office.git("-c", "user.name=Sophie", "-c", "user.email=sophie@example.org", "commit", "-qam", "Clé")
    last = max(story(office, deal), key=lambda each: each["event"] == "changed" and "voisine" in each["text"])
    assert last["text"] == "description changed: « clé chez la voisine »"
    assert last["by"] == "Sophie"


@pytest.mark.parametrize("name", ["autre-nom--{}.yaml", "dupont.yaml"])
def test_a_renamed_file_keeps_its_story(office: GitWorkspace, deal: str, name: str) -> None:
    before = texts(office, deal)
    old = office.file(deal)
    office.git("mv", str(old), str(old.with_name(name.format(deal))))
    office.git("commit", "-qm", "Autre nom")
    assert texts(office, deal) == before


def test_a_contact_has_a_story_too(office: GitWorkspace, deal: str) -> None:
    [id] = office("contact", "list", "-o", "ids").ids
    office("contact", "set", id, "emails=anne.dupont@example.org", "job=Architecte")
    office("contact", "note", id, "-m", "Préfère le matin", CRM_NOW="2026-11-29")
    told = texts(office, id)
    assert told[0] == "created"
    assert "job none → Architecte" in told
    assert any("anne.dupont@example.org" in each for each in told)
    assert told[-1] == "Préfère le matin"


def test_what_sync_brought_is_told_with_its_author(office: GitWorkspace, deal: str, tmp_path: Path) -> None:
    paul = a_clone(share(office, tmp_path / "remote.git"), tmp_path / "clone", "paul")
    paul.environment |= {"CRM_NOW": LATER, "GIT_AUTHOR_DATE": LATER}
    paul("set", deal, "description=Jardin")
    office("tag", deal, "--add", "salon")
    paul("sync")
    office("sync")
    told = {each["text"]: each["by"] for each in story(office, deal)}
    assert told["description Cour → Jardin"] == "paul"
    assert told["tags +salon"] == "marie"
    assert len(story(office, deal)) == len(told)


def test_a_deleted_record_is_found_by_its_id(office: GitWorkspace, deal: str) -> None:
    office("delete", deal, "--yes", CRM_USER="paul")
    last = story(office, deal)[-1]
    assert (last["event"], last["text"], last["by"]) == ("deleted", "deleted", "paul")
    office("undo", CRM_USER="paul")
    assert "undone" in story(office, deal)[-1]["event"]
    assert office.run("log", "zzzzzzzz").code == 3


def test_mails_are_in_the_story(office: GitWorkspace) -> None:
    mail = b"From: Jean <jean@example.org>\nTo: contact@atre-granules.example\nSubject: Devis\nMessage-ID: <a@b>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour\n"
    office("ingest", stdin=mail)
    [lead] = office("list", "is:lead", "-o", "ids").ids
    assert "e-mail received: « Devis » from Jean <jean@example.org>" in texts(office, lead)
