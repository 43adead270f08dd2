"""What comes through a hostile remote, or hosting site: no file outside the workspace, no program, no escape."""

import subprocess
from pathlib import Path

import pytest

from tests.harness.git_workspace import Firm, a_firm, a_git_workspace
from tests.harness.terminal import show_at_terminal

REGULAR, PROGRAM, LINK, TREE, SUBMODULE = "100644", "100755", "120000", "40000", "160000"
STEERS = "\x1b]0;pwned\x07\x1b[31m\u202e\x9b31m"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Two clones that share a workspace."""
    return a_firm(a_git_workspace(tmp_path), tmp_path)


def git(remote: Path, *words: str, given: bytes = b"") -> str:
    """What git prints in the remote."""
    person = ["-c", "user.name=Eve", "-c", "user.email=eve@example.org"]
    done = subprocess.run(
        ["git", "-C", str(remote), *person, *words], input=given, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def write_tree(remote: Path, entries: dict[str, tuple[str, str]]) -> str:
    """A tree of these entries, whatever their names; git's own commands would refuse some."""
    ordered = sorted(entries.items(), key=lambda each: each[0] + ("/" if each[1][0] == TREE else ""))
    raw = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(object) for name, (mode, object) in ordered)
    return git(remote, "hash-object", "-t", "tree", "--literally", "-w", "--stdin", given=raw)


def add_entry(remote: Path, tree: str, path: list[str], mode: str, object: str) -> str:
    """A tree with one entry more, at a path of names."""
    entries = {}
    for line in filter(None, git(remote, "ls-tree", "-z", tree).split("\0")) if tree else ():
        about, _, name = line.partition("\t")
        found, _, known = about.split(" ")
        entries[name] = (found.lstrip("0"), known)
    name, *rest = path
    below = entries.get(name, (TREE, ""))[1]
    entries[name] = (TREE, add_entry(remote, below, rest, mode, object)) if rest else (mode, object)
    return write_tree(remote, entries)


def plant(remote: Path, path: list[str], content: bytes, mode: str = REGULAR, message: str = "x") -> None:
    """Push a commit with a file at a path of names, as only a hostile program does."""
    blob = "1" * 40 if mode == SUBMODULE else git(remote, "hash-object", "-w", "--stdin", given=content)
    tree = add_entry(remote, "main^{tree}", path, mode, blob)
    commit = git(remote, "commit-tree", tree, "-p", "main", "-m", message)
    git(remote, "update-ref", "refs/heads/main", commit)


PATHS = {
    "above the workspace": ["..", "planted"],
    "above, from within": ["pipeline_data", "..", "..", "planted"],
    "with slashes in the name": ["../planted"],
    "absolute": ["/dev/shm/crm-planted"],
    "a hook of git": [".git", "hooks", "post-merge"],
    "a hook of git in capitals": [".GIT", "hooks", "post-merge"],
    "the short name of .git": ["git~1", "hooks", "post-merge"],
    "the configuration of git": [".git", "config"],
    "a journal": ["pipeline_data", ".crm", "journal", "pending"],
    "a journal in capitals": ["pipeline_data", ".CRM", "journal", "pending"],
    "a name that is empty": [""],
    "a dot": ["."],
    "a name like an option": ["--upload-pack=touch planted"],
    "a name with line breaks and escapes": [f"a\n{STEERS}"],
}
ELSEWHERE = {"a name like an option", "a name with line breaks and escapes"}


@pytest.mark.parametrize("name", PATHS)
def test_a_path_of_a_commit_leads_nowhere_else(firm: Firm, tmp_path: Path, name: str) -> None:
    paul = firm.paul
    hooks = sorted((paul.root / ".git/hooks").glob("*"))
    paul("note", firm.deal, "-m", "à moi")
    plant(firm.remote, PATHS[name], f"#!/bin/sh\ntouch {tmp_path}/planted\n".encode(), PROGRAM)
    ended = paul.run("sync")
    assert "Traceback" not in ended.err
    assert ended.code == 0 if name in ELSEWHERE else ended.code in (1, 5, 6, 75), ended
    assert STEERS[0] not in ended.err + ended.out
    assert not list(tmp_path.glob("planted"))
    assert not Path("/dev/shm/crm-planted").exists()
    assert not list((paul.data / ".crm" / "journal").glob("*"))
    assert sorted((paul.root / ".git/hooks").glob("*")) == hooks
    assert b"touch" not in (paul.root / ".git/config").read_bytes()
    paul("note", firm.deal, "-m", "encore")
    assert "à moi" in paul("show", firm.deal).out
    assert "encore" in paul("show", firm.deal).out


