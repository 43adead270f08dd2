"""What pytest hands to tests: workspaces to read, workspaces to change, and how long properties are tried."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.figures import TRIED, count, say

settings.register_profile("quick", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "thorough", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


IN_MEMORY = Path("/dev/shm")
if (
    IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 4 * 2**30
):  # else the disk is asked thousands of times whether a change has reached it
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


@pytest.fixture(autouse=True)
def figures(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Hand on what a test has tried, for the line at the end."""
    before = Counter(TRIED)
    if "security" in request.path.parts:
        count("attacks")
    yield
    for what, number in (TRIED - before).items():
        record_property(what, number)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests have tried: crm's promises are worth what was done to break them."""
    tried: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                tried.update({what: int(number) for what, number in report.user_properties})
    if tried:
        terminalreporter.write_line(say(tried))


def read_once(crm: Crm) -> None:
    """Have configuration, questionnaires and records understood, for all copies."""
    crm("list")
    crm("questionnaire", "list")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo workspace."""
    root = tmp_path_factory.mktemp("sample") / "stoves"
    Crm(root.parent)("init", "--demo", str(root))
    read_once(Crm(root))
    return root


@pytest.fixture
def crm(sample: Path, tmp_path: Path) -> Crm:
    """The command line in a copy of the demo."""
    return copy_workspace(sample, tmp_path / "stoves")


@pytest.fixture(scope="module")
def shared(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """The command line in a copy of the demo that the tests of a module read, and none of them changes."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("shared") / "stoves")
    before = crm.records()
    yield crm
    assert crm.records() == before, "a test has changed what others read: it takes 'crm' instead"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the sample, without its records."""
    root = tmp_path_factory.mktemp("empty") / "new"
    Crm(root.parent)("init", "--template", "stoves", str(root))
    read_once(Crm(root))
    return root


@pytest.fixture
def bare(empty: Path, tmp_path: Path) -> Crm:
    """The command line in a workspace without records."""
    return copy_workspace(empty, tmp_path / "new")
