"""`crm sync`: two people who work offline meet, and nothing is lost."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.git_workspace import Firm, GitWorkspace, sign_commits


def meet(firm: Firm) -> None:
    """Both sync until both have everything."""
    for each in (firm.marie, firm.paul, firm.marie):
        assert each.run("sync").code == 0
    assert firm.marie.tree() == firm.paul.tree()
    for each in (firm.marie, firm.paul):
        assert each.status == ""
        assert each("check").out == ""


PAIRS = {
    "notes": ("note {} -m un", "note {} -m deux"),
    "tags": ("tag {} --add salon", "tag {} --add foire"),
    "the same tag": ("tag {} --add salon", "tag {} --add salon"),
    "activities": ("activity add {} --type call --due 1d", "activity add {} --type call --due 2d"),
    "the same move": ("move {} --to visit", "move {} --to visit"),
    "a move and a note": ("move {} --to visit", "note {} -m deux"),
    "a move and a field": ("move {} --to visit", "set {} expected_revenue=9000"),
    "priorities": ("set {} priority=1", "set {} priority=3"),
    "a description and a note": ("set {} description=un", "note {} -m deux"),
    "ticks": ("tick --now 2026-11-25T08:00", "tick --now 2026-11-25T08:07"),
    "the same loss": ("lose {}", "lose {}"),
    "two deals": ("create Un", "create Deux"),
    "a deletion and nothing": ("delete {} --yes", "create Deux"),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_what_both_did_offline_meets_without_a_conflict(firm: Firm, pair: tuple[str, str]) -> None:
    for each, line in zip((firm.marie, firm.paul), pair, strict=True):
        each(*line.format(firm.deal).split())
    meet(firm)


def test_all_that_both_added_is_there(firm: Firm) -> None:
    for each, word in ((firm.marie, "un"), (firm.paul, "deux")):
        each("note", firm.deal, "-m", word)
        each("tag", firm.deal, "--add", word)
        each("activity", "add", firm.deal, "--type", "call", "--summary", word)
    meet(firm)
    shown = firm.paul("show", firm.deal).out
    assert shown.count("un") >= 3
    assert shown.count("deux") >= 3


def test_the_same_mail_filed_in_both_is_one_lead(firm: Firm) -> None:
    mail = b"From: Jean <jean@example.org>\nSubject: Devis\nMessage-ID: <a@b>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour\n"
    for each in (firm.marie, firm.paul):
        each("ingest", stdin=mail)
    meet(firm)
    assert len(firm.marie("list", "is:lead", "-o", "ids").ids) == 1


def test_a_merge_tells_which_deals_the_others_changed_and_how(firm: Firm) -> None:
    firm.marie("move", firm.deal, "--to", "visit")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    firm.paul("sync")
    [merged, moved] = (firm.paul.message(commit).splitlines()[0] for commit in ("HEAD", "HEAD^2"))
    assert merged == f"merged: {moved}"
    assert moved.startswith(f"Poêle Rika ({firm.deal}): ")


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not here")
def test_a_merge_is_signed_where_the_user_signs(firm: Firm) -> None:
    sign_commits(firm.paul.home)
    firm.marie("move", firm.deal, "--to", "visit")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    firm.paul("sync")
    for commit in ("HEAD", "HEAD^1"):
        assert "BEGIN SSH SIGNATURE" in firm.paul.git("cat-file", "commit", commit)


def test_what_is_wrong_in_what_came_is_named(firm: Firm) -> None:
    place = firm.marie.file(firm.deal)
    place.write_text(place.read_text("utf-8") + "referral:\n  by: zzzzzzzz\n", "utf-8")
    firm.marie("sync")
    ended = firm.paul("sync")
    assert "referral.by: no contact 'zzzzzzzz'" in ended.err
    assert firm.paul("sync").err == "", "it is named once, when it comes"


def test_different_values_of_one_field_wait_for_a_decision(firm: Firm) -> None:
    firm.marie("set", firm.deal, "expected_revenue=9000")
    firm.paul("set", firm.deal, "expected_revenue=9500")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    ended = firm.paul.run("sync")
    assert ended.code == 6
    assert "both changed expected_revenue" in ended.err
    assert firm.paul.run("sync").code == 6
    assert (
        "<<<<<<< ours\nexpected_revenue: 9500.00\n=======\nexpected_revenue: 9000.00\n>>>>>>> theirs\n"
        in firm.paul.file(firm.deal).read_text()
    )
    [waiting] = json.loads(firm.paul("resolve", "-o", "json").out)
    assert (waiting["id"], waiting["field"]) == (firm.deal, "expected_revenue")
    assert (waiting["ours"], waiting["theirs"]) == ("9500.00", "9000.00")
    assert "expected_revenue  €9,500.00  €9,000.00" in firm.paul("resolve").out
    firm.paul("resolve", firm.deal, "--take", "theirs")
    meet(firm)
    [deal] = json.loads(firm.marie("list", "-o", "json").out)
    assert deal["expected_revenue"] == 9000
    assert "conflict decided: expected" in firm.marie("show", firm.deal).out
    assert "deux" in firm.marie("show", firm.deal).out


@pytest.mark.parametrize(
    ("side", "stage"), [("ours", "contacted"), ("theirs", "visit"), ("newest", "contacted")]
)
def test_two_moves_to_different_stages(firm: Firm, side: str, stage: str) -> None:
    firm.marie("move", firm.deal, "--to", "visit")
    firm.paul("move", firm.deal, "--to", "contacted", CRM_NOW="2026-11-24T11:00")
    firm.marie("sync")
    assert firm.paul.run("sync").code == 6
    [waiting] = json.loads(firm.paul("resolve", "-o", "json").out)
    assert (waiting["field"], waiting["ours"], waiting["theirs"]) == ("stage", "contacted", "visit")
    firm.paul("resolve", "all", "--take", side)
    meet(firm)
    [deal] = json.loads(firm.marie("list", "-o", "json").out)
    assert deal["stage"] == stage
    assert firm.marie("check").out == ""


def test_a_deal_removed_here_and_changed_there_stays_and_is_named(firm: Firm) -> None:
    firm.marie("delete", firm.deal, "--yes")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    ended = firm.paul("sync")
    assert "it stays" in ended.err
    meet(firm)
    assert "deux" in firm.marie("show", firm.deal).out


def test_a_renamed_file_is_found_by_its_id(firm: Firm) -> None:
    path = firm.marie.file(firm.deal)
    path.rename(path.with_name(f"autre-titre--{firm.deal}.yaml"))
    firm.paul("note", firm.deal, "-m", "deux")
    firm.paul("sync")
    firm.marie("sync")
    meet(firm)
    assert firm.paul.file(firm.deal).name.startswith("autre-titre")
    assert "deux" in firm.marie("show", firm.deal).out


def test_a_stage_changed_by_hand_is_taken_over_first(firm: Firm) -> None:
    firm.marie.edit(firm.deal, "stage: new", "stage: visit")
    firm.marie("sync")
    meet(firm)
    assert "edited in the file" in firm.paul("show", firm.deal).out


def test_what_does_not_read_stays_here(firm: Firm) -> None:
    firm.marie.edit(firm.deal, "title: Poêle Rika", "title: [")
    other = firm.marie.create("Deux")
    ended = firm.marie("sync")
    assert "not committed" in ended.err
    firm.paul("sync")
    assert other in firm.paul("list", "-o", "ids").out
    firm.paul("note", firm.deal, "-m", "deux")
    firm.paul("sync")
    assert "not committed, and changed by the others" in firm.marie.run("sync").err


def test_configurations_meet_and_comments_stay(firm: Firm) -> None:
    config = "pipeline_data/crm.yaml"
    for each, at, line in ((firm.marie, "stages:\n", "# of marie\n"), (firm.paul, "users:\n", "# of paul\n")):
        path = each.root / config
        text = path.read_text()
        assert at in text
        path.write_text(text.replace(at, line + at, 1))
    firm.marie("sync")
    meet(firm)
    text = (firm.marie.root / config).read_text()
    assert "# of marie" in text
    assert "# of paul" in text


def test_other_files_of_the_repository_come_along(firm: Firm) -> None:
    script = firm.marie.root / "tools" / "report.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (firm.marie.root / "link").symlink_to("tools")
    firm.marie.git("add", "-A")
    firm.marie.git("commit", "-qm", "tools")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    meet(firm)
    assert (firm.paul.root / "tools" / "report.sh").stat().st_mode & 0o111
    assert (firm.paul.root / "link").is_symlink()


def test_what_the_user_has_staged_is_not_swept_in(firm: Firm) -> None:
    (firm.paul.root / "draft.txt").write_text("mine")
    firm.paul.git("add", "draft.txt")
    firm.marie("note", firm.deal, "-m", "un")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    firm.paul("sync")
    assert firm.paul.status == "A  draft.txt\n"
    assert "draft.txt" not in firm.paul.git("ls-tree", "-r", "--name-only", "HEAD")


def test_private_files_from_others_are_refused(firm: Firm) -> None:
    planted = firm.marie.root / "pipeline_data/.crm/journal/pending"
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text("x")
    firm.marie.git("add", "-f", str(planted))
    firm.marie.git("commit", "-qm", "planted")
    planted.unlink()
    firm.marie.git("push", "-q", "origin", "HEAD")
    ended = firm.paul.run("sync")
    assert ended.code == 5
    assert "private to a machine" in ended.err


def test_without_a_network_it_says_so_and_keeps_everything(firm: Firm) -> None:
    firm.paul("note", firm.deal, "-m", "deux")
    firm.remote.rename(firm.remote.with_name("gone.git"))
    ended = firm.paul.run("sync")
    assert ended.code == 75
    assert "cannot be reached" in ended.err
    firm.remote.with_name("gone.git").rename(firm.remote)
    meet(firm)


def test_a_workspace_without_git_and_one_without_a_remote(office: GitWorkspace, tmp_path: Path) -> None:
    office.create("Un")
    assert "no remote" in office("sync").out
    (office.root / ".git").rename(tmp_path / "away")
    assert "crm init --git" in office.run("sync").err


def test_a_clone_that_is_not_set_up_is_told_how(firm: Firm, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", str(firm.remote), str(tmp_path / "third")], check=True)
    third = GitWorkspace(tmp_path / "third", firm.paul.home)
    assert "crm check --fix" in third.run("sync").err


def test_crossed_histories_meet(firm: Firm) -> None:
    """Each merges the other's branch before it pushes: git then has two common beginnings."""
    firm.marie("note", firm.deal, "-m", "un")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie.git("push", "-q", "origin", "HEAD:refs/heads/of-marie")
    firm.paul.git("push", "-q", "origin", "HEAD:refs/heads/of-paul")
    for each, other in ((firm.marie, "paul"), (firm.paul, "marie")):
        each.git("fetch", "-q", "origin")
        each.git("merge", "-q", "--no-edit", f"origin/of-{other}")
    firm.marie("note", firm.deal, "-m", "trois")
    firm.paul("note", firm.deal, "-m", "quatre")
    firm.marie("sync")
    meet(firm)
    shown = firm.marie("show", firm.deal).out
    assert [shown.count(f"  {word}  (") for word in ("un", "deux", "trois", "quatre")] == [1, 1, 1, 1]


