"""`crm init --git` and `crm check --fix`: repository, attributes, merge driver, and who allowed what."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.git_workspace import GitWorkspace, a_person
from tests.harness.workspaces import a_workspace

TRAPS = {
    "core.fsmonitor": "core.fsmonitor={trap}",
    "gpg.program": "gpg.program={trap}",
    "filter": "filter.bad.clean={trap}",
    "hooks": "core.hooksPath={folder}",
}


def clone(office: GitWorkspace, name: str = "clone") -> GitWorkspace:
    """A clone of a workspace, by another machine of the same person."""
    place = office.root.parent / name / "office"
    office.git("clone", "-q", str(office.root), str(place))
    return GitWorkspace(place, office.home)


def tracked(tmp_path: Path) -> GitWorkspace:
    """A workspace that somebody keeps in git by hand."""
    root = tmp_path / "office"
    a_workspace(root)
    office = GitWorkspace(root, a_person(tmp_path / "home"))
    office.git("init", "-q")
    office.git("add", ".")
    office.git("commit", "-qm", "mine")
    return office


def test_a_new_workspace_is_committed_whole(tmp_path: Path) -> None:
    office = GitWorkspace(tmp_path / "new", a_person(tmp_path / "home"))
    office.root.mkdir()
    ended = office("init", "--template", "stoves", "--git", str(office.root))
    assert "committed to git" in ended.out
    assert office.status == ""
    assert {"pipeline_data/crm.yaml", "questionnaires/pag.yaml", ".gitattributes"} <= set(office.files_of())
    assert office.message().startswith("espace de travail configuré pour git\n")
    assert office("check").err.count("git") == 0


def test_git_asks_crm_about_its_files_alone(office: GitWorkspace) -> None:
    paths = ["pipeline_data/opportunities/2026/x.yaml", "pipeline_data/crm.yaml", "pipeline_data/sent/a.eml"]
    said = office.git("check-attr", "merge", "text", "--", *paths)
    assert said.count("merge: crm") == said.count("text: unset") == 3
    assert "merge: crm" not in office.git("check-attr", "merge", "--", "templates/email/merci.j2", "README")
    assert office.git("config", "merge.crm.driver").endswith("merge-driver %O %A %B %P\n")


def test_what_is_there_already_is_kept_and_nothing_else_is_committed(tmp_path: Path) -> None:
    office = tracked(tmp_path)
    (office.root / ".gitattributes").write_text("*.pdf binary")
    (office.root / "templates" / "email" / "merci.j2").write_text("Subject: a\n\nchanged by hand\n")
    office("init", "--git")
    lines = (office.root / ".gitattributes").read_text().splitlines()
    assert lines[0] == "*.pdf binary"
    assert "templates/email/merci.j2" in office.status
    assert set(office.files_of()) == {
        ".gitattributes",
        "pipeline_data/.gitignore",
        "pipeline_data/crm.yaml",
    }
    assert office("init", "--git").out == "git is set up here\n"
    assert (office.root / ".gitattributes").read_text().splitlines() == lines


def test_a_repository_that_ignores_the_workspace_is_not_used(tmp_path: Path) -> None:
    home = a_person(tmp_path / "home")
    (home / ".gitignore").write_text("*\n")
    subprocess.run(["git", "init", "-q", str(home)], check=True)
    a_workspace(home / "office")
    office = GitWorkspace(home / "office", home)
    office("init", "--git")
    assert (office.root / ".git").is_dir()


def test_a_fresh_clone_says_what_it_lacks_and_is_repaired(office: GitWorkspace) -> None:
    office.create("Poêle")
    other = clone(office)
    found = other("check", code=5).out
    assert "the merge driver of crm is not installed in this clone" in found
    assert found.count("(crm check --fix)") == 2
    assert "merge driver" in next(line for line in other("doctor").out.splitlines() if "sharing" in line)
    first, second = (other("create", "Insert") for _ in range(2))
    assert "merge driver" in first.err
    assert "auto-commit is not set up on this machine" in first.err
    assert second.err == "", "once a day is enough"
    tomorrow = other("create", "Foyer", CRM_NOW="2026-11-25T09:00")
    assert "merge driver" in tomorrow.err
    assert other.number_of_commits == 2
    ended = other("check", "--fix")
    assert "merge driver installed" in ended.out
    other("tag", other.create("Four", now="2026-11-25T09:00"), "--add", "salon", CRM_NOW="2026-11-25T09:00")
    other("check")
    assert "each command commits" in other("doctor").out


def test_a_clone_whose_attributes_were_removed_says_so(office: GitWorkspace) -> None:
    office.git("rm", "-q", ".gitattributes")
    office.git("commit", "-qm", "gone")
    assert ".gitattributes: lacks 11 of the lines" in office("check", code=5).out
    office("check", "--fix")
    assert office.status == ""
    office("check")


def test_a_driver_that_calls_a_program_which_is_gone_is_told(office: GitWorkspace) -> None:
    office.git("config", "merge.crm.driver", "/gone/crm merge-driver %O %A %B %P")
    assert (
        "the merge driver calls /gone/crm, which is not there (crm check --fix)"
        in office("check", code=5).out
    )
    office("check", "--fix")
    office("check")


def test_a_workspace_in_git_that_does_not_ask_for_crm_is_left_in_peace(tmp_path: Path) -> None:
    office = tracked(tmp_path)
    office("check")
    assert office("create", "Poêle").err == ""
    assert office.number_of_commits == 1
    assert "crm init --git" in office("doctor").out


def test_check_fix_without_git_says_how_to_begin(tmp_path: Path) -> None:
    a_workspace(tmp_path / "office")
    office = GitWorkspace(tmp_path / "office", a_person(tmp_path / "home"))
    assert "(crm init --git)" in office.refused("check", "--fix", code=5)


def test_turned_off_nothing_is_committed(office: GitWorkspace) -> None:
    config = office.data / "crm.yaml"
    config.write_text(config.read_text().replace("commit: command", "commit: off"))
    office.git("commit", "-qam", "off")
    office.create("Poêle")
    assert office.number_of_commits == 2
    office("check")


@pytest.mark.parametrize("trap", TRAPS)
def test_a_strangers_repository_runs_nothing(tmp_path: Path, trap: str) -> None:
    """An archive with a workspace, its `.git/config` and hooks."""
    made = tracked(tmp_path / "stranger")
    made("init", "--git")
    folder = tmp_path / "traps"
    folder.mkdir()
    for name in ("pre-commit", "post-index-change", "trap"):
        (folder / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
        (folder / name).chmod(0o755)
    key, _, value = TRAPS[trap].format(trap=folder / "trap", folder=folder).partition("=")
    made.git("config", key, value)
    made.git("config", "commit.gpgSign", "true" if trap == "gpg.program" else "false")
    (made.root / ".git" / "info" / "attributes").write_text("*.yaml filter=bad\n")
    mine = GitWorkspace(tmp_path / "mine" / "office", a_person(tmp_path / "mine" / "home"))
    shutil.copytree(made.root, mine.root)
    (tmp_path / "sprung").unlink(missing_ok=True)
    ended = mine("create", "Poêle", "-o", "ids")
    assert "auto-commit is not set up on this machine" in ended.err
    mine("check", code=5)
    mine("doctor")
    said = mine.refused("check", "--fix", code=5)
    assert key.lower() in said
    assert "crm check --fix --yes" in said
    mine.refused("init", "--git", code=5)
    assert not (tmp_path / "sprung").exists()
    mine("check", "--fix", "--yes")
    assert (tmp_path / "sprung").exists(), "the user has said so"


def test_another_repository_at_the_same_place_is_not_set_up(office: GitWorkspace) -> None:
    away = office.root.with_name("away")
    shutil.copytree(office.root, away)
    shutil.rmtree(office.root)
    away.rename(office.root)
    ended = office("create", "Poêle")
    assert "auto-commit is not set up on this machine" in ended.err
    assert office.number_of_commits == 1


def test_a_bare_repository_planted_in_the_workspace_is_not_taken(office: GitWorkspace) -> None:
    planted = office.root.parent / "bare"
    office.git("init", "-q", "--bare", str(planted))
    office.git("--git-dir", str(planted), "config", "core.fsmonitor", f"touch {office.home}/sprung; false")
    for each in planted.iterdir():
        shutil.move(each, office.data)
    office.create("Poêle")
    assert not (office.home / "sprung").exists()
    assert office.number_of_commits == 2


def test_a_driver_is_named_so_that_git_finds_it(office: GitWorkspace, tmp_path: Path) -> None:
    program = office.git("config", "merge.crm.driver").removesuffix(" merge-driver %O %A %B %P\n")
    path = office.environment["PATH"]
    assert shutil.which(program.strip("'"), path=path), "crm in PATH, else its absolute path"


def test_the_objects_of_a_shared_workspace_are_its_groups(tmp_path: Path) -> None:
    office = GitWorkspace(tmp_path / "new", a_person(tmp_path / "home"))
    office.root.mkdir()
    office("init", "--shared", "--git", str(office.root), CRM_USER="")
    assert office.git("config", "core.sharedRepository").strip() in ("1", "group")
    assert os.stat(office.root / ".git" / "objects").st_mode & 0o020


def test_a_repository_made_by_crm_is_private_whatever_the_umask(tmp_path: Path) -> None:
    a_workspace(tmp_path / "office")
    office = GitWorkspace(tmp_path / "office", a_person(tmp_path / "home"))
    office("init", "--git", first=lambda: os.umask(0))
    assert os.stat(office.root / ".git").st_mode & 0o077 == 0


def test_a_new_workspace_is_one_document_for_a_script(tmp_path: Path) -> None:
    office = GitWorkspace(tmp_path / "new", a_person(tmp_path / "home"))
    office.root.mkdir()
    ended = office("init", "--git", str(office.root), "-o", "jsonl")
    assert len(ended.out.splitlines()) == 1
    assert office.status == ""


def test_a_dry_run_says_what_is_missing_and_sets_nothing_up(office: GitWorkspace, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", str(office.root), str(tmp_path / "fresh")], check=True)
    fresh = GitWorkspace(tmp_path / "fresh", office.home)
    assert "would set up: .git/config" in fresh("check", "--fix", "--dry-run").out
    assert fresh.run("check").code == 5
    fresh("check", "--fix")
    assert fresh("check", "--fix", "--dry-run").out == "git is set up here\n"
