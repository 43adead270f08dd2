"""A real `crm` on a real workspace: the sample as it ships, on a fixed day."""

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings

from crmcli.store.local_state.derived import Entry, entry_name
from tests.harness import processes
from tests.harness.processes import Ended

ROOT = Path(__file__).parents[1]
NOW = "2026-11-24T09:00"

settings.register_profile("quick", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "thorough", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


class Crm:
    """The command line in one workspace, as marie, on a fixed day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "pipeline_data"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(root.parent),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
            "CRM_NOW": NOW,
            "CRM_USER": "marie",
            "CRM_WORKSPACE": str(root),
        }

    def __call__(self, *args: str, stdin: bytes = b"", code: int = 0, **environment: str) -> Ended:
        """Run a command that should end with this code."""
        result = processes.command(list(args), {**self.environment, **environment}, self.root, stdin)
        assert result.code == code, result
        assert "Traceback" not in result.err
        return result

    def refused(self, *args: str, code: int, stdin: bytes = b"") -> str:
        """The one line on stderr of a command that should fail with this code."""
        result = self(*args, code=code, stdin=stdin)
        assert result.out == ""
        return result.err

    def file(self, id: str) -> Path:
        """The file of a record."""
        [path] = self.data.glob(f"*/**/*{id}.yaml")
        return path

    def records(self) -> dict[str, bytes]:
        """All files of the workspace that are not private to this machine."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and ".crm" not in path.parts]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in sorted(paths)}

    @property
    def derived(self) -> Path:
        """The directory in which this user's derived files were kept last."""
        return max((self.data / ".crm").glob("derived-*"), key=lambda each: each.stat().st_mtime_ns)


def believe(copy: Path) -> None:
    """Have the derived files in a copy of a workspace believed, as if crm had made them there."""
    (place,) = copy.glob("pipeline_data/.crm/derived-*")
    found = place.stat()
    entry = Entry(os.path.realpath(copy), place.name.rpartition("-")[2], found.st_dev, found.st_ino)
    state = copy.parent / ".local" / "state" / "crm"
    state.mkdir(parents=True, exist_ok=True)
    (state / entry_name(entry.path)).write_bytes(msgspec.json.encode(entry))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo workspace."""
    root = tmp_path_factory.mktemp("sample") / "stoves"
    Crm(root.parent)("init", "--demo", str(root))
    Crm(root)("list")  # its configuration is understood once, for all copies
    return root


@pytest.fixture
def crm(sample: Path, tmp_path: Path) -> Crm:
    """The command line in a copy of the demo."""
    shutil.copytree(sample, tmp_path / "stoves")
    believe(tmp_path / "stoves")
    return Crm(tmp_path / "stoves")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace without records."""
    root = tmp_path_factory.mktemp("empty") / "new"
    Crm(root.parent)("init", str(root))
    Crm(root)("list")
    return root


@pytest.fixture
def bare(empty: Path, tmp_path: Path) -> Crm:
    """The command line in a workspace without records."""
    shutil.copytree(empty, tmp_path / "new")
    believe(tmp_path / "new")
    return Crm(tmp_path / "new")