SECRET = "title: Secret\ntoken: Zz-s3cret-zZ\n"
LINKS = {
    "a record": ["pipeline_data", "opportunities", "2026", "x--k7f3q9mx.yaml"],
    "a contact": ["pipeline_data", "contacts", "x--k7f3q9mx.yaml"],
    "the configuration": ["pipeline_data", "crm.yaml"],
    "a template": ["templates", "email", "secret.j2"],
    "a questionnaire": ["questionnaires", "secret.yaml"],
    "a mail that waits": ["pipeline_data", "outbox", "k7f3q9mx.eml"],
    "a mail that was sent": ["pipeline_data", "sent", "k7f3q9mx.eml"],
    "a scenario": ["pipeline_data", "scenarios", "x.yaml"],
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_in_a_commit_copies_nothing_into_the_workspace(firm: Firm, tmp_path: Path, name: str) -> None:
    paul, place = firm.paul, tmp_path / "home-paul" / "secret"
    place.write_text(SECRET)
    plant(firm.remote, LINKS[name], str(place).encode(), LINK)
    for words in (
        ["sync"],
        ["tag", "is:any", "--add", "x", "--yes"],
        ["tick"],
        ["check", "--fix"],
        ["email", "queue", firm.deal, "-t", "secret"],
        ["sync"],
    ):
        assert "Traceback" not in paul.run(*words).err
    assert place.read_text() == SECRET
    held = [path for path in paul.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in held if b"Zz-s3cret" in path.read_bytes() and "/.crm/" not in str(path)]
    assert "Zz-s3cret" not in paul.git("log", "-p", "--all")


def test_another_repository_in_a_commit_is_not_fetched(firm: Firm, tmp_path: Path) -> None:
    plant(firm.remote, ["tools"], b"", SUBMODULE)
    plant(
        firm.remote,
        [".gitmodules"],
        f'[submodule "tools"]\npath = tools\nurl = ext::sh -c "touch {tmp_path}/ran"\n'.encode(),
    )
    assert "Traceback" not in firm.paul.run("sync").err
    assert not (tmp_path / "ran").exists()
    firm.paul("note", firm.deal, "-m", "encore")


def test_a_history_that_was_replaced_takes_nothing_of_ours(firm: Firm) -> None:
    firm.paul("note", firm.deal, "-m", "à moi")
    orphan = git(firm.remote, "commit-tree", write_tree(firm.remote, {}), "-m", "nothing")
    git(firm.remote, "update-ref", "refs/heads/main", orphan)
    ended = firm.paul.run("sync")
    assert "Traceback" not in ended.err
    assert "à moi" in firm.paul("show", firm.deal).out
    assert "à moi" in firm.paul.git("log", "-p")


def test_who_made_a_commit_and_what_it_says_steer_no_terminal(firm: Firm) -> None:
    path = firm.paul.file(firm.deal)
    content = path.read_bytes().replace(b"expected_revenue: 8000.00", b"expected_revenue: 9000.00")
    plant(
        firm.remote,
        list(path.relative_to(firm.paul.root).parts),
        content,
        message=f"{STEERS}\n\nCrm-User: {STEERS}",
    )
    firm.paul("sync")
    for words in (["log", firm.deal], ["log"], ["list", "--as-of", "HEAD"], ["undo", "--list"], ["sync"]):
        shown = show_at_terminal(firm.paul, *words)
        assert "Traceback" not in shown
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(shown), words


def test_programs_that_a_commit_names_do_not_run(firm: Firm, tmp_path: Path) -> None:
    program = tmp_path / "spy"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    config = firm.paul.data / "crm.yaml"
    more = f"\n  transport: sendmail\n  program: {program}\n  user: x@example.org\n  password_command: {program}\n"
    plant(
        firm.remote,
        ["pipeline_data", "crm.yaml"],
        config.read_text("utf-8").rstrip().encode() + more.encode(),
    )
    plant(firm.remote, ["pipeline_data", "hooks", "pre-change"], program.read_bytes(), PROGRAM)
    plant(firm.remote, [".gitattributes"], b"* filter=spy merge=spy diff=spy\n")
    firm.paul("sync")
    assert str(program) in config.read_text("utf-8")
    for words in (
        ["note", firm.deal, "-m", "x"],
        ["outbox", "send"],
        ["outbox", "check"],
        ["move", firm.deal, "--to", "contacted"],
        ["tick"],
        ["sync"],
    ):
        firm.paul.run(*words)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["--upload-pack=touch ran", "ext::touch ran", "-u", "$(touch ran)"])
def test_a_remote_named_like_an_option_or_a_program_runs_nothing(firm: Firm, name: str) -> None:
    firm.paul.git("config", "branch.main.remote", name)
    firm.paul.git("config", "branch.main.merge", "refs/heads/main")
    ended = firm.paul.run("sync")
    assert ended.code != 0
    assert "Traceback" not in ended.err
    assert not (firm.paul.root / "ran").exists()


@pytest.mark.parametrize("name", ["--output=ran", "-x", "main:refs/heads/other", "$(touch ran)", "../main"])
def test_a_branch_named_like_an_option_or_a_path_writes_nothing_else(firm: Firm, name: str) -> None:
    before = firm.paul.git("ls-remote", "origin", "main")
    firm.paul.git("config", "branch.main.merge", f"refs/heads/{name}")
    ended = firm.paul.run("sync")
    assert "Traceback" not in ended.err
    assert not (firm.paul.root / "ran").exists()
    assert firm.paul.git("ls-remote", "origin", "main") == before
