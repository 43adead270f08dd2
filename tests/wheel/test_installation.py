"""What is built, and installed by pipx and uv for somebody who has nothing yet: `make wheel`."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from crmcli import __version__
from tests.harness.places import ROOT

TOOLS = ROOT / "scratch" / "installers" / "bin"
NEEDED = ("pipx", "uv", "pyproject-build", "hatchling")
pytestmark = pytest.mark.skipif(
    not all((TOOLS / name).exists() for name in NEEDED), reason="no pipx, uv and build here (make installers)"
)
CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")  # of a network with its own
PAGES = {path.name for path in (ROOT / "docs" / "man").iterdir()}


class Installer(NamedTuple):
    """A program that installs programs."""

    command: tuple[str, ...]
    manual: str  # where the manual pages are then, below the home directory


INSTALLERS = (
    Installer(("pipx", "install"), ".local/share/man"),
    Installer(("uv", "tool", "install"), ".local/share/uv/tools/crm-plain/share/man"),
)


class NewUser:
    """Somebody with an empty home directory, who has nothing but the programs of the system."""

    def __init__(self, place: Path) -> None:
        self.home = place / "home"
        self.home.mkdir()
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{self.home}/.local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "UV_PYTHON": sys.executable,
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
            "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
            **{name: os.environ[name] for name in CERTIFICATES if name in os.environ},
        }

    def run(self, *command: str | Path, **more: str) -> str:
        """What a command prints; it has to succeed."""
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment | more,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def build(source: Path, place: Path, *what: str, umask: int) -> dict[str, bytes]:
    """What a build makes, by the names of its files."""
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    command = [TOOLS / "pyproject-build", "--no-isolation", *what, "--outdir", place, source]
    subprocess.run(command, env=environment, umask=umask, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in place.iterdir()}


def list_sources(*where: str) -> list[str]:
    """The files of the clone that git keeps, or will."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *where]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source archive, and with the wheel that is built from it."""
    place = tmp_path_factory.mktemp("dist")
    build(ROOT, place, umask=0o022)
    return place


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    [path] = dist.glob("*.whl")
    return path


def test_another_clone_builds_the_same_to_the_byte(dist: Path, tmp_path: Path) -> None:
    """Built from files instead of the source archive, by somebody who has tried crm in the clone."""
    clone = tmp_path / "clone"
    for name in list_sources():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name, follow_symlinks=False)
    for left in ("pipeline_data/quarantine/a.eml", "pipeline_data/.crm/index", "crmcli/__pycache__/a.pyc"):
        (clone / left).parent.mkdir(parents=True, exist_ok=True)
        (clone / left).write_text("not for others", "utf-8")
    again = build(clone, tmp_path / "dist", "--sdist", "--wheel", umask=0o077)
    assert again == {path.name: path.read_bytes() for path in dist.iterdir()}
    assert sorted(again) == [f"crm_plain-{__version__}-py3-none-any.whl", f"crm_plain-{__version__}.tar.gz"]


def test_the_wheel_has_all_that_crm_reads_and_nothing_else(wheel: Path) -> None:
    data = f"crm_plain-{__version__}.data/data/share/man/man1/"
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.removeprefix(data) for name in names if name.startswith(data)} == PAGES
    sample = {
        f"crmcli/sample/{name}" for name in list_sources("pipeline_data", "questionnaires", "templates")
    }
    assert {name for name in names if not name.startswith(data)} == {*list_sources("crmcli"), *sample}
    assert "crmcli/languages/fr/crm.mo" in names
    assert "crmcli/workspaces/neutral/fr/pipeline_data/crm.yaml" in names


def test_the_source_archive_has_what_its_tests_need(dist: Path) -> None:
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "constraints.txt", "tests/conftest.py", "docs/tour.md"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("scratch", "dist"))]


@pytest.mark.parametrize("installer", INSTALLERS, ids=[each.command[0] for each in INSTALLERS])
def test_a_new_user_installs_it_and_has_commands_completion_and_manual(
    installer: Installer, wheel: Path, tmp_path: Path
) -> None:
    user = NewUser(tmp_path)
    program, *words = installer.command
    user.run(TOOLS / program, *words, wheel)
    assert user.run("crm", "--version").strip().endswith(__version__)
    user.run("crm", "init", "own", CRM_LANG="fr")
    assert user.run("crm", "-C", "own", "check") == ""
    assert "Proposition" in user.run("crm", "-C", "own", "board")
    user.run("crm", "init", "--demo", "stoves", CRM_USER="marie")
    assert "prochaine activité" in user.run("crm", "-C", "stoves", "list")
    user.run("crm", "completion", "install")
    assert (user.home / ".local/share/bash-completion/completions/crm").exists()
    pages = user.home / installer.manual / "man1"
    assert {path.name for path in pages.iterdir()} == PAGES
    if shutil.which("man"):
        assert user.run("man", "-w", "crm-list", MANPATH=f"{pages.parent}:").startswith(str(user.home))