def test_git_alone_merges_with_the_driver_and_rebases(firm: Firm) -> None:
    firm.marie("note", firm.deal, "-m", "un")
    firm.marie("sync")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.paul("tag", firm.deal, "--add", "foire")
    firm.paul.git("pull", "-q", "--rebase")
    meet(firm)
    firm.marie("note", firm.deal, "-m", "trois")
    firm.marie("sync")
    firm.paul("note", firm.deal, "-m", "quatre")
    firm.paul.git("pull", "-q", "--no-rebase", "--no-edit")
    meet(firm)
    shown = firm.marie("show", firm.deal).out
    assert all(f"  {word}  (" in shown for word in ("un", "deux", "trois", "quatre"))


def test_marks_of_git_without_the_driver_are_resolved(firm: Firm) -> None:
    firm.marie("note", firm.deal, "-m", "un")
    firm.marie("sync")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.paul.git("-c", "merge.crm.driver=false", "pull", "-q", "--no-rebase", "--no-edit", code=1)
    ended = firm.paul("resolve", "all", "--take", "ours")
    assert ended.code == 0
    meet(firm)
    shown = firm.marie("show", firm.deal).out
    assert "un" in shown
    assert "deux" in shown


def test_one_person_made_twice_is_named(firm: Firm) -> None:
    for each in (firm.marie, firm.paul):
        each("contact", "create", "Jean NEUF", "--phone", "+33 6 11 22 33 44")
    firm.marie("sync")
    ended = firm.paul("sync")
    [hint] = re.findall(r"crm (contact merge \w+ \w+)\)", ended.err)
    assert "is the same person as" in firm.paul.run("check").out
    firm.paul(*hint.split(), "--yes")
    meet(firm)


