"""One command is one commit of exactly what it changed, and nothing of the user's is swept in."""

import shutil
import subprocess
import sys
from pathlib import Path
from socket import gethostname

import pytest

from tests.harness.git_workspace import PERSON, GitWorkspace, a_git_workspace, a_person, sign_commits

HINT = "the next change is committed with it"


def test_each_command_is_one_commit_of_its_files(office: GitWorkspace) -> None:
    assert office.status == ""
    id = office.create("Poêle Rika", "--contact", "Anne DUPONT")
    assert {Path(path).parts[1] for path in office.files_of()} == {"opportunities", "contacts"}
    ended = office("move", id, "--to", "visit")
    assert office.message().startswith(f"Poêle Rika ({id}): new → visit\n\n")
    assert ended.err == ""
    office("delete", id, "--yes")
    assert office.status == ""
    assert office.number_of_commits == 4
    assert "deleted" in office.message()


def test_a_command_that_changes_nothing_and_a_dry_run_commit_nothing(office: GitWorkspace) -> None:
    id = office.create("Poêle")
    before = office.number_of_commits
    office("move", id, "--to", "contacted", "--dry-run")
    office("tag", id, "--remove", "absent")
    office("list")
    assert office.number_of_commits == before


def test_what_the_user_staged_and_changed_stays_theirs(office: GitWorkspace) -> None:
    first, second = office.create("Un"), office.create("Deux")
    (office.root / "offer.txt").write_text("staged")
    office.git("add", "offer.txt")
    (office.root / "offer.txt").write_text("staged, then changed")
    office.edit(second, "title: Deux", "title: Trois")
    office.git("add", str(office.file(second)))
    (office.root / "notes.txt").write_text("untracked")
    before = office.status
    office("tag", first, "--add", "salon")
    assert [id in path for path in office.files_of() for id in (first,)] == [True]
    assert office.status == before
    assert office.git("diff", "--cached", "--name-only").split() == sorted(
        ["offer.txt", str(office.file(second).relative_to(office.root))]
    )
    assert office.git("show", ":offer.txt") == "staged"


def test_ignored_files_are_never_committed(office: GitWorkspace) -> None:
    (office.root / ".gitignore").write_text("*--k*.yaml\npipeline_data/contacts/\n")
    office.git("add", ".gitignore")
    office.git("commit", "-qm", "mine")
    office("contact", "create", "Anne DUPONT")
    assert office.git("ls-files", "pipeline_data/contacts") == ""
    assert office.status == ""


def test_a_received_mail_is_kept_out_and_its_record_is_in(office: GitWorkspace) -> None:
    mail = b"From: Anne <anne@example.org>\nTo: x@example.org\nSubject: Devis\nMessage-ID: <a@b>\n\nBonjour\n"
    office("ingest", stdin=mail)
    assert list(office.data.glob("mail/**/*.eml"))
    assert office.git("ls-files", "pipeline_data/mail") == ""
    assert office.status == ""
    assert "Crm-User: ingest" in office.message()


def test_an_attached_file_is_committed_with_its_record(office: GitWorkspace) -> None:
    id = office.create("Poêle")
    plan = office.root.parent / "-plan « été ».pdf"
    plan.write_bytes(b"%PDF-1.4 \x00\xff")
    office("attach", id, "--", str(plan))
    assert len(office.files_of()) == 2
    assert office.status == ""


@pytest.mark.parametrize(
    "name", ["-o été [x]*?.yaml", ":(exclude)a.yaml", 'a"b\t.yaml', "a\\b.yaml", "!x.yaml"]
)
def test_odd_names_of_files_are_committed_literally(office: GitWorkspace, name: str) -> None:
    id = office.create("Poêle")
    old = office.file(id)
    new = old.with_name(f"{name.removesuffix('.yaml')}--{id}.yaml")
    old.rename(new)
    other = new.with_name("-o été x.yaml")
    office.git("add", "-A")
    office.git("commit", "-qm", "renamed by hand")
    other.write_text("title: not crm's\n")
    office("tag", id, "--add", "salon")
    assert office.files_of() == [str(new.relative_to(office.root))]


