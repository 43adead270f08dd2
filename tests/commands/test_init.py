"""`crm init`: a workspace to make one's own, the trade's, a firm's, or the sample, alive today."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.harness.crm import Crm

CHECKS = (
    ("config", "check"),
    ("check",),
    ("rules", "check"),
    ("rules", "test"),
    ("questionnaire", "check"),
    ("email", "check"),
)
TRADE = re.compile(
    r"poêle|poele|granul|conduit|chauff|foyer|insert\b|ramon|tubage|fumisterie|chemin|stove|chimney|rika|\bPA[BG]\b",
    re.IGNORECASE,
)
FRENCH = {"LANG": "fr_FR.UTF-8"}


@pytest.fixture
def place(tmp_path: Path) -> Crm:
    """The command line in an empty directory, as somebody whom no workspace names."""
    crm = Crm(tmp_path / "here")
    crm.root.mkdir()
    del crm.environment["CRM_WORKSPACE"], crm.environment["CRM_LANG"]
    crm.environment |= {"CRM_USER": "anne"}
    return crm


def files_of(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_neutral_workspace_is_in_order(place: Crm, language: str) -> None:
    place("init", "own", CRM_LANG=language)
    for check in CHECKS:
        ended = place(*check, "-C", "own", CRM_LANG="en")
        assert ended.err == ""
        assert ended.out == "" or ended.out.endswith("3 of 3 scenarios passed\n")
    place("create", "Un projet", "--contact", "Anne DUPONT", "-C", "own")
    assert place("check", "-C", "own").out == ""
    assert place("email", "check", "-C", "own").out == ""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_neutral_workspace_names_no_trade(place: Crm, language: str) -> None:
    place("init", "own", CRM_LANG=language)
    found = files_of(place.root / "own")
    assert [path for path, content in found.items() if TRADE.search(path + content.decode())] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_its_configuration_is_short_and_has_the_usual_stages(place: Crm, language: str) -> None:
    place("init", "own", CRM_LANG=language)
    lines = (place.root / "own/pipeline_data/crm.yaml").read_text("utf-8").splitlines()
    assert len(lines) <= 130
    assert max(map(len, lines)) <= 120
    shown = json.loads(place("report", "pipeline", "-C", "own", "-o", "json").out)
    assert [row["stage"] for row in shown][:4] == ["new", "qualified", "proposal", "negotiation"]


@pytest.mark.parametrize(
    ("environment", "label"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "Négociation"),
        ({"LANG": "fr_BE"}, "Négociation"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "Négociation"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "", "LC_ALL": "C"}, "Negotiation"),
        ({"LANG": "fr_FR.UTF-8", "CRM_LANG": "en"}, "Negotiation"),
        ({"LANG": "C.UTF-8", "CRM_LANG": "fr"}, "Négociation"),
        ({"LANG": "de_DE.UTF-8"}, "Negotiation"),
        ({"LANG": ""}, "Negotiation"),
    ],
)
def test_its_language_is_the_users(place: Crm, environment: dict[str, str], label: str) -> None:
    place("init", "own", **environment)
    shown = json.loads(place("report", "pipeline", "-C", "own", "-o", "json").out)
    assert shown[3]["label"] == label


def test_a_language_that_crm_lacks_is_refused_before_anything_is_made(place: Crm) -> None:
    assert "does not speak this language" in place.refused("init", "own", code=2, CRM_LANG="breton")
    assert list(place.root.iterdir()) == []


def test_scripts_read_where_it_is(place: Crm) -> None:
    [made] = json.loads(place("init", "own", "-o", "json").out)
    assert made["path"] == str(place.root / "own")


def test_the_shown_commands_work_as_they_are(place: Crm) -> None:
    said = place("init", "it's mine").out
    line = next(line for line in said.splitlines() if "create" in line and "deal" in line)
    made = place.run_line(line.removeprefix("  next: "))
    assert made.returncode == 0, made
    assert "A first deal" in made.stdout


def test_the_trade_s_workspace_has_no_records(place: Crm) -> None:
    place("init", "--template", "stoves", "own")
    assert (place.root / "own/questionnaires/pag.yaml").exists()
    assert place("list", "-C", "own").out == ""
    assert place("check", "-C", "own").out == ""


def test_demo_alone_is_the_trade_s_with_records(place: Crm) -> None:
    place("init", "--demo", "one")
    place("init", "--demo", "--template", "stoves", "two")
    assert files_of(place.root / "one") == files_of(place.root / "two")
    assert len(place("list", "-C", "one", "-o", "ids").ids) > 10


def test_a_template_without_records_refuses_demo(place: Crm) -> None:
    said = place.refused("init", "--template", "neutral", "--demo", "own", code=2)
    assert said.count("\n") == 1
    assert "has no records" in said
    assert not (place.root / "own").exists()


def test_an_unknown_template_is_refused_with_the_known_ones(place: Crm) -> None:
    said = place.refused("init", "--template", "stovs", "own", code=2)
    assert "neutral, stoves, or a folder" in said
    (place.root / "empty").mkdir()
    assert "has no pipeline_data/crm.yaml" in place.refused("init", "--template", "./empty", "own", code=2)


def test_a_firm_s_folder_is_a_template(place: Crm) -> None:
    place("init", "firm")
    place("create", "A deal of the firm", "-C", "firm")
    own = place.root / "firm/templates/email/own.j2"
    own.write_text("Subject: Ours\n\nHello\n")
    place("init", "--template", "./firm", "branch")
    assert place("list", "-C", "branch").out == ""
    assert (place.root / "branch/templates/email/own.j2").read_bytes() == own.read_bytes()
    configuration = "pipeline_data/crm.yaml"
    assert files_of(place.root / "branch")[configuration] == files_of(place.root / "firm")[configuration]
    place("init", "--template", "./firm", "--demo", "full")
    assert "A deal of the firm" in place("list", "-C", "full").out
    for name in ("branch", "full"):
        assert place("check", "-C", name).out == ""


def test_a_template_with_mistakes_is_refused_with_the_line(place: Crm) -> None:
    folder = place.root / "firm/pipeline_data"
    folder.mkdir(parents=True)
    (folder / "crm.yaml").write_text("schema: 1\nstagez: []\n")
    assert "firm/pipeline_data/crm.yaml:2" in place.refused("init", "--template", "./firm", "own", code=5)
    assert not (place.root / "own").exists()


@pytest.fixture
def hostile(place: Crm) -> Path:
    """A template that somebody made to do harm."""
    place("init", "hostile")
    root = place.root / "hostile"
    (place.root / "secret.j2").write_text("Subject: the secret\n\nof this machine\n")
    (root / "templates/email/leak.j2").symlink_to(place.root / "secret.j2")
    (root / "templates/email/above").symlink_to("../../..")
    (root / "questionnaires/q.yaml").symlink_to("/etc/passwd")
    os.mkfifo(root / "templates/email/pipe.j2")
    (root / "pipeline_data/hooks").mkdir()
    (root / "pipeline_data/hooks/pre-change").write_text("#!/bin/sh\ntouch /tmp/owned\n")
    (root / "pipeline_data/.crm/journal").mkdir(parents=True, exist_ok=True)
    (root / "pipeline_data/.crm/journal/pending").write_text("planted")
    (root / ".git/hooks").mkdir(parents=True)
    (root / ".git/hooks/post-commit").write_text("#!/bin/sh\n")
    (root / "templates/email/.hidden.j2").write_text("hidden")
    (root / "pipeline_data/notes.txt").write_text("elsewhere")
    with (root / "pipeline_data/crm.yaml").open("a") as config:
        config.write("  x: a\n")
    return root


def test_nothing_comes_out_of_a_hostile_template(place: Crm, hostile: Path) -> None:
    made = place("init", "--template", "./hostile", "own")
    found = files_of(place.root / "own")
    assert b"of this machine" not in b"".join(found.values())
    assert not [
        path
        for path in found
        if any(each in path for each in ("hooks", ".crm", ".git/", "pipe.j2", "leak", "notes"))
    ]
    assert not any(path.is_symlink() for path in (place.root / "own").rglob("*"))
    for named in ("leak.j2: a symbolic link", "q.yaml: a symbolic link", "pipe.j2: not a regular file"):
        assert named in made.err
    assert "hooks/pre-change: programs are not copied" in made.err
    assert "notes.txt: not a part of a template" in made.err
    assert place("check", "-C", "own").out == ""


def test_a_linked_configuration_is_not_a_template(place: Crm, hostile: Path) -> None:
    config = hostile / "pipeline_data/crm.yaml"
    config.rename(place.root / "crm.yaml")
    config.symlink_to(place.root / "crm.yaml")
    place.refused("init", "--template", "./hostile", "own", code=2)


def test_a_giant_file_of_a_template_is_refused(place: Crm, hostile: Path) -> None:
    with (hostile / "templates/email/giant.j2").open("wb") as giant:
        giant.truncate(64 * 1024 * 1024)
    said = place("init", "--template", "./hostile", "own", code=5).err
    assert "giant.j2: cannot be copied" in said
    assert not (place.root / "own").exists()


def test_programs_of_a_template_run_only_after_trust(place: Crm) -> None:
    place("init", "firm")
    config = place.root / "firm/pipeline_data/crm.yaml"
    rule = "rules:\n  - {id: harm, on: created, run: touch owned}\n"
    config.write_text(config.read_text("utf-8").replace("rules:\n", rule, 1), "utf-8")
    made = place("init", "--template", "./firm", "own")
    assert "run only after crm trust: touch owned" in made.err
    place("create", "A deal", "-C", "own", code=7)
    assert not (place.root / "own/owned").exists()


def test_the_schemas_are_small_and_not_for_git(place: Crm) -> None:
    place("init", "own")
    folder = place.root / "own/pipeline_data/schema"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 60_000
    assert "schema/" in (place.root / "own/pipeline_data/.gitignore").read_text().splitlines()


def test_a_new_workspace_is_in_order_and_empty(bare: Crm) -> None:
    assert bare("check").out == ""
    assert bare("list").out == ""
    assert sorted(path.name for path in bare.root.iterdir()) == [
        "pipeline_data",
        "questionnaires",
        "templates",
    ]


def test_nothing_is_ever_overwritten(bare: Crm) -> None:
    before = bare.records()
    assert "is a workspace already" in bare.refused("init", str(bare.root), code=5)
    (bare.data / "crm.yaml").unlink()
    for options in ([], ["--template", "stoves"], ["--dry-run"]):
        assert "exists already" in bare.refused("init", *options, str(bare.root), code=5)
    assert bare.records() == {
        path: content for path, content in before.items() if path != "pipeline_data/crm.yaml"
    }


@pytest.mark.parametrize("day", ["2026-11-24", "2027-03-02", "2031-02-28"])
def test_the_demo_is_alive_on_any_day(crm: Crm, day: str) -> None:
    crm.environment["CRM_NOW"] = f"{day}T09:00"
    crm("init", "--demo", "later")
    crm.environment["CRM_WORKSPACE"] = str(crm.root / "later")
    assert crm("check").out == ""
    due = json.loads(crm("due", "-o", "json").out)
    assert {each["due"] for each in due if each["state"] == "today"} == {day}
    assert {each["state"] for each in due} == {"overdue", "today", "planned"}


def test_whoever_makes_it_is_somebody_in_it(bare: Crm) -> None:
    bare.environment.pop("CRM_USER")
    bare("create", "Essai")
    [deal] = json.loads(bare("list", "-o", "json").out)
    assert deal["owner"] == "marie"


def test_its_files_are_private_to_the_user(bare: Crm) -> None:
    assert {oct(path.stat().st_mode & 0o077) for path in bare.data.rglob("*")} == {"0o0"}


def test_a_shared_workspace_is_its_group_s_and_stays_so(place: Crm) -> None:
    place("init", "--shared", "own")
    place("create", "A deal", "-C", "own")
    own = place.root / "own"
    shared = [path for path in own.rglob("*") if ".crm" not in path.parts]
    assert {oct(path.stat().st_mode & 0o7777) for path in (own, *shared) if path.is_dir()} == {"0o2770"}
    assert {oct(path.stat().st_mode & 0o777) for path in shared if path.is_file()} == {"0o660"}
    assert place("check", "-C", "own").out == ""