def test_a_decision_in_the_editor(firm: Firm, tmp_path: Path) -> None:
    firm.marie("set", firm.deal, "expected_revenue=9000")
    firm.paul("set", firm.deal, "expected_revenue=9500")
    firm.marie("sync")
    assert firm.paul.run("sync").code == 6
    refused = firm.paul.run("resolve", firm.deal, "--take", "edit", EDITOR="true")
    assert (refused.code, "still has both values" in refused.err) == (5, True)
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i -e '/^[<=>]\\{7\\}/d' -e '/9500/d' -e s/9000/9200/ \"$1\"\n")
    editor.chmod(0o755)
    firm.paul("resolve", firm.deal, "--take", "edit", EDITOR=str(editor))
    meet(firm)
    [deal] = json.loads(firm.marie("list", "-o", "json").out)
    assert deal["expected_revenue"] == 9200


def test_a_deletion_and_a_change_that_git_could_not_merge(firm: Firm) -> None:
    firm.marie("delete", firm.deal, "--yes")
    firm.marie("sync")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.paul.git("pull", "-q", "--no-rebase", "--no-edit", code=1)
    firm.paul("resolve", "all", "--take", "ours")
    meet(firm)
    assert "deux" in firm.marie("show", firm.deal).out


def test_a_link_in_the_place_of_a_directory_removes_nothing_behind_it(firm: Firm, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    folder = firm.marie.root / "tools"
    folder.mkdir()
    (folder / "precious").write_text("theirs")
    firm.marie.git("add", "-A")
    firm.marie.git("commit", "-qm", "tools")
    firm.marie("sync")
    firm.paul("sync")
    shutil.rmtree(folder)
    folder.symlink_to(outside)
    firm.marie.git("add", "-A")
    firm.marie.git("commit", "-qm", "a link")
    firm.paul("note", firm.deal, "-m", "deux")
    firm.marie("sync")
    firm.paul("sync")
    assert (outside / "precious").read_text() == "mine"
    assert (firm.paul.root / "tools").is_symlink()
    meet(firm)


def test_a_dry_run_sends_and_merges_nothing(firm: Firm) -> None:
    firm.marie("note", firm.deal, "-m", "un")
    firm.marie("sync")
    firm.paul("note", firm.deal, "-m", "deux")
    before = firm.paul.tree(), firm.paul.git("rev-parse", "HEAD"), firm.paul.git("ls-remote", "origin")
    firm.paul("sync", "--dry-run")
    assert (
        firm.paul.tree(),
        firm.paul.git("rev-parse", "HEAD"),
        firm.paul.git("ls-remote", "origin"),
    ) == before
    meet(firm)


def test_reading_conflicts_runs_no_program_of_a_repository(firm: Firm, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    spy.chmod(0o755)
    firm.paul.git("config", "core.fsmonitor", str(spy))
    firm.paul("resolve")
    assert not (tmp_path / "ran").exists()