@pytest.mark.parametrize(
    "doing",
    ["merge", "rebase", "cherry-pick"],
)
def test_in_the_middle_of_gits_own_work_the_change_waits(office: GitWorkspace, doing: str) -> None:
    id = office.create("Poêle")
    (office.root / "a.txt").write_text("one\n")
    office.git("add", "a.txt")
    office.git("commit", "-qm", "one")
    office.git("switch", "-qc", "theirs")
    (office.root / "a.txt").write_text("two\n")
    office.git("commit", "-qam", "two")
    office.git("switch", "-q", "main")
    (office.root / "a.txt").write_text("three\n")
    office.git("commit", "-qam", "three")
    office.git(doing, "theirs", code=1)
    reason = f"a {doing} is in progress"
    before = office.number_of_commits
    ended = office("tag", id, "--add", "salon")
    assert reason in ended.err
    assert HINT in ended.err
    assert office.number_of_commits == before
    assert reason in office("check", code=5).out
    assert "salon" in office.text(id)
    (office.root / "a.txt").write_text("both\n")
    office.git("add", *(["--update"] if doing == "rebase" else ["a.txt"]))  # a rebase takes no other change
    office.git(doing, "--continue", GIT_EDITOR="true")
    assert "salon" in office.text(id)
    ended = office("note", id, "-m", "Rappeler")
    assert ended.err == ""
    assert office.status == ""
    assert "Rappeler" not in office.message()
    office("check")


def test_a_detached_head_gets_no_commits(office: GitWorkspace) -> None:
    id = office.create("Poêle")
    office.git("switch", "-q", "--detach")
    ended = office("tag", id, "--add", "salon")
    assert "detached HEAD" in ended.err
    assert "git switch BRANCH" in ended.err
    office.git("switch", "-q", "main")
    office("check", "--fix")
    assert office.status == ""


def test_an_index_that_another_git_holds_is_left_alone(office: GitWorkspace) -> None:
    id = office.create("Poêle")
    lock = office.root / ".git" / "index.lock"
    lock.touch()
    ended = office("tag", id, "--add", "salon")
    assert "another git is at work" in ended.err
    assert lock.exists()
    lock.unlink()
    office("note", id, "-m", "Rappeler")
    assert office.status == ""
    assert f"\n+ crm tag {id} --add salon (marie)\n" in office.message()


def test_without_an_identity_the_change_stays_and_the_hint_names_it(tmp_path: Path) -> None:
    office = a_git_workspace(tmp_path)
    a_person(office.home, "[user]\n\tuseConfigOnly = true\n")
    ended = office("create", "Poêle", "-o", "ids")
    assert "who commits (git config --global user.email you@example.org" in ended.err
    a_person(office.home, PERSON)
    office("tag", ended.ids[0], "--add", "salon")
    assert office.status == ""
    assert len(office.files_of()) == 1


def test_a_hook_that_fails_leaves_the_change_and_its_words_are_shown(office: GitWorkspace) -> None:
    hook = office.hook("pre-commit", "echo checking; echo 'no commits on Fridays' >&2; exit 1")
    ended = office("create", "Poêle", "-o", "ids")
    assert "no commits on Fridays" in ended.err
    assert ended.code == 0
    assert "not committed to git" in office("check", code=5).out
    hook.unlink()
    office("note", ended.ids[0], "-m", "Rappeler")
    assert office.status == ""


def test_hooks_run_and_see_only_the_files_of_the_command(office: GitWorkspace) -> None:
    (office.root / "mine.txt").write_text("staged")
    office.git("add", "mine.txt")
    office.hook(
        "pre-commit", f"git diff --cached --name-only > {office.home}/seen; git ls-files '*.yaml' | wc -l"
    )
    office.hook("post-commit", "sleep 30 &")
    office.create("Poêle")
    seen = (office.home / "seen").read_text().split()
    assert [Path(path).parts[1] for path in seen] == ["opportunities"]


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not here")
def test_commits_are_signed_where_the_user_signs(office: GitWorkspace) -> None:
    sign_commits(office.home)
    office.create("Poêle")
    assert "BEGIN SSH SIGNATURE" in office.git("cat-file", "commit", "HEAD")


def test_a_signature_that_fails_leaves_the_change(office: GitWorkspace) -> None:
    a_person(office.home, f"{PERSON}[gpg]\n\tprogram = /bin/false\n[commit]\n\tgpgSign = true\n")
    ended = office("create", "Poêle", "-o", "ids")
    assert "not committed to git" in ended.err
    a_person(office.home)
    office("tag", ended.ids[0], "--add", "salon")
    assert office.status == ""


