"""`crm completion install`: a new shell completes, and nothing of the user is lost."""

import os
import shutil
from pathlib import Path

import pexpect
import pytest

from tests.harness.crm import Crm
from tests.harness.standby import start_standby

PROMPT = "ready> "


@pytest.fixture
def home(crm: Crm, tmp_path: Path) -> Path:
    """A home folder of a user without any settings."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR", "BASH_COMPLETION_USER_DIR"):
        crm.environment.pop(name, None)
    crm.environment["HOME"] = str(folder)
    return folder


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_is_installed_twice_is_installed_once(crm: Crm, home: Path, shell: str) -> None:
    (home / ".zshrc").write_text("alias ll='ls -l'")
    told = crm("completion", "install", shell, "--dry-run").out
    assert told.startswith("would write")
    assert [path.name for path in home.rglob("*") if path.is_file()] == [".zshrc"]
    crm("completion", "install", SHELL=f"/usr/bin/{shell}")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert any(path.read_bytes() == crm("completion", shell).out.encode() for path in before)
    assert "installed already" in crm("completion", "install", shell).out
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert (home / ".zshrc").read_text().startswith("alias ll='ls -l'")


def test_a_start_file_behind_a_link_stays_there_with_its_permissions(crm: Crm, home: Path) -> None:
    kept = home / "dotfiles" / "zshrc"
    kept.parent.mkdir()
    kept.write_bytes(b"# caf\xe9\n")
    kept.chmod(0o600)
    (home / ".zshrc").symlink_to(kept)
    crm("completion", "install", "zsh")
    assert (home / ".zshrc").is_symlink()
    assert kept.read_bytes().startswith(b"# caf\xe9\nfpath=(")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_shell_without_completion_is_named(crm: Crm, home: Path) -> None:
    assert "'tcsh'" in crm.refused("completion", "install", code=2, SHELL="/bin/tcsh")
    assert "did you mean install" in crm.refused("completion", "instal", code=2)
    assert list(home.iterdir()) == []


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
def test_a_new_zsh_completes(crm: Crm, home: Path) -> None:
    crm("completion", "install", "zsh")
    path = f"{start_standby()}:{crm.environment['PATH']}"
    environment = {**crm.environment, "PATH": path, "PS1": PROMPT, "TERM": "dumb", "ZDOTDIR": str(home)}
    with (home / ".zshrc").open("a") as started:
        started.write(f"PS1='{PROMPT}'\n")
    shell = pexpect.spawn(
        "zsh", ["-d", "-i"], env=os.environ | environment, cwd=str(crm.root), encoding="utf-8", timeout=30,
        dimensions=(50, 200),
    )  # fmt: skip
    shell.expect_exact(PROMPT)
    shell.send("crm contact opp\t")
    shell.expect_exact("opportunities")
    shell.close(force=True)
