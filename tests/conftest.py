"""What pytest hands to tests: workspaces to read, workspaces to change, and how long properties are tried."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.harness.crm import Crm, believe_copy

settings.register_profile("quick", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "thorough", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


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
    believe_copy(tmp_path / "stoves")
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
    believe_copy(tmp_path / "new")
    return Crm(tmp_path / "new")