def test_without_git_the_change_stays(office: GitWorkspace) -> None:
    ended = office("create", "Poêle", "-o", "ids", PATH="/nonexistent")
    assert "git is not installed" in ended.err
    office("tag", ended.ids[0], "--add", "salon")
    assert office.status == ""


def test_variables_that_name_another_repository_lead_nowhere(office: GitWorkspace) -> None:
    other = office.root.parent / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True, env=office.environment)
    astray = {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / "index"),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_OBJECT_DIRECTORY": str(other / "objects"),
    }
    office("create", "Poêle", **astray)
    assert office.status == ""
    assert office.number_of_commits == 2
    assert not (other / "index").exists()


def test_a_workspace_below_the_top_of_a_repository(tmp_path: Path) -> None:
    home, top = a_person(tmp_path / "home"), tmp_path / "firm"
    top.mkdir()
    office = GitWorkspace(top / "sales", home)
    subprocess.run(["git", "init", "-q", str(top)], check=True, env=office.environment)
    (top / "pipeline_data").mkdir()
    (top / "pipeline_data" / "crm.yaml.txt").write_text("not the workspace")
    office.root.mkdir()
    office("init", "--git", str(office.root))
    office.create("Poêle")
    assert office.git("status", "--porcelain", "--", ".") == ""
    assert all(path.startswith("sales/pipeline_data/") for path in office.files_of())
    assert office.git("ls-files", "--", ":/pipeline_data") == ""


def test_a_worktree_is_set_up_by_itself_and_commits_on_its_branch(office: GitWorkspace) -> None:
    place = office.root.parent / "tree"
    office.git("worktree", "add", "-q", "-b", "try", str(place))
    tree = GitWorkspace(place, office.home)
    ended = tree("create", "Poêle", "-o", "ids")
    assert "auto-commit is not set up on this machine" in ended.err
    assert "crm check --fix" in ended.err
    tree("check", "--fix")
    tree("tag", ended.ids[0], "--add", "salon")
    assert tree.git("status", "--porcelain", "--untracked-files=no") == ""
    assert tree.git("rev-parse", "--abbrev-ref", "HEAD").strip() == "try"
    assert office.status == ""


def test_a_repository_with_sha_256(tmp_path: Path) -> None:
    office = a_git_workspace(tmp_path, config=f"{PERSON}[init]\n\tdefaultObjectFormat = sha256\n")
    shutil.rmtree(office.root / ".git")
    office.git("init", "-q", "--object-format=sha256")
    office("init", "--git")
    office.create("Poêle")
    assert len(office.git("rev-parse", "HEAD").strip()) == 64
    assert office.status == ""


def test_a_git_directory_elsewhere(office: GitWorkspace) -> None:
    away = office.root.parent / "away.git"
    office.git("init", "-q", "--separate-git-dir", str(away))
    assert (office.root / ".git").is_file()
    ended = office("create", "Poêle")
    assert "crm check --fix" in ended.err
    office("check", "--fix")
    office.create("Insert")
    assert office.status == ""


def test_a_command_killed_before_its_commit_is_committed_by_the_next(office: GitWorkspace) -> None:
    id = office.create("Poêle")
    office.hook("pre-commit", "kill -9 $(ps -o ppid= -p $PPID); exit 1")
    office.run("tag", id, "--add", "salon")
    (office.root / ".git" / "hooks" / "pre-commit").unlink()
    assert "salon" in office.text(id)
    assert office.status != ""
    for lock in (office.root / ".git").glob("*.lock"):
        lock.unlink()
    office.create("Insert")
    assert office.status == ""
    assert f"+ crm tag {id} --add salon (marie)" in office.message()


def test_a_merge_conflict_in_the_file_itself_is_not_committed(office: GitWorkspace) -> None:
    id = office.create("Poêle")
    path = str(office.file(id).relative_to(office.root))
    blob = office.git("hash-object", "-w", path).strip()
    lines = "".join(f"100644 {blob} {stage}\t{path}\n" for stage in (1, 2, 3))
    office.git("update-index", "--index-info", given=f"0 {'0' * 40}\t{path}\n{lines}")
    ended = office("tag", id, "--add", "salon")
    assert "has a merge conflict" in ended.err
    assert office.number_of_commits == 2


def test_a_command_of_many_transactions_is_one_commit(office: GitWorkspace) -> None:
    office.create("Poêle", "--contact", "Anne DUPONT <anne@example.org>")
    deal = office("list", "-o", "ids").ids[0]
    office("move", deal, "--to", "contacted")
    trap = office.root.parent / "sendmail"
    trap.write_text("#!/bin/sh\ncat > /dev/null\n")
    trap.chmod(0o755)
    config = office.data / "crm.yaml"
    config.write_text(
        f"{config.read_text()}  transport: sendmail\n  program: {trap}\n  sender: {gethostname()}\n"
    )
    config.write_text(config.read_text().replace("git:\n  commit: command\n", ""))
    config.write_text(f"{config.read_text()}git:\n  commit: command\n")
    office("trust", "--yes")
    office.git("commit", "-qam", "mail")
    before = office.number_of_commits
    office("outbox", "send")
    assert list(office.data.glob("sent/*.eml"))
    assert office.number_of_commits == before + 1
    assert f"Poêle ({deal}): e-mail sent" in office.message()
    assert office.status == ""


def test_a_maildir_is_one_commit(office: GitWorkspace) -> None:
    folder = office.root.parent / "Maildir"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in range(3):
        text = f"From: a{number}@example.org\nTo: x@y.fr\nSubject: Devis {number}\nMessage-ID: <{number}@b>\n\nBonjour\n"
        (folder / "new" / str(number)).write_text(text)
    office("ingest", str(folder))
    assert office.number_of_commits == 2
    assert office.message().startswith("3 opportunities")
    assert office.status == ""


def test_tick_commits_what_it_did_and_nothing_where_nothing_is_due(office: GitWorkspace) -> None:
    config = office.data / "crm.yaml"
    rule = "    after:\n      - id: chase\n        in: 1d\n        activity:\n          type: call\n          summary: Relancer\n          due: 0d\n"
    config.write_text(
        config.read_text().replace(
            "  - id: visit\n    probability: 40\n", f"  - id: visit\n    probability: 40\n{rule}"
        )
    )
    office.git("commit", "-qam", "a rule")
    id = office.create("Poêle", "--stage", "visit")
    before = office.number_of_commits
    office("tick", CRM_NOW="2026-11-26T09:00")
    assert office.number_of_commits == before + 1
    assert office.message().startswith(
        f"Poêle ({id}): call planned (2026-11-26)\n\nrule visit.chase\n\nCrm-User: tick\n"
    )
    assert office.status == ""
    office("tick", CRM_NOW="2026-11-26T09:01")
    assert office.number_of_commits == before + 1


def test_a_hook_of_git_may_read_with_crm_while_it_commits(office: GitWorkspace) -> None:
    """It has `GIT_DIR` and `GIT_INDEX_FILE` of the commit, and crm holds its lock."""
    program = f"{sys.executable} -m crmcli"
    office.hook(
        "pre-commit", f"{program} list -o ids > {office.home}/seen && {program} doctor > {office.home}/doctor"
    )
    id = office.create("Poêle")
    assert (office.home / "seen").read_text().split() == [id]
    assert "not installed" not in (office.home / "doctor").read_text(), "it looks into this repository"
    assert office.status == ""


def test_another_user_of_the_workspace_is_asked_to_set_it_up(office: GitWorkspace) -> None:
    ended = office("create", "Poêle", "-o", "ids", CRM_STATE_DIR=str(office.home / "other"))
    assert "auto-commit is not set up on this machine" in ended.err
    assert office.number_of_commits == 1
    office("tag", ended.ids[0], "--add", "salon")
    assert office.status == "", "the change of the other user is committed with the next"
    assert "+ crm create … -o … (marie)" in office.message()


def test_a_memory_that_cannot_be_written_takes_no_change_back(office: GitWorkspace) -> None:
    memory = office.data / ".crm" / "committed"
    memory.unlink()
    memory.mkdir()
    ended = office("create", "Poêle")
    assert "the change is stored, but not committed to git" in ended.err
    memory.rmdir()
    assert office.status != ""
    office("check", "--fix")
    assert office.status == ""
